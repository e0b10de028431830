//! How a process stands to the log that it shares with others, for whoever runs it.

use crate::core::clock::Timestamp;
use std::time::Duration;

/// How it stands at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedStatus {
    /// Whether it can be reached, and is known to its end.
    pub state: SharedState,
    /// Entries of others and of this process that were taken in.
    pub entries_applied: u64,
    /// Entries that were there before, and so changed nothing.
    pub entries_known: u64,
    /// How often the connection was lost or could not be made.
    pub interruptions: u64,
    /// How often it was made, the first time included.
    pub connections: u64,
    /// Events that could not be stored when they came.
    pub appends_failed: u64,
    /// Events that are in force here and not stored yet.
    pub pending: usize,
    /// The moment of the newest entry that is known here; `None` where there is none.
    pub newest: Option<Timestamp>,
    /// How far what is known here may be behind.
    pub lag: Duration,
}

/// Whether a shared log can be reached, and is known to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedState {
    /// It can, and its end has not been come to yet.
    CatchingUp,
    /// Everything in it is known here.
    Current,
    /// It cannot.
    Away {
        /// Since when.
        since: Timestamp,
        /// Why, in a few words.
        why: &'static str,
    },
}

impl SharedState {
    /// The names that metrics use.
    pub const NAMES: [&'static str; 3] = ["catching_up", "current", "away"];

    /// The name that metrics use.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        let [catching_up, current, away] = Self::NAMES;
        match self {
            Self::CatchingUp => catching_up,
            Self::Current => current,
            Self::Away { .. } => away,
        }
    }
}

impl SharedStatus {
    /// For the page of readiness, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let newest = self.newest.map_or("no entry yet".to_owned(), |newest| {
            format!("newest entry of {}", newest.rfc3339())
        });
        let state = match self.state {
            SharedState::CatchingUp => {
                format!("being read, {} seconds behind", self.lag.as_secs())
            }
            SharedState::Current => "current".to_owned(),
            SharedState::Away { since, why } => {
                format!("away since {}: {why}", since.rfc3339())
            }
        };
        let applied = self.entries_applied;
        let line = format!("shared log: {state}; {applied} entries taken in, {newest}");
        let pending = (self.pending > 0)
            .then(|| format!("shared log: {} events are in force here alone", self.pending));
        std::iter::once(line).chain(pending).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{SharedState, SharedStatus};
    use crate::core::clock::Timestamp;
    use std::time::Duration;

    #[test]
    fn the_page_says_how_it_stands_and_what_is_not_safe() {
        let at = Timestamp::from_unix_seconds(1_764_000_000);
        let status = SharedStatus {
            state: SharedState::Current,
            entries_applied: 12,
            entries_known: 3,
            interruptions: 0,
            connections: 1,
            appends_failed: 0,
            pending: 0,
            newest: Some(at),
            lag: Duration::ZERO,
        };
        assert_eq!(
            status.lines(),
            ["shared log: current; 12 entries taken in, newest entry of 2025-11-24T16:00:00Z"]
        );
        let behind = SharedStatus {
            state: SharedState::CatchingUp,
            lag: Duration::from_secs(90),
            newest: None,
            ..status.clone()
        };
        assert_eq!(
            behind.lines(),
            ["shared log: being read, 90 seconds behind; 12 entries taken in, no entry yet"]
        );
        let away = SharedStatus {
            state: SharedState::Away { since: at, why: "nothing listens there" },
            pending: 2,
            ..status
        };
        assert_eq!(
            away.lines(),
            [
                "shared log: away since 2025-11-24T16:00:00Z: nothing listens there; 12 entries taken \
                 in, newest entry of 2025-11-24T16:00:00Z",
                "shared log: 2 events are in force here alone",
            ]
        );
    }
}
