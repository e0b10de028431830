//! How a command ended, and how it says so.

use std::{error::Error, process::ExitCode};

/// The exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// All is well.
    Good = 0,
    /// What was examined is not good: a policy, a token, a health state.
    Bad = 1,
    /// Wrong usage or settings.
    Usage = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Says on standard error what went wrong, with its causes, in one line.
#[expect(clippy::print_stderr, reason = "a command speaks to the person who ran it")]
pub(super) fn complain(error: &dyn Error) {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        // Messages that quote their cause already need it only once.
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        cause = inner.source();
    }
    eprintln!("bailiff: {line}");
}
