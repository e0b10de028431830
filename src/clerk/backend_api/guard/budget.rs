//! How many calls may go out in a while. Pure: the clock is handed in and nothing is sent.
//!
//! A bucket that holds half of what ten seconds allow and fills with the other half in that time:
//! whichever ten seconds are looked at, no more calls than allowed fall into them.

use crate::core::clock::Timestamp;
use std::{num::NonZeroU32, time::Duration};

/// The span in which Clerk counts calls.
const SPAN: Duration = Duration::from_secs(10);
/// The longest time that an answer of 429 can end calls for.
const LONGEST_BLOCK: Duration = Duration::from_secs(600);
/// What a 429 that says nothing of time counts as.
const SHORTEST_BLOCK: Duration = Duration::from_secs(1);

/// How many calls may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallRate {
    /// As many as come.
    Unlimited,
    /// So many in any ten seconds; one counts as two.
    PerTenSeconds(NonZeroU32),
}

/// Why a call may not go out now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spent {
    /// The allowance is used up.
    Allowance,
    /// Clerk has asked not to be called for a while.
    Blocked,
}

/// What is left.
#[derive(Debug)]
pub(super) struct Budget {
    bucket: Option<Bucket>,
    blocked: Option<Block>,
}

/// A bucket of calls, counted in the time that they take to come back.
#[derive(Debug)]
struct Bucket {
    /// The time in which one call comes back, in microseconds.
    each: i64,
    /// The calls that it holds, in the same measure.
    full: i64,
    /// When it will be full again, in Unix microseconds.
    full_at: i64,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    since: Timestamp,
    length: Duration,
}

impl Budget {
    /// A full one.
    pub(super) fn new(rate: CallRate) -> Self {
        let bucket = match rate {
            CallRate::Unlimited => None,
            CallRate::PerTenSeconds(calls) => Some(Bucket::new(calls.get())),
        };
        Self { bucket, blocked: None }
    }

    /// Takes one call out.
    pub(super) fn take(&mut self, now: Timestamp) -> Result<(), Spent> {
        if let Some(block) = self.blocked {
            // A clock that was set back must not prolong it.
            if now >= block.since && now.since(block.since) < block.length {
                return Err(Spent::Blocked);
            }
            self.blocked = None;
        }
        match &mut self.bucket {
            None => Ok(()),
            Some(bucket) => bucket.take(now.unix_millis().saturating_mul(1000)),
        }
    }

    /// Ends calls for as long as Clerk has asked for.
    pub(super) fn block(&mut self, now: Timestamp, retry_after: Option<Duration>) {
        let length = retry_after.unwrap_or(SHORTEST_BLOCK).clamp(SHORTEST_BLOCK, LONGEST_BLOCK);
        self.blocked = Some(Block { since: now, length });
    }
}

impl Bucket {
    fn new(calls: u32) -> Self {
        let held = (calls / 2).max(1);
        let refilled = calls.saturating_sub(held).max(1);
        let span = i64::try_from(SPAN.as_micros()).unwrap_or(i64::MAX);
        // Rounded up: the sum must never be exceeded.
        let each = (span + i64::from(refilled) - 1) / i64::from(refilled);
        Self { each, full: each * i64::from(held), full_at: i64::MIN }
    }

    fn take(&mut self, now: i64) -> Result<(), Spent> {
        // Only a clock that was set back finds it emptier than empty.
        self.full_at = self.full_at.clamp(now, now.saturating_add(self.full));
        let after = self.full_at.saturating_add(self.each);
        if after.saturating_sub(now) > self.full {
            return Err(Spent::Allowance);
        }
        self.full_at = after;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
