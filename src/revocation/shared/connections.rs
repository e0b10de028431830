//! How Redis is reached.

use redis::{
    AsyncConnectionConfig, Client, RedisResult, TlsCertificates,
    aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection},
};
use secrecy::{ExposeSecret as _, SecretString};
use std::{fmt, time::Duration};
use thiserror::Error;

/// How long connecting may take, and an answer that waits for nothing.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long one read waits for something new.
pub(super) const READ_WAIT: Duration = Duration::from_millis(500);
/// How many records one read asks for at most.
pub(super) const READ_MOST: usize = 500;

/// Where the shared log is and how much it holds.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// `redis://` or, with TLS, `rediss://`, with user and password where they are needed.
    pub url: SecretString,
    /// Certificates to trust instead of the system's, as PEM.
    pub certificates: Option<Vec<u8>>,
    /// What the names of all keys begin with. Replicas that share a log share it.
    pub prefix: String,
    /// How many records the stream holds, roughly.
    pub records: usize,
    /// How long the id of a message is remembered. Clerk delivers again for about 28 hours.
    pub ids: Duration,
}

/// The settings name no Redis. Quotes nothing: addresses hold passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the address of Redis is `redis://host:port` or `rediss://host:port`; this is not")]
pub struct RedisAddressError;

pub(super) struct Connections {
    client: Client,
    /// The stream.
    pub(super) stream: String,
}

impl Connections {
    pub(super) fn new(settings: &RedisSettings) -> Result<Self, RedisAddressError> {
        let url = settings.url.expose_secret();
        let client = match &settings.certificates {
            None => Client::open(url),
            Some(certificates) => {
                let root_cert = Some(certificates.clone());
                Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert })
            }
        };
        // Braces keep all keys in one slot of a cluster.
        let stream = format!("{{{}}}:events", settings.prefix);
        Ok(Self { client: client.map_err(|_| RedisAddressError)?, stream })
    }

    /// A connection for reads that wait, which must not share one with anything else.
    pub(super) async fn for_reading(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(READ_WAIT + PATIENCE));
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// A connection for commands that wait for nothing, made when it is first needed and again when
    /// it breaks.
    pub(super) fn for_writing(&self) -> RedisResult<ConnectionManager> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(200));
        ConnectionManager::new_lazy_with_config(self.client.clone(), config)
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connections").field("stream", &self.stream).finish_non_exhaustive()
    }
}
