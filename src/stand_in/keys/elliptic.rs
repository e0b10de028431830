//! Keys of the kinds that Clerk does not sign sessions with, so that tests can prove them refused.

use super::SigningKeyError;
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::fmt;

/// A private key on an elliptic curve.
pub struct EllipticKey {
    id: String,
    pair: Pair,
}

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl EllipticKey {
    /// A fresh key for `ES256`.
    ///
    /// # Errors
    /// [`SigningKeyError::Generation`].
    pub fn generate_p256(id: &str) -> Result<Self, SigningKeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| SigningKeyError::Generation)?;
        Ok(Self { id: id.to_owned(), pair: Pair::P256(pair) })
    }

    /// A fresh key for `EdDSA`.
    ///
    /// # Errors
    /// [`SigningKeyError::Generation`].
    pub fn generate_ed25519(id: &str) -> Result<Self, SigningKeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| SigningKeyError::Generation)?;
        Ok(Self { id: id.to_owned(), pair: Pair::Ed25519(pair) })
    }

    /// The identifier, which goes into the header `kid`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name of the algorithm the key signs with.
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::P256(_) => "ES256",
            Pair::Ed25519(_) => "EdDSA",
        }
    }

    /// The public half as an element of a JWKS.
    #[must_use]
    pub fn jwk(&self) -> Value {
        match &self.pair {
            Pair::P256(pair) => {
                // 0x04, then both coordinates, 32 bytes each.
                let (x, y) = pair.public_key().as_ref().split_at(33);
                json!({
                    "use": "sig", "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": self.id,
                    "x": URL_SAFE_NO_PAD.encode(x.get(1..).unwrap_or_default()),
                    "y": URL_SAFE_NO_PAD.encode(y),
                })
            }
            Pair::Ed25519(pair) => json!({
                "use": "sig", "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": self.id,
                "x": URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
            }),
        }
    }

    /// Signs `message`. Should that fail, the signature is empty, which fits no key.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature = match &self.pair {
            Pair::P256(pair) => pair.sign(&SystemRandom::new(), message).ok(),
            Pair::Ed25519(pair) => Some(pair.sign(message)),
        };
        signature.map_or_else(Vec::new, |signature| signature.as_ref().to_vec())
    }
}

impl fmt::Debug for EllipticKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EllipticKey({}, {})", self.id, self.algorithm())
    }
}
