//! What is known of one target. Notices may come late, twice and in any order: taking one in is
//! commutative and idempotent.

use super::Limits;
use crate::core::{
    clock::Timestamp,
    notice::{Measure, Notice},
};

/// Everything that has been heard of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The latest end.
    pub(super) ended: Option<Timestamp>,
    /// The latest change.
    pub(super) stale: Option<Timestamp>,
    /// The latest parting from an organization.
    pub(super) severed: Option<Timestamp>,
    /// The latest word of an operator.
    pub(super) block: Option<Block>,
    /// From when on it concerns no token any more.
    pub(super) keep_until: Timestamp,
}

/// An operator's block, or its end. The later word counts, and of two at once the longer block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block {
    /// When the operator said so.
    pub(super) at: Timestamp,
    /// Until when it holds; not at all where it was taken back.
    pub(super) until: Timestamp,
}

impl Entry {
    /// What one notice says. A date in the future is a clock that is wrong, and counts as `now`.
    pub(super) fn of(notice: &Notice, limits: &Limits, now: Timestamp) -> Self {
        let at = notice.at.min(now);
        let longest_block = at.plus(limits.longest_block);
        let nothing = Self {
            ended: None,
            stale: None,
            severed: None,
            block: None,
            keep_until: at.plus(limits.retention),
        };
        // A word about blocks stays as long as an earlier one could count without it.
        let block = |until| Self {
            block: Some(Block { at, until }),
            keep_until: longest_block.max(nothing.keep_until),
            ..nothing
        };
        match notice.measure {
            Measure::Ended => Self { ended: Some(at), ..nothing },
            Measure::Stale => Self { stale: Some(at), ..nothing },
            Measure::Severed => Self { severed: Some(at), ..nothing },
            Measure::Blocked { until } => block(until.min(longest_block)),
            Measure::Unblocked => block(at),
        }
    }

    /// What two say together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            ended: self.ended.max(other.ended),
            stale: self.stale.max(other.stale),
            severed: self.severed.max(other.severed),
            block: self.block.max(other.block),
            keep_until: self.keep_until.max(other.keep_until),
        }
    }

    /// Whether it says something that outlives a flood: blocks hold whatever a token's age.
    pub(super) fn is_block(&self, now: Timestamp) -> bool {
        self.block.is_some() && self.keep_until > now
    }
}
