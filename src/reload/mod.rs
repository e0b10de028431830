//! Keeps a policy what its files say, without a restart and without a question going wrong.
//!
//! ```text
//! change in a folder ┐
//! SIGHUP             ├─ settle ─ look (read, compile, try: on a thread of its own) ─┬ good: put in force
//! every 30 seconds   ┘                                                              └ bad: keep the last good one
//! ```
//!
//! Events of the file system only say *when* to look. What counts is the content: it is looked at
//! every 30 seconds whether or not anything was noticed, since a network file system, a bind mount or
//! a full queue may swallow events. Nothing is replaced in part: a policy is in force as a whole or not at all,
//! and what was said of the last change can be read in the log, in the metrics and on the page for
//! readiness, which a bad file leaves as it is.

mod followed;
mod follower;
mod status;
mod watch;

pub use followed::{Followed, Told};
pub use status::{PolicyState, PolicyStatus, Refused};

use crate::{authorizer::PolicySlot, policy::Policy, telemetry::metrics::ReloadResult};
use follower::Follower;
use std::{
    fmt::Debug,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::AbortHandle,
};

/// Reads one policy from where it is kept.
pub trait Loader: Debug + Send + Sync + 'static {
    /// Looks at the files, and makes a policy of them if they are not what they were at the last look,
    /// or if that is asked for. May take long.
    fn look(&mut self, again: Again) -> Look;

    /// The folders in which a change shows. Some may not be there.
    fn folders(&self) -> Vec<PathBuf>;

    /// Whether a change of this file or folder may matter.
    fn concerns(&self, changed: &Path) -> bool;
}

/// Whether files are read anew that have not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// They are: somebody asks for it.
    Yes,
    /// Only what changed.
    No,
}

/// What a look at the files came to.
#[derive(Debug)]
pub enum Look {
    /// They are what they were.
    Unchanged,
    /// They make this policy.
    Good(Arc<Policy>),
    /// They make none.
    Bad(Refused),
}

/// What makes a follower look without being told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Following {
    /// Changes and the passing of time, and SIGHUP.
    Changes,
    /// SIGHUP alone.
    Signals,
}

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long nothing may change before the files are read: editors and `kubectl` write in several
    /// steps.
    pub settle: Duration,
    /// How long changes that never end are waited out.
    pub settle_at_most: Duration,
    /// How often the content is compared although nothing was noticed.
    pub compare: Duration,
}

impl Timing {
    /// What serves people best.
    pub const STANDARD: Self = Self {
        settle: Duration::from_millis(300),
        settle_at_most: Duration::from_secs(2),
        compare: Duration::from_secs(30),
    };
}

/// Follows a policy until it is dropped.
#[derive(Debug)]
pub struct Handle(AbortHandle);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Follows a policy. Must be called within a Tokio runtime.
///
/// # Errors
/// The system refuses to deliver signals.
pub fn follow(followed: Followed, following: Following, timing: Timing) -> io::Result<Handle> {
    let hangup = signal(SignalKind::hangup())?;
    let follower = Follower::new(followed, timing);
    let task = match following {
        Following::Changes => tokio::spawn(follower.follow(hangup)),
        Following::Signals => tokio::spawn(follower.obey(hangup)),
    };
    Ok(Handle(task.abort_handle()))
}

#[cfg(test)]
mod tests;
