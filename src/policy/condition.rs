//! Conditions: what a rule's `if` says, in CEL.

mod error;
mod function;
mod kind;
mod problem;

use super::facts::Facts;
pub use error::{ConditionError, ConditionFault};
pub use function::Function;
pub use kind::{Kind as ValueKind, Kinds};
pub use problem::{ConditionMistake, ConditionProblem, Unsupported};

/// The longest text of an expression, in bytes.
const LONGEST: usize = 1024;
/// The deepest nesting of an expression.
const DEEPEST: usize = 24;

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

impl Condition {
    /// Checks and compiles a text.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the text; at least one problem.
    #[expect(dead_code, reason = "the language does not read conditions yet")]
    pub(super) fn compile(text: &str, scope: &Scope<'_>) -> Result<Self, Vec<ConditionProblem>> {
        let Scope { request: _, parameters: _, resource: _ } = scope;
        let _ = Self { text: text.into() };
        Err(vec![ConditionProblem::new(ConditionMistake::Unchecked, &(0..text.len()))])
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
        Err(ConditionError::new(ConditionFault::Missing, &self.text))
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}
