//! TLS on a listener: whom it shows itself as, and whom it lets in.
//!
//! Handshakes are made aside (`handshakes`), so that a peer that is slow keeps nobody waiting, and the files
//! are read again while the listener is open (`rotation`): connections that are made keep what they were
//! made with, new ones get what is new.

mod certificates;
mod handshakes;
mod rotation;
mod status;

#[cfg(test)]
mod tests;

pub use certificates::TlsError;
pub(super) use handshakes::Handshakes;
pub use status::TlsStatus;

use crate::core::{clock::SharedClock, peer::PeerNames};
use arc_swap::ArcSwap;
use rotation::{Rotated, Rotation};
use rustls::ServerConfig;
use std::{path::PathBuf, sync::Arc};

/// The files and rules of a listener's TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSettings {
    /// The certificate and what leads from it to its authority, as PEM.
    pub certificate_file: PathBuf,
    /// Its private key, as PEM.
    pub key_file: PathBuf,
    /// Which clients are let in.
    pub clients: Clients,
    /// The oldest version that is spoken.
    pub minimum_version: TlsVersion,
}

/// Which clients a listener lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clients {
    /// Whoever connects; no certificate is asked for.
    Anyone,
    /// Whoever shows no certificate, or one of these authorities.
    Optional {
        /// The authorities' certificates, as PEM.
        authorities_file: PathBuf,
    },
    /// Whoever shows a certificate of these authorities.
    Required {
        /// The authorities' certificates, as PEM.
        authorities_file: PathBuf,
        /// The names of which a certificate must have one: DNS names and URIs, letter by letter. Empty:
        /// every certificate of the authorities does.
        allowed: Vec<Box<str>>,
    },
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// The protocols that a door speaks within TLS (RFC 7301).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocols {
    /// HTTP/2 alone, as gRPC does.
    Http2,
    /// HTTP/1.1, as the other doors do.
    Http1,
}

impl Protocols {
    fn names(self) -> Vec<Vec<u8>> {
        match self {
            Self::Http2 => vec![b"h2".to_vec()],
            Self::Http1 => vec![b"http/1.1".to_vec()],
        }
    }
}

/// What the listener shows and asks for, kept up to date with its files.
#[derive(Debug)]
pub struct Tls {
    current: Arc<ArcSwap<ServerConfig>>,
    allowed: Arc<[Box<str>]>,
    status: Arc<TlsStatus>,
    _rotation: Rotation,
}

impl Tls {
    /// Reads the files, and goes on reading them as long as this is held. Must be called within a
    /// Tokio runtime.
    ///
    /// # Errors
    /// [`TlsError`] names the file and what is wrong with it.
    pub fn start(
        settings: TlsSettings,
        protocols: Protocols,
        clock: SharedClock,
    ) -> Result<Self, TlsError> {
        let read = certificates::read(&settings)?;
        let config = certificates::configure(&settings, &read, protocols)?;
        let status = Arc::new(TlsStatus::new(&config));
        let current = Arc::new(ArcSwap::from_pointee(config.server));
        let allowed = match &settings.clients {
            Clients::Anyone | Clients::Optional { .. } => Arc::default(),
            Clients::Required { authorities_file: _, allowed } => allowed.clone().into(),
        };
        let rotation = Rotation::start(Rotated {
            settings,
            protocols,
            digest: read.digest(),
            validity: config.validity,
            current: Arc::clone(&current),
            status: Arc::clone(&status),
            clock,
        });
        Ok(Self { current, allowed, status, _rotation: rotation })
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> Arc<TlsStatus> {
        Arc::clone(&self.status)
    }

    /// Whether a client with these names is let in.
    fn lets_in(allowed: &[Box<str>], names: Option<&PeerNames>) -> bool {
        allowed.is_empty()
            || names.is_some_and(|names| allowed.iter().any(|name| names.contains(name)))
    }
}
