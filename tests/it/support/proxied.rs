//! The whole arrangement with a proxy that asks by HTTP sub-request: the proxy with the shipped
//! configuration, the sidecar, and a service behind.

use super::{
    http::{self, Answer},
    proxy::{Kind, Proxy},
    sidecar::Sidecar,
    stack::SHOP,
    tokens::{HOST, Instance, Person},
    upstream::Upstream,
};
use serde_json::Value;

/// A running arrangement.
pub(crate) struct Proxied {
    /// In front.
    pub(crate) proxy: Proxy,
    /// Asked.
    pub(crate) sidecar: Sidecar,
    /// Behind.
    pub(crate) upstream: Upstream,
    /// Whose people come.
    pub(crate) instance: Instance,
}

impl Proxied {
    /// Starts the shop behind this proxy; `None` where it cannot be had, which has then been said.
    pub(crate) async fn start(kind: Kind) -> Option<Self> {
        Self::start_with(kind, SHOP, |text| text).await
    }

    /// The same with another policy, and the proxy's configuration changed.
    pub(crate) async fn start_with(
        kind: Kind,
        policy: &str,
        change: impl Fn(String) -> String,
    ) -> Option<Self> {
        let instance = Instance::new();
        let upstream = Upstream::start().await;
        let sidecar = Sidecar::start_over_http(&instance, policy).await;
        let (asked, service) = (sidecar.http(), upstream.address());
        let address = super::proxy::free();
        let proxy = Proxy::start_with(kind, address, asked, service, change).await?;
        Some(Self { proxy, sidecar, upstream, instance })
    }

    /// Sends a request as `person`, or as nobody, to the shop's host.
    pub(crate) async fn send(
        &self,
        person: Option<Person>,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let bearer = person.map(|person| self.bearer(person));
        let mut all = vec![("host", HOST)];
        all.extend(bearer.as_deref().map(|value| ("authorization", value)));
        all.extend(headers);
        http::send(method, &self.proxy.url(path), &all).await
    }

    /// Sends a GET as `person`, or as nobody.
    pub(crate) async fn get(&self, person: Option<Person>, path: &str) -> Answer {
        self.send(person, "GET", path, &[]).await
    }

    /// Sends a request line and header lines as they stand.
    pub(crate) async fn raw(&self, request_line: &str, headers: &[&str]) -> Answer {
        http::raw(self.proxy.address(), request_line, headers).await
    }

    /// What a person puts into `Authorization`.
    pub(crate) fn bearer(&self, person: Person) -> String {
        format!("Bearer {}", self.instance.token(person))
    }

    /// The last request that reached the service.
    #[track_caller]
    pub(crate) fn received(&self) -> Value {
        self.upstream.seen().pop().expect("a request reached the service")
    }
}
