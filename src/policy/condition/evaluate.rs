//! Works out a checked expression for one question.
//!
//! What the identity does not have, a claim among it, is absent, which is neither true nor false: whatever hangs on it is
//! absent as well, a negation of it included, unless the other side of `&&` or `||` decides alone.
//! Everything else that cannot be worked out is an error, and an error that is come upon ends the whole:
//! CEL would let the other side of `||` cover it up.

mod calls;
mod parts;

use super::{
    error::{ConditionError, ConditionFault},
    kind::{Kind, Kinds},
    lookup::Map,
    number::Number,
    term::{Arithmetic, Lack, Node, Order, Term},
    value::{List, Value},
};
use crate::core::question::JsonObject;
pub(in crate::policy) use parts::Known;
use std::{borrow::Cow, cell::OnceCell};

/// Why there is no value.
#[derive(Debug)]
pub(super) enum Halt {
    /// The identity has no such part.
    Absent,
    /// It cannot be worked out.
    Error(Box<ConditionError>),
}

/// One question, as one expression sees it.
pub(super) struct Evaluation<'e> {
    /// The text of the expression, to quote from.
    text: &'e str,
    known: &'e Known<'e>,
    /// The claims as they were signed, read when they are first asked for; `None` inside where they
    /// cannot be.
    claims: OnceCell<Option<JsonObject>>,
}

type Outcome<'e> = Result<Value<'e>, Halt>;

impl<'e> Evaluation<'e> {
    pub(super) const fn new(text: &'e str, known: &'e Known<'e>) -> Self {
        Self { text, known, claims: OnceCell::new() }
    }

    /// The value of a part.
    pub(super) fn value(&'e self, term: &'e Term) -> Outcome<'e> {
        match &term.node {
            Node::Constant(constant) => Ok(constant.value()),
            Node::Part(part) => self.part(*part, term),
            Node::Parameter(name) => {
                let value = self.known.parameters.get(name).map(Value::text);
                value.ok_or_else(|| self.fault(ConditionFault::Missing, term))
            }
            Node::Present(of) => self.is_present(of).map(Value::Boolean),
            Node::HasField(of, field) => match self.map(of) {
                Ok(map) => self.told(map.has(field), term).map(Value::Boolean),
                Err(Halt::Absent) => Ok(Value::Boolean(false)),
                Err(error @ Halt::Error(_)) => Err(error),
            },
            Node::Field { of, field, lack } => self.found(self.map(of)?.get(field), *lack, term),
            Node::Index { of, key, lack } => self.index(of, key, *lack, term),
            Node::List(elements) => {
                let elements = elements.iter().map(|element| self.value(element));
                elements.collect::<Result<_, _>>().map(|values| Value::List(List::Owned(values)))
            }
            Node::Not(of) => Ok(Value::Boolean(!self.boolean(of)?)),
            Node::Negate(of) => self.told(self.number(of)?.negate(), term).map(Value::Number),
            Node::Logic { decisive, left, right } => {
                self.logic(*decisive, left, right).map(Value::Boolean)
            }
            Node::Choose { condition, then, otherwise } => {
                self.value(if self.boolean(condition)? { then } else { otherwise })
            }
            Node::Equal { same, left, right } => {
                let equal = self.value(left)?.equals(&self.value(right)?);
                Ok(Value::Boolean(self.told(equal, term)? == *same))
            }
            Node::Null { same, of } => {
                Ok(Value::Boolean((self.value(of)?.kind() == Kind::Null) == *same))
            }
            Node::Order { order, left, right } => {
                let found = self.value(left)?.order(&self.value(right)?);
                let found = self.told(found, term)?;
                Ok(Value::Boolean(match order {
                    Order::Less => found.is_lt(),
                    Order::LessOrEqual => found.is_le(),
                    Order::Greater => found.is_gt(),
                    Order::GreaterOrEqual => found.is_ge(),
                }))
            }
            Node::In { value, of } => self.is_in(value, of, term).map(Value::Boolean),
            Node::Arithmetic { operator, left, right } => {
                self.arithmetic(*operator, left, right, term)
            }
            Node::Call(of, call) => self.call(of, call, term),
        }
    }

    /// The value of a part that must be true or false.
    pub(super) fn boolean(&'e self, term: &'e Term) -> Result<bool, Halt> {
        self.told(self.value(term)?.into_boolean(), term)
    }

    fn number(&'e self, term: &'e Term) -> Result<Number, Halt> {
        self.told(self.value(term)?.into_number(), term)
    }

    fn text(&'e self, term: &'e Term) -> Result<Cow<'e, str>, Halt> {
        self.told(self.value(term)?.into_text(), term)
    }

    fn map(&'e self, term: &'e Term) -> Result<Map<'e>, Halt> {
        self.told(self.value(term)?.into_map(), term)
    }

    /// Left before right; the right one only where the left one does not decide.
    fn logic(&'e self, decisive: bool, left: &'e Term, right: &'e Term) -> Result<bool, Halt> {
        match self.boolean(left) {
            Ok(flag) if flag == decisive => Ok(decisive),
            Ok(_) => self.boolean(right),
            Err(Halt::Absent) => match self.boolean(right)? {
                flag if flag == decisive => Ok(decisive),
                _ => Err(Halt::Absent),
            },
            Err(error @ Halt::Error(_)) => Err(error),
        }
    }

    /// Whether something that not every question has is there.
    fn is_present(&'e self, of: &'e Term) -> Result<bool, Halt> {
        match self.value(of) {
            Ok(_) => Ok(true),
            Err(Halt::Absent) => Ok(false),
            Err(Halt::Error(error)) if error.fault() == ConditionFault::Missing => Ok(false),
            Err(error @ Halt::Error(_)) => Err(error),
        }
    }

    fn index(&'e self, of: &'e Term, key: &'e Term, lack: Lack, term: &'e Term) -> Outcome<'e> {
        match self.value(of)? {
            Value::Map(map) => {
                let key = self.text(key)?;
                self.found(map.get(&key), lack, term)
            }
            Value::List(list) => {
                let place = match self.number(key)? {
                    Number::Whole(place) => usize::try_from(place).ok(),
                    Number::Fraction(_) | Number::Vast(_) => {
                        return Err(self.fault(ConditionFault::NotWhole, key));
                    }
                };
                self.found(place.map_or(Ok(None), |place| list.get(place)), lack, term)
            }
            other @ (Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Text(_)) => {
                Err(self.fault(other.is_not(Kinds::LIST_OR_MAP), of))
            }
        }
    }

    fn is_in(&'e self, value: &'e Term, of: &'e Term, term: &'e Term) -> Result<bool, Halt> {
        match self.value(of)? {
            Value::List(list) => self.told(list.contains(&self.value(value)?), term),
            Value::Map(map) => self.told(map.has(&self.text(value)?), term),
            other @ (Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Text(_)) => {
                Err(self.fault(other.is_not(Kinds::LIST_OR_MAP), of))
            }
        }
    }

    fn arithmetic(
        &'e self,
        operator: Arithmetic,
        left: &'e Term,
        right: &'e Term,
        term: &'e Term,
    ) -> Outcome<'e> {
        let result = match operator {
            Arithmetic::Add => match self.value(left)? {
                Value::Text(text) => {
                    return Ok(Value::Text(text + self.text(right)?));
                }
                Value::Number(number) => number.add(self.number(right)?),
                other @ (Value::Null | Value::Boolean(_) | Value::List(_) | Value::Map(_)) => {
                    return Err(self.fault(other.is_not(Kinds::NUMBER_OR_TEXT), left));
                }
            },
            Arithmetic::Subtract => self.number(left)?.subtract(self.number(right)?),
            Arithmetic::Multiply => self.number(left)?.multiply(self.number(right)?),
            Arithmetic::Divide => self.number(left)?.divide(self.number(right)?),
            Arithmetic::Remainder => self.number(left)?.remainder(self.number(right)?),
        };
        self.told(result, term).map(Value::Number)
    }

    /// What was looked up.
    fn found(
        &self,
        looked_up: Result<Option<Value<'e>>, ConditionFault>,
        lack: Lack,
        term: &Term,
    ) -> Outcome<'e> {
        self.told(looked_up, term)?.ok_or_else(|| match lack {
            Lack::Absent => Halt::Absent,
            Lack::Error => self.fault(ConditionFault::Missing, term),
        })
    }

    /// Gives a fault the part that it was come upon in.
    fn told<T>(&self, result: Result<T, ConditionFault>, term: &Term) -> Result<T, Halt> {
        result.map_err(|fault| self.fault(fault, term))
    }

    pub(super) fn fault(&self, fault: ConditionFault, term: &Term) -> Halt {
        let at = self.text.get(term.range.clone()).unwrap_or(self.text);
        Halt::Error(Box::new(ConditionError::new(fault, at)))
    }
}
