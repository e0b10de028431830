//! Keeps one instance's keys at hand: a task fetches, lookups read what it published.
//!
//! One round at a time. A token whose key is unknown, or whose signature does not fit, may cause a
//! round, but never more often than the cool-down allows: whoever sends random tokens costs a lookup.
//! Where a name is unknown and nobody may ask for it, that is told as such, and not as a bad token.

use super::{
    fetch::{self, KeySource},
    key::Key,
    rotation::{Absences, Cause, Demand, Rotation},
    set::{Freshness, KeySet, Lookup, RotationPolicy, freshness},
};
use crate::{
    clerk::{
        backend_api::{Transport, fetched},
        counters::Counters,
        token_error::{FetchFailure, TokenError},
    },
    core::{
        clock::{SharedClock, Timestamp},
        id::KeyId,
        span::{self, TARGET},
    },
};
use arc_swap::ArcSwap;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tracing::{Instrument as _, Span, info_span};

/// The keys of one instance. Dropping it ends the task that fetches them.
#[derive(Debug)]
pub struct Keys(Held);

#[derive(Debug)]
enum Held {
    Pinned(Arc<Key>),
    Fetched(Fetched),
}

#[derive(Debug)]
struct Fetched {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for Fetched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whether tokens can be checked at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Keys are at hand.
    Ready,
    /// No keys are at hand.
    NotReady,
}

#[derive(Debug)]
struct Shared {
    source: KeySource,
    transport: Arc<dyn Transport>,
    clock: SharedClock,
    policy: RotationPolicy,
    counters: Arc<Counters>,
    published: ArcSwap<Published>,
    rotation: Mutex<Rotation>,
    demanded: Notify,
    rounds: watch::Sender<u64>,
    readiness: watch::Sender<Readiness>,
}

#[derive(Debug)]
struct Published {
    keys: Option<(Arc<KeySet>, Timestamp)>,
    absences: Absences,
    /// Why the last round brought nothing.
    failure: Option<FetchFailure>,
}

impl Keys {
    /// One key, given by the operator, that checks every token whatever its `kid`.
    #[must_use]
    pub fn pinned(key: Key) -> Self {
        Self(Held::Pinned(Arc::new(key)))
    }

    /// Keys from `source`, fetched at once and again and again. Must be called within a Tokio runtime.
    #[must_use]
    pub fn fetched(
        source: KeySource,
        transport: Arc<dyn Transport>,
        clock: SharedClock,
        policy: RotationPolicy,
        counters: Arc<Counters>,
    ) -> Self {
        let published = Published {
            keys: None,
            absences: Absences::default(),
            failure: Some(FetchFailure::NotYet),
        };
        let shared = Arc::new(Shared {
            source,
            transport,
            clock,
            policy,
            counters,
            published: ArcSwap::from_pointee(published),
            rotation: Mutex::new(Rotation::starting(policy)),
            demanded: Notify::new(),
            rounds: watch::Sender::new(0),
            readiness: watch::Sender::new(Readiness::NotReady),
        });
        let task = tokio::spawn(Arc::clone(&shared).run());
        Self(Held::Fetched(Fetched { shared, task }))
    }

    /// Looks `id` up among the keys at hand, without waiting. `None` when there are no keys, or only
    /// keys too old to be served.
    #[must_use]
    pub fn at_hand(&self, id: Option<&str>, now: Timestamp) -> Option<Lookup> {
        match &self.0 {
            Held::Pinned(key) => Some(Lookup::Key(Arc::clone(key))),
            Held::Fetched(fetched) => fetched.shared.at_hand(id, now),
        }
    }

    /// Finds the key called `id`, waiting a bounded time for a round that may bring it.
    ///
    /// # Errors
    /// [`TokenError::UnknownKey`]; [`TokenError::KeyUnusable`] or [`TokenError::Signature`] when the
    /// name stands for a key of another purpose or for none; [`TokenError::KeysUnavailable`] when no
    /// keys are to be had, or none newer than those that lack the name; [`TokenError::KeyPending`] when
    /// newer ones have not been asked for yet.
    pub async fn find(&self, id: Option<&str>, now: Timestamp) -> Result<Arc<Key>, TokenError> {
        match self.at_hand(id, now) {
            Some(Lookup::Absent) if id.is_none() => return Err(TokenError::UnknownKey),
            Some(Lookup::Absent) | None => {}
            Some(found) => return usable(found),
        }
        match &self.0 {
            Held::Pinned(key) => Ok(Arc::clone(key)),
            Held::Fetched(fetched) => {
                let cause = fetched.shared.cause(id);
                let known = |lookup| !matches!(lookup, None | Some(Lookup::Absent));
                fetched.shared.renew(&cause, id, now, known).await;
                fetched.shared.verdict(id, now)
            }
        }
    }

    /// After a signature that `used` does not explain: the key that has taken its place under the
    /// same name, if a round that is due shows one.
    pub async fn successor(&self, used: &Key, now: Timestamp) -> Option<Arc<Key>> {
        let Held::Fetched(fetched) = &self.0 else { return None };
        let id = used.id().map(KeyId::as_str);
        let newer = |lookup: Option<Lookup>| match lookup {
            Some(Lookup::Key(key)) if *key != *used => Some(key),
            Some(Lookup::Key(_) | Lookup::OtherPurpose | Lookup::Broken | Lookup::Absent)
            | None => None,
        };
        let is_newer = |lookup| newer(lookup).is_some();
        fetched.shared.renew(&Cause::Signature, id, now, is_newer).await;
        newer(fetched.shared.at_hand(id, now))
    }

    /// How old the keys are. A pinned key is always fresh.
    #[must_use]
    pub fn freshness(&self, now: Timestamp) -> Freshness {
        match &self.0 {
            Held::Pinned(_) => Freshness::Fresh,
            Held::Fetched(fetched) => {
                let fetched_at = fetched.shared.published.load().keys.as_ref().map(|(_, at)| *at);
                freshness(&fetched.shared.policy, fetched_at, now)
            }
        }
    }

    /// Readiness as it changes. It turns ready with the first keys, and back when they have become too
    /// old to be served.
    #[must_use]
    pub fn readiness(&self) -> watch::Receiver<Readiness> {
        match &self.0 {
            Held::Pinned(_) => watch::channel(Readiness::Ready).1,
            Held::Fetched(fetched) => fetched.shared.readiness.subscribe(),
        }
    }
}

impl Shared {
    fn at_hand(&self, id: Option<&str>, now: Timestamp) -> Option<Lookup> {
        self.published.load().lookup(&self.policy, id, now)
    }

    fn cause(&self, id: Option<&str>) -> Cause {
        match id {
            // No set holds its key, but where there is no set at all it may ask for one.
            None => Cause::Timer,
            Some(id) if self.published.load().absences.include(id) => {
                Cause::AbsentName(KeyId::new(id))
            }
            Some(id) => Cause::Name(KeyId::new(id)),
        }
    }

    fn verdict(&self, id: Option<&str>, now: Timestamp) -> Result<Arc<Key>, TokenError> {
        let published = self.published.load();
        match (published.lookup(&self.policy, id, now), published.failure) {
            (Some(Lookup::Absent), failure) => Err(match (id, failure) {
                (None, _) => TokenError::UnknownKey,
                (Some(id), _) if published.absences.include(id) => TokenError::UnknownKey,
                (Some(_), Some(failure)) => TokenError::KeysUnavailable(failure),
                (Some(_), None) => TokenError::KeyPending,
            }),
            (Some(found), _) => usable(found),
            (None, failure) => {
                Err(TokenError::KeysUnavailable(failure.unwrap_or(FetchFailure::NotYet)))
            }
        }
    }

    /// Waits for a round, starting one if that is allowed, unless what is at hand is enough.
    async fn renew(
        &self,
        cause: &Cause,
        id: Option<&str>,
        now: Timestamp,
        enough: impl Fn(Option<Lookup>) -> bool,
    ) {
        let mut rounds = self.rounds.subscribe();
        let search = async {
            // A round may have ended since the caller looked.
            while !enough(self.at_hand(id, now)) {
                let demand = self.rotation(|rotation| rotation.demand(cause.clone(), now));
                match demand {
                    Demand::Refused => {
                        self.counters.key_refresh_denied.increment();
                        return;
                    }
                    Demand::Start => self.demanded.notify_one(),
                    Demand::Wait => {}
                }
                let span = if span::is_recorded() {
                    info_span!(target: TARGET, "keys fetch")
                } else {
                    Span::none()
                };
                // A round that began for another cause may have asked too early for this token.
                if rounds.changed().instrument(span).await.is_err() || demand == Demand::Start {
                    return;
                }
            }
        };
        // Without a round in time, the verdict is that of the keys at hand.
        let _ = timeout(self.policy.wait, search).await;
    }

    fn rotation<T>(&self, change: impl FnOnce(&mut Rotation) -> T) -> T {
        change(&mut self.rotation.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn run(self: Arc<Self>) {
        loop {
            let outcome = self.round().await;
            self.publish(outcome);
            let pause = shortened(self.rotation(|rotation| rotation.pause()));
            let _ = timeout(pause, self.demanded.notified()).await;
            self.rotation(Rotation::start);
        }
    }

    async fn round(&self) -> Result<KeySet, FetchFailure> {
        let mut pause = self.policy.backoff;
        for _ in 1..self.policy.attempts {
            let outcome = self.fetch().await;
            if outcome.is_ok() {
                return outcome;
            }
            sleep(stretched(pause)).await;
            pause = pause.saturating_mul(2);
        }
        self.fetch().await
    }

    async fn fetch(&self) -> Result<KeySet, FetchFailure> {
        fetch::read(fetched(&*self.transport, self.source.request()).await)
    }

    fn publish(&self, outcome: Result<KeySet, FetchFailure>) {
        let now = self.clock.now();
        let cause = self.rotation(|rotation| rotation.ended(&outcome, now));
        let held = self.published.load_full();
        let published = match outcome {
            Ok(set) => {
                self.counters.key_refresh_succeeded.increment();
                tracing::debug!(keys = set.len(), "fetched the signing keys");
                let previous = held.keys.as_ref().map(|(keys, _)| &**keys);
                let absences = held.absences.after(cause, previous, &set);
                Published { keys: Some((Arc::new(set), now)), absences, failure: None }
            }
            Err(failure) => {
                self.counters.key_refresh_failed.increment();
                tracing::warn!(%failure, "could not fetch the signing keys");
                let (keys, absences) = (held.keys.clone(), held.absences.clone());
                Published { keys, absences, failure: Some(failure) }
            }
        };
        self.published.store(Arc::new(published));
        let fetched_at = self.published.load().keys.as_ref().map(|(_, at)| *at);
        let readiness = match freshness(&self.policy, fetched_at, now) {
            Freshness::Fresh | Freshness::Stale => Readiness::Ready,
            Freshness::Unavailable => Readiness::NotReady,
        };
        self.readiness.send_if_modified(|held| std::mem::replace(held, readiness) != readiness);
        self.rounds.send_modify(|rounds| *rounds = rounds.wrapping_add(1));
    }
}

impl Published {
    fn lookup(&self, policy: &RotationPolicy, id: Option<&str>, now: Timestamp) -> Option<Lookup> {
        let (keys, fetched_at) = self.keys.as_ref()?;
        match freshness(policy, Some(*fetched_at), now) {
            Freshness::Fresh | Freshness::Stale => {
                Some(id.map_or(Lookup::Absent, |id| keys.get(id)))
            }
            Freshness::Unavailable => None,
        }
    }
}

fn usable(found: Lookup) -> Result<Arc<Key>, TokenError> {
    match found {
        Lookup::Key(key) => Ok(key),
        Lookup::OtherPurpose => Err(TokenError::KeyUnusable),
        Lookup::Broken => Err(TokenError::Signature),
        Lookup::Absent => Err(TokenError::UnknownKey),
    }
}

/// `pause` less up to a tenth.
fn shortened(pause: Duration) -> Duration {
    pause.mul_f64(1.0 - 0.1 * fastrand::f64())
}

/// `pause` times one to two.
fn stretched(pause: Duration) -> Duration {
    pause.mul_f64(1.0 + fastrand::f64())
}

#[cfg(test)]
mod tests;
