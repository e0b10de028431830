//! Plays again whenever the policy or its tests change.

use super::super::exit::{Exit, complain};
use crate::config::policy_file;
use notify::{Event, RecursiveMode, Watcher as _};
use std::{
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::Duration,
};

/// Changes that follow one another closer than this are one: editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(150);

/// Plays at once and after every change, until the process is stopped. Broken files are told like
/// anywhere else, and waited upon.
pub(super) fn run(path: &Path, play: impl Fn() -> Exit) -> Exit {
    let (sender, changes) = mpsc::channel();
    let watched = folder(path);
    // The folder is watched rather than the file: many editors put a new file in its place.
    let watcher = notify::recommended_watcher(sender).and_then(|mut watcher| {
        watcher.watch(&watched, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    let watcher = match watcher {
        Ok(watcher) => watcher,
        Err(error) => {
            complain(&error);
            return Exit::Usage;
        }
    };
    play();
    while wait(&changes, path) {
        play();
    }
    drop(watcher);
    Exit::Usage
}

fn folder(path: &Path) -> PathBuf {
    if path.is_dir() {
        return path.to_owned();
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

/// Waits for a change and for the quiet after it; `false` if there will be none any more.
fn wait(changes: &Receiver<notify::Result<Event>>, path: &Path) -> bool {
    loop {
        match changes.recv() {
            Ok(change) if matters(&change, path) => break,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    loop {
        match changes.recv_timeout(QUIET) {
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

/// Reading a file is no change of it; a watcher that failed may have missed one.
fn matters(change: &notify::Result<Event>, path: &Path) -> bool {
    let is_part = |changed: &PathBuf| {
        policy_file::is_policy_file(changed) || changed.file_name() == path.file_name()
    };
    change.as_ref().map_or(true, |event| !event.kind.is_access() && event.paths.iter().any(is_part))
}
