//! From files to what rustls works with.

use super::{Clients, Protocols, TlsSettings, TlsVersion};
use crate::core::clock::Timestamp;
use ::aws_lc_rs::digest;
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier},
    version::{TLS12, TLS13},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _};
use std::{fs, io, path::Path, sync::Arc};
use thiserror::Error;
use x509_cert::{Certificate, der::Decode as _, time::Time};

/// Why a listener cannot speak TLS.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("`{path}` cannot be read: {source}")]
    Read {
        /// The file.
        path: Box<str>,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no PEM.
    #[error("`{path}` is not the PEM that it should be: {source}")]
    Pem {
        /// The file.
        path: Box<str>,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// A file holds no certificate.
    #[error("`{path}` holds no certificate")]
    NoCertificate {
        /// The file.
        path: Box<str>,
    },
    /// A certificate cannot be read.
    #[error("`{path}` holds a certificate that cannot be read")]
    Certificate {
        /// The file.
        path: Box<str>,
    },
    /// The key does not belong to the certificate, or is of a kind that is not used.
    #[error("the key in `{key}` does not serve for the certificate in `{certificate}`: {source}")]
    Key {
        /// The file of the key.
        key: Box<str>,
        /// The file of the certificate.
        certificate: Box<str>,
        /// What is wrong with it.
        source: rustls::Error,
    },
    /// Clients cannot be verified with the authorities.
    #[error("`{path}` holds no authority that clients can be verified with: {source}")]
    Authorities {
        /// The file.
        path: Box<str>,
        /// What is wrong with them.
        source: VerifierBuilderError,
    },
    /// A certificate was replaced with one that has expired.
    #[error("the certificate in `{path}` has expired, unlike the one in use")]
    Expired {
        /// The file.
        path: Box<str>,
    },
    /// The versions cannot be spoken.
    #[error("TLS cannot be set up: {0}")]
    Versions(#[source] rustls::Error),
}

/// The bytes of the files.
pub(super) struct Read {
    certificate: Vec<u8>,
    key: Vec<u8>,
    authorities: Option<Vec<u8>>,
}

impl Read {
    /// Tells whether something has changed.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in [Some(&self.certificate), Some(&self.key), self.authorities.as_ref()] {
            let part = part.map_or(&[][..], Vec::as_slice);
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.finish().as_ref());
        bytes
    }
}

/// What rustls works with, and until when it is good.
pub(super) struct Configured {
    pub(super) server: ServerConfig,
    pub(super) validity: Validity,
}

/// When a certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
}

/// Reads the files.
pub(super) fn read(settings: &TlsSettings) -> Result<Read, TlsError> {
    let bytes =
        |path: &Path| fs::read(path).map_err(|source| TlsError::Read { path: shown(path), source });
    Ok(Read {
        certificate: bytes(&settings.certificate_file)?,
        key: bytes(&settings.key_file)?,
        authorities: authorities_file(&settings.clients).map(bytes).transpose()?,
    })
}

fn authorities_file(clients: &Clients) -> Option<&Path> {
    match clients {
        Clients::Anyone => None,
        Clients::Optional { authorities_file }
        | Clients::Required { authorities_file, allowed: _ } => Some(authorities_file),
    }
}

pub(super) fn shown(path: &Path) -> Box<str> {
    path.display().to_string().into()
}

/// Makes of the files what rustls works with.
pub(super) fn configure(
    settings: &TlsSettings,
    read: &Read,
    protocols: Protocols,
) -> Result<Configured, TlsError> {
    let chain = certificates(&settings.certificate_file, &read.certificate)?;
    let validity = validity(&settings.certificate_file, &chain)?;
    let key = PrivateKeyDer::from_pem_slice(&read.key)
        .map_err(|source| TlsError::Pem { path: shown(&settings.key_file), source })?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let versions: &[_] = match settings.minimum_version {
        TlsVersion::Tls12 => &[&TLS12, &TLS13],
        TlsVersion::Tls13 => &[&TLS13],
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .map_err(TlsError::Versions)?;
    let builder = match (authorities_file(&settings.clients), &read.authorities) {
        (Some(path), Some(authorities)) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path, authorities)? {
                roots.add(certificate).map_err(|_| TlsError::Certificate { path: shown(path) })?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = match settings.clients {
                Clients::Optional { .. } => verifier.allow_unauthenticated(),
                Clients::Anyone | Clients::Required { .. } => verifier,
            };
            let verifier = verifier
                .build()
                .map_err(|source| TlsError::Authorities { path: shown(path), source })?;
            builder.with_client_cert_verifier(verifier)
        }
        (None, _) | (_, None) => builder.with_no_client_auth(),
    };
    let mut server = builder.with_single_cert(chain, key).map_err(|source| TlsError::Key {
        key: shown(&settings.key_file),
        certificate: shown(&settings.certificate_file),
        source,
    })?;
    server.alpn_protocols = protocols.names();
    // A session that is taken up again would bring a certificate that is not verified again.
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    Ok(Configured { server, validity })
}

fn certificates(path: &Path, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates = CertificateDer::pem_slice_iter(text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| TlsError::Pem { path: shown(path), source })?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate { path: shown(path) });
    }
    Ok(certificates)
}

/// When the first certificate is good: it is the listener's own.
fn validity(path: &Path, chain: &[CertificateDer<'_>]) -> Result<Validity, TlsError> {
    let unreadable = || TlsError::Certificate { path: shown(path) };
    let own = chain.first().ok_or_else(unreadable)?;
    let own = Certificate::from_der(own).map_err(|_| unreadable())?;
    let validity = own.tbs_certificate().validity();
    let at = |time: Time| {
        let seconds = i64::try_from(time.to_unix_duration().as_secs()).map_err(|_| unreadable())?;
        Ok(Timestamp::from_unix_seconds(seconds))
    };
    Ok(Validity { not_before: at(validity.not_before)?, not_after: at(validity.not_after)? })
}
