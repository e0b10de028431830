//! `limits`: how much Bailiff takes on, and how it leaves.

use schemars::JsonSchema;
use serde::Deserialize;

/// How much Bailiff takes on, and how it leaves.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsEntry {
    /// Questions that are decided at once, at least 1; more are refused with `overloaded`. 4,096 unless
    /// set.
    pub decisions_at_once: Option<usize>,
    /// Connections to one listener that are open at once, at least 1; more are closed as they come. 10,000
    /// unless set.
    pub connections: Option<usize>,
    /// How long a peer of a gRPC listener may take to begin, with TLS and then with HTTP/2, in
    /// milliseconds, at least 1. 10,000 unless set.
    pub first_bytes_ms: Option<u32>,
    /// Calls that a gRPC peer may have open on one connection, at least 1. 4,096 unless set; below the
    /// 1,024 that Envoy opens, calls fail.
    pub streams_per_connection: Option<u32>,
    /// How long a peer of an HTTP listener may take to send the head of a request, in milliseconds, at
    /// least 1. 10,000 unless set.
    pub head_ms: Option<u32>,
    /// How long Bailiff goes on answering after it was told to end and health checks say so, in
    /// milliseconds. 2,000 unless set.
    pub leave_ms: Option<u32>,
    /// How long calls under way may take after that, in milliseconds. 10,000 unless set.
    pub drain_ms: Option<u32>,
}
