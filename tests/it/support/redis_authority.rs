//! A certificate authority for Redis on loopback.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::{fs, path::Path};

/// An authority whose certificates replicas trust or not.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// What whoever trusts it holds, as PEM.
    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Writes a certificate for `name`, its key and the authority's own certificate into a folder, and
    /// returns the options by which Redis takes them.
    pub(crate) fn options(&self, name: &str, folder: &Path) -> Vec<String> {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let write = |file: &str, text: &str| {
            let path = folder.join(file);
            fs::write(&path, text).expect("the file is written");
            path.display().to_string()
        };
        let files = [
            ("--tls-cert-file", write("redis.pem", &certificate.pem())),
            ("--tls-key-file", write("redis.key", &key.serialize_pem())),
            ("--tls-ca-cert-file", write("authority.pem", &self.certificate)),
            ("--tls-auth-clients", "no".to_owned()),
        ];
        files.into_iter().flat_map(|(option, value)| [option.to_owned(), value]).collect()
    }
}
