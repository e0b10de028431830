//! What a policy would have said to the questions in a decision log.
//!
//! Reads the log's lines as they were written with `log.replayable`, decides each question anew, and
//! counts what stays and what would change. Where a line does not hold what the answer hangs on, it
//! says so rather than guess.

mod change;
mod line;
mod recorded;
mod report;
mod unknown;

pub use line::{LineError, LoggedDecision, LoggedEffect};
pub use recorded::RecordedIdentity;
pub use report::{Change, ChangeKind, Example, Report, Unknown};
pub use unknown::CannotTell;

use super::{Policy, inquiry::Ruling};
use change::Comparison;

/// What a replay came to for one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// The policy says the same.
    Same,
    /// It says something else.
    Changed(Ruling),
    /// The line does not tell.
    CannotTell(CannotTell),
}

/// Replays a log line by line against one policy.
#[derive(Debug)]
pub struct Replay<'p> {
    policy: &'p Policy,
    report: Report,
}

impl<'p> Replay<'p> {
    /// Begins; the report will show up to `examples` lines of each kind of change.
    #[must_use]
    pub fn new(policy: &'p Policy, examples: usize) -> Self {
        Self { policy, report: Report::new(policy.revision(), examples) }
    }

    /// Takes the next line of the log, whatever it is.
    pub fn line(&mut self, text: &str) {
        self.report.lines += 1;
        match LoggedDecision::parse(text) {
            Ok(None) => self.report.others += 1,
            Err(_) => self.report.malformed += 1,
            Ok(Some(logged)) => {
                self.report.decisions += 1;
                match replayed(self.policy, &logged) {
                    Replayed::Same => self.report.same += 1,
                    Replayed::CannotTell(why) => self.report.unknown(why),
                    Replayed::Changed(ruling) => {
                        let comparison = Comparison::of(self.policy, &logged, &ruling);
                        self.report.changed(&logged, &ruling, comparison);
                    }
                }
            }
        }
    }

    /// Takes a line that is too long or no text.
    pub const fn unreadable_line(&mut self) {
        self.report.lines += 1;
        self.report.malformed += 1;
    }

    /// What came of it.
    #[must_use]
    pub fn finish(self) -> Report {
        self.report.sorted()
    }
}

/// Decides a logged question anew.
#[must_use]
pub fn replayed(policy: &Policy, logged: &LoggedDecision) -> Replayed {
    if logged.is_settled_without_a_policy() {
        return Replayed::Same;
    }
    match unknown::decide(policy, logged) {
        Err(why) => Replayed::CannotTell(why),
        Ok(ruling) if Comparison::of(policy, logged, &ruling).is_same() => Replayed::Same,
        Ok(ruling) => Replayed::Changed(ruling),
    }
}

#[cfg(test)]
mod tests;
