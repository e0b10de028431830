//! How a command reaches a running Bailiff.

use crate::serve::listener::{ListenAddress, ListenAddressError};
use clap::Args;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{
    CertificateDer, InvalidDnsNameError, PrivateKeyDer, ServerName, pem, pem::PemObject as _,
};
use std::{
    io,
    os::{linux::net::SocketAddrExt as _, unix::net},
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Uri};

/// Where a running Bailiff listens, and how it is spoken to.
#[derive(Debug, Args)]
pub(super) struct ConnectionArguments {
    /// Address of the gRPC listener, `host:port`, `unix:/path` or `unix:@name`.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9191")]
    address: String,
    /// Speak TLS, and trust the authorities in this file alone (PEM).
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The name that Bailiff's certificate must have; the address itself unless given.
    #[arg(long, value_name = "NAME", requires = "ca_file")]
    server_name: Option<String>,
    /// The certificate to show, and the chain to its authority (PEM).
    #[arg(long, value_name = "FILE", requires = "ca_file", requires = "key_file")]
    certificate_file: Option<PathBuf>,
    /// The private key of that certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "certificate_file")]
    key_file: Option<PathBuf>,
}

/// Why there is no connection.
#[derive(Debug, Error)]
pub(super) enum ConnectionError {
    #[error("`--address`: {0}")]
    Address(#[from] ListenAddressError),
    #[error("`{}`: {source}", path.display())]
    Pem { path: PathBuf, source: pem::Error },
    #[error("`{}` holds no certificate", .0.display())]
    NoCertificate(PathBuf),
    #[error("`{}` holds a certificate that cannot be an authority: {source}", path.display())]
    Authority { path: PathBuf, source: rustls::Error },
    #[error("the certificate and the key cannot be used: {0}")]
    Identity(#[source] rustls::Error),
    #[error("`--server-name`: {0}")]
    ServerName(#[from] InvalidDnsNameError),
    #[error("`--server-name` must be given with a unix socket")]
    NoServerName,
    #[error("no connection")]
    Connect(#[from] tonic::transport::Error),
}

impl ConnectionError {
    /// Whether what was typed is at fault, rather than the other end.
    pub(super) const fn is_about_the_arguments(&self) -> bool {
        !matches!(self, Self::Connect(_))
    }
}

/// What is needed to connect, read and understood.
pub(super) struct Target {
    address: ListenAddress,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl ConnectionArguments {
    /// Reads the files that are named.
    ///
    /// # Errors
    /// [`ConnectionError`] about the arguments.
    pub(super) fn read(self) -> Result<Target, ConnectionError> {
        let Self { address, ca_file, server_name, certificate_file, key_file } = self;
        let address: ListenAddress = address.parse()?;
        let Some(ca_file) = ca_file else { return Ok(Target { address, tls: None }) };
        let name = match (server_name, &address) {
            (Some(name), _) => ServerName::try_from(name)?,
            (None, ListenAddress::Tcp(address)) => ServerName::IpAddress(address.ip().into()),
            (None, ListenAddress::Unix(_) | ListenAddress::Abstract(_)) => {
                return Err(ConnectionError::NoServerName);
            }
        };
        let config = client_config(&ca_file, certificate_file.zip(key_file))?;
        Ok(Target { address, tls: Some((TlsConnector::from(Arc::new(config)), name)) })
    }
}

fn client_config(
    ca_file: &Path,
    identity: Option<(PathBuf, PathBuf)>,
) -> Result<ClientConfig, ConnectionError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca_file)? {
        roots
            .add(certificate)
            .map_err(|source| ConnectionError::Authority { path: ca_file.to_owned(), source })?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(ConnectionError::Identity)?
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let read = PrivateKeyDer::from_pem_file(&key);
            let key = read.map_err(|source| ConnectionError::Pem { path: key, source })?;
            builder
                .with_client_auth_cert(certificates(&certificate)?, key)
                .map_err(ConnectionError::Identity)?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectionError> {
    let found =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = found.map_err(|source| ConnectionError::Pem { path: path.into(), source })?;
    if found.is_empty() {
        return Err(ConnectionError::NoCertificate(path.into()));
    }
    Ok(found)
}

trait Transport: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Transport for T {}

impl Target {
    /// Connects.
    ///
    /// # Errors
    /// [`ConnectionError::Connect`].
    pub(super) async fn connect(self) -> Result<Channel, ConnectionError> {
        let target = Arc::new(self);
        let connector = tower::service_fn(move |_: Uri| {
            let target = Arc::clone(&target);
            async move { target.open().await.map(hyper_util::rt::TokioIo::new) }
        });
        // The name stands in no request: the connector knows where to go.
        Ok(Endpoint::from_static("http://bailiff").connect_with_connector(connector).await?)
    }

    async fn open(&self) -> io::Result<Pin<Box<dyn Transport>>> {
        match &self.address {
            ListenAddress::Tcp(address) => self.secure(TcpStream::connect(address).await?).await,
            ListenAddress::Unix(path) => self.secure(UnixStream::connect(path).await?).await,
            ListenAddress::Abstract(name) => {
                let address = net::SocketAddr::from_abstract_name(&**name)?;
                let stream = net::UnixStream::connect_addr(&address)?;
                stream.set_nonblocking(true)?;
                self.secure(UnixStream::from_std(stream)?).await
            }
        }
    }

    async fn secure(
        &self,
        stream: impl Transport + Unpin + 'static,
    ) -> io::Result<Pin<Box<dyn Transport>>> {
        match &self.tls {
            None => Ok(Box::pin(stream)),
            Some((connector, name)) => Ok(Box::pin(connector.connect(name.clone(), stream).await?)),
        }
    }
}
