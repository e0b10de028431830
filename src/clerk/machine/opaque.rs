//! What Clerk has said about opaque credentials, kept for a short while, and one question at a time
//! about each.
//!
//! The key is a digest of the credential; the store belongs to one instance. Credentials that Clerk
//! vouches for and those that it does not know are kept apart, so that made-up ones cannot drive real
//! ones out. Nothing else is kept: whatever Clerk could not or would not say is asked again.

use super::{error::MachineError, form::OpaqueToken, options::MachineOptions};
use crate::{
    clerk::{counters::Counters, verified_tokens::Fingerprint},
    core::{clock::Timestamp, machine::Machine, span},
};
use moka::{Expiry, future, sync};
use std::{
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

/// Some ten thousand credentials.
const KNOWN_BYTES: u64 = 16 * 1024 * 1024;
/// How many unknown ones are remembered, at some hundred bytes each.
const UNKNOWN_ENTRIES: u64 = 16 * 1024;
/// What an entry takes beside claims and scopes.
const OVERHEAD_BYTES: usize = 1024;

/// The store of one instance.
pub(in crate::clerk) struct OpaqueTokens {
    known: future::Cache<Fingerprint, Arc<Vouched>>,
    unknown: sync::Cache<Fingerprint, Timestamp>,
    remember: Duration,
    remember_unknown: Duration,
}

/// A credential that Clerk has vouched for.
struct Vouched {
    machine: Arc<Machine>,
    at: Timestamp,
    lifetime: Duration,
}

impl Vouched {
    /// Whether the credential has ended since.
    fn has_ended(&self, now: Timestamp) -> bool {
        self.machine.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether Clerk's word still counts. A clock that was set back says nothing about how old it is.
    fn still_counts(&self, now: Timestamp) -> bool {
        now >= self.at && now.since(self.at) < self.lifetime && !self.has_ended(now)
    }

    fn bytes(&self) -> u32 {
        let scopes: usize = self.machine.scopes.iter().map(|scope| scope.len() + 16).sum();
        let bytes = self.machine.claims.as_json().len() + scopes + OVERHEAD_BYTES;
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

struct WhileVouched;

impl Expiry<Fingerprint, Arc<Vouched>> for WhileVouched {
    fn expire_after_create(
        &self,
        _: &Fingerprint,
        vouched: &Arc<Vouched>,
        _: Instant,
    ) -> Option<Duration> {
        Some(vouched.lifetime)
    }
}

impl OpaqueTokens {
    /// An empty store.
    pub(in crate::clerk) fn new(options: &MachineOptions) -> Self {
        Self {
            known: future::Cache::builder()
                .max_capacity(KNOWN_BYTES)
                .weigher(|_, vouched: &Arc<Vouched>| vouched.bytes())
                .expire_after(WhileVouched)
                .build(),
            unknown: sync::Cache::builder()
                .max_capacity(UNKNOWN_ENTRIES)
                .time_to_live(options.remember_unknown)
                .build(),
            remember: options.remember,
            remember_unknown: options.remember_unknown,
        }
    }

    /// Whom a credential stands for: from memory, else by `ask`, which one of those who wait for the
    /// same answer does for all of them.
    pub(super) async fn resolve(
        &self,
        token: OpaqueToken<'_>,
        now: Timestamp,
        counters: &Counters,
        ask: impl Future<Output = Result<Machine, MachineError>>,
    ) -> Result<Arc<Machine>, MachineError> {
        let fingerprint = Fingerprint::of(token.expose());
        if self.is_unknown(fingerprint, now) {
            counters.machine_cache_unknown.increment();
            return Err(MachineError::Unknown);
        }
        if let Some(vouched) = self.known.get(&fingerprint).await {
            if vouched.still_counts(now) {
                counters.machine_cache_hit.increment();
                span::note("bailiff.cache", "hit");
                return Ok(Arc::clone(&vouched.machine));
            }
            self.known.invalidate(&fingerprint).await;
        }
        let asked = self.known.try_get_with(fingerprint, async {
            counters.machine_cache_miss.increment();
            span::note("bailiff.cache", "miss");
            let machine = ask.await.inspect_err(|error| {
                if *error == MachineError::Unknown {
                    self.unknown.insert(fingerprint, now);
                }
            })?;
            Ok(Arc::new(self.vouched(machine, now)))
        });
        match asked.await {
            Ok(vouched) if vouched.has_ended(now) => Err(MachineError::Expired),
            Ok(vouched) => Ok(Arc::clone(&vouched.machine)),
            Err(error) => Err(*error),
        }
    }

    fn is_unknown(&self, fingerprint: Fingerprint, now: Timestamp) -> bool {
        let told = self.unknown.get(&fingerprint);
        told.is_some_and(|at| at <= now && now.since(at) < self.remember_unknown)
    }

    fn vouched(&self, machine: Machine, now: Timestamp) -> Vouched {
        let left = machine.expires_at.map_or(self.remember, |end| end.since(now));
        Vouched { machine: Arc::new(machine), at: now, lifetime: left.min(self.remember) }
    }

    /// How many credentials are kept: those vouched for, and those unknown.
    #[cfg(test)]
    pub(in crate::clerk) async fn entries(&self) -> (u64, u64) {
        self.known.run_pending_tasks().await;
        self.unknown.run_pending_tasks();
        (self.known.entry_count(), self.unknown.entry_count())
    }
}

impl fmt::Debug for OpaqueTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OpaqueTokens")
    }
}
