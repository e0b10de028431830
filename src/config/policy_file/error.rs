//! Why there is no policy.

use super::MAX_FILES;
use crate::policy::{PolicyErrors, Source};
use std::{io, path::Path};
use thiserror::Error;

/// Why there is no policy.
#[derive(Debug, Error)]
pub enum PolicyFileError {
    /// A file or folder cannot be read.
    #[error("policy `{path}` cannot be read: {source}")]
    Read {
        /// The file or folder.
        path: String,
        /// What stands in the way.
        source: ReadProblem,
    },
    /// The policy is not good.
    #[error(transparent)]
    Invalid(#[from] PolicyErrors),
}

/// What stands in the way of reading.
#[derive(Debug, Error)]
pub enum ReadProblem {
    /// What the system said.
    #[error(transparent)]
    System(#[from] io::Error),
    /// The bytes are not UTF-8.
    #[error("line {line} is not UTF-8 text")]
    NotText {
        /// Counted from 1.
        line: usize,
    },
    /// More than a policy may hold.
    #[error("a policy is at most {} MiB long, and its tests as much again", Source::MAX_BYTES >> 20)]
    TooLarge,
    /// More files than a folder may hold.
    #[error("a policy is at most {MAX_FILES} files")]
    TooManyFiles,
    /// A folder without a policy.
    #[error(
        "the folder holds no `*.yaml` but tests: write at least one file that says `version: 1`"
    )]
    NoFile,
    /// Not a file, nor a link to one.
    #[error("it has the name of a policy file and is none")]
    NotAFile,
    /// A folder below the folder, whose files somebody may think are read.
    #[error(
        "it holds `*.yaml` files below a policy's folder, where none is read: move them up, or hide it as `.name`"
    )]
    Nested,
    /// The folder is never found twice the same.
    #[error("it changes while it is read")]
    Changing,
}

impl PolicyFileError {
    pub(super) fn read(path: &Path, source: ReadProblem) -> Self {
        Self::Read { path: path.display().to_string(), source }
    }
}
