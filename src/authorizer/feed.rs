//! Events for whoever subscribes, from the log that revocation stands on.

use crate::{
    core::event::Event,
    revocation::log::{LocalLog, Record},
};
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::watch;

pub use crate::revocation::log::{Cursor, CursorError, Gap};

/// How many records are taken from the log at a time.
const BATCH: usize = 100;

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
    /// A feed of what this log holds.
    #[must_use]
    pub const fn new(log: Arc<LocalLog>) -> Self {
        Self { log }
    }

    /// Subscribes.
    ///
    /// # Errors
    /// [`Gap`] where what lies behind the cursor is kept no more.
    pub fn subscribe(&self, from: From) -> Result<Subscription, Gap> {
        let newest = self.log.newest();
        let position = match from {
            From::Start => self.log.oldest_kept(),
            From::Now => *newest.borrow(),
            From::Cursor(cursor) => {
                self.log.after(cursor, 0)?;
                cursor
            }
        };
        Ok(Subscription { log: Arc::clone(&self.log), newest, position, batch: VecDeque::new() })
    }
}

impl Subscription {
    /// The next event, waiting for it if need be.
    ///
    /// # Errors
    /// [`Gap`] where the subscriber was so slow that events were dropped before it got them.
    pub async fn next(&mut self) -> Result<Event, Gap> {
        loop {
            if let Some(record) = self.batch.pop_front() {
                self.position = record.cursor;
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
    use super::{Cursor, Feed, From};
    use crate::{
        core::{clock::Timestamp, event::Event, id::InstanceName},
        revocation::log::{LocalLog, LogLimits},
    };
    use std::sync::Arc;

    fn log(records: usize) -> Arc<LocalLog> {
        let limits = LogLimits { records, ..LogLimits::STANDARD };
        Arc::new(LocalLog::new(limits, Arc::new(|_: &Event| {})))
    }

    fn tell(log: &LocalLog, id: &str) {
        let event = Event {
            id: id.into(),
            instance: InstanceName::new("shop"),
            kind: "user.updated".into(),
            occurred_at: Timestamp::from_unix_seconds(1),
            payload: "{}".into(),
        };
        log.append(event, Timestamp::from_unix_millis(5));
    }

    #[tokio::test]
    async fn a_subscriber_gets_what_is_kept_and_then_what_comes() {
        let log = log(100);
        tell(&log, "a");
        let feed = Feed::new(Arc::clone(&log));
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
        let feed = Feed::new(Arc::clone(&log));
        let mut slow = feed.subscribe(From::Now).unwrap();
        for id in ["a", "b", "c", "d"] {
            tell(&log, id);
        }
        assert!(slow.next().await.is_err());
        assert!(feed.subscribe(From::Cursor(Cursor { millis: 5, sequence: 0 })).is_err());
        assert_eq!(&*feed.subscribe(From::Start).unwrap().next().await.unwrap().id, "c");
    }
}
