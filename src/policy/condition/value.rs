//! Values while a condition is worked out. They borrow from the question wherever they can.

use super::{
    error::ConditionFault,
    kind::{Kind, Kinds},
    lookup::Map,
    number::Number,
};
use crate::core::entitlement::Entitlements;
use serde_json::Value as Json;
use std::{borrow::Cow, cmp::Ordering};

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value<'e> {
    Null,
    Boolean(bool),
    Number(Number),
    Text(Cow<'e, str>),
    List(List<'e>),
    Map(Map<'e>),
}

/// A value that stands in the text of the condition.
#[derive(Clone, Debug)]
pub(super) enum Constant {
    Null,
    Boolean(bool),
    Number(Number),
    Text(Box<str>),
    List(Box<[Self]>),
}

/// A list.
#[derive(Clone, Debug)]
pub(super) enum List<'e> {
    Constant(&'e [Constant]),
    Texts(&'e [Box<str>]),
    Entitlements(&'e Entitlements),
    Json(&'e [Json]),
    Owned(Vec<Value<'e>>),
}

impl Constant {
    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Boolean(_) => Kind::Boolean,
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::Text,
            Self::List(_) => Kind::List,
        }
    }

    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(flag) => Value::Boolean(*flag),
            Self::Number(number) => Value::Number(*number),
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::List(elements) => Value::List(List::Constant(elements)),
        }
    }
}

impl<'e> Value<'e> {
    pub(super) fn text(text: &'e str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// # Errors
    /// [`ConditionFault::NotNumber`] for a number that is not finite, which JSON does not have.
    pub(super) fn from_json(json: &'e Json) -> Result<Self, ConditionFault> {
        Ok(match json {
            Json::Null => Self::Null,
            Json::Bool(flag) => Self::Boolean(*flag),
            Json::Number(number) => {
                Self::Number(Number::from_json(number).ok_or(ConditionFault::NotNumber)?)
            }
            Json::String(text) => Self::text(text),
            Json::Array(elements) => Self::List(List::Json(elements)),
            Json::Object(fields) => Self::Map(Map::Json(fields)),
        })
    }

    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Boolean(_) => Kind::Boolean,
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::Text,
            Self::List(_) => Kind::List,
            Self::Map(_) => Kind::Map,
        }
    }

    pub(super) const fn is_not(&self, expected: Kinds) -> ConditionFault {
        ConditionFault::WrongKind { expected, found: self.kind() }
    }

    pub(super) fn into_boolean(self) -> Result<bool, ConditionFault> {
        let Self::Boolean(flag) = self else { return Err(self.is_not(Kinds::BOOLEAN)) };
        Ok(flag)
    }

    pub(super) fn into_number(self) -> Result<Number, ConditionFault> {
        let Self::Number(number) = self else { return Err(self.is_not(Kinds::NUMBER)) };
        Ok(number)
    }

    pub(super) fn into_text(self) -> Result<Cow<'e, str>, ConditionFault> {
        let Self::Text(text) = self else { return Err(self.is_not(Kinds::TEXT)) };
        Ok(text)
    }

    pub(super) fn into_map(self) -> Result<Map<'e>, ConditionFault> {
        let Self::Map(map) = self else { return Err(self.is_not(Kinds::MAP)) };
        Ok(map)
    }

    fn incomparable(&self, other: &Self) -> ConditionFault {
        ConditionFault::Incomparable { left: self.kind(), right: other.kind() }
    }

    /// Whether two values are the same. `null` is the same as nothing, itself included: what was left
    /// open on one side says nothing about what was left open on the other.
    ///
    /// # Errors
    /// A fault where they are of different kinds, or cannot be told apart.
    pub(super) fn equals(&self, other: &Self) -> Result<bool, ConditionFault> {
        match (self, other) {
            (Self::Boolean(left), Self::Boolean(right)) => Ok(left == right),
            (Self::Number(left), Self::Number(right)) => left.compare(*right).map(Ordering::is_eq),
            (Self::Text(left), Self::Text(right)) => Ok(left == right),
            (Self::List(left), Self::List(right)) => left.equals(right),
            (
                Self::Null
                | Self::Boolean(_)
                | Self::Number(_)
                | Self::Text(_)
                | Self::List(_)
                | Self::Map(_),
                _,
            ) => Err(self.incomparable(other)),
        }
    }

    /// Which of two numbers or texts comes first. Texts go by code point.
    ///
    /// # Errors
    /// A fault where they are of different kinds, or cannot be told apart.
    pub(super) fn order(&self, other: &Self) -> Result<Ordering, ConditionFault> {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => left.compare(*right),
            (Self::Text(left), Self::Text(right)) => Ok(left.cmp(right)),
            (
                Self::Null
                | Self::Boolean(_)
                | Self::Number(_)
                | Self::Text(_)
                | Self::List(_)
                | Self::Map(_),
                _,
            ) => Err(self.incomparable(other)),
        }
    }
}

impl<'e> List<'e> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Constant(elements) => elements.len(),
            Self::Texts(elements) => elements.len(),
            Self::Entitlements(elements) => elements.held().count(),
            Self::Json(elements) => elements.len(),
            Self::Owned(elements) => elements.len(),
        }
    }

    /// The element at a place counted from 0.
    pub(super) fn get(&self, place: usize) -> Result<Option<Value<'e>>, ConditionFault> {
        Ok(match self {
            Self::Constant(elements) => elements.get(place).map(Constant::value),
            Self::Texts(elements) => elements.get(place).map(|text| Value::text(text)),
            Self::Entitlements(elements) => {
                elements.held().nth(place).map(|held| Value::text(&held.text))
            }
            Self::Json(elements) => elements.get(place).map(Value::from_json).transpose()?,
            Self::Owned(elements) => elements.get(place).cloned(),
        })
    }

    /// Whether one element is the same as a value.
    ///
    /// # Errors
    /// A fault if none is, but some element cannot be compared.
    pub(super) fn contains(&self, value: &Value<'_>) -> Result<bool, ConditionFault> {
        match (self, value) {
            (Self::Texts(elements), Value::Text(text)) => {
                return Ok(elements.iter().any(|element| **element == **text));
            }
            (Self::Entitlements(elements), Value::Text(text)) => {
                return Ok(elements.held().any(|element| *element.text == **text));
            }
            _ => {}
        }
        let mut fault = None;
        for place in 0..self.len() {
            let element = self.get(place)?;
            match element.map_or(Ok(false), |element| value.equals(&element)) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(found) => fault = fault.or(Some(found)),
            }
        }
        fault.map_or(Ok(false), Err)
    }

    fn equals(&self, other: &Self) -> Result<bool, ConditionFault> {
        if self.len() != other.len() {
            return Ok(false);
        }
        for place in 0..self.len() {
            if let (Some(left), Some(right)) = (self.get(place)?, other.get(place)?)
                && !left.equals(&right)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
