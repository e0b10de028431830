//! Conditions: what a rule's `if` says, in CEL.
//!
//! The syntax is CEL's, and so is the parser. What an expression means is said here: it is checked
//! against the names, fields, functions and kinds that exist, and worked out over borrowed facts. CEL
//! itself would find out about a misspelt field when it is asked for, take whole numbers and fractions
//! for different kinds, say `false` to a text compared with a number, and let one side of `||` cover up
//! an error on the other. Wherever both give an answer, it is the same one.

mod check;
mod error;
mod evaluate;
mod function;
mod header;
mod kind;
mod literal;
mod lookup;
mod names;
mod number;
mod parse;
mod places;
mod problem;
mod term;
mod value;

use super::facts::Facts;
use check::Purpose;
pub use error::{ConditionError, ConditionFault};
use evaluate::{Evaluation, Halt, Known};
pub use function::Function;
pub(super) use header::{HeaderExpression, Told};
pub use kind::{Kind as ValueKind, Kinds};
pub use problem::{ConditionMistake, ConditionProblem, Unsupported};
use std::sync::Arc;
use term::Term;

/// The longest text of an expression, in bytes.
pub(super) const LONGEST: usize = 1024;
/// The deepest nesting of an expression.
const DEEPEST: usize = 24;

/// A condition that has been checked. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Condition(Expression);

/// An expression that has been checked.
#[derive(Clone, Debug)]
struct Expression {
    text: Arc<str>,
    term: Arc<Term>,
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

impl Expression {
    fn compile(
        text: &str,
        scope: &Scope<'_>,
        purpose: Purpose,
    ) -> Result<Self, Vec<ConditionProblem>> {
        let term = parse::parsed(text, |tree, places| check::check(tree, places, scope, purpose))?;
        Ok(Self { text: text.into(), term: Arc::new(term) })
    }
}

impl Condition {
    /// Checks and compiles a text.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the text; at least one problem.
    pub(super) fn compile(text: &str, scope: &Scope<'_>) -> Result<Self, Vec<ConditionProblem>> {
        Expression::compile(text, scope, Purpose::Condition).map(Self)
    }

    /// The text as it is written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether it holds. One that asks for a part that the identity does not have does not hold.
    ///
    /// # Errors
    /// [`ConditionError`] where it cannot be worked out, which refuses.
    pub(super) fn holds(&self, facts: &Facts<'_>) -> Result<bool, ConditionError> {
        let known = Known::from(facts);
        let evaluation = Evaluation::new(&self.0.text, &known);
        match evaluation.boolean(&self.0.term) {
            Ok(holds) => Ok(holds),
            Err(Halt::Absent) => Ok(false),
            Err(Halt::Error(error)) => Err(*error),
        }
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Condition {}

#[cfg(test)]
mod tests;
