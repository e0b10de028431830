//! Takes a JWT apart. Nothing here is verified, and nothing here may be believed.

use super::token_error::TokenError;
use crate::core::machine::MachineKind;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use std::fmt;

/// The longest token that is looked at, in bytes. A cookie holds 4 KiB.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

const SESSION_CLASS: &str = "cl_B7d4PD111AAA";
const MACHINE_CLASS: &str = "cl_B7d4PD333AAA";
/// Stamped on tokens of every class by some instances: says nothing.
const NO_CLASS: &str = "cl_I7d4PD111III";

/// A JWT taken apart.
pub struct Jwt<'t> {
    signed: &'t str,
    signature: &'t str,
    header: Value,
    payload: Value,
    payload_text: String,
}

/// What the JOSE header's `cat` says the token was minted as (Clerk: `tokens/jwtCategories.ts`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A session token; handshake tokens carry it too.
    Session,
    /// A machine's token.
    Machine,
    /// Nothing is said.
    Unstated,
    /// A JWT template, or a value nobody knows.
    Other,
}

/// What a JWT is by its form. One key signs them all, so that the form decides which rules it is held
/// to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwtKind {
    /// A session token, or anything that is none of the others.
    Session,
    /// A machine-to-machine token: the subject is a machine.
    M2m,
    /// An OAuth access token: `typ` says so.
    Oauth,
}

impl JwtKind {
    /// The kind of machine credential, if it is one.
    #[must_use]
    pub const fn machine(self) -> Option<MachineKind> {
        match self {
            Self::Session => None,
            Self::M2m => Some(MachineKind::M2mToken),
            Self::Oauth => Some(MachineKind::OauthToken),
        }
    }
}

impl<'t> Jwt<'t> {
    /// Splits and decodes a token.
    ///
    /// # Errors
    /// [`TokenError::TooLong`], or [`TokenError::Malformed`] unless there are three parts, each of
    /// them strict base64url without padding, the first two JSON.
    pub fn decode(token: &'t str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        if payload.contains('.') {
            return Err(TokenError::Malformed);
        }
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed);
        bytes(signature)?;
        let header = serde_json::from_slice(&bytes(header)?).map_err(|_| TokenError::Malformed)?;
        let payload_text = String::from_utf8(bytes(payload)?).map_err(|_| TokenError::Malformed)?;
        let payload = serde_json::from_str(&payload_text).map_err(|_| TokenError::Malformed)?;
        Ok(Self { signed, signature, header, payload, payload_text })
    }

    /// Header and payload as they were signed.
    #[must_use]
    pub const fn signed(&self) -> &'t str {
        self.signed
    }

    /// The signature in base64url.
    #[must_use]
    pub const fn signature(&self) -> &'t str {
        self.signature
    }

    /// The JOSE header.
    #[must_use]
    pub const fn header(&self) -> &Value {
        &self.header
    }

    /// The payload.
    #[must_use]
    pub const fn payload(&self) -> &Value {
        &self.payload
    }

    /// A member of the payload.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.payload.get(name)
    }

    /// The payload as JSON text, byte for byte as it was signed.
    #[must_use]
    pub fn payload_text(&self) -> &str {
        &self.payload_text
    }

    /// `kid` where it is text.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// `alg` where it is text.
    #[must_use]
    pub fn algorithm(&self) -> Option<&str> {
        self.header.get("alg").and_then(Value::as_str)
    }

    /// Whether `typ` is absent or exactly `JWT`.
    #[must_use]
    pub fn has_plain_type(&self) -> bool {
        self.header.get("typ").is_none_or(|kind| kind == "JWT")
    }

    /// What `cat` says.
    #[must_use]
    pub fn class(&self) -> Class {
        let Some(class) = self.header.get("cat") else { return Class::Unstated };
        match class.as_str() {
            Some(SESSION_CLASS) => Class::Session,
            Some(MACHINE_CLASS) => Class::Machine,
            Some(NO_CLASS) => Class::Unstated,
            _ => Class::Other,
        }
    }

    /// Whether the header says that this is an OAuth access token.
    #[must_use]
    pub fn is_oauth(&self) -> bool {
        let kind = self.header.get("typ").and_then(Value::as_str);
        matches!(kind, Some("at+jwt" | "application/at+jwt"))
    }

    /// Whether the subject is a machine.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        self.claim("sub").and_then(Value::as_str).is_some_and(|sub| sub.starts_with("mch_"))
    }

    /// What the token is by its form; a machine as subject counts before the header's `typ`, as in
    /// Clerk's package (`tokens/machine.ts`).
    #[must_use]
    pub fn kind(&self) -> JwtKind {
        if self.is_machine() {
            JwtKind::M2m
        } else if self.is_oauth() {
            JwtKind::Oauth
        } else {
            JwtKind::Session
        }
    }

    /// Whether `cat` is absent, or says that this was minted for a machine. Unlike for sessions, the
    /// class that says nothing is refused (Clerk: `jwt/verifyMachineJwt.ts`).
    #[must_use]
    pub fn may_be_m2m_class(&self) -> bool {
        self.header.get("cat").is_none_or(|class| class == MACHINE_CLASS)
    }

    /// Whether the token is of a kind that never stands for a session, however good its signature:
    /// one key signs them all.
    #[must_use]
    pub fn is_of_another_kind(&self) -> bool {
        self.is_oauth()
            || self.is_machine()
            || matches!(self.class(), Class::Machine | Class::Other)
    }
}

impl fmt::Debug for Jwt<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Jwt({} bytes)", self.signed.len() + 1 + self.signature.len())
    }
}

#[cfg(test)]
mod tests;
