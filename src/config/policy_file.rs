//! Reads the policy file: the policy itself knows texts, not files.

use crate::policy::{Policy, PolicyErrors, Source};
use std::{fs, io, path::Path};
use thiserror::Error;

/// Why there is no policy.
#[derive(Debug, Error)]
pub enum PolicyFileError {
    /// The file cannot be read.
    #[error("policy file `{path}` cannot be read: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The policy is not good.
    #[error(transparent)]
    Invalid(#[from] PolicyErrors),
}

/// Reads and compiles the policy file at `path`.
///
/// # Errors
/// [`PolicyFileError`] when the file is missing or the policy in it is not good.
pub fn read(path: &Path) -> Result<Policy, PolicyFileError> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|source| PolicyFileError::Read { path: shown.clone(), source })?;
    Ok(Policy::load(&Source::new(&shown, &text))?)
}
