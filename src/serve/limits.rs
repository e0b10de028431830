//! How much a peer may take before it is cut off.

use std::time::Duration;

/// The limits of connections, and of leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections to one listener that are open at once; more are closed as they come.
    pub connections: usize,
    /// How long a peer of a gRPC listener may take to begin: with the handshake of TLS, and then with the
    /// first bytes of HTTP/2.
    pub first_bytes: Duration,
    /// Calls that a peer may have open on one connection. A proxy that opens more fails them, so this
    /// stands above the 1,024 of Envoy's defaults.
    pub streams: u32,
    /// How long a peer of an HTTP listener may take to send the head of a request, counted also while
    /// it sends nothing on a connection that it keeps open.
    pub head_time: Duration,
    /// How long to go on answering while health checks already say that we do not, so that proxies
    /// stop choosing us before we are gone. One health interval is enough.
    pub leave: Duration,
    /// How long calls under way may take after that.
    pub drain: Duration,
}

impl Limits {
    /// The limits unless others are set.
    pub const STANDARD: Self = Self {
        connections: 10_000,
        first_bytes: Duration::from_secs(10),
        streams: 4096,
        head_time: Duration::from_secs(10),
        leave: Duration::from_secs(2),
        drain: Duration::from_secs(10),
    };
}
