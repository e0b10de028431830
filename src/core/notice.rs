//! What became of a session, a person or an organization, as far as it matters to tokens that were
//! issued before.

use super::{
    clock::Timestamp,
    id::{OrganizationId, SessionId, UserId},
    organization::RoleKey,
};

/// One thing that happened, in one Clerk instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whose tokens it concerns.
    pub target: Target,
    /// What becomes of them.
    pub measure: Measure,
    /// When it happened.
    pub at: Timestamp,
}

/// Whose tokens a notice concerns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Those of one session.
    Session(SessionId),
    /// Those of one user.
    User(UserId),
    /// Those of a user while that organization is active.
    Member(UserId, OrganizationId),
    /// Those of everybody while that organization is active.
    Organization(OrganizationId),
    /// Those of everybody with that role in the active organization.
    Role(RoleKey),
    /// Those of everybody while any organization is active.
    Organizations,
}

/// What becomes of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// They count for nothing. For a session that is final.
    Ended,
    /// They say what may not hold any more: fresh ones are wanted.
    Stale,
    /// What they say of an organization holds no more: people need fresh ones, and machines that
    /// acted for it are done.
    Severed,
    /// An operator refuses them until then, whenever they were issued.
    Blocked {
        /// Until when.
        until: Timestamp,
    },
    /// An operator takes an earlier block back.
    Unblocked,
}

/// Why a token does not count although it is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutOff {
    /// The session or the user is gone.
    Ended,
    /// An operator has refused it.
    Blocked,
    /// Something it says has changed since.
    Stale,
    /// Nobody can tell right now, and the settings say that it does not count then.
    Unknown,
}
