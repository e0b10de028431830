//! One RSA public key, from a JWK or a PEM, for RS256 and nothing else.

use crate::core::id::KeyId;
use aws_lc_rs::{
    rsa::PublicKey,
    signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Deserialize;
use std::fmt;
use thiserror::Error;

/// A key that checks RS256 signatures. The algorithm belongs to the key: no token can choose it.
#[derive(Clone)]
pub struct Key {
    id: Option<KeyId>,
    modulus: Box<[u8]>,
    exponent: Box<[u8]>,
    decoding: DecodingKey,
}

/// Why a text is no usable key. The text is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Nothing there.
    #[error("the key is empty")]
    Empty,
    /// A PEM of something else.
    #[error("not a PEM of a public key")]
    Label,
    /// The body is not base64.
    #[error("the body of the PEM is not base64")]
    Encoding,
    /// The content is no RSA public key.
    #[error("not an RSA public key")]
    NotRsa,
    /// Fewer than 2048 bits, or more than 8192.
    #[error("an RSA key must have 2048 to 8192 bits")]
    Size,
    /// A JWK for another purpose or algorithm.
    #[error("the key is not for RS256 signatures")]
    Purpose,
}

/// The members of a JWK that count here.
#[derive(Debug, Deserialize)]
pub struct Jwk {
    /// Name of the key.
    pub kid: Option<String>,
    kty: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl Key {
    /// Reads an RSA public key as PEM: SPKI (`PUBLIC KEY`) or PKCS#1 (`RSA PUBLIC KEY`), with any line
    /// ends, indentation and blank lines or none, or the bare base64 body.
    ///
    /// # Errors
    /// [`KeyError`] unless it is an RSA public key of 2048 to 8192 bits.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let text = pem.trim();
        if text.is_empty() {
            return Err(KeyError::Empty);
        }
        let body = match text.strip_prefix("-----BEGIN ") {
            None => text,
            Some(labelled) => ["PUBLIC KEY-----", "RSA PUBLIC KEY-----"]
                .into_iter()
                .find_map(|label| {
                    let body = labelled.strip_prefix(label)?.strip_suffix(label)?;
                    body.trim_end().strip_suffix("-----END")
                })
                .ok_or(KeyError::Label)?,
        };
        let body: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(body).map_err(|_| KeyError::Encoding)?;
        let key = PublicKey::from_der(&der).map_err(|_| KeyError::NotRsa)?;
        let (modulus, exponent) = components(key.as_ref()).ok_or(KeyError::NotRsa)?;
        Self::from_components(None, modulus, exponent)
    }

    /// Reads a JWK.
    ///
    /// # Errors
    /// [`KeyError`] unless it is an RSA key of 2048 to 8192 bits for RS256 signatures.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        let allowed = |member: &Option<String>, value| member.as_deref().is_none_or(|m| m == value);
        if jwk.kty.as_deref() != Some("RSA")
            || !allowed(&jwk.purpose, "sig")
            || !allowed(&jwk.alg, "RS256")
        {
            return Err(KeyError::Purpose);
        }
        let number = |member: &Option<String>| {
            let text = member.as_deref().ok_or(KeyError::NotRsa)?;
            URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::NotRsa)
        };
        let id = jwk.kid.as_deref().map(KeyId::new);
        Self::from_components(id, &number(&jwk.n)?, &number(&jwk.e)?)
    }

    fn from_components(
        id: Option<KeyId>,
        modulus: &[u8],
        exponent: &[u8],
    ) -> Result<Self, KeyError> {
        let modulus = without_leading_zeros(modulus);
        let exponent = without_leading_zeros(exponent);
        let bits =
            modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize);
        if !(2048..=8192).contains(&bits) {
            return Err(KeyError::Size);
        }
        // With an even exponent, or with 1, anybody could sign.
        if exponent == [1] || exponent.last().is_none_or(|last| last % 2 == 0) {
            return Err(KeyError::NotRsa);
        }
        RsaPublicKeyComponents { n: modulus, e: exponent }
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .map_err(|_| KeyError::NotRsa)?;
        Ok(Self {
            id,
            modulus: modulus.into(),
            exponent: exponent.into(),
            decoding: DecodingKey::from_rsa_raw_components(modulus, exponent),
        })
    }

    /// The name of the key; a pinned key has none and serves every name.
    #[must_use]
    pub const fn id(&self) -> Option<&KeyId> {
        self.id.as_ref()
    }

    /// Whether `signature` (base64url) is this key's over `message`.
    #[must_use]
    pub fn verifies(&self, message: &str, signature: &str) -> bool {
        crypto::verify(signature, message.as_bytes(), &self.decoding, Algorithm::RS256)
            .unwrap_or(false)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.modulus == other.modulus && self.exponent == other.exponent
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({:?}, {} bits)", self.id, self.modulus.len() * 8)
    }
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Modulus and exponent of a DER `RSAPublicKey` (RFC 8017, A.1.1).
fn components(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, _) = element(der, 0x30)?;
    let (modulus, rest) = element(sequence, 0x02)?;
    let (exponent, _) = element(rest, 0x02)?;
    Some((modulus, exponent))
}

/// The content of the DER element at the start, which must have the tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    if found == tag { rest.split_at_checked(length) } else { None }
}

#[cfg(test)]
mod tests;
