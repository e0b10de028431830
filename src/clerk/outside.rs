//! The one interface through which the procedure asks anything of the world.

use super::{
    backend_api::{Answer, BackendApi, MachineTokenApi},
    keys::{Key, Keys, Lookup},
    machine::{MachineError, OpaqueToken},
    request::refresh::{RefreshCall, RefreshFailure},
    token_error::TokenError,
};
use crate::core::clock::Timestamp;
use std::{future::Future, sync::Arc};

/// What may be asked of the world outside one decision.
pub trait Outside: Sync {
    /// Looks a key up among those at hand; `None` when there are none.
    fn key_at_hand(&self, id: Option<&str>, now: Timestamp) -> Option<Lookup>;

    /// Finds a key, fetching if that is due.
    fn key(
        &self,
        id: Option<&str>,
        now: Timestamp,
    ) -> impl Future<Output = Result<Arc<Key>, TokenError>> + Send;

    /// The key that has taken the place of `used`, if a fetch that is due shows one.
    fn key_after(
        &self,
        used: &Key,
        now: Timestamp,
    ) -> impl Future<Output = Option<Arc<Key>>> + Send;

    /// The `Set-Cookie` lines of the handshake called `nonce`; none where that fails.
    fn handshake_payload(&self, nonce: &str) -> impl Future<Output = Vec<Box<str>>> + Send;

    /// Renews an expired session.
    fn refresh(
        &self,
        call: RefreshCall<'_>,
    ) -> impl Future<Output = Result<Vec<Box<str>>, RefreshFailure>> + Send;

    /// What Clerk says of an opaque machine credential.
    fn verify_machine_token(
        &self,
        token: OpaqueToken<'_>,
    ) -> impl Future<Output = Result<Answer, MachineError>> + Send;
}

/// Keys, and the Backend API where secret keys are configured.
#[derive(Debug)]
pub struct Connected {
    /// The instance's keys.
    pub keys: Keys,
    /// The Backend API.
    pub backend_api: Option<BackendApi>,
    /// The part of it that knows opaque machine credentials, which a machine's secret key opens too.
    pub machine_tokens: Option<MachineTokenApi>,
}

impl Outside for Connected {
    fn key_at_hand(&self, id: Option<&str>, now: Timestamp) -> Option<Lookup> {
        self.keys.at_hand(id, now)
    }

    async fn key(&self, id: Option<&str>, now: Timestamp) -> Result<Arc<Key>, TokenError> {
        self.keys.find(id, now).await
    }

    async fn key_after(&self, used: &Key, now: Timestamp) -> Option<Arc<Key>> {
        self.keys.successor(used, now).await
    }

    async fn handshake_payload(&self, nonce: &str) -> Vec<Box<str>> {
        match &self.backend_api {
            Some(api) => api.handshake_payload(nonce).await,
            None => Vec::new(),
        }
    }

    async fn refresh(&self, call: RefreshCall<'_>) -> Result<Vec<Box<str>>, RefreshFailure> {
        match &self.backend_api {
            Some(api) => api.refresh(call).await,
            None => Err(RefreshFailure::MissingApiClient),
        }
    }

    async fn verify_machine_token(&self, token: OpaqueToken<'_>) -> Result<Answer, MachineError> {
        match &self.machine_tokens {
            Some(api) => api.verify(token).await,
            None => Err(MachineError::NoSecretKey),
        }
    }
}
