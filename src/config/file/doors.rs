//! What is asked over HTTP, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

/// One text or a list of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// Proxies that ask by HTTP sub-request.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForwardAuthEntry {
    /// Which proxies ask: `nginx`, `traefik`, `caddy` or `haproxy`, or several of them.
    pub profile: Option<OneOrMany>,
    /// Where they ask from: addresses, networks such as `10.0.0.0/24`, or `unix` for whoever may open
    /// the unix socket. Nobody else is believed, and without a list nothing starts.
    pub trusted_peers: Option<OneOrMany>,
}
