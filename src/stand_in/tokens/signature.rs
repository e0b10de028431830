//! Every way to sign a token, right and wrong.

use crate::stand_in::keys::{EllipticKey, SigningKey};
use aws_lc_rs::{
    hmac,
    signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// How to sign a token. Only [`Signer::Rs256`] is Clerk's way.
#[derive(Clone, Copy, Debug)]
pub enum Signer<'k> {
    /// RSA PKCS #1 with SHA-256.
    Rs256(&'k SigningKey),
    /// RSA PKCS #1 with SHA-384.
    Rs384(&'k SigningKey),
    /// RSA PKCS #1 with SHA-512.
    Rs512(&'k SigningKey),
    /// RSA PSS with SHA-256.
    Ps256(&'k SigningKey),
    /// HMAC with SHA-256. With the text of a public key as the secret, this is the attack on
    /// verifiers that let the token choose the algorithm.
    Hs256(&'k [u8]),
    /// ES256 or `EdDSA`, by the kind of key.
    Elliptic(&'k EllipticKey),
    /// Algorithm `none`: an empty signature.
    Unsigned,
    /// These bytes, said to be RS256.
    Bytes(&'k [u8]),
}

impl Signer<'_> {
    /// What goes into the header `alg`.
    pub(super) const fn algorithm(&self) -> &'static str {
        match self {
            Self::Rs256(_) | Self::Bytes(_) => "RS256",
            Self::Rs384(_) => "RS384",
            Self::Rs512(_) => "RS512",
            Self::Ps256(_) => "PS256",
            Self::Hs256(_) => "HS256",
            Self::Elliptic(key) => key.algorithm(),
            Self::Unsigned => "none",
        }
    }

    /// What goes into the header `kid`, where the key has an identifier.
    pub(super) fn key_id(&self) -> Option<&str> {
        match self {
            Self::Rs256(key) | Self::Rs384(key) | Self::Rs512(key) | Self::Ps256(key) => {
                Some(key.id())
            }
            Self::Elliptic(key) => Some(key.id()),
            Self::Hs256(_) | Self::Unsigned | Self::Bytes(_) => None,
        }
    }

    /// Header, payload and signature in the compact form.
    pub(super) fn compact(&self, header: &[u8], payload: &[u8]) -> String {
        let mut token =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let message = token.as_bytes();
        let signature = match self {
            Self::Rs256(key) => key.sign(&RSA_PKCS1_SHA256, message),
            Self::Rs384(key) => key.sign(&RSA_PKCS1_SHA384, message),
            Self::Rs512(key) => key.sign(&RSA_PKCS1_SHA512, message),
            Self::Ps256(key) => key.sign(&RSA_PSS_SHA256, message),
            Self::Hs256(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                hmac::sign(&key, message).as_ref().to_vec()
            }
            Self::Elliptic(key) => key.sign(message),
            Self::Unsigned => Vec::new(),
            Self::Bytes(bytes) => bytes.to_vec(),
        };
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }
}
