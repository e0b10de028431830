//! gRPC clients in Rust, for the sidecar itself and for a service behind the proxy.

use bailiff::pb::v1::authorization_service_client::AuthorizationServiceClient;
use envoy_types::pb::envoy::service::auth::v3::authorization_client::AuthorizationClient;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use std::{net::SocketAddr, path::Path, sync::Arc};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tonic::{
    Request,
    metadata::MetadataValue,
    transport::{Channel, Endpoint, Uri},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// A connection over TCP.
pub(crate) async fn channel(address: SocketAddr) -> Channel {
    let endpoint = Channel::from_shared(format!("http://{address}")).expect("an address");
    endpoint.connect().await.unwrap_or_else(|error| panic!("{address}: {error}"))
}

/// A connection over TLS, to a server of this name.
pub(crate) async fn tls_channel(
    address: SocketAddr,
    config: ClientConfig,
    name: &'static str,
) -> Result<Channel, tonic::transport::Error> {
    let tls = TlsConnector::from(Arc::new(config));
    let connector = tower::service_fn(move |_: Uri| {
        let tls = tls.clone();
        async move {
            let stream = TcpStream::connect(address).await?;
            let name = ServerName::try_from(name).expect("a name");
            tls.connect(name, stream).await.map(TokioIo::new)
        }
    });
    Endpoint::from_static("http://bailiff").connect_with_connector(connector).await
}

/// A connection over a unix socket.
pub(crate) async fn unix_channel(socket: &Path) -> Channel {
    let path = socket.to_owned();
    let connector = tower::service_fn(move |_: Uri| {
        let path = path.clone();
        async move { UnixStream::connect(path).await.map(TokioIo::new) }
    });
    let endpoint = Endpoint::from_static("http://socket");
    let connected = endpoint.connect_with_connector(connector).await;
    connected.unwrap_or_else(|error| panic!("{}: {error}", socket.display()))
}

/// Envoy's side of `Check`.
pub(crate) fn check_client(channel: Channel) -> AuthorizationClient<Channel> {
    AuthorizationClient::new(channel)
}

/// Bailiff's own service.
pub(crate) fn authorization_client(channel: Channel) -> AuthorizationServiceClient<Channel> {
    AuthorizationServiceClient::new(channel)
}

/// A gRPC service behind the proxy, called with or without a token.
pub(crate) async fn call_service_behind(
    proxy: SocketAddr,
    token: Option<&str>,
) -> Result<(), tonic::Status> {
    let mut client = HealthClient::new(channel(proxy).await);
    client.check(with_token(HealthCheckRequest { service: String::new() }, token)).await.map(|_| ())
}

/// A request that carries a token in its metadata.
pub(crate) fn with_token<T>(message: T, token: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(token) = token {
        let value = MetadataValue::try_from(format!("Bearer {token}")).expect("a header value");
        request.metadata_mut().insert("authorization", value);
    }
    request
}
