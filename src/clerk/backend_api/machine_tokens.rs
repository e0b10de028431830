//! The calls by which Clerk is asked about opaque machine credentials.
//!
//! Unlike the others, their paths carry no version (Clerk: `api/factory.ts`, "skip API version").

use super::{Answer, ApiBase, Outgoing, Repeat, Transport, traced::called};
use crate::{
    clerk::machine::{MachineError, OpaqueToken},
    core::machine::MachineKind,
};
use http::Method;
use secrecy::SecretString;
use serde_json::json;
use std::sync::Arc;
use thiserror::Error;

/// Clerk's word on opaque credentials, for one instance.
#[derive(Debug)]
pub struct MachineTokenApi {
    base: ApiBase,
    secret_key: Option<SecretString>,
    machine_secret_key: Option<SecretString>,
    transports: MachineTransports,
}

/// There is nothing to ask Clerk with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("neither a secret key nor a machine's secret key is set")]
pub struct NoSecretKey;

/// A transport for each kind of credential, so that a flood of made-up credentials of one kind uses
/// up no limit of the others.
#[derive(Clone, Debug)]
pub struct MachineTransports {
    api_keys: Arc<dyn Transport>,
    m2m_tokens: Arc<dyn Transport>,
    oauth_tokens: Arc<dyn Transport>,
}

impl MachineTransports {
    /// Makes one for each.
    #[must_use]
    pub fn each(mut make: impl FnMut() -> Arc<dyn Transport>) -> Self {
        Self { api_keys: make(), m2m_tokens: make(), oauth_tokens: make() }
    }

    fn of(&self, kind: MachineKind) -> &dyn Transport {
        match kind {
            MachineKind::ApiKey => &*self.api_keys,
            MachineKind::M2mToken => &*self.m2m_tokens,
            MachineKind::OauthToken => &*self.oauth_tokens,
        }
    }
}

impl MachineTokenApi {
    /// The API at `base`, called with `secret_key`, or about machine-to-machine tokens with
    /// `machine_secret_key` where there is one: Clerk then says no to tokens that are meant for other
    /// machines.
    ///
    /// # Errors
    /// [`NoSecretKey`] if there is neither.
    pub fn new(
        base: ApiBase,
        secret_key: Option<SecretString>,
        machine_secret_key: Option<SecretString>,
        transports: MachineTransports,
    ) -> Result<Self, NoSecretKey> {
        if secret_key.is_none() && machine_secret_key.is_none() {
            return Err(NoSecretKey);
        }
        Ok(Self { base, secret_key, machine_secret_key, transports })
    }

    /// Asks about a credential.
    ///
    /// # Errors
    /// [`MachineError`] where there is no answer, or no key to ask with.
    pub async fn verify(&self, token: OpaqueToken<'_>) -> Result<Answer, MachineError> {
        let (path, field, key) = match token.kind() {
            MachineKind::ApiKey => ("/api_keys/verify", "secret", &None),
            MachineKind::M2mToken => ("/m2m_tokens/verify", "token", &self.machine_secret_key),
            MachineKind::OauthToken => {
                ("/oauth_applications/access_tokens/verify", "access_token", &None)
            }
        };
        let secret_key =
            key.as_ref().or(self.secret_key.as_ref()).ok_or(MachineError::NoSecretKey)?;
        let request = Outgoing {
            method: Method::POST,
            // No other origin can come of a fixed path.
            url: self.base.join(path).ok_or(MachineError::NoSecretKey)?,
            secret_key: Some(secret_key),
            json: Some(json!({ field: token.expose() }).to_string().into_bytes()),
            // Asking changes nothing.
            repeat: Repeat::AfterFailure,
        };
        Ok(called(self.transports.of(token.kind()), path, request).await?)
    }
}

#[cfg(test)]
mod tests;
