//! Where keys are fetched from, and how an answer is read. Sending is the transport's business.

use super::set::KeySet;
use crate::clerk::{
    backend_api::{Answer, ApiBase, NoAnswer, Outgoing, Repeat},
    token_error::FetchFailure,
};
use http::Method;
use secrecy::SecretString;
use serde_json::Value;
use thiserror::Error;
use url::Url;

/// An address that answers with a JWKS document.
#[derive(Clone, Debug)]
pub struct KeySource {
    url: Url,
    secret_key: Option<SecretString>,
}

/// The base address and the path do not make an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the address of the key set cannot be built")]
pub struct KeySourceError;

impl KeySource {
    /// The public key set of the Frontend API: `<base>/.well-known/jwks.json`.
    ///
    /// # Errors
    /// [`KeySourceError`] if no address comes of it.
    pub fn frontend_api(base: &ApiBase) -> Result<Self, KeySourceError> {
        let url = base.join("/.well-known/jwks.json").ok_or(KeySourceError)?;
        Ok(Self { url, secret_key: None })
    }

    /// The key set of the Backend API, `<base>/v1/jwks`, which asks for the secret key.
    ///
    /// # Errors
    /// [`KeySourceError`] if no address comes of it.
    pub fn backend_api(base: &ApiBase, secret_key: SecretString) -> Result<Self, KeySourceError> {
        let url = base.join("/v1/jwks").ok_or(KeySourceError)?;
        Ok(Self { url, secret_key: Some(secret_key) })
    }

    /// A public key set at an address of its own.
    #[must_use]
    pub fn at(address: &ApiBase) -> Self {
        Self { url: address.url().clone(), secret_key: None }
    }

    pub(super) fn request(&self) -> Outgoing<'_> {
        Outgoing {
            method: Method::GET,
            url: self.url.clone(),
            secret_key: self.secret_key.as_ref(),
            json: None,
            // Rounds of their own repeat it.
            repeat: Repeat::Never,
        }
    }
}

/// Reads what came back. As in Clerk's package, the content type is not looked at here.
pub(super) fn read(answer: Result<Answer, NoAnswer>) -> Result<KeySet, FetchFailure> {
    let answer = answer.map_err(|_| FetchFailure::Transport)?;
    let body: Value = serde_json::from_slice(&answer.body).map_err(|_| FetchFailure::Transport)?;
    if !answer.is_success() {
        let refused =
            |error: &Value| error.get("code").and_then(Value::as_str) == Some("clerk_key_invalid");
        let errors = body.get("errors").and_then(Value::as_array);
        return Err(if errors.is_some_and(|errors| errors.iter().any(refused)) {
            FetchFailure::SecretKey
        } else {
            FetchFailure::Answer
        });
    }
    if body.is_null() {
        return Err(FetchFailure::Transport);
    }
    match body.get("keys").and_then(Value::as_array) {
        Some(keys) if !keys.is_empty() => Ok(KeySet::from_jwks(keys)),
        Some(_) | None => Err(FetchFailure::Answer),
    }
}

#[cfg(test)]
mod tests;
