//! When calls are tried and when they are not. Pure: the clock is handed in and nothing is sent.
//!
//! Closed, every call passes. After enough failures in a row it opens and no call passes. Some time
//! later one call is let through on trial: what becomes of it closes the circuit or opens it anew.

use crate::core::clock::Timestamp;
use std::time::Duration;

/// The limits of a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitPolicy {
    /// How many failures in a row open it. Zero counts as one.
    pub failures: u32,
    /// How long it stays open before one call is tried.
    pub open_for: Duration,
}

/// How a call passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Like any other.
    Regular,
    /// Alone, to find out whether calls succeed again.
    Trial,
}

/// How a call that passed ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With an answer.
    Answered,
    /// Without an answer in time, or with the word that the other side failed.
    Failed,
    /// The caller went away: that says nothing about the other side.
    Abandoned,
}

/// What the end of a call changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Calls pass again.
    Closed,
    /// Calls pass no longer.
    Opened,
}

/// Where a circuit stands.
#[derive(Debug)]
pub(super) struct Circuit {
    policy: CircuitPolicy,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed { failures: u32 },
    Open { since: Timestamp },
    OnTrial { since: Timestamp },
}

impl Circuit {
    /// A closed circuit.
    pub(super) const fn new(policy: CircuitPolicy) -> Self {
        Self { policy, state: State::Closed { failures: 0 } }
    }

    /// Whether a call passes, and how. Whatever passes must be reported to [`Circuit::ended`].
    pub(super) fn admit(&mut self, now: Timestamp) -> Option<Admission> {
        match self.state {
            State::Closed { .. } => Some(Admission::Regular),
            State::Open { since } if self.has_waited(since, now) => {
                self.state = State::OnTrial { since };
                Some(Admission::Trial)
            }
            State::Open { .. } | State::OnTrial { .. } => None,
        }
    }

    /// A clock that was set back must not keep the circuit open until it has caught up.
    fn has_waited(&self, since: Timestamp, now: Timestamp) -> bool {
        now < since || now.since(since) >= self.policy.open_for
    }

    /// A call that passed has ended. Calls from before the circuit opened say nothing about it.
    pub(super) fn ended(
        &mut self,
        admission: Admission,
        ending: Ending,
        now: Timestamp,
    ) -> Option<Change> {
        let (state, change) = match (self.state, admission, ending) {
            (State::Closed { .. }, Admission::Regular, Ending::Answered) => {
                (State::Closed { failures: 0 }, None)
            }
            (State::Closed { failures }, Admission::Regular, Ending::Failed) => {
                let failures = failures.saturating_add(1);
                if failures >= self.policy.failures {
                    (State::Open { since: now }, Some(Change::Opened))
                } else {
                    (State::Closed { failures }, None)
                }
            }
            (State::OnTrial { .. }, Admission::Trial, Ending::Answered) => {
                (State::Closed { failures: 0 }, Some(Change::Closed))
            }
            (State::OnTrial { .. }, Admission::Trial, Ending::Failed) => {
                (State::Open { since: now }, Some(Change::Opened))
            }
            // The next call is tried in its place.
            (State::OnTrial { since }, Admission::Trial, Ending::Abandoned) => {
                (State::Open { since }, None)
            }
            (state, Admission::Regular | Admission::Trial, _) => (state, None),
        };
        self.state = state;
        change
    }
}

#[cfg(test)]
mod tests;
