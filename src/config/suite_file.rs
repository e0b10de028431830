//! Reads the cases that a policy is tested with from where they stand: in the policy itself, and in
//! `*.test.yaml` beside it.

use super::policy_file::{self, PolicyFileError};
use crate::{
    policy::{
        Source,
        suite::{Suite, SuiteErrors},
    },
    rehearsal::{self, Report},
};
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use thiserror::Error;

/// Failed cases beyond this many are counted, not shown.
const MOST_SHOWN: usize = 10;

/// Why there are no cases.
#[derive(Debug, Error)]
pub enum SuiteFileError {
    /// A file or folder cannot be read.
    #[error("tests `{path}` cannot be read: {source}")]
    Read {
        /// The file or folder.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The cases are not good.
    #[error(transparent)]
    Invalid(#[from] SuiteErrors),
}

/// Why a policy is not to be used.
#[derive(Debug, Error)]
pub enum RehearsalError {
    /// There is none.
    #[error(transparent)]
    Policy(#[from] PolicyFileError),
    /// Its cases cannot be read.
    #[error(transparent)]
    Suite(#[from] SuiteFileError),
    /// Some of its cases fail.
    #[error("the policy does not pass its own tests\n{0}")]
    Failed(FailedCases),
}

/// The cases that failed, written out.
#[derive(Debug)]
pub struct FailedCases(Report);

/// Where the texts of a policy and of its tests are.
struct Files {
    policy: Vec<PathBuf>,
    tests: Vec<PathBuf>,
}

/// Reads the cases of the policy at `path`, a file or a folder.
///
/// # Errors
/// [`SuiteFileError`] when a file cannot be read or the cases in it are not good.
pub fn read(path: &Path) -> Result<Suite, SuiteFileError> {
    let Files { policy, tests } = Files::of(path)?;
    Ok(Suite::load(&sources(&policy)?, &sources(&tests)?)?)
}

/// Plays the cases of the policy at `path`, and tells how many there are.
///
/// # Errors
/// [`RehearsalError`] when the policy must not be used.
pub fn rehearse(path: &Path) -> Result<usize, RehearsalError> {
    let policy = Arc::new(policy_file::read(path)?);
    let report = rehearsal::run(policy, &read(path)?);
    if report.is_good() {
        Ok(report.runs().len())
    } else {
        Err(RehearsalError::Failed(FailedCases(report)))
    }
}

impl RehearsalError {
    /// Whether it is what the policy or its tests say that is wrong, and not how they are kept.
    #[must_use]
    pub const fn is_about_the_policy(&self) -> bool {
        match self {
            Self::Policy(PolicyFileError::Invalid(_))
            | Self::Suite(SuiteFileError::Invalid(_))
            | Self::Failed(_) => true,
            Self::Policy(PolicyFileError::Read { .. })
            | Self::Suite(SuiteFileError::Read { .. }) => false,
        }
    }
}

impl fmt::Display for FailedCases {
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

impl Files {
    fn of(path: &Path) -> Result<Self, SuiteFileError> {
        if !path.is_dir() {
            let ends = ["test.yaml", "test.yml"];
            let beside = ends.map(|end| path.with_extension(end));
            let tests = beside.into_iter().filter(|path| path.is_file()).collect();
            return Ok(Self { policy: vec![path.to_owned()], tests });
        }
        let failed = |source| SuiteFileError::Read { path: path.display().to_string(), source };
        let mut found = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            found.push(entry.map_err(failed)?.path());
        }
        found.retain(|path| is_read(path));
        found.sort();
        let (tests, policy) = found.into_iter().partition(|path| is_test(path));
        Ok(Self { policy, tests })
    }
}

/// Whether a file of a folder is read at all: YAML, and not hidden.
#[must_use]
pub fn is_read(path: &Path) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
    yaml && !hidden
}

fn is_test(path: &Path) -> bool {
    let stem = path.file_stem().map(Path::new);
    stem.is_some_and(|stem| stem.extension().is_some_and(|end| end == "test"))
}

fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, SuiteFileError> {
    let read = |path: &PathBuf| {
        let shown = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Ok(Source::new(&shown, &text)),
            Err(source) => Err(SuiteFileError::Read { path: shown, source }),
        }
    };
    paths.iter().map(read).collect()
}

#[cfg(test)]
mod tests;
