//! An application on a host of its own, with a Clerk instance beside it: Envoy with the shipped
//! configuration, the real sidecar, a service behind, and the instance that both browsers and the
//! sidecar talk to.

use crate::support::{
    PATIENCE,
    chromium::Browser,
    envoy::AuthorizerAddress,
    envoy::Envoy,
    http,
    sidecar::Sidecar,
    toolchain,
    upstream::{Upstream, received},
};
use bailiff::stand_in::clerk::{Environment, Setup, StandIn};
use serde_json::json;
use std::{fs, time::Duration};
use tempfile::TempDir;

const POLICY: &str = include_str!("site.yaml");

/// A running application.
pub(super) struct Site {
    /// `http://` and host and port, as browsers write them.
    pub(super) origin: String,
    /// The Clerk instance.
    pub(super) clerk: StandIn,
    /// In front.
    pub(super) envoy: Envoy,
    /// Behind.
    pub(super) upstream: Upstream,
    _sidecar: Sidecar,
}

impl Site {
    /// Starts an application at `host`; `None` where Envoy cannot be had, which has then been said.
    ///
    /// A production instance hands results over in cookies, so that it needs the host `localhost`,
    /// where its own pages are. A development instance reaches any host below it.
    pub(super) async fn start(environment: Environment, host: &str) -> Option<Self> {
        Self::start_with(environment, host, "clerk.shop.localhost").await
    }

    /// The same with another Frontend API in the publishable key.
    pub(super) async fn start_with(
        environment: Environment,
        host: &str,
        frontend_api_host: &str,
    ) -> Option<Self> {
        let envoy = toolchain::required(toolchain::envoy())?;
        let upstream = Upstream::start().await;
        let setup =
            Setup { environment, frontend_api_host: frontend_api_host.to_owned(), ..Setup::new() };
        let clerk = StandIn::start(setup).await.expect("the Clerk instance starts");

        // The sidecar's settings name the proxy's port, so the proxy is there first.
        let directory = TempDir::new().expect("a temporary directory");
        let socket = directory.path().join("grpc.sock");
        let authorizer = AuthorizerAddress::Unix(socket.clone());
        let envoy = Envoy::start(&envoy, &authorizer, upstream.address()).await;
        let origin = format!("http://{host}:{}", envoy.address().port());
        clerk.allow_origin(&origin);

        let secret = directory.path().join("secret");
        fs::write(&secret, clerk.secret_key()).expect("the secret key is written");
        let settings = json!({
            "policy": directory.path().join("policy.yaml"),
            "instances": [{
                "publishable_key": clerk.publishable_key(),
                "secret_key_file": secret,
                "api_url": clerk.backend_api_url(),
                "proxy_url": clerk.browser_url(),
                "sign_in_url": clerk.sign_in_url(),
                "organization_patterns": ["/orgs/:slug", "/orgs/:slug/(.*)"],
                "authorized_parties": [origin],
                // A handshake is a page load, which names no origin, so its token names none either.
                "missing_azp": "accept",
            }],
            "listeners": {
                "grpc": ["127.0.0.1:0", format!("unix:{}", socket.display())],
                "admin": "127.0.0.1:0",
            },
            "log": { "format": "json" },
        });
        let sidecar = Sidecar::start_in(directory, POLICY, &settings).await;
        let site = Self { origin, clerk, envoy, upstream, _sidecar: sidecar };
        site.serves().await;
        Some(site)
    }

    /// The address of a page.
    pub(super) fn page(&self, target: &str) -> String {
        format!("{}{target}", self.origin)
    }

    /// Signs in on the page that the browser shows.
    pub(super) async fn sign_in_as(&self, handle: &str, browser: &Browser) {
        browser.arrives_at(&self.clerk.sign_in_url()).await;
        let form = format!("//form[input[@name='person' and @value='{handle}']]//button");
        browser.click(&form).await;
    }

    /// The person's Clerk identifier.
    pub(super) fn user_id(&self, handle: &str) -> &str {
        let person = self.clerk.people().iter().find(|person| person.handle == handle);
        &person.expect("there is somebody of that name").user_id
    }

    /// Panics unless the browser shows the page at `target` and the service took it for that person.
    pub(super) async fn shows(&self, browser: &Browser, target: &str, handle: &str) {
        browser.arrives_at(&self.page(target)).await;
        assert_eq!(browser.address().await.as_str(), self.page(target));
        let shown = browser.shown().await;
        assert_eq!(shown["target"], target);
        assert_eq!(received(&shown, "x-user-id"), [self.user_id(handle)], "{shown}");
    }

    /// Loads a page as a browser does, with these cookies and further headers.
    pub(super) async fn load(
        &self,
        target: &str,
        cookies: &str,
        further: &[(&str, &str)],
    ) -> http::Answer {
        let host = self.origin.trim_start_matches("http://");
        let mut headers = vec![
            ("host", host),
            ("accept", "text/html"),
            ("sec-fetch-dest", "document"),
            ("cookie", cookies),
        ];
        headers.extend(further);
        http::get(&self.envoy.url(target), &headers).await
    }

    /// Waits until requests come through. The proxy has met a socket without anybody behind it.
    async fn serves(&self) {
        let served = async {
            while http::get(&self.envoy.url("/healthz"), &[]).await.status != 200 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, served).await.expect("the application serves in time");
    }
}
