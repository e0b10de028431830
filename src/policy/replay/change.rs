//! What was decided beside what would be.

use super::{ChangeKind, LoggedDecision, LoggedEffect};
use crate::{
    core::reason::Reason,
    policy::{Policy, inquiry::Ruling},
};

/// What was decided beside what would be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comparison {
    pub(super) before: (LoggedEffect, Reason),
    pub(super) after: (LoggedEffect, Reason),
}

impl Comparison {
    pub(super) fn of(policy: &Policy, logged: &LoggedDecision, ruling: &Ruling) -> Self {
        let reason = ruling.verdict.as_ref().err().map(|refusal| refusal.reason);
        Self {
            before: (logged.effect, logged.reason),
            after: match reason {
                None => (LoggedEffect::Allow, Reason::Allowed),
                Some(reason) => (refused(policy, logged, reason), reason),
            },
        }
    }

    /// An entry with another name that decides the same is no change.
    pub(super) fn is_same(self) -> bool {
        self.before == self.after
    }

    pub(super) const fn kind(self) -> ChangeKind {
        ChangeKind { from: self.before.0, to: self.after.0 }
    }
}

/// What becomes of a request that is refused.
fn refused(policy: &Policy, logged: &LoggedDecision, reason: Reason) -> LoggedEffect {
    // Where browsers are sent to sign in is the instance's own affair.
    if reason == logged.reason && reason != Reason::OrganizationRequired {
        return logged.effect;
    }
    let away = logged.browser && policy.sends_away(reason);
    if away { LoggedEffect::Redirect } else { LoggedEffect::Deny }
}
