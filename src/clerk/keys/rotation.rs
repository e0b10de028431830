//! When keys are fetched again, and what is known of names that no set holds. Pure: the clock is handed
//! in and nothing is sent.

use super::set::{KeySet, Lookup, RotationPolicy};
use crate::{
    clerk::token_error::FetchFailure,
    core::{clock::Timestamp, id::KeyId},
};
use std::time::Duration;

/// Why a round takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It is time.
    Timer,
    /// A token names a key that is not at hand.
    Name(KeyId),
    /// A token names a key that the instance is known not to have had a while ago.
    AbsentName(KeyId),
    /// The signature of a token does not fit the key that it names.
    Signature,
}

/// What a token that the keys at hand do not explain may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demand {
    /// A round, which the caller starts.
    Start,
    /// Nothing new: a round is under way.
    Wait,
    /// Nothing: the last round for the same cause is too recent.
    Refused,
}

/// Where the fetching of one instance's keys stands.
#[derive(Clone, Debug)]
pub(super) struct Rotation {
    policy: RotationPolicy,
    under_way: Option<Cause>,
    fetched_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    name_ended_at: Option<Timestamp>,
}

impl Rotation {
    /// Before the first round, which is taken to be under way.
    pub(super) const fn starting(policy: RotationPolicy) -> Self {
        Self {
            policy,
            under_way: Some(Cause::Timer),
            fetched_at: None,
            ended_at: None,
            name_ended_at: None,
        }
    }

    /// A token asks for newer keys.
    ///
    /// A name that is new waits for the last round that such a name caused, and for no other: whoever
    /// sends forged signatures, or tokens of another instance, must not keep the keys of a rotation
    /// from being found. Where the last round failed, everybody waits: asking again at once helps
    /// nobody.
    pub(super) fn demand(&mut self, cause: Cause, now: Timestamp) -> Demand {
        if self.under_way.is_some() {
            return Demand::Wait;
        }
        let last = match cause {
            Cause::Name(_) if self.has_just_succeeded() => self.name_ended_at,
            Cause::Name(_) | Cause::AbsentName(_) | Cause::Timer | Cause::Signature => {
                self.ended_at
            }
        };
        if last.is_some_and(|ended| now.since(ended) < self.policy.cool_down) {
            return Demand::Refused;
        }
        self.under_way = Some(cause);
        Demand::Start
    }

    /// The task that fetches begins a round: the one that a token caused, or else the timer's.
    pub(super) fn start(&mut self) {
        self.under_way.get_or_insert(Cause::Timer);
    }

    /// A round has ended. Returns what it was for.
    pub(super) fn ended<T>(
        &mut self,
        outcome: &Result<T, FetchFailure>,
        now: Timestamp,
    ) -> Option<Cause> {
        let cause = self.under_way.take();
        self.ended_at = Some(now);
        if matches!(cause, Some(Cause::Name(_))) {
            self.name_ended_at = Some(now);
        }
        if outcome.is_ok() {
            self.fetched_at = Some(now);
        }
        cause
    }

    /// The pause before the timer's next round.
    pub(super) fn pause(&self) -> Duration {
        if self.has_just_succeeded() { self.policy.interval } else { self.policy.retry_interval }
    }

    fn has_just_succeeded(&self) -> bool {
        self.ended_at.is_some() && self.ended_at == self.fetched_at
    }
}

/// Names that the instance has been asked for and does not have.
///
/// Of any other name that the keys at hand lack nobody can tell whether it is made up or newer than
/// they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Absences(Vec<KeyId>);

impl Absences {
    /// The most names kept; the oldest give way.
    const MOST: usize = 32;

    /// What is known once `set` has arrived in place of `previous`, in a round for `cause`.
    #[must_use]
    pub(super) fn after(
        &self,
        cause: Option<Cause>,
        previous: Option<&KeySet>,
        set: &KeySet,
    ) -> Self {
        let asked = match cause {
            Some(Cause::Name(name) | Cause::AbsentName(name)) => Some(name),
            Some(Cause::Timer | Cause::Signature) | None => None,
        };
        let withdrawn = previous.into_iter().flat_map(KeySet::names).cloned();
        let mut absent: Vec<KeyId> = Vec::new();
        for name in self.0.iter().cloned().chain(withdrawn).chain(asked) {
            if set.get(name.as_str()) == Lookup::Absent {
                absent.retain(|known| *known != name);
                absent.push(name);
            }
        }
        let surplus = absent.len().saturating_sub(Self::MOST);
        absent.drain(..surplus);
        Self(absent)
    }

    /// Whether the instance is known not to have a key of that name.
    pub(super) fn include(&self, name: &str) -> bool {
        self.0.iter().any(|known| known.as_str() == name)
    }
}

#[cfg(test)]
mod tests;
