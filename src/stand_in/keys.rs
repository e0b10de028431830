//! Signing keys of the stand-in instance: generated at start, rotated at will, never written down.

mod elliptic;
mod published;

pub use elliptic::EllipticKey;
pub use published::PublishedKeys;

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    error::Unspecified,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RsaEncoding},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use serde_json::{Value, json};
use std::fmt;
use thiserror::Error;

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SigningKeyError {
    /// The machine gave no randomness or memory.
    #[error("a signing key cannot be generated")]
    Generation,
    /// The text is no PKCS #8 private RSA key.
    #[error("the private key is not an RSA key in PKCS #8 PEM form")]
    Malformed,
}

/// A private RSA key, the identifier it is published under, and the one place that signs with it.
pub struct SigningKey {
    id: String,
    pair: KeyPair,
    public_pem: String,
}

impl SigningKey {
    /// A fresh 2048-bit key, as Clerk's are. Clerk uses the instance id for `id`, for instance
    /// `ins_demo`.
    ///
    /// # Errors
    /// [`SigningKeyError::Generation`].
    pub fn generate(id: &str) -> Result<Self, SigningKeyError> {
        Self::generate_sized(id, KeySize::Rsa2048)
    }

    /// A fresh key of another size.
    ///
    /// # Errors
    /// [`SigningKeyError::Generation`].
    pub fn generate_sized(id: &str, size: KeySize) -> Result<Self, SigningKeyError> {
        let pair = KeyPair::generate(size).map_err(|_| SigningKeyError::Generation)?;
        let public_pem = public_half(&pair).map_err(|_| SigningKeyError::Generation)?;
        Ok(Self { id: id.to_owned(), pair, public_pem })
    }

    /// A key that somebody else generated.
    ///
    /// # Errors
    /// [`SigningKeyError::Malformed`].
    pub fn from_pkcs8_pem(id: &str, pem: &str) -> Result<Self, SigningKeyError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| SigningKeyError::Malformed)?;
        let pair =
            KeyPair::from_pkcs8(der.secret_pkcs8_der()).map_err(|_| SigningKeyError::Malformed)?;
        let public_pem = public_half(&pair).map_err(|_| SigningKeyError::Malformed)?;
        Ok(Self { id: id.to_owned(), pair, public_pem })
    }

    /// The identifier, which goes into the header `kid`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public half as an element of a JWKS.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        json!({
            "use": "sig",
            "kty": "RSA",
            "kid": self.id,
            "alg": "RS256",
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        })
    }

    /// The public half as a PEM text (`BEGIN PUBLIC KEY`), as Clerk's dashboard shows it.
    #[must_use]
    pub fn public_pem(&self) -> String {
        self.public_pem.clone()
    }

    /// Signs `message`. Should that fail, the signature is empty, which fits no key.
    #[must_use]
    pub fn sign(&self, encoding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let signed = self.pair.sign(encoding, &SystemRandom::new(), message, &mut signature);
        if signed.is_err() {
            signature.clear();
        }
        signature
    }
}

/// The PEM text of the public half.
fn public_half(pair: &KeyPair) -> Result<String, Unspecified> {
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    let body = STANDARD.encode(der.as_ref());
    let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
    for (index, letter) in body.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(letter);
    }
    pem.push_str("\n-----END PUBLIC KEY-----\n");
    Ok(pem)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({})", self.id)
    }
}

#[cfg(test)]
mod tests;
