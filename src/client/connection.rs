//! How a service reaches Bailiff.

use crate::pb::v1::authorization_service_client::AuthorizationServiceClient;
use hyper_util::rt::TokioIo;
use std::path::PathBuf;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint, Uri};

/// A connection to Bailiff that is made when it is first needed, and again whenever it was lost.
/// Clones share it.
#[derive(Clone, Debug)]
pub struct Connection {
    channel: Channel,
}

/// An address that is neither `host:port` nor `unix:/path`.
#[derive(Debug, thiserror::Error)]
#[error("`{address}` is no address of Bailiff: write `host:port` or `unix:/path`")]
pub struct NotAnAddress {
    address: String,
}

impl Connection {
    /// Will connect to `host:port`, `http://host:port` or `unix:/path`; nothing is awaited, so a
    /// service may start before Bailiff does. To be called in a Tokio runtime.
    ///
    /// # Errors
    /// Where the address is none of these.
    ///
    /// ```
    /// # use bailiff::client::Connection;
    /// # #[tokio::main]
    /// # async fn main() {
    /// assert!(Connection::to("127.0.0.1:9191").is_ok());
    /// assert!(Connection::to("unix:/run/bailiff/bailiff.sock").is_ok());
    /// assert!(Connection::to("over there").is_err());
    /// # }
    /// ```
    pub fn to(address: &str) -> Result<Self, NotAnAddress> {
        if let Some(path) = address.strip_prefix("unix:").filter(|path| !path.is_empty()) {
            return Ok(Self::over_unix(path.into()));
        }
        let host = address.strip_prefix("http://").unwrap_or(address);
        let no_address = || NotAnAddress { address: address.to_owned() };
        let uri = format!("http://{host}").parse::<Uri>().map_err(|_| no_address())?;
        if uri.port().is_none() || uri.host().is_none_or(str::is_empty) || uri.path() != "/" {
            return Err(no_address());
        }
        Ok(Self { channel: Endpoint::from(uri).connect_lazy() })
    }

    /// Over a channel that was set up elsewhere, for instance with TLS.
    #[must_use]
    pub const fn over(channel: Channel) -> Self {
        Self { channel }
    }

    fn over_unix(path: PathBuf) -> Self {
        let connector = tower::service_fn(move |_: Uri| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        });
        let endpoint = Endpoint::from_static("http://socket");
        Self { channel: endpoint.connect_with_connector_lazy(connector) }
    }

    pub(super) fn client(&self) -> AuthorizationServiceClient<Channel> {
        AuthorizationServiceClient::new(self.channel.clone())
    }
}
