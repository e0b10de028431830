//! A file that others may rotate, and a disk that may be full.

#[cfg(test)]
mod tests;

use crate::{
    core::clock::Stopwatch,
    telemetry::lines::{Destination, count},
};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How often the file's name is looked up.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Lines name people: not everybody may read them.
const MODE: u32 = 0o640;

/// Appends to the file that has this name now. One that was moved away is followed no further than
/// the next look or the word to reopen; one that was cut short is appended to from its new end.
#[derive(Debug)]
pub(in crate::telemetry) struct LogFile {
    path: PathBuf,
    open: Option<Open>,
    reopen: Arc<AtomicBool>,
    failing: bool,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Device and number.
    identity: (u64, u64),
    looked: Stopwatch,
    /// Whether the last line has no end.
    torn: bool,
}

impl LogFile {
    /// Opens it, and makes it if it is not there.
    ///
    /// # Errors
    /// What the system says.
    pub(in crate::telemetry) fn open(path: PathBuf, reopen: Arc<AtomicBool>) -> io::Result<Self> {
        let open = Some(Open::new(&path, false)?);
        Ok(Self { path, open, reopen, failing: false })
    }

    fn append(&mut self, lines: &[u8]) -> Result<(), (io::Error, u64)> {
        let moved = self.open.as_ref().is_some_and(|open| open.was_moved(&self.path));
        let torn = !moved && self.open.as_ref().is_some_and(|open| open.torn);
        if self.reopen.swap(false, Ordering::Relaxed) || moved {
            self.open = None;
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => Open::new(&self.path, torn).map_err(|error| (error, count(lines)))?,
        };
        if open.looked.elapsed() >= LOOK_EVERY {
            open.looked = Stopwatch::start();
        }
        let result = open.append(lines);
        self.open = Some(open);
        result
    }
}

impl Open {
    fn new(path: &PathBuf, torn: bool) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(MODE).open(path)?;
        let metadata = file.metadata()?;
        let identity = (metadata.dev(), metadata.ino());
        Ok(Self { file, identity, looked: Stopwatch::start(), torn })
    }

    fn was_moved(&self, path: &PathBuf) -> bool {
        self.looked.elapsed() >= LOOK_EVERY
            && !fs::metadata(path).is_ok_and(|found| (found.dev(), found.ino()) == self.identity)
    }

    /// Appends lines, or says how many did not get there whole.
    fn append(&mut self, lines: &[u8]) -> Result<(), (io::Error, u64)> {
        if self.torn {
            self.file.write_all(b"\n").map_err(|error| (error, count(lines)))?;
            self.torn = false;
        }
        let mut rest = lines;
        while !rest.is_empty() {
            match self.file.write(rest) {
                Ok(0) => return Err((io::ErrorKind::WriteZero.into(), count(rest))),
                Ok(written) => {
                    self.torn = rest[written - 1] != b'\n';
                    rest = &rest[written..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err((error, count(rest))),
            }
        }
        Ok(())
    }
}

impl Destination for LogFile {
    fn deliver(&mut self, lines: &[u8]) -> u64 {
        let path = self.path.display().to_string();
        match self.append(lines) {
            Ok(()) => {
                if self.failing {
                    self.failing = false;
                    tracing::info!(path, "the decision log can be written again");
                }
                0
            }
            Err((error, lost)) => {
                if !self.failing {
                    self.failing = true;
                    tracing::warn!(
                        path,
                        %error,
                        "the decision log cannot be written: decisions go on, their lines are counted as dropped"
                    );
                }
                lost
            }
        }
    }
}
