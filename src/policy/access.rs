//! Whom a rule lets in.

use super::requirement::Requirement;
use crate::core::id::RuleId;

/// One entry of the policy.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The entry as it is written: `GET /invoices/{id}`, `admin.shop.test /{**}`,
    /// `action invoice.refund`.
    pub id: RuleId,
    /// Whom it lets in.
    pub access: Access,
}

/// Whom a rule lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everyone, and nobody is asked who they are.
    Public,
    /// Everyone; who is signed in is passed on.
    Optional,
    /// Nobody.
    Denied,
    /// Whoever is signed in and meets the requirement.
    Required(Requirement),
}

impl Access {
    /// What is asked of whoever is signed in.
    #[must_use]
    pub const fn requirement(&self) -> Option<&Requirement> {
        match self {
            Self::Required(requirement) => Some(requirement),
            Self::Public | Self::Optional | Self::Denied => None,
        }
    }
}
