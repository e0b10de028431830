//! What happens on the link, counted.

use crate::revocation::log::Cursor;
use std::sync::atomic::{AtomicU64, Ordering};

/// A count.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn one_more(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Every count, and the two ends of what is left to read.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) applied: Count,
    pub(super) known: Count,
    pub(super) interruptions: Count,
    pub(super) connections: Count,
    pub(super) appends_failed: Count,
    /// The moments of cursors, in Unix milliseconds; zero for none.
    newest_read: AtomicU64,
    newest_there: AtomicU64,
}

impl Tally {
    /// An entry has been read.
    pub(super) fn read_to(&self, position: Cursor) {
        self.newest_read.fetch_max(position.millis, Ordering::Relaxed);
        self.newest_there.fetch_max(position.millis, Ordering::Relaxed);
    }

    /// The stream is known to go so far.
    pub(super) fn ends_at(&self, newest: Cursor) {
        self.newest_there.store(newest.millis, Ordering::Relaxed);
        self.newest_read.fetch_min(newest.millis, Ordering::Relaxed);
    }

    /// The moment of the newest entry read, in Unix milliseconds.
    pub(super) fn newest_read(&self) -> Option<u64> {
        Some(self.newest_read.load(Ordering::Relaxed)).filter(|millis| *millis > 0)
    }

    /// How many milliseconds lie between the newest entry read and the newest there is.
    pub(super) fn behind_millis(&self) -> u64 {
        let there = self.newest_there.load(Ordering::Relaxed);
        there.saturating_sub(self.newest_read.load(Ordering::Relaxed))
    }
}
