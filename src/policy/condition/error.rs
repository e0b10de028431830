//! Why a condition could not be worked out.

use super::{
    super::wording::Excerpt,
    kind::{Kind, Kinds},
};
use thiserror::Error;

/// Why a condition could not be worked out for one question, and which part of it. Holds text of the
/// policy, never anything of the question.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{at}` {fault}")]
pub struct ConditionError {
    fault: ConditionFault,
    at: Excerpt,
}

/// What went wrong. Completes a sentence that begins with the part of the condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ConditionFault {
    /// A field, key or element that is not there.
    #[error("is not there")]
    Missing,
    /// A header or query parameter that is there several times, or is no text: services differ in
    /// what they take it for.
    #[error("can be read in more than one way")]
    Ambiguous,
    /// A value of a kind that the operation does not take.
    #[error("is {found}, not {expected}")]
    WrongKind {
        /// What was needed.
        expected: Kinds,
        /// What it is.
        found: Kind,
    },
    /// Two values of different kinds.
    #[error("compares {left} with {right}")]
    Incomparable {
        /// The kind on the left.
        left: Kind,
        /// The kind on the right.
        right: Kind,
    },
    /// Something divided by zero.
    #[error("divides by zero")]
    DivisionByZero,
    /// A number beyond what is calculated with.
    #[error("is a number that is too large")]
    Overflow,
    /// Numbers that are too large or too fine to be told from their neighbours.
    #[error("needs digits that the number does not have")]
    Imprecise,
    /// A number that is not whole.
    #[error("is no whole number")]
    NotWhole,
    /// A text that stands for no number.
    #[error("is no number")]
    NotNumber,
    /// A text that stands for no address.
    #[error("is no IP address")]
    NotAddress,
    /// Claims that are no JSON object.
    #[error("is no map")]
    NotClaims,
}

impl ConditionError {
    pub(super) fn new(fault: ConditionFault, at: &str) -> Self {
        Self { fault, at: Excerpt::of(at) }
    }

    /// What went wrong.
    #[must_use]
    pub const fn fault(&self) -> ConditionFault {
        self.fault
    }

    /// The part of the condition, as it is written.
    #[must_use]
    pub fn at(&self) -> &str {
        self.at.as_str()
    }
}
