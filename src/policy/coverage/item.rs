//! What a case must show of a policy.

use super::super::{
    diagnostic::DiagnosticPlace,
    source::{Place, Sources},
};
use crate::core::id::RuleId;
use std::fmt;

/// One thing that a case must show.
#[derive(Clone, Debug)]
pub struct Item {
    pub(super) rule: RuleId,
    pub(super) what: What,
    pub(super) place: Place,
    pub(super) covered: bool,
}

/// What must be shown of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// That it decides.
    Reached,
    /// That it decides about this method.
    Method(Box<str>),
    /// That this branch of an `any` holds where none before it does; counted from 1.
    Branch {
        /// Counted from 1.
        number: usize,
        /// What it requires, in words.
        requires: Box<str>,
    },
    /// That this condition comes out so.
    Condition {
        /// As it is written.
        text: Box<str>,
        /// What it comes to.
        holds: bool,
    },
}

impl Item {
    /// The rule.
    #[must_use]
    pub const fn rule(&self) -> &RuleId {
        &self.rule
    }

    /// What must be shown of it.
    #[must_use]
    pub const fn what(&self) -> &What {
        &self.what
    }

    /// Whether it has been shown.
    #[must_use]
    pub const fn is_covered(&self) -> bool {
        self.covered
    }

    /// Where it stands in the texts that the policy was read from.
    #[must_use]
    pub fn position(&self, sources: &Sources) -> DiagnosticPlace {
        sources.position(self.place)
    }
}

/// In words that complete "no case shows …".
impl fmt::Display for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reached => formatter.write_str("that it decides"),
            Self::Method(method) => write!(formatter, "that it decides about `{method}`"),
            Self::Branch { number, requires } => {
                write!(formatter, "that branch {number} of `any` holds: {requires}")
            }
            Self::Condition { text, holds } => {
                let comes = if *holds { "holds" } else { "does not hold" };
                write!(formatter, "that the condition `{text}` {comes}")
            }
        }
    }
}
