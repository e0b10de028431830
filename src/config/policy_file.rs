//! Reads a policy from where it is kept: the policy itself knows texts, not files.
//!
//! It is one file, or a folder: every `*.yaml` and `*.yml` directly in it, in the order of the names.
//! Tests stand in `*.test.yaml` beside the file or in the folder. Symbolic links are followed and
//! hidden entries passed over, since that is how Kubernetes mounts a `ConfigMap`: `policy.yaml` leads to
//! `..data/policy.yaml`, and `..data` is turned to another folder to change all files at once.

mod error;
mod folder;

pub use error::{PolicyFileError, ReadProblem};

use crate::policy::{Policy, Source, Sources};
use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

/// Ends of the names of policy files, whatever the case of their letters.
const ENDS: [&str; 2] = ["yaml", "yml"];
/// What stands before the end in the names of files that hold nothing but tests.
const TEST: &str = "test";
/// The most files that a folder may hold.
const MAX_FILES: usize = 1000;

/// The texts of one policy.
#[derive(Clone, Debug)]
pub struct PolicyFiles {
    /// What it says.
    pub policy: Sources,
    /// Files that hold nothing but tests.
    pub tests: Vec<Source>,
}

/// Tells contents apart: names and texts, those of the tests included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentDigest([u8; SHA256_OUTPUT_LEN]);

/// Reads and compiles the policy at `path`, a file or a folder.
///
/// # Errors
/// [`PolicyFileError`] when a file cannot be read or the policy is not good.
pub fn read(path: &Path) -> Result<Policy, PolicyFileError> {
    Ok(Policy::load(PolicyFiles::read(path)?.policy)?)
}

impl PolicyFiles {
    /// Reads the texts at `path`, a file or a folder.
    ///
    /// # Errors
    /// [`PolicyFileError::Read`] names what cannot be read, and why.
    pub fn read(path: &Path) -> Result<Self, PolicyFileError> {
        if path.is_dir() { folder::read(path) } else { Self::beside(path) }
    }

    /// What tells these texts from others.
    #[must_use]
    pub fn digest(&self) -> ContentDigest {
        let mut context = Context::new(&SHA256);
        let kinds = [self.policy.as_slice(), &self.tests];
        for sources in kinds {
            context.update(&(sources.len() as u64).to_be_bytes());
            for text in sources.iter().flat_map(|source| [source.name(), source.text()]) {
                context.update(&(text.len() as u64).to_be_bytes());
                context.update(text.as_bytes());
            }
        }
        let mut digest = [0; SHA256_OUTPUT_LEN];
        digest.copy_from_slice(context.finish().as_ref());
        ContentDigest(digest)
    }

    /// One file and the tests beside it.
    fn beside(path: &Path) -> Result<Self, PolicyFileError> {
        let policy = (&text(path, Source::MAX_BYTES)?).into();
        let beside = ENDS.map(|end| path.with_extension(format!("{TEST}.{end}")));
        let there = beside.iter().filter(|tests| tests.is_file());
        let tests = there.map(|tests| text(tests, Source::MAX_BYTES)).collect::<Result<_, _>>()?;
        Ok(Self { policy, tests })
    }
}

/// Whether a file with this name is part of a policy folder.
#[must_use]
pub fn is_policy_file(path: &Path) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let ends =
        path.extension().is_some_and(|end| ENDS.iter().any(|yaml| end.eq_ignore_ascii_case(yaml)));
    ends && !hidden
}

/// Whether a file with this name holds nothing but tests.
fn is_test_file(path: &Path) -> bool {
    let stem = path.file_stem().map(Path::new);
    let end = stem.and_then(Path::extension);
    is_policy_file(path) && end.is_some_and(|end| end.eq_ignore_ascii_case(TEST))
}

/// Reads a file of at most so many bytes.
fn text(path: &Path, most: usize) -> Result<Source, PolicyFileError> {
    let failed = |problem| PolicyFileError::read(path, problem);
    let file = File::open(path).map_err(|error| failed(error.into()))?;
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(|error| failed(error.into()))?;
    if bytes.len() > most {
        return Err(failed(ReadProblem::TooLarge));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(&path.display().to_string(), &text)),
        Err(error) => {
            let sound = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
            let line = sound.filter(|&&byte| byte == b'\n').count() + 1;
            Err(failed(ReadProblem::NotText { line }))
        }
    }
}

/// The folders in which a change of the policy at `path` shows: its own, if it is one, and the one
/// above, since a file or a folder may be put in the place of another. Where that is not there, the
/// next one above that is, in which it will appear.
#[must_use]
pub fn folders_of(path: &Path) -> Vec<PathBuf> {
    let mut above = path
        .ancestors()
        .skip(1)
        .map(|above| if above == Path::new("") { PathBuf::from(".") } else { above.to_owned() });
    let own = path.is_dir().then(|| path.to_owned());
    own.into_iter().chain(above.find(|above| above.is_dir())).collect()
}

#[cfg(test)]
mod tests;
