//! Events for whoever subscribes, from the log that revocation stands on.

use super::order::ORDER_KIND;
use crate::{
    core::{clock::SharedClock, event::Event, id::InstanceName},
    revocation::log::{LocalLog, Record},
};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use thiserror::Error;
use tokio::sync::watch;

pub use crate::revocation::log::{Cursor, CursorError, Gap};

/// How many records are taken from the log at a time.
const BATCH: usize = 100;

/// How far the clocks of replicas, and of Redis, may be apart.
const APART: Duration = Duration::from_secs(60);

/// Where subscriptions begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// At everything that is kept.
    Start,
    /// Behind this.
    Cursor(Cursor),
    /// At what comes next.
    Now,
}

/// The events that are kept, and those that come.
#[derive(Clone, Debug)]
pub struct Feed {
    log: Arc<LocalLog>,
    instances: Arc<[InstanceName]>,
    clock: SharedClock,
}

/// Why there is no subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SubscribeError {
    /// What lies behind the cursor is kept no more.
    #[error(transparent)]
    Gap(#[from] Gap),
    /// Nothing lies there yet, and nobody can have been given that cursor.
    #[error("the cursor lies in the future; it is not from here")]
    Future,
}

/// One subscriber's place in the feed.
#[derive(Debug)]
pub struct Subscription {
    log: Arc<LocalLog>,
    newest: watch::Receiver<Cursor>,
    position: Cursor,
    batch: VecDeque<Arc<Record>>,
}

impl Feed {
    /// A feed of what this log holds of these Clerk instances.
    #[must_use]
    pub fn new(log: Arc<LocalLog>, instances: Vec<InstanceName>, clock: SharedClock) -> Self {
        Self { log, instances: instances.into(), clock }
    }

    /// Whether there is a Clerk instance of that name.
    #[must_use]
    pub fn knows(&self, instance: &str) -> bool {
        self.instances.iter().any(|known| known.as_str() == instance)
    }

    /// Subscribes.
    ///
    /// # Errors
    /// [`SubscribeError`] where the cursor is of no use.
    pub fn subscribe(&self, from: From) -> Result<Subscription, SubscribeError> {
        let newest = self.log.newest();
        let position = match from {
            From::Start => self.log.oldest_kept(),
            From::Now => *newest.borrow(),
            From::Cursor(cursor) => {
                let latest = self.clock.now().plus(APART).unix_millis();
                if cursor.millis > u64::try_from(latest).unwrap_or(0) {
                    return Err(SubscribeError::Future);
                }
                self.log.after(cursor, 0)?;
                cursor
            }
        };
        Ok(Subscription { log: Arc::clone(&self.log), newest, position, batch: VecDeque::new() })
    }
}

impl Subscription {
    /// The next event of Clerk's, waiting for it if need be. What operators order travels in the
    /// same log and is nobody else's business.
    ///
    /// # Errors
    /// [`Gap`] where the subscriber was so slow that events were dropped before it got them.
    pub async fn next(&mut self) -> Result<Event, Gap> {
        loop {
            if let Some(record) = self.batch.pop_front() {
                self.position = record.cursor;
                if *record.event.kind == *ORDER_KIND {
                    continue;
                }
                return Ok(record.event.clone());
            }
            self.newest.mark_unchanged();
            self.batch = self.log.after(self.position, BATCH)?.into();
            if self.batch.is_empty() && self.newest.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Where to resume: behind the event that was given out last.
    #[must_use]
    pub const fn position(&self) -> Cursor {
        self.position
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Feed, From, SubscribeError};
    use crate::{
        authorizer::order::ORDER_KIND,
        core::{
            clock::{ManualClock, Timestamp},
            event::Event,
            id::InstanceName,
        },
        revocation::log::{LocalLog, LogLimits},
    };
    use std::sync::Arc;

    fn log(records: usize) -> Arc<LocalLog> {
        let limits = LogLimits { records, ..LogLimits::STANDARD };
        Arc::new(LocalLog::new(limits, Arc::new(|_: &Event| {})))
    }

    fn feed(log: &Arc<LocalLog>) -> Feed {
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_millis(5)));
        Feed::new(Arc::clone(log), vec![InstanceName::new("shop")], clock)
    }

    fn tell(log: &LocalLog, id: &str) {
        tell_of(log, id, "user.updated");
    }

    fn tell_of(log: &LocalLog, id: &str, kind: &str) {
        let event = Event {
            id: id.into(),
            instance: InstanceName::new("shop"),
            kind: kind.into(),
            occurred_at: Timestamp::from_unix_seconds(1),
            payload: "{}".into(),
        };
        log.append(event, Timestamp::from_unix_millis(5));
    }

    #[tokio::test]
    async fn a_subscriber_gets_what_is_kept_and_then_what_comes() {
        let log = log(100);
        tell(&log, "a");
        let feed = feed(&log);
        let mut all = feed.subscribe(From::Start).unwrap();
        let mut fresh = feed.subscribe(From::Now).unwrap();
        assert_eq!(&*all.next().await.unwrap().id, "a");
        let resume = all.position();
        let waiting = tokio::spawn(async move { fresh.next().await.unwrap().id });
        tokio::task::yield_now().await;
        tell(&log, "b");
        assert_eq!(&*waiting.await.unwrap(), "b");
        assert_eq!(&*all.next().await.unwrap().id, "b");
        let mut resumed = feed.subscribe(From::Cursor(resume)).unwrap();
        assert_eq!(&*resumed.next().await.unwrap().id, "b");
    }

    #[tokio::test]
    async fn whoever_was_away_for_too_long_is_told_so() {
        let log = log(2);
        let feed = feed(&log);
        let mut slow = feed.subscribe(From::Now).unwrap();
        for id in ["a", "b", "c", "d"] {
            tell(&log, id);
        }
        assert!(slow.next().await.is_err());
        assert!(feed.subscribe(From::Cursor(Cursor { millis: 5, sequence: 0 })).is_err());
        assert_eq!(&*feed.subscribe(From::Start).unwrap().next().await.unwrap().id, "c");
    }

    #[tokio::test]
    async fn what_operators_order_is_passed_over() {
        let log = log(100);
        tell(&log, "a");
        tell_of(&log, "order_1", ORDER_KIND);
        tell(&log, "b");
        let mut all = feed(&log).subscribe(From::Start).unwrap();
        assert_eq!(&*all.next().await.unwrap().id, "a");
        assert_eq!(&*all.next().await.unwrap().id, "b");
    }

    #[test]
    fn a_cursor_of_the_future_is_refused() {
        let feed = feed(&log(100));
        let at = |millis| feed.subscribe(From::Cursor(Cursor { millis, sequence: 0 }));
        // Another replica's clock, or Redis's, may be a little ahead.
        assert!(at(60_005).is_ok());
        assert_eq!(at(60_006).unwrap_err(), SubscribeError::Future);
        assert_eq!(at(u64::MAX).unwrap_err(), SubscribeError::Future);
        assert!(feed.knows("shop"));
        assert!(!feed.knows("shops"));
    }
}
