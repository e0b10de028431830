//! The cases that a policy is tested with, from its files, and what comes of them before it is put in
//! force.

use super::{
    policy_file::PolicyFiles,
    policy_loader::{FailedTrial, Trial},
};
use crate::{
    policy::suite::{Suite, SuiteErrors},
    rehearsal::{self, Report},
};
use std::{fmt, sync::Arc};

/// Failed cases beyond this many are counted, not shown.
const MOST_SHOWN: usize = 10;

/// The cases that stand in the files of a policy: under `tests:`, and in `*.test.yaml`.
///
/// # Errors
/// [`SuiteErrors`] when the cases are not good.
pub fn of(files: &PolicyFiles) -> Result<Suite, SuiteErrors> {
    Suite::load(files.policy.as_slice(), &files.tests)
}

/// Plays the cases of a policy before it is put in force.
#[must_use]
pub fn trial() -> Trial {
    Trial::new(|policy, files| {
        let suite = of(files).map_err(|errors| unreadable(&errors))?;
        let report = rehearsal::run(Arc::clone(policy), &suite);
        if !report.is_good() {
            return Err(failed(&report));
        }
        tracing::info!(cases = report.runs().len(), "the policy passes its own tests");
        Ok(())
    })
}

fn unreadable(errors: &SuiteErrors) -> FailedTrial {
    let first = errors.diagnostics().into_iter().next();
    let summary = first.map_or_else(String::new, |first| first.summary());
    FailedTrial { summary, detail: errors.to_string() }
}

fn failed(report: &Report) -> FailedTrial {
    let (failed, all) = (report.failures().count(), report.runs().len());
    let first = report.failures().next().map(|run| format!("{}: {}", run.place, run.title()));
    let summary = format!("{failed} of {all} tests fail, first {}", first.unwrap_or_default());
    FailedTrial { summary, detail: FailedCases(report).to_string() }
}

/// The cases that failed, written out.
struct FailedCases<'r>(&'r Report);

impl fmt::Display for FailedCases<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(report) = self;
        for run in report.failures().take(MOST_SHOWN) {
            writeln!(formatter, "{run}")?;
        }
        let left = report.failures().skip(MOST_SHOWN).count();
        if left > 0 {
            writeln!(formatter, "and {left} more")?;
        }
        formatter.write_str("`bailiff test` shows them all; `--skip-tests` serves regardless")
    }
}

#[cfg(test)]
mod tests;
