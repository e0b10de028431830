//! How a command reaches a running Bailiff.

use crate::serve::listener::ListenAddress;
use std::path::PathBuf;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint, Error, Uri};

/// Connects to a gRPC listener.
pub(super) async fn connect(address: &ListenAddress) -> Result<Channel, Error> {
    match address {
        ListenAddress::Tcp(address) => {
            Endpoint::from_shared(format!("http://{address}"))?.connect().await
        }
        ListenAddress::Unix(path) => {
            let path: PathBuf = path.clone();
            let connector = tower::service_fn(move |_: Uri| {
                let path = path.clone();
                async move { UnixStream::connect(path).await.map(hyper_util::rt::TokioIo::new) }
            });
            Endpoint::from_static("http://socket").connect_with_connector(connector).await
        }
    }
}
