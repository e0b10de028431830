//! The whole arrangement: Envoy with the shipped configuration, the sidecar, and a service behind.

use super::{
    envoy::Envoy,
    http::{self, Answer},
    sidecar::Sidecar,
    tokens::{HOST, Instance, Person},
    toolchain,
    upstream::Upstream,
};
use serde_json::{Value, json};

/// The policy of the shop that most tests are about.
pub(crate) const SHOP: &str = include_str!("shop.yaml");

/// How Envoy reaches the sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Over loopback TCP.
    Tcp,
    /// Over a unix socket.
    Unix,
}

/// A running arrangement.
pub(crate) struct Stack {
    /// In front.
    pub(crate) envoy: Envoy,
    /// Asked.
    pub(crate) sidecar: Sidecar,
    /// Behind.
    pub(crate) upstream: Upstream,
    /// Whose people come.
    pub(crate) instance: Instance,
}

impl Stack {
    /// Starts the shop; `None` where Envoy cannot be had, which has then been said.
    pub(crate) async fn start() -> Option<Self> {
        Self::start_over(Transport::Tcp).await
    }

    /// Starts the shop with Envoy and the sidecar connected in this way.
    pub(crate) async fn start_over(transport: Transport) -> Option<Self> {
        Self::arrange(SHOP, &json!({}), transport).await
    }

    /// Starts it with another policy than the shop's.
    pub(crate) async fn start_with(policy: &str) -> Option<Self> {
        Self::arrange(policy, &json!({}), Transport::Tcp).await
    }

    /// Starts the shop with these settings besides.
    pub(crate) async fn start_with_settings(more: &Value) -> Option<Self> {
        Self::arrange(SHOP, more, Transport::Tcp).await
    }

    async fn arrange(policy: &str, more: &Value, transport: Transport) -> Option<Self> {
        let binary = toolchain::required(toolchain::envoy())?;
        let instance = Instance::new();
        let upstream = Upstream::start().await;
        let sidecar = Sidecar::start_with_settings(&instance, policy, more).await;
        let authorizer = match transport {
            Transport::Tcp => sidecar.over_tcp(),
            Transport::Unix => sidecar.over_unix(),
        };
        let envoy = Envoy::start(&binary, &authorizer, upstream.address()).await;
        Some(Self { envoy, sidecar, upstream, instance })
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
        http::send(method, &self.envoy.url(path), &all).await
    }

    /// Sends a GET as `person`, or as nobody.
    pub(crate) async fn get(&self, person: Option<Person>, path: &str) -> Answer {
        self.send(person, "GET", path, &[]).await
    }

    /// Loads a page as a browser does, with these cookies.
    pub(crate) async fn browse(&self, path: &str, cookies: &str) -> Answer {
        let mut headers = vec![
            ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", "none"),
        ];
        if !cookies.is_empty() {
            headers.push(("cookie", cookies));
        }
        self.send(None, "GET", path, &headers).await
    }

    /// Sends a request line and header lines as they stand.
    pub(crate) async fn raw(&self, request_line: &str, headers: &[&str]) -> Answer {
        http::raw(self.envoy.address(), request_line, headers).await
    }

    /// What a person puts into `Authorization`.
    pub(crate) fn bearer(&self, person: Person) -> String {
        format!("Bearer {}", self.instance.token(person))
    }

    /// The one request that reached the service.
    #[track_caller]
    pub(crate) fn received_once(&self) -> Value {
        let mut seen = self.upstream.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }
}
