//! The records that this process holds.

use super::cursor::Cursor;
use crate::core::{clock::Timestamp, event::Event};
use std::{
    collections::{HashSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use thiserror::Error;
use tokio::sync::watch;

/// How much is held. The oldest records go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLimits {
    /// Records.
    pub records: usize,
    /// Bytes of their payloads.
    pub bytes: usize,
    /// Ids of messages by which a repeated delivery is recognised.
    pub ids: usize,
}

impl LogLimits {
    /// What holds unless the settings say otherwise.
    pub const STANDARD: Self = Self { records: 100_000, bytes: 64 * 1024 * 1024, ids: 200_000 };
}

/// An event and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place.
    pub cursor: Cursor,
    /// The event.
    pub event: Event,
}

/// What became of an event that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It stands in the log.
    New,
    /// It stood there already.
    Known,
}

/// Records behind a cursor that are held no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("records behind this cursor are not kept any more; the oldest is {oldest}")]
pub struct Gap {
    /// The oldest that is held.
    pub oldest: Cursor,
}

/// Told of every event, once and in order, before anybody can read it from the log.
pub type Sink = Arc<dyn Fn(&Event) + Send + Sync>;

/// A bounded log in memory.
pub struct LocalLog {
    held: Mutex<Held>,
    limits: LogLimits,
    newest: watch::Sender<Cursor>,
    sink: Sink,
}

struct Held {
    records: VecDeque<Arc<Record>>,
    bytes: usize,
    ids: HashSet<Arc<str>>,
    ids_in_order: VecDeque<Arc<str>>,
    /// The greatest cursor that was ever dropped.
    dropped: Cursor,
}

impl LocalLog {
    /// An empty log whose events go to `sink`.
    #[must_use]
    pub fn new(limits: LogLimits, sink: Sink) -> Self {
        let held = Held {
            records: VecDeque::new(),
            bytes: 0,
            ids: HashSet::new(),
            ids_in_order: VecDeque::new(),
            dropped: Cursor::START,
        };
        Self { held: Mutex::new(held), limits, newest: watch::Sender::new(Cursor::START), sink }
    }

    /// Says where a log without records begins: what lies before is not known here, and whoever asks
    /// for it is told so. Changes nothing once there are records.
    pub fn begin_at(&self, cursor: Cursor) {
        let mut held = self.held();
        if held.records.is_empty() && cursor > *self.newest.borrow() {
            held.dropped = cursor;
            self.newest.send_replace(cursor);
        }
    }

    /// Takes an event in at a place of this log's own choice. An id that is known changes nothing.
    pub fn append(&self, event: Event, now: Timestamp) -> Appended {
        let mut held = self.held();
        if held.ids.contains(&event.id) {
            return Appended::Known;
        }
        let millis = u64::try_from(now.unix_millis()).unwrap_or(0);
        let cursor = self.newest.borrow().next(millis);
        self.take_in(&mut held, Record { cursor, event });
        Appended::New
    }

    /// Takes over a record of a shared log. One whose id is known has been here before, even in
    /// another place: a shared log that was lost is written again. One that comes with an older place
    /// than others before it stands behind them here.
    pub fn follow(&self, mut record: Record) -> Appended {
        let mut held = self.held();
        if held.ids.contains(&record.event.id) {
            return Appended::Known;
        }
        let newest = *self.newest.borrow();
        if record.cursor <= newest {
            record.cursor = newest.next(0);
        }
        self.take_in(&mut held, record);
        Appended::New
    }

    /// Lets an event count that is not safe yet, unless it has been taken in meanwhile. It is no record:
    /// it will come again.
    pub fn put_in_force(&self, event: &Event) {
        let held = self.held();
        if !held.ids.contains(&event.id) {
            (self.sink)(event);
        }
    }

    /// Whether the message of that id stands in the log, or stood there not long ago.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.held().ids.contains(id)
    }

    /// The records that are held from `cursor` on.
    #[must_use]
    pub fn since(&self, cursor: Cursor) -> Vec<Arc<Record>> {
        let held = self.held();
        let first = held.records.partition_point(|record| record.cursor < cursor);
        held.records.range(first..).cloned().collect()
    }

    fn take_in(&self, held: &mut Held, record: Record) {
        (self.sink)(&record.event);
        let cursor = record.cursor;
        held.remember(&record.event.id, self.limits.ids);
        held.bytes += record.event.payload.len();
        held.records.push_back(Arc::new(record));
        held.shrink(&self.limits);
        self.newest.send_replace(cursor);
    }

    /// The records behind `cursor`, oldest first, at most `most`.
    ///
    /// # Errors
    /// [`Gap`] if some of them are held no more.
    pub fn after(&self, cursor: Cursor, most: usize) -> Result<Vec<Arc<Record>>, Gap> {
        let held = self.held();
        if cursor < held.dropped {
            let oldest = held.records.front().map_or(held.dropped, |record| record.cursor);
            return Err(Gap { oldest });
        }
        let first = held.records.partition_point(|record| record.cursor <= cursor);
        Ok(held.records.range(first..).take(most).cloned().collect())
    }

    /// The place in front of the oldest record that is held.
    #[must_use]
    pub fn oldest_kept(&self) -> Cursor {
        self.held().dropped
    }

    /// The place of the newest record, as it changes.
    #[must_use]
    pub fn newest(&self) -> watch::Receiver<Cursor> {
        self.newest.subscribe()
    }

    /// How many records are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held().records.len()
    }

    /// Whether none is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A panic of a sink leaves nothing half done that matters: the event counts as not taken in.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn remember(&mut self, id: &Arc<str>, most: usize) {
        if self.ids.insert(Arc::clone(id)) {
            self.ids_in_order.push_back(Arc::clone(id));
        }
        while self.ids_in_order.len() > most {
            if let Some(oldest) = self.ids_in_order.pop_front() {
                self.ids.remove(&oldest);
            }
        }
    }

    /// The newest record stays whatever its size.
    fn shrink(&mut self, limits: &LogLimits) {
        while self.records.len() > 1
            && (self.records.len() > limits.records || self.bytes > limits.bytes)
        {
            let Some(oldest) = self.records.pop_front() else { return };
            self.bytes -= oldest.event.payload.len();
            self.dropped = oldest.cursor;
        }
    }
}

impl fmt::Debug for LocalLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LocalLog({} records)", self.len())
    }
}

#[cfg(test)]
mod tests;
