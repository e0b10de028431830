//! Telemetry for an OpenTelemetry collector. It may be slow or away: what cannot be sent is dropped
//! and counted, and nobody waits for it.

mod health;
mod metrics;
mod records;
mod spans;
mod transport;

pub(super) use health::Health;
pub(super) use metrics::Pushed;
pub(super) use records::Records;
pub(super) use spans::{SpanQueue, Spans};

use opentelemetry_sdk::Resource;
use secrecy::SecretString;
use std::{fmt, sync::Arc, time::Duration};
use thiserror::Error;
use tokio::runtime::Handle;
use transport::Connection;

/// How long one message may take, with what is repeated of it.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The same once the process is about to end.
const LAST_TIMEOUT: Duration = Duration::from_secs(2);

/// How the collector is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// OTLP over gRPC.
    Grpc,
    /// OTLP over HTTP, in protobuf.
    HttpProtobuf,
}

/// A collector.
#[derive(Clone)]
pub struct OtlpOptions {
    /// Its address: `http://` or `https://`, without the path of a signal.
    pub endpoint: String,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Headers of every message. They may hold credentials.
    pub headers: Vec<(String, SecretString)>,
    /// Certificates to trust instead of the system's, as PEM.
    pub certificates: Option<String>,
    /// Whether it gets traces.
    pub traces: bool,
    /// Whether it gets metrics.
    pub metrics: bool,
    /// Whether it gets the lines of the log.
    pub logs: bool,
    /// How often it gets metrics.
    pub metric_interval: Duration,
}

impl fmt::Debug for OtlpOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| &**name).collect();
        formatter
            .debug_struct("OtlpOptions")
            .field("endpoint", &self.endpoint)
            .field("protocol", &self.protocol)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

/// Why nothing can be sent to a collector.
#[derive(Debug, Error)]
pub enum OtlpError {
    /// A header.
    #[error("`{0}` is no header that can be sent to the collector")]
    Header(String),
    /// The connection.
    #[error("the connection to the collector cannot be set up: {0}")]
    Connection(String),
    /// What sends.
    #[error("what is sent to the collector cannot be set up: {0}")]
    Exporter(String),
    /// A thread.
    #[error("the thread that sends to the collector cannot be started: {0}")]
    Thread(#[source] std::io::Error),
}

/// What is common to all that is sent.
pub(super) struct Collector {
    connection: Connection,
    resource: Resource,
    runtime: Handle,
    pub(super) health: Arc<Health>,
}

impl Collector {
    /// Must be called within a Tokio runtime, which must outlive what is sent.
    pub(super) fn new(options: &OtlpOptions, resource: Resource) -> Result<Self, OtlpError> {
        let health = Arc::new(Health::new(options.endpoint.clone()));
        let connection = Connection::new(options)?;
        Ok(Self { connection, resource, runtime: Handle::current(), health })
    }
}
