//! A policy that is a folder of files.

use super::{
    MAX_FILES, PolicyFileError, PolicyFiles, ReadProblem, is_policy_file, is_test_file, text,
};
use crate::policy::{Source, Sources};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// How often a folder is read before it is given up that its files hold still.
const MOST_READINGS: usize = 5;

/// Reads until the folder is found twice the same, so that files from before and after a change are
/// never taken for one policy.
pub(super) fn read(folder: &Path) -> Result<PolicyFiles, PolicyFileError> {
    let mut last = read_once(folder)?;
    for _ in 1..MOST_READINGS {
        let again = read_once(folder)?;
        if again.digest() == last.digest() {
            return Ok(again);
        }
        last = again;
    }
    Err(PolicyFileError::read(folder, ReadProblem::Changing))
}

fn read_once(folder: &Path) -> Result<PolicyFiles, PolicyFileError> {
    let (tests, policy): (Vec<_>, Vec<_>) =
        names(folder)?.into_iter().partition(|path| is_test_file(path));
    let policy = Sources::new(texts(&policy)?)
        .ok_or_else(|| PolicyFileError::read(folder, ReadProblem::NoFile))?;
    Ok(PolicyFiles { policy, tests: texts(&tests)? })
}

/// The policy's files in the order of their names.
fn names(folder: &Path) -> Result<Vec<PathBuf>, PolicyFileError> {
    let failed = |problem| PolicyFileError::read(folder, problem);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(error.into()))? {
        let path = entry.map_err(|error| failed(error.into()))?.path();
        if is_policy_file(&path) {
            found.push(path);
        } else if path.is_dir() && !is_hidden(&path) && holds_policy_files(&path) {
            return Err(PolicyFileError::read(&path, ReadProblem::Nested));
        }
        if found.len() > MAX_FILES {
            return Err(failed(ReadProblem::TooManyFiles));
        }
    }
    found.sort();
    Ok(found)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// A folder that cannot be looked into, such as `lost+found`, holds none.
fn holds_policy_files(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| is_policy_file(&path))
}

fn texts(paths: &[PathBuf]) -> Result<Vec<Source>, PolicyFileError> {
    let mut left = Source::MAX_BYTES;
    let mut texts = Vec::with_capacity(paths.len());
    for path in paths {
        // Opening a pipe would wait for whoever writes to it.
        let metadata =
            fs::metadata(path).map_err(|error| PolicyFileError::read(path, error.into()))?;
        if !metadata.is_file() {
            return Err(PolicyFileError::read(path, ReadProblem::NotAFile));
        }
        let text = text(path, left)?;
        left -= text.text().len();
        texts.push(text);
    }
    Ok(texts)
}
