//! Conditions: what a rule's `if` says, in CEL.

use super::facts::Facts;
use thiserror::Error;

/// A condition that has been checked.
#[derive(Clone, Debug)]
pub struct Condition {
    text: Box<str>,
}

/// Which names a condition may use, by where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'s> {
    /// `request` and `params`.
    pub(super) request: bool,
    /// The parameters of the route's template.
    pub(super) parameters: &'s [&'s str],
    /// `resource` and `context`.
    pub(super) resource: bool,
}

/// What is wrong with the text of a condition, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("conditions are not read yet")]
pub struct ConditionProblem;

/// Why a condition could not be worked out for one question.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("conditions are not worked out yet")]
pub struct ConditionError;

impl Condition {
    /// Checks and compiles a text.
    #[expect(dead_code, reason = "the language does not read conditions yet")]
    pub(super) fn compile(text: &str, scope: &Scope<'_>) -> Result<Self, ConditionProblem> {
        let Scope { request: _, parameters: _, resource: _ } = scope;
        let _ = Self { text: text.into() };
        Err(ConditionProblem)
    }

    /// The text as it is written.
    #[must_use]
    pub const fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// [`ConditionError`] where it cannot be worked out, which refuses.
    pub(super) fn holds(&self, facts: &Facts<'_>) -> Result<bool, ConditionError> {
        let _ = facts;
        Err(ConditionError)
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}
