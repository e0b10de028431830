//! Plays the cases of a policy by the very pipeline that serves: throw-away keys, minted tokens,
//! verification, and the decision. No listener, no network, no clock but the case's own, and no
//! runtime: it may be called from wherever there is time to compute.
//!
//! Every person with a session asks twice, with a token of version 1 and with one of version 2, since
//! which of them an instance mints is a switch in Clerk's dashboard; a case that comes to different
//! ends fails. Browsers bring their tokens in cookies, everyone else in `Authorization`.

mod compare;
mod help;
pub mod people;
mod question;
mod report;
mod stage;

pub use report::{Difference, Failure, Got, Report, Run, Tokens};
pub use stage::{Presented, Stage, StageError};

use crate::policy::{
    Policy,
    coverage::Coverage,
    suite::{Case, Person, Suite, Who},
};
use compare::Played;
pub use people::ClaimsVersion;
use question::Sent;
use std::sync::Arc;

/// Plays every case of a suite against a policy.
pub fn run(policy: Arc<Policy>, suite: &Suite) -> Report {
    let mut coverage = Coverage::of(&policy);
    if suite.is_empty() {
        return Report { runs: Vec::new(), coverage };
    }
    let mut stage = Stage::new(policy);
    let mut runs = Vec::with_capacity(suite.cases().len());
    for case in suite.cases() {
        for person in &case.people {
            let failures = match &mut stage {
                Ok(stage) => {
                    let played = play(case, person, stage, &mut coverage);
                    compare::failures(case, person, played)
                }
                Err(error) => vec![Failure::unplayable(error)],
            };
            runs.push(Run::of(case, person, failures));
        }
    }
    Report { runs, coverage }
}

/// Asks once for every kind of token that the person may present.
fn play(case: &Case, person: &Person, stage: &mut Stage, coverage: &mut Coverage) -> Vec<Played> {
    let versions: &[ClaimsVersion] = match person.who() {
        Who::User(_) => &ClaimsVersion::ALL,
        Who::Nobody | Who::Machine(_) => &[ClaimsVersion::Two],
    };
    let mut played = Vec::with_capacity(versions.len());
    for &version in versions {
        let presented = stage.present(person, version, case.at);
        let sent = Sent::new(case, &presented);
        let question = sent.question();
        let outcome = stage.decide(&question, sent.identity(), case.at);
        // Version 1 tokens tell less, so what is reached with them alone is reached by accident.
        if let (ClaimsVersion::Two, Some(outcome)) = (version, &outcome) {
            coverage.record(stage.policy(), &question, outcome.identity.caller(), case.at);
        }
        let version = (versions.len() > 1).then_some(version);
        played.push(Played { version, got: outcome.map(|outcome| Got::of(outcome.decision)) });
    }
    played
}

#[cfg(test)]
mod tests;
