//! What is known of a policy and its files, for whoever runs Bailiff.

use super::{PolicySlot, ReloadResult};
use crate::core::{clock::Timestamp, id::Revision};
use std::{fmt, sync::Arc};
use tokio::sync::watch;

/// What is known of a policy. Clones show the same.
#[derive(Clone, Debug)]
pub struct PolicyStatus {
    slot: PolicySlot,
    state: Arc<watch::Sender<PolicyState>>,
}

/// What is known of a policy at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyState {
    /// What is in force, and since when; `None` if nothing has been good yet.
    pub in_force: Option<(Revision, Timestamp)>,
    /// Why the files as they stand are not, and since when.
    pub refused: Option<(Refused, Timestamp)>,
}

/// Why files are not put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What kind of thing is wrong.
    pub result: ReloadResult,
    /// The first thing that is wrong, in one line.
    pub summary: String,
    /// Everything that is wrong, for a person to read.
    pub detail: String,
}

impl PolicyStatus {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(slot: PolicySlot) -> Self {
        Self { slot, state: Arc::new(watch::Sender::new(PolicyState::default())) }
    }

    /// What is known now.
    #[must_use]
    pub fn now(&self) -> PolicyState {
        self.state.borrow().clone()
    }

    /// What is known, as it changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<PolicyState> {
        self.state.subscribe()
    }

    /// A policy is in force. Returns the revision that was before it.
    pub(super) fn loaded(&self, revision: &Revision, at: Timestamp) -> Option<Revision> {
        let state = PolicyState { in_force: Some((revision.clone(), at)), refused: None };
        self.state.send_replace(state).in_force.map(|(revision, _)| revision)
    }

    /// The files are refused. Returns whether that is news.
    pub(super) fn refused(&self, refused: &Refused, at: Timestamp) -> bool {
        self.state.send_if_modified(|state| {
            let known = state.refused.as_ref().is_some_and(|(known, _)| known == refused);
            if !known {
                state.refused = Some((refused.clone(), at));
            }
            !known
        })
    }

    /// For the page of readiness, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let name = match self.slot {
            PolicySlot::Live => "policy",
            PolicySlot::Next => "next policy",
        };
        let PolicyState { in_force, refused } = self.now();
        let in_force = match in_force {
            Some((revision, at)) => format!("{name}: revision {revision}, loaded {}", at.rfc3339()),
            None => format!("{name}: none"),
        };
        let refused = refused.map(|(refused, at)| {
            format!("{name}: its files are refused since {}: {refused}", at.rfc3339())
        });
        std::iter::once(in_force).chain(refused).collect()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.result.as_str(), self.summary)
    }
}
