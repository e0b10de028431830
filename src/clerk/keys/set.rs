//! The keys of one answer, and when they are fresh, stale or gone. Pure: the clock is handed in and
//! nothing is sent.

use super::key::{Jwk, Key, KeyError};
use crate::core::{clock::Timestamp, id::KeyId};
use serde::Deserialize as _;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// The keys of one answer, by name.
#[derive(Debug, PartialEq, Eq)]
pub struct KeySet(Vec<(KeyId, Lookup)>);

/// What a set knows about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The key.
    Key(Arc<Key>),
    /// There is an entry, but for another purpose or algorithm than RS256 signatures.
    OtherPurpose,
    /// There is an entry, but what it holds is no key.
    Broken,
    /// No entry.
    Absent,
}

impl KeySet {
    /// Reads the list `keys` of a JWKS document. Entries without a name are left out; of entries that
    /// are no usable RS256 key only the name is kept.
    #[must_use]
    pub fn from_jwks(keys: &[Value]) -> Self {
        let mut entries: Vec<(KeyId, Lookup)> = Vec::with_capacity(keys.len());
        for entry in keys {
            let Some(id) = entry.get("kid").and_then(Value::as_str).filter(|id| !id.is_empty())
            else {
                continue;
            };
            let id = KeyId::new(id);
            let key = match Jwk::deserialize(entry).map(|jwk| Key::from_jwk(&jwk)) {
                Ok(Ok(key)) => Lookup::Key(Arc::new(key)),
                Ok(Err(KeyError::Purpose)) => Lookup::OtherPurpose,
                Ok(Err(_)) | Err(_) => Lookup::Broken,
            };
            entries.retain(|(known, _)| *known != id);
            entries.push((id, key));
        }
        Self(entries)
    }

    /// The names of all entries.
    pub fn names(&self) -> impl Iterator<Item = &KeyId> {
        self.0.iter().map(|(id, _)| id)
    }

    /// Looks a name up.
    #[must_use]
    pub fn get(&self, id: &str) -> Lookup {
        let found = self.0.iter().find(|(known, _)| known.as_str() == id);
        found.map_or(Lookup::Absent, |(_, key)| key.clone())
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no name at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The limits of fetching keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationPolicy {
    /// From one good fetch to the next. Up to a tenth is taken off at random, so that replicas do
    /// not ask in step.
    pub interval: Duration,
    /// From a round that failed to the next.
    pub retry_interval: Duration,
    /// The least time between two rounds that unknown names cause, and between two that signatures
    /// which do not fit cause. Each kind has its own: forged signatures keep no new key waiting.
    pub cool_down: Duration,
    /// How long keys are served after the last good fetch.
    pub stale_for: Duration,
    /// How long a request waits for a round.
    pub wait: Duration,
    /// Attempts in one round.
    pub attempts: u32,
    /// The pause behind the first attempt; doubles with each, and is stretched at random up to twofold.
    pub backoff: Duration,
}

impl RotationPolicy {
    /// Every 5 minutes, every 15 seconds after a failure, at most every 10 seconds because of
    /// unknown names, and because of signatures; stale keys for an hour; requests wait 250 ms; 5
    /// attempts a round, from 125 ms.
    pub const STANDARD: Self = Self {
        interval: Duration::from_secs(300),
        retry_interval: Duration::from_secs(15),
        cool_down: Duration::from_secs(10),
        stale_for: Duration::from_secs(3600),
        wait: Duration::from_millis(250),
        attempts: 5,
        backoff: Duration::from_millis(125),
    };
}

/// How old the keys at hand are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Fetched when they should have been.
    Fresh,
    /// A fetch is overdue; they are still served.
    Stale,
    /// There are none, or they are too old to be served.
    Unavailable,
}

/// The age of keys fetched at `fetched_at`.
pub(super) fn freshness(
    policy: &RotationPolicy,
    fetched_at: Option<Timestamp>,
    now: Timestamp,
) -> Freshness {
    match fetched_at.map(|fetched| now.since(fetched)) {
        None => Freshness::Unavailable,
        Some(age) if age > policy.stale_for => Freshness::Unavailable,
        Some(age) if age > policy.interval + policy.retry_interval => Freshness::Stale,
        Some(_) => Freshness::Fresh,
    }
}

#[cfg(test)]
mod tests;
