//! Signatures of Standard Webhooks as Svix makes them: HMAC-SHA256 over the message's id, its
//! timestamp and its body.

use crate::core::clock::Timestamp;
use aws_lc_rs::hmac;
use base64::{Engine as _, alphabet, engine};
use std::{fmt, time::Duration};
use thiserror::Error;

/// The header with the message's id. Clerk's own package reads these names alone.
pub const MESSAGE_ID: &str = "svix-id";
/// The header with the time of the delivery, in Unix seconds.
pub const TIMESTAMP: &str = "svix-timestamp";
/// The header with the signatures, separated by blanks.
pub const SIGNATURE: &str = "svix-signature";

/// How far the time of delivery may be from now, either way, the bound included.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);
/// The longest id. Svix writes about thirty characters.
const MAX_ID_BYTES: usize = 256;
/// How many signatures are looked at. During a rotation there are two.
const MAX_SIGNATURES: usize = 16;

/// Padding may be missing: people copy secrets by hand.
const BASE64: engine::GeneralPurpose = engine::GeneralPurpose::new(
    &alphabet::STANDARD,
    engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent),
);

/// The secret of one webhook endpoint.
pub struct SigningSecret(hmac::Key);

/// Why a text is no signing secret. Never quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SigningSecretError {
    /// Nothing.
    #[error("a webhook signing secret is empty")]
    Empty,
    /// Not base64 behind the prefix.
    #[error("a webhook signing secret is `whsec_` and base64; this is not")]
    NotBase64,
    /// Too few bytes to keep anybody from guessing.
    #[error("a webhook signing secret has at least 16 bytes")]
    TooShort,
}

impl SigningSecret {
    /// Reads a secret as Clerk's dashboard shows it, with or without `whsec_`.
    ///
    /// # Errors
    /// [`SigningSecretError`] says what it lacks.
    pub fn parse(text: &str) -> Result<Self, SigningSecretError> {
        let text = text.trim();
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        if encoded.is_empty() {
            return Err(SigningSecretError::Empty);
        }
        let bytes = BASE64.decode(encoded).map_err(|_| SigningSecretError::NotBase64)?;
        if bytes.len() < 16 {
            return Err(SigningSecretError::TooShort);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningSecret(…)")
    }
}

/// The three headers of a message.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// `svix-id`.
    pub id: &'a str,
    /// `svix-timestamp`.
    pub timestamp: &'a str,
    /// `svix-signature`.
    pub signatures: &'a str,
}

/// Why a message is not taken for Clerk's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The id is missing or cannot be one.
    #[error("the message's id is missing or malformed")]
    Id,
    /// The timestamp is missing or no whole number.
    #[error("the message's timestamp is missing or malformed")]
    Timestamp,
    /// It was sent too long ago: perhaps somebody sends it again.
    #[error("the message was sent more than five minutes ago")]
    TooOld,
    /// It was sent in the future.
    #[error("the message was sent more than five minutes in the future")]
    TooNew,
    /// No signature matches any secret.
    #[error("no signature of the message matches")]
    NoMatch,
}

impl Signed<'_> {
    /// Checks the signature over `body` with each of the secrets. How long it takes depends on how
    /// many signatures and secrets there are, never on how much of one is right.
    ///
    /// # Errors
    /// [`SignatureError`] says what is wrong, nothing about secrets.
    pub fn verify(
        &self,
        body: &[u8],
        secrets: &[SigningSecret],
        now: Timestamp,
    ) -> Result<(), SignatureError> {
        let visible = |byte: u8| byte.is_ascii_graphic() && byte != b'.';
        if self.id.is_empty() || self.id.len() > MAX_ID_BYTES || !self.id.bytes().all(visible) {
            return Err(SignatureError::Id);
        }
        let sent = self.sent_at()?;
        if now.since(sent) > TOLERANCE {
            return Err(SignatureError::TooOld);
        }
        if sent.since(now) > TOLERANCE {
            return Err(SignatureError::TooNew);
        }
        let mut content = Vec::with_capacity(self.id.len() + 24 + body.len());
        content.extend_from_slice(self.id.as_bytes());
        content.push(b'.');
        content.extend_from_slice(sent.unix_seconds().to_string().as_bytes());
        content.push(b'.');
        content.extend_from_slice(body);
        let mut matched = false;
        for tag in self.tags() {
            for SigningSecret(key) in secrets {
                matched |= hmac::verify(key, &content, &tag).is_ok();
            }
        }
        if matched { Ok(()) } else { Err(SignatureError::NoMatch) }
    }

    fn sent_at(&self) -> Result<Timestamp, SignatureError> {
        let text = self.timestamp.trim();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = text.parse().ok().filter(|_| digits).ok_or(SignatureError::Timestamp)?;
        Ok(Timestamp::from_unix_seconds(seconds))
    }

    /// The signatures of the symmetric version, decoded.
    fn tags(&self) -> impl Iterator<Item = Vec<u8>> {
        self.signatures
            .split_ascii_whitespace()
            .take(MAX_SIGNATURES)
            .filter_map(|signature| signature.strip_prefix("v1,"))
            .filter_map(|encoded| BASE64.decode(encoded).ok())
    }
}

#[cfg(test)]
mod tests;
