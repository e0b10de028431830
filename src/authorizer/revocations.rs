//! What has been heard of every instance, and whether it concerns somebody who asks.

use super::order::{ORDER_KIND, Order};
use crate::{
    clerk::webhook::{Message, NoticeOptions, notices},
    core::{
        clock::{SharedClock, Timestamp},
        event::Event,
        id::InstanceName,
        identity::Caller,
        notice::{CutOff, Notice},
    },
    revocation::{Limits, RevocationIndex, Standing, Subject},
};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// The revocation indexes of all instances.
#[derive(Debug)]
pub struct Revocations {
    by_instance: HashMap<InstanceName, Heard>,
    clock: SharedClock,
    /// Whether everything in the shared log is known, where nobody counts unless it is.
    must_be_current: Option<Arc<AtomicBool>>,
    /// Events that concern tokens, nobody can tell whose.
    unclear: AtomicU64,
}

#[derive(Debug)]
struct Heard {
    index: RevocationIndex,
    options: NoticeOptions,
}

impl Revocations {
    /// Has heard of nothing.
    pub fn new(
        instances: impl IntoIterator<Item = (InstanceName, NoticeOptions)>,
        limits: Limits,
        clock: SharedClock,
        must_be_current: Option<Arc<AtomicBool>>,
    ) -> Self {
        let heard =
            |(name, options)| (name, Heard { index: RevocationIndex::new(limits), options });
        Self {
            by_instance: instances.into_iter().map(heard).collect(),
            clock,
            must_be_current,
            unclear: AtomicU64::new(0),
        }
    }

    /// Hears of no instance, so nobody is ever cut off: for rehearsals.
    #[must_use]
    pub fn none(clock: SharedClock) -> Self {
        Self::new([], Limits::STANDARD, clock, None)
    }

    /// Takes an event in. It is in force when this returns.
    pub fn hear(&self, event: &Event) {
        let Some(heard) = self.by_instance.get(&event.instance) else {
            tracing::debug!(instance = %event.instance, "an event of an instance that is not served here");
            return;
        };
        let now = self.clock.now();
        for notice in self.notices(event, heard.options) {
            heard.index.apply(&notice, now);
        }
    }

    fn notices(&self, event: &Event, options: NoticeOptions) -> Vec<Notice> {
        let found = if *event.kind == *ORDER_KIND {
            Order::notice(event).map(|notice| vec![notice]).ok()
        } else {
            // The signature was checked when the event was first taken in.
            Message::read(&event.id, event.payload.as_bytes(), &event.instance, None)
                .ok()
                .and_then(|message| notices(&message, options).ok())
        };
        found.unwrap_or_else(|| {
            self.unclear.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(
                event = %event.id,
                kind = %event.kind,
                instance = %event.instance,
                "the event concerns tokens and does not say whose: nothing is revoked by it"
            );
            Vec::new()
        })
    }

    /// Whether the valid credential of a caller counts.
    #[must_use]
    pub fn cut_off(&self, caller: Caller<'_>, now: Timestamp) -> Option<CutOff> {
        let (instance, subject) = match caller {
            Caller::User(user) => (&user.instance, Subject::of_user(user)),
            Caller::Machine(machine) => (&machine.instance, Subject::of_machine(machine)),
        };
        let known = self.by_instance.get(instance)?.index.cut_off(&subject, now);
        // What is known already counts; only what would be let through needs more.
        known.or_else(|| (!self.is_current()).then_some(CutOff::Unknown))
    }

    fn is_current(&self) -> bool {
        self.must_be_current.as_ref().is_none_or(|current| current.load(Ordering::Acquire))
    }

    /// Forgets what concerns no token any more.
    pub fn expire(&self, now: Timestamp) {
        self.by_instance.values().for_each(|heard| heard.index.expire(now));
    }

    /// How full each index is.
    pub fn standing(&self) -> impl Iterator<Item = (&InstanceName, Standing)> {
        self.by_instance.iter().map(|(name, heard)| (name, heard.index.standing()))
    }

    /// How many events concerned tokens of nobody can tell whom.
    #[must_use]
    pub fn unclear(&self) -> u64 {
        self.unclear.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
