//! Tokens that have been verified before, so that the next request need not check the signature.
//!
//! The key is a digest of the whole token: two tokens that share a signature are two tokens. What
//! is kept is an identity, never a verdict, and whatever can change (the clock, the settings, the
//! instance's keys) is checked again on every use. Refusals are not kept.

use super::{
    claims::Standing, instance::Instance, jwt::JwtKind, keys::Key, token_error::TokenError,
    verify::RegisteredClaims,
};
use crate::core::{
    clock::Timestamp,
    id::InstanceName,
    identity::User,
    machine::{Machine, MachineKind},
};
use aws_lc_rs::digest;
use moka::{Expiry, sync::Cache};
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

/// The SHA-256 digest of a whole token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Digests a token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        let mut bytes = [0; 32];
        let digest = digest::digest(&digest::SHA256, token.as_bytes());
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }

    /// The digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Fingerprint(…)")
    }
}

/// A token whose signature has been checked, and what it says.
#[derive(Debug)]
pub struct VerifiedToken {
    pub(super) fingerprint: Fingerprint,
    pub(super) user: Arc<User>,
    pub(super) standing: Standing,
    pub(super) registered: RegisteredClaims,
    pub(super) key_id: Option<Box<str>>,
    pub(super) key: Arc<Key>,
}

impl VerifiedToken {
    /// Which token this was.
    #[must_use]
    pub const fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Whom it stands for, if its standing is that of a signed-in user.
    #[must_use]
    pub const fn user(&self) -> &Arc<User> {
        &self.user
    }

    /// Whether the session makes a signed-in user.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// The registered claims.
    #[must_use]
    pub const fn registered(&self) -> &RegisteredClaims {
        &self.registered
    }

    /// Checks what can have changed since the signature was.
    pub(super) fn recheck(&self, instance: &Instance, now: Timestamp) -> Result<(), TokenError> {
        self.registered.check(instance, instance.clock_skew, now)
    }
}

/// A machine's JWT whose signature has been checked, and what it says.
#[derive(Debug)]
pub(super) struct VerifiedMachine {
    pub(super) fingerprint: Fingerprint,
    pub(super) machine: Arc<Machine>,
    pub(super) registered: RegisteredClaims,
    pub(super) key_id: Option<Box<str>>,
    pub(super) key: Arc<Key>,
}

impl VerifiedMachine {
    /// The registered claims.
    pub(super) const fn registered(&self) -> &RegisteredClaims {
        &self.registered
    }

    /// What the token is by its form.
    pub(super) fn kind(&self) -> JwtKind {
        match self.machine.kind {
            MachineKind::M2mToken => JwtKind::M2m,
            // An API key is never a JWT.
            MachineKind::OauthToken | MachineKind::ApiKey => JwtKind::Oauth,
        }
    }
}

/// A token found in the store. Which of the two it is was told by its form when it was verified.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// A session token.
    Session(Arc<VerifiedToken>),
    /// A machine's.
    Machine(Arc<VerifiedMachine>),
}

impl Known {
    fn fingerprint(&self) -> Fingerprint {
        match self {
            Self::Session(token) => token.fingerprint,
            Self::Machine(token) => token.fingerprint,
        }
    }

    fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Session(token) => Some(token.user.expires_at),
            Self::Machine(token) => token.machine.expires_at,
        }
    }

    fn claims_bytes(&self) -> usize {
        match self {
            Self::Session(token) => token.user.claims.as_json().len(),
            Self::Machine(token) => token.machine.claims.as_json().len(),
        }
    }
}

/// One store for all instances; a token is only ever found for the instance it was verified for.
#[derive(Debug)]
pub struct VerifiedTokens(Cache<(InstanceName, Fingerprint), Arc<Kept>>);

struct Kept {
    token: Known,
    lifetime: Duration,
    bytes: u32,
}

impl fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Kept({} bytes)", self.bytes)
    }
}

struct UntilExpiry;

impl Expiry<(InstanceName, Fingerprint), Arc<Kept>> for UntilExpiry {
    fn expire_after_create(
        &self,
        _: &(InstanceName, Fingerprint),
        kept: &Arc<Kept>,
        _: Instant,
    ) -> Option<Duration> {
        Some(kept.lifetime)
    }
}

impl VerifiedTokens {
    /// Enough for some ten thousand sessions.
    pub const STANDARD_BYTES: u64 = 64 * 1024 * 1024;
    /// What an entry takes beside the claims: the identity's own fields and the bookkeeping.
    const OVERHEAD_BYTES: usize = 1536;

    /// An empty store that stays within about `max_bytes`.
    #[must_use]
    pub fn new(max_bytes: u64) -> Self {
        let cache = Cache::builder()
            .max_capacity(max_bytes)
            .weigher(|_, kept: &Arc<Kept>| kept.bytes)
            .expire_after(UntilExpiry)
            .build();
        Self(cache)
    }

    /// Finds a token. The caller checks it again before use.
    pub(super) fn get(&self, instance: &Instance, fingerprint: Fingerprint) -> Option<Known> {
        let kept = self.0.get(&(instance.name.clone(), fingerprint))?;
        Some(kept.token.clone())
    }

    /// Keeps a token until it expires.
    pub(super) fn insert(&self, instance: &Instance, token: Known, now: Timestamp) {
        let expiry = token.expires_at().unwrap_or(now);
        let end = expiry.unix_millis().saturating_add(instance.clock_skew.millis());
        let left = u64::try_from(end.saturating_sub(now.unix_millis())).unwrap_or(0);
        // The claims are held once as text and once taken apart.
        let bytes = 2 * token.claims_bytes() + Self::OVERHEAD_BYTES;
        let fingerprint = token.fingerprint();
        let kept = Kept {
            token,
            // The store's clock ends at some point; a token that outlives it is verified again.
            lifetime: Duration::from_millis(left).min(Duration::from_secs(24 * 3600)),
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
        };
        self.0.insert((instance.name.clone(), fingerprint), Arc::new(kept));
    }

    /// Forgets a token, because it no longer holds.
    pub(super) fn remove(&self, instance: &Instance, fingerprint: Fingerprint) {
        self.0.invalidate(&(instance.name.clone(), fingerprint));
    }

    /// Bytes in use, as far as the store has counted them.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.run_pending_tasks();
        self.0.weighted_size()
    }
}

#[cfg(test)]
mod tests;
