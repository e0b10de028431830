//! What is configured about machines.

use std::time::Duration;

/// Whom machine-to-machine tokens are for, and how long Clerk's word about opaque credentials counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineOptions {
    /// The machine that Bailiff stands for, `mch_...`: machine-to-machine tokens must be meant for it.
    /// `None`: every token of the instance counts, unless Clerk is asked with a machine's secret key.
    pub id: Option<Box<str>>,
    /// How long an opaque credential that Clerk has vouched for is taken without asking again. One
    /// that is revoked counts for as long.
    pub remember: Duration,
    /// How long one that Clerk does not know is refused without asking again.
    pub remember_unknown: Duration,
}

impl MachineOptions {
    /// No machine of its own; half a minute for credentials that are known, five seconds for those
    /// that are not.
    pub const STANDARD: Self = Self {
        id: None,
        remember: Duration::from_secs(30),
        remember_unknown: Duration::from_secs(5),
    };
}
