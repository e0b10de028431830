//! Whom a rule lets in.

use super::{requirement::Requirement, source::Place};
use crate::core::{credential::CredentialKinds, id::RuleId};

/// One entry of the policy.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The entry as it is written: `GET /invoices/{id}`, `admin.shop.test /{**}`,
    /// `action invoice.refund`.
    pub id: RuleId,
    /// Whom it lets in.
    pub access: Access,
    /// Whether that is enforced.
    pub mode: Mode,
    /// Where it is written.
    pub(super) place: Place,
}

/// Whether what is asked is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is.
    Enforce,
    /// It is tried, and what would have been refused is counted and logged. A rule in this mode still
    /// asks for a credential of the kinds it accepts.
    Shadow,
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

    /// The kinds of credential that can meet it.
    #[must_use]
    pub fn credentials(&self) -> CredentialKinds {
        let named = self.requirement().and_then(Requirement::credentials);
        named.unwrap_or(CredentialKinds::SESSION)
    }
}
