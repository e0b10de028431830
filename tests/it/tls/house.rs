//! A sidecar whose listeners speak TLS, and the certificates that belong to it.

use crate::support::{
    certificates::{Authority, Certified, client},
    grpc,
    sidecar::{self, Sidecar},
    tokens::Instance,
};
use rustls::{
    SupportedProtocolVersion,
    version::{TLS12, TLS13},
};
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;
use tonic::{Status, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// The name in the sidecar's certificate.
pub(super) const NAME: &str = "bailiff.test";
/// The name of the one client that is always let in.
pub(super) const GATEWAY: &str = "spiffe://shop.test/gateway";
/// All versions that a client can speak.
pub(super) const ANY: &[&SupportedProtocolVersion] = &[&TLS12, &TLS13];

pub(super) const POLICY: &str = "
version: 1
routes:
  /:          public
  /private:   signed_in
  /gateway:   { if: 'peer.spiffe == \"spiffe://shop.test/gateway\"' }
  /named:     { if: '\"gateway.shop.test\" in peer.san' }
  /other:     { if: 'peer.spiffe != \"spiffe://shop.test/gateway\"' }
  /web:       { if: 'request.principal == \"spiffe://shop.test/web\"' }
actions:
  order:      { if: 'peer.spiffe == \"spiffe://shop.test/gateway\"' }
";

/// The sidecar and its authorities.
pub(super) struct House {
    pub(super) sidecar: Sidecar,
    pub(super) instance: Instance,
    /// Of the sidecar's own certificate.
    pub(super) authority: Authority,
    /// Of its clients.
    pub(super) clients: Authority,
}

/// What `tls` of a listener holds that shows the sidecar's certificate and asks for none.
pub(super) fn one_way() -> Value {
    json!({ "certificate_file": "server.pem", "key_file": "server.key.pem" })
}

/// The same with the clients' authority.
pub(super) fn mutual() -> Value {
    let mut tls = one_way();
    tls["client_ca_file"] = json!("clients.pem");
    tls
}

impl House {
    /// Starts it with this TLS on its gRPC listener.
    pub(super) async fn start(tls: Value) -> Self {
        Self::start_with(tls, |_, _| {}).await
    }

    /// The same with something changed in the settings.
    pub(super) async fn start_with(tls: Value, change: impl FnOnce(&TempDir, &mut Value)) -> Self {
        let (authority, clients) = (Authority::new(), Authority::new());
        let directory = TempDir::new().expect("a temporary directory");
        authority.certify(&[NAME, "127.0.0.1"]).write(directory.path(), "server");
        fs::write(directory.path().join("clients.pem"), clients.pem()).expect("it is written");
        fs::write(directory.path().join("ca.pem"), authority.pem()).expect("it is written");
        let instance = Instance::new();
        let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
        settings["listeners"]["grpc"] = json!([{ "address": "127.0.0.1:0", "tls": tls }]);
        change(&directory, &mut settings);
        let sidecar = Sidecar::start_in(directory, POLICY, &settings).await;
        Self { sidecar, instance, authority, clients }
    }

    /// A certificate of the gateway.
    pub(super) fn gateway(&self) -> Certified {
        self.clients.certify(&["gateway.shop.test", GATEWAY])
    }

    /// A connection that shows this.
    pub(super) async fn connect(
        &self,
        shown: Option<&Certified>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Result<Channel, tonic::transport::Error> {
        let config = client(&self.authority, shown, versions);
        grpc::tls_channel(self.sidecar.grpc(), config, NAME).await
    }

    /// Whether somebody who shows this is answered, over a connection of their own.
    pub(super) async fn answers(&self, shown: Option<&Certified>) -> bool {
        match self.connect(shown, ANY).await {
            Ok(channel) => healthy(channel).await.is_ok(),
            Err(_) => false,
        }
    }

    /// A number on the page of metrics.
    pub(super) async fn metric(&self, name: &str) -> Option<f64> {
        let page = crate::support::http::get(&self.sidecar.admin("/metrics"), &[]).await.body;
        let (name, labels) = name.split_once('{').expect("a metric with labels");
        let labels: Vec<&str> = labels.trim_end_matches('}').split(',').collect();
        let wanted = |line: &&str| {
            let rest = line.strip_prefix(name).filter(|rest| rest.starts_with('{'));
            rest.is_some_and(|rest| labels.iter().all(|label| rest.contains(label)))
        };
        page.lines().find(wanted)?.rsplit(' ').next()?.parse().ok()
    }

    /// The page of readiness.
    pub(super) async fn readiness(&self) -> String {
        let page = crate::support::http::get(&self.sidecar.admin("/readyz"), &[]).await;
        format!("{} {}", page.status, page.body)
    }
}

/// One call.
pub(super) async fn healthy(channel: Channel) -> Result<(), Status> {
    let request = HealthCheckRequest { service: String::new() };
    HealthClient::new(channel).check(request).await.map(drop)
}
