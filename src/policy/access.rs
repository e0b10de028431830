//! Whom a rule lets in.

use super::{guard::Guard, requirement::Requirement, source::Place};
use crate::core::{credential::CredentialKinds, id::RuleId};
use std::sync::Arc;

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
    /// What is left of the requirement in shadow mode.
    floor: Requirement,
    /// The guards that may stand over a request to which it applies, in the order of their names.
    pub(super) guards: Box<[Arc<Guard>]>,
}

impl Rule {
    /// A rule that no guard stands over yet.
    pub(super) fn new(id: RuleId, access: Access, mode: Mode, place: Place) -> Self {
        let floor = Requirement::Credential(access.credentials());
        Self { id, access, mode, place, floor, guards: [].into() }
    }

    /// What is asked of whoever is signed in, and enforced: in shadow mode a credential of a kind that
    /// the rule accepts.
    #[must_use]
    pub const fn enforced(&self) -> Option<&Requirement> {
        match (self.access.requirement(), self.mode) {
            (Some(_), Mode::Shadow) => Some(&self.floor),
            (requirement, Mode::Enforce | Mode::Shadow) => requirement,
        }
    }

    /// What is tried and not enforced.
    #[must_use]
    pub const fn tried(&self) -> Option<&Requirement> {
        match self.mode {
            Mode::Shadow => self.access.requirement(),
            Mode::Enforce => None,
        }
    }
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

impl Mode {
    /// The word in the policy.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
        }
    }
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

    /// The kinds of credential that can meet it. Any other is refused whatever it says.
    #[must_use]
    pub fn credentials(&self) -> CredentialKinds {
        let named = self.requirement().and_then(Requirement::credentials);
        named.unwrap_or(CredentialKinds::SESSION)
    }
}
