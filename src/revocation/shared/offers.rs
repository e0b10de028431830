//! What Redis is offered again, a little at a time, so that reading goes on meanwhile.

use super::Shared;
use crate::{
    core::{clock::Timestamp, event::Event},
    revocation::log::{Cursor, Record},
};
use std::{collections::VecDeque, sync::Arc, time::Duration};

/// What was taken in within this time is offered again after an interruption: Redis may write its
/// files a second or so late.
const LATELY: Duration = Duration::from_secs(60);

/// How many are offered between two reads.
const AT_A_TIME: usize = 200;

/// How long an event that was handed in here may take to be read back before it is offered again,
/// and how long to leave Redis alone that takes nothing.
const DUE_AFTER: Duration = Duration::from_secs(2);

pub(super) struct Offers {
    shared: Arc<Shared>,
    /// From where on Redis may lack records.
    owed_since: Option<Cursor>,
    owed: VecDeque<Arc<Record>>,
    /// Whether the events that were handed in here are offered however short they have waited.
    all_unread: bool,
    not_before: Option<Timestamp>,
}

impl Offers {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            owed_since: None,
            owed: VecDeque::new(),
            all_unread: false,
            not_before: None,
        }
    }

    /// Redis has lost the log. Counts until everything has been offered, however many attempts that
    /// takes.
    pub(super) const fn owe_everything(&mut self) {
        self.owed_since = Some(Cursor::START);
    }

    /// There is a connection again: Redis may lack what came lately.
    pub(super) fn connected(&mut self) {
        let millis = self.shared.clock.now().minus(LATELY).unix_millis();
        let lately = Cursor { millis: u64::try_from(millis).unwrap_or(0), sequence: 0 };
        let since = self.owed_since.map_or(lately, |owed| owed.min(lately));
        self.owed_since = Some(since);
        self.owed = self.shared.local.since(since).into();
        self.all_unread = true;
        self.not_before = None;
    }

    /// Whether there is something to offer at once.
    pub(super) fn is_due(&self) -> bool {
        !self.owed.is_empty() && self.may()
    }

    fn may(&self) -> bool {
        self.not_before.is_none_or(|at| at <= self.shared.clock.now())
    }

    /// Offers a few. A Redis that takes nothing is left alone for a while; it may still be read.
    pub(super) async fn make_some(&mut self) {
        if !self.may() {
            return;
        }
        for _ in 0..AT_A_TIME {
            let Some(event) = self.owed.front().map(|record| record.event.clone()) else { break };
            if !self.make(&event).await {
                return;
            }
            self.owed.pop_front();
        }
        if !self.owed.is_empty() {
            return;
        }
        self.owed_since = None;
        let least = if self.all_unread { Duration::ZERO } else { DUE_AFTER };
        for event in self.shared.unread.waiting_for(least, self.shared.clock.now()) {
            if !self.make(&event).await {
                return;
            }
        }
        self.all_unread = false;
    }

    async fn make(&mut self, event: &Event) -> bool {
        let answer = self.shared.writer.append(event).await;
        let now = self.shared.clock.now();
        match answer {
            Ok(appended) => {
                self.shared.unread.answered(&event.id, appended, now);
                true
            }
            Err(error) => {
                tracing::debug!(%error, "Redis takes no events");
                self.not_before = Some(now.plus(DUE_AFTER));
                false
            }
        }
    }
}
