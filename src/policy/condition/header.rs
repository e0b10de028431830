//! Expressions whose values go into headers.

use super::{
    super::facts::HeaderFacts,
    Expression, Scope,
    check::Purpose,
    error::ConditionError,
    evaluate::{Evaluation, Halt, Known},
    kind::Kinds,
    problem::ConditionProblem,
    value::Value,
};

/// A mapping of headers is for all routes, and for nothing but requests.
const SCOPE: Scope<'static> = Scope { request: true, parameters: &[], resource: false };

/// An expression that has been checked. Cloning is cheap.
#[derive(Clone, Debug)]
pub(in crate::policy) struct HeaderExpression(Expression);

/// What an expression gives for a header, as it is, not yet encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::policy) enum Told {
    One(String),
    Many(Vec<String>),
}

impl HeaderExpression {
    /// Checks and compiles a text.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the text; at least one problem.
    pub(in crate::policy) fn compile(text: &str) -> Result<Self, Vec<ConditionProblem>> {
        Expression::compile(text, &SCOPE, Purpose::Header).map(Self)
    }

    /// The text as it is written.
    pub(in crate::policy) fn text(&self) -> &str {
        &self.0.text
    }

    /// Its value; `None` where that hangs on a part that the identity does not have, or on the request
    /// where none goes on.
    ///
    /// # Errors
    /// [`ConditionError`] where it cannot be worked out, which refuses.
    pub(in crate::policy) fn value(
        &self,
        facts: &HeaderFacts<'_>,
    ) -> Result<Option<Told>, ConditionError> {
        let known = Known::from(facts);
        let evaluation = Evaluation::new(&self.0.text, &known);
        match evaluation.told_to_service(&self.0.term) {
            Ok(told) => Ok(Some(told)),
            Err(Halt::Absent) => Ok(None),
            Err(Halt::Error(error)) => Err(*error),
        }
    }
}

impl<'e> Evaluation<'e> {
    fn told_to_service(&'e self, term: &'e super::Term) -> Result<Told, Halt> {
        let one = |value: &Value<'_>| match value {
            Value::Text(text) => Ok(text.to_string()),
            Value::Boolean(flag) => Ok(flag.to_string()),
            Value::Number(number) => number.text(),
            Value::Null | Value::List(_) | Value::Map(_) => Err(value.is_not(Kinds::SCALAR)),
        };
        let value = self.value(term)?;
        let told = if let Value::List(list) = value {
            let values = (0..list.len()).filter_map(|place| list.get(place).transpose());
            values.map(|value| one(&value?)).collect::<Result<_, _>>().map(Told::Many)
        } else {
            one(&value).map(Told::One)
        };
        told.map_err(|fault| self.fault(fault, term))
    }
}
