//! What functions do.

use super::{Evaluation, Halt, Outcome};
use crate::policy::condition::{
    error::ConditionFault,
    kind::Kinds,
    number::Number,
    term::{Call, OffsetSeconds, Term},
    value::{List, Value},
};
use std::{borrow::Cow, net::IpAddr};

const DAY_SECONDS: i128 = 86_400;
/// The first of January 1970 was a Thursday.
const WEEKDAYS: [&str; 7] =
    ["thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday"];

impl<'e> Evaluation<'e> {
    /// A function of a value.
    pub(super) fn call(&'e self, of: &'e Term, call: &'e Call, term: &'e Term) -> Outcome<'e> {
        match call {
            Call::Size => self.size(of),
            Call::Lower => Ok(owned(self.text(of)?.to_lowercase())),
            Call::Upper => Ok(owned(self.text(of)?.to_uppercase())),
            Call::Trim => Ok(match self.text(of)? {
                Cow::Borrowed(text) => Value::text(text.trim()),
                Cow::Owned(text) => owned(text.trim().to_owned()),
            }),
            Call::Split(separator) => Ok(Value::List(List::Owned(match self.text(of)? {
                Cow::Borrowed(text) => text.split(&**separator).map(Value::text).collect(),
                Cow::Owned(text) => {
                    text.split(&**separator).map(|piece| owned(piece.to_owned())).collect()
                }
            }))),
            Call::StartsWith(with) => {
                Ok(Value::Boolean(self.text(of)?.starts_with(&*self.text(with)?)))
            }
            Call::EndsWith(with) => {
                Ok(Value::Boolean(self.text(of)?.ends_with(&*self.text(with)?)))
            }
            Call::Contains(with) => Ok(Value::Boolean(self.text(of)?.contains(&*self.text(with)?))),
            Call::Matches(pattern) => Ok(Value::Boolean(pattern.is_match(&self.text(of)?))),
            Call::InNetwork(network) => {
                let address: Result<IpAddr, _> = self.text(of)?.parse();
                let address = address.map_err(|_| self.fault(ConditionFault::NotAddress, of))?;
                Ok(Value::Boolean(network.contains(&address.to_canonical())))
            }
            Call::Int => self.number_of(of, Number::whole, Number::truncate, term),
            Call::Double => self.number_of(of, Number::parse, Ok, term),
            Call::String => self.string(of, term),
            Call::Times(seconds) => {
                self.told(self.number(of)?.multiply(*seconds), term).map(Value::Number)
            }
            Call::Hour(offset) => {
                let hour = self.second_of_day(of, *offset)? / 3600;
                Ok(Value::Number(Number::Whole(hour)))
            }
            Call::Minute(offset) => {
                let minute = self.second_of_day(of, *offset)? % 3600 / 60;
                Ok(Value::Number(Number::Whole(minute)))
            }
            Call::Weekday(offset) => {
                let day = self.local(of, *offset)?.div_euclid(DAY_SECONDS).rem_euclid(7);
                let day = usize::try_from(day).ok().and_then(|day| WEEKDAYS.get(day));
                day.map(|day| Value::text(day))
                    .ok_or_else(|| self.fault(ConditionFault::Overflow, of))
            }
        }
    }

    fn size(&'e self, of: &'e Term) -> Outcome<'e> {
        let size = match self.value(of)? {
            Value::Text(text) => text.chars().count(),
            Value::List(list) => list.len(),
            Value::Map(map) => self.told(map.len(), of)?,
            other @ (Value::Null | Value::Boolean(_) | Value::Number(_)) => {
                return Err(self.fault(other.is_not(Kinds::SIZED), of));
            }
        };
        let size = i128::try_from(size).map_err(|_| self.fault(ConditionFault::Overflow, of))?;
        Ok(Value::Number(Number::Whole(size)))
    }

    fn number_of(
        &'e self,
        of: &'e Term,
        read: fn(&str) -> Option<Number>,
        convert: fn(Number) -> Result<Number, ConditionFault>,
        term: &'e Term,
    ) -> Outcome<'e> {
        let number = match self.value(of)? {
            Value::Text(text) => read(&text).ok_or(ConditionFault::NotNumber),
            Value::Number(number) => convert(number),
            other @ (Value::Null | Value::Boolean(_) | Value::List(_) | Value::Map(_)) => {
                return Err(self.fault(other.is_not(Kinds::NUMBER_OR_TEXT), of));
            }
        };
        self.told(number, term).map(Value::Number)
    }

    fn string(&'e self, of: &'e Term, term: &'e Term) -> Outcome<'e> {
        match self.value(of)? {
            text @ Value::Text(_) => Ok(text),
            Value::Number(number) => self.told(number.text(), term).map(owned),
            Value::Boolean(flag) => Ok(Value::text(if flag { "true" } else { "false" })),
            other @ (Value::Null | Value::List(_) | Value::Map(_)) => {
                Err(self.fault(other.is_not(Kinds::SCALAR), of))
            }
        }
    }

    /// A moment, in seconds of a clock that is so far from UTC.
    fn local(&'e self, of: &'e Term, OffsetSeconds(offset): OffsetSeconds) -> Result<i128, Halt> {
        let seconds = self.told(self.number(of)?.floor(), of)?;
        let local = seconds.checked_add(offset.into());
        local.ok_or_else(|| self.fault(ConditionFault::Overflow, of))
    }

    fn second_of_day(&'e self, of: &'e Term, offset: OffsetSeconds) -> Result<i128, Halt> {
        Ok(self.local(of, offset)?.rem_euclid(DAY_SECONDS))
    }
}

fn owned(text: String) -> Value<'static> {
    Value::Text(Cow::Owned(text))
}
