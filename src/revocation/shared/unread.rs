//! Events that were handed in here and have not been read back from Redis yet.
//!
//! They are in force here or about to be, and nobody else may have them: Redis may not have said yes,
//! or may have died right after it did.

use crate::{
    core::{clock::Timestamp, event::Event},
    revocation::log::Appended,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How many are kept. Clerk sends again what was not acknowledged anyway.
const MOST: usize = 10_000;

/// What Redis has known for so long without it being read here was read before this replica began.
const OLD: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Unread(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// Oldest first.
    events: BTreeMap<u64, (Event, Timestamp)>,
    places: HashMap<Arc<str>, u64>,
    next: u64,
}

impl Unread {
    /// Keeps an event that is about to be handed to Redis.
    pub(super) fn keep(&self, event: Event, now: Timestamp) {
        let mut waiting = self.waiting();
        if waiting.places.contains_key(&event.id) {
            return;
        }
        let place = waiting.next;
        waiting.next += 1;
        waiting.places.insert(Arc::clone(&event.id), place);
        waiting.events.insert(place, (event, now));
        if waiting.events.len() > MOST
            && let Some((_, (oldest, _))) = waiting.events.pop_first()
        {
            waiting.places.remove(&oldest.id);
        }
    }

    /// It was read.
    pub(super) fn forget(&self, id: &str) {
        let mut waiting = self.waiting();
        if let Some(place) = waiting.places.remove(id) {
            waiting.events.remove(&place);
        }
    }

    /// Redis was offered it again and answered.
    pub(super) fn answered(&self, id: &str, appended: Appended, now: Timestamp) {
        let since = {
            let waiting = self.waiting();
            let place = waiting.places.get(id);
            place.and_then(|place| waiting.events.get(place)).map(|(_, since)| *since)
        };
        let is_old = since.is_some_and(|since| now.since(since) > OLD);
        if appended == Appended::Known && is_old {
            self.forget(id);
        }
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting().events.len()
    }

    /// Those that have waited for at least so long, oldest first.
    pub(super) fn waiting_for(&self, least: Duration, now: Timestamp) -> Vec<Event> {
        let waiting = self.waiting();
        let due = waiting.events.values().filter(|(_, since)| now.since(*since) >= least);
        due.map(|(event, _)| event.clone()).collect()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Unread};
    use crate::{
        core::{clock::Timestamp, event::Event, id::InstanceName},
        revocation::log::Appended,
    };
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_764_000_000);

    fn event(id: &str) -> Event {
        Event {
            id: id.into(),
            instance: InstanceName::new("shop"),
            kind: "session.revoked".into(),
            occurred_at: NOW,
            payload: "{}".into(),
        }
    }

    fn ids(unread: &Unread, least: u64, now: Timestamp) -> Vec<String> {
        let waiting = unread.waiting_for(Duration::from_secs(least), now);
        waiting.into_iter().map(|event| event.id.to_string()).collect()
    }

    #[test]
    fn an_event_waits_until_it_is_read() {
        let unread = Unread::default();
        let later = NOW.plus(Duration::from_secs(3));
        unread.keep(event("a"), NOW);
        unread.keep(event("a"), later);
        unread.keep(event("b"), later);
        assert_eq!(ids(&unread, 0, later), ["a", "b"]);
        assert_eq!(ids(&unread, 2, later), ["a"]);
        unread.forget("a");
        unread.forget("a");
        assert_eq!(ids(&unread, 0, later), ["b"]);
    }

    #[test]
    fn what_redis_has_known_for_long_waits_no_more() {
        let unread = Unread::default();
        unread.keep(event("a"), NOW);
        unread.answered("a", Appended::Known, NOW.plus(Duration::from_secs(2)));
        unread.answered("a", Appended::New, NOW.plus(Duration::from_secs(90)));
        unread.answered("b", Appended::Known, NOW);
        assert_eq!(ids(&unread, 0, NOW), ["a"]);
        unread.answered("a", Appended::Known, NOW.plus(Duration::from_secs(90)));
        assert!(ids(&unread, 0, NOW).is_empty());
    }

    #[test]
    fn the_oldest_go_where_there_are_too_many() {
        let unread = Unread::default();
        for number in 0..=MOST {
            unread.keep(event(&number.to_string()), NOW);
        }
        let kept = ids(&unread, 0, NOW);
        assert_eq!((kept.len(), &*kept[0]), (MOST, "1"));
        unread.keep(event("0"), NOW);
        assert_eq!(ids(&unread, 0, NOW).last().map(String::as_str), Some("0"));
    }
}
