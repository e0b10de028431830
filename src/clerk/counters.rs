//! What happened how often. Plain numbers: whoever exports them reads them.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// The number so far.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number of things that are so now.
#[derive(Debug, Default)]
pub struct Level(AtomicU64);

impl Level {
    /// One more is so.
    pub fn rise(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less is so. Never falls below none.
    pub fn fall(&self) {
        let less = |level: u64| Some(level.saturating_sub(1));
        // The function gives a number for every number.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// The number now.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counts of one instance.
#[derive(Debug, Default)]
pub struct Counters {
    /// Tokens found among those verified before.
    pub cache_hit: Counter,
    /// Tokens verified from scratch, with whatever outcome.
    pub cache_miss: Counter,
    /// Tokens whose permission masks two of Clerk's SDKs read differently; only what both grant counts.
    pub ambiguous_permissions: Counter,
    /// Rounds that brought a key set.
    pub key_refresh_succeeded: Counter,
    /// Rounds that brought none.
    pub key_refresh_failed: Counter,
    /// Tokens that would have caused a round within the cool-down.
    pub key_refresh_denied: Counter,
    /// Browsers sent to Clerk for a handshake.
    pub handshake_started: Counter,
    /// Expired sessions renewed through the Backend API.
    pub session_refreshed: Counter,
    /// Expired sessions that could not be renewed that way.
    pub session_refresh_failed: Counter,
    /// Calls because of a request that went out, repetitions included.
    pub call_sent: Counter,
    /// Calls because of a request that got no answer in time, or an answer from 500 on.
    pub call_failed: Counter,
    /// Calls because of a request that were not tried, since the last ones had failed.
    pub call_refused_by_circuit: Counter,
    /// Calls because of a request that were not tried, since too many were under way.
    pub call_refused_by_concurrency: Counter,
    /// Calls because of a request that were not tried, since as many as may be had been made lately.
    pub call_refused_by_rate: Counter,
    /// Calls because of a request that were not tried, since Clerk had asked not to be called.
    pub call_refused_by_block: Counter,
    /// Calls because of a request that Clerk answered with 429.
    pub call_answered_too_many: Counter,
    /// Calls because of a request that were sent once more after a failure.
    pub call_repeated: Counter,
    /// Opaque machine credentials that Clerk had vouched for a short while ago.
    pub machine_cache_hit: Counter,
    /// Opaque machine credentials that Clerk had not known a short while ago.
    pub machine_cache_unknown: Counter,
    /// Opaque machine credentials that Clerk had to be asked about.
    pub machine_cache_miss: Counter,
    /// Opaque machine credentials that Clerk cannot have issued; nobody was asked.
    pub machine_implausible: Counter,
    /// Kinds of calls that are not tried now, since the last ones have failed.
    pub circuits_open: Level,
}

impl Counters {
    /// Every count with its name.
    #[must_use]
    pub fn by_name(&self) -> [(&'static str, &Counter); 21] {
        [
            ("cache_hit", &self.cache_hit),
            ("cache_miss", &self.cache_miss),
            ("ambiguous_permissions", &self.ambiguous_permissions),
            ("key_refresh_succeeded", &self.key_refresh_succeeded),
            ("key_refresh_failed", &self.key_refresh_failed),
            ("key_refresh_denied", &self.key_refresh_denied),
            ("handshake_started", &self.handshake_started),
            ("session_refreshed", &self.session_refreshed),
            ("session_refresh_failed", &self.session_refresh_failed),
            ("call_sent", &self.call_sent),
            ("call_failed", &self.call_failed),
            ("call_refused_by_circuit", &self.call_refused_by_circuit),
            ("call_refused_by_concurrency", &self.call_refused_by_concurrency),
            ("call_refused_by_rate", &self.call_refused_by_rate),
            ("call_refused_by_block", &self.call_refused_by_block),
            ("call_answered_too_many", &self.call_answered_too_many),
            ("call_repeated", &self.call_repeated),
            ("machine_cache_hit", &self.machine_cache_hit),
            ("machine_cache_unknown", &self.machine_cache_unknown),
            ("machine_cache_miss", &self.machine_cache_miss),
            ("machine_implausible", &self.machine_implausible),
        ]
    }
}
