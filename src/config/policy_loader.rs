//! A policy from its files to what can be put in force: read, compiled, and tried on its own tests.

use super::policy_file::{self, ContentDigest, PolicyFileError, PolicyFiles};
use crate::{
    policy::Policy,
    reload::{Again, Loader, Look, Refused},
    telemetry::metrics::ReloadResult,
};
use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};
use thiserror::Error;

/// Plays the tests that stand in the files of a policy.
#[derive(Clone)]
pub struct Trial(Arc<Play>);

type Play = dyn Fn(&Arc<Policy>, &PolicyFiles) -> Result<(), FailedTrial> + Send + Sync;

/// Why a policy does not pass its own tests.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the policy does not pass its own tests\n{detail}")]
pub struct FailedTrial {
    /// The first thing that is wrong, in one line.
    pub summary: String,
    /// Everything that is wrong, for a person to read.
    pub detail: String,
}

/// Why files make no policy.
#[derive(Debug, Error)]
pub enum PolicyLoadError {
    /// They cannot be read, or are not good.
    #[error(transparent)]
    File(#[from] PolicyFileError),
    /// The policy decides otherwise than its own tests say.
    #[error(transparent)]
    Tests(#[from] FailedTrial),
}

/// Loads the policy at one path, again and again.
#[derive(Debug)]
pub struct PolicyLoader {
    path: PathBuf,
    trial: Trial,
    /// What was looked at last; `None` if it could not be read.
    seen: Option<ContentDigest>,
}

impl Trial {
    /// Plays tests with `play`.
    pub fn new(
        play: impl Fn(&Arc<Policy>, &PolicyFiles) -> Result<(), FailedTrial> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(play))
    }

    /// Plays none: every policy that compiles is good.
    #[must_use]
    pub fn skipped() -> Self {
        Self::new(|_, _| Ok(()))
    }
}

impl fmt::Debug for Trial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Trial")
    }
}

impl PolicyLoadError {
    /// Whether it is what the policy or its tests say that is wrong, and not how they are kept.
    #[must_use]
    pub const fn is_about_the_policy(&self) -> bool {
        match self {
            Self::File(PolicyFileError::Invalid(_)) | Self::Tests(_) => true,
            Self::File(PolicyFileError::Read { .. }) => false,
        }
    }

    /// The same for whoever runs Bailiff.
    #[must_use]
    pub fn refused(&self) -> Refused {
        let (result, summary) = match self {
            Self::File(error @ PolicyFileError::Read { .. }) => {
                (ReloadResult::Unreadable, error.to_string())
            }
            Self::File(PolicyFileError::Invalid(errors)) => {
                let first = errors.diagnostics().into_iter().next();
                let first = first.map_or_else(String::new, |first| first.summary());
                let more = errors.total().saturating_sub(1);
                let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
                (ReloadResult::Invalid, first + &more)
            }
            Self::Tests(failed) => (ReloadResult::TestsFailed, failed.summary.clone()),
        };
        Refused { result, summary, detail: self.to_string() }
    }
}

impl PolicyLoader {
    /// For the policy at `path`, a file or a folder.
    #[must_use]
    pub const fn new(path: PathBuf, trial: Trial) -> Self {
        Self { path, trial, seen: None }
    }

    /// Loads the policy.
    ///
    /// # Errors
    /// [`PolicyLoadError`] when the files make no policy.
    pub fn load(&mut self) -> Result<Arc<Policy>, PolicyLoadError> {
        let files = self.read()?;
        self.make(&files)
    }

    fn read(&mut self) -> Result<PolicyFiles, PolicyFileError> {
        // What cannot be read is never what was seen before.
        self.seen = None;
        PolicyFiles::read(&self.path)
    }

    fn make(&mut self, files: &PolicyFiles) -> Result<Arc<Policy>, PolicyLoadError> {
        self.seen = Some(files.digest());
        let policy = Arc::new(Policy::load(files.policy.clone()).map_err(PolicyFileError::from)?);
        (self.trial.0)(&policy, files)?;
        Ok(policy)
    }

    /// The path as it is written, and where its links lead in the end.
    fn ways(&self) -> BTreeSet<PathBuf> {
        [Some(self.path.clone()), self.path.canonicalize().ok()].into_iter().flatten().collect()
    }
}

impl Loader for PolicyLoader {
    fn look(&mut self, again: Again) -> Look {
        let before = self.seen;
        let made = self.read().map_err(PolicyLoadError::from).and_then(|files| {
            if again == Again::No && before == Some(files.digest()) {
                self.seen = before;
                return Ok(None);
            }
            self.make(&files).map(Some)
        });
        match made {
            Ok(None) => Look::Unchanged,
            Ok(Some(policy)) => Look::Good(policy),
            Err(error) => Look::Bad(error.refused()),
        }
    }

    fn folders(&self) -> Vec<PathBuf> {
        let folders = self.ways().into_iter().flat_map(|way| policy_file::folders_of(&way));
        folders.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn concerns(&self, changed: &Path) -> bool {
        let name = changed.file_name();
        // Kubernetes turns the link `..data`.
        let kubernetes = name.is_some_and(|name| name.as_encoded_bytes().starts_with(b".."));
        let ways = self.ways();
        let own = |way: &PathBuf| way.file_name() == name || way.starts_with(changed);
        kubernetes || policy_file::is_policy_file(changed) || ways.iter().any(own)
    }
}

#[cfg(test)]
mod tests;
