//! The kinds of values that conditions know.

use std::fmt;

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null` in JSON.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number. There is one kind of them.
    Number,
    /// Text.
    Text,
    /// A list.
    List,
    /// A map.
    Map,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "true or false",
            Self::Number => "a number",
            Self::Text => "text",
            Self::List => "a list",
            Self::Map => "a map",
        })
    }
}

/// The kinds that an operation takes; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(&'static [Kind]);

impl Kinds {
    pub(super) const BOOLEAN: Self = Self(&[Kind::Boolean]);
    pub(super) const NUMBER: Self = Self(&[Kind::Number]);
    pub(super) const TEXT: Self = Self(&[Kind::Text]);
    pub(super) const MAP: Self = Self(&[Kind::Map]);
    /// What can be added up or put in order.
    pub(super) const NUMBER_OR_TEXT: Self = Self(&[Kind::Number, Kind::Text]);
    /// What can be looked into.
    pub(super) const LIST_OR_MAP: Self = Self(&[Kind::List, Kind::Map]);
    /// What has a size.
    pub(super) const SIZED: Self = Self(&[Kind::Text, Kind::List, Kind::Map]);
    /// What an element or a value of a header can be.
    pub(super) const SCALAR: Self = Self(&[Kind::Text, Kind::Number, Kind::Boolean]);

    pub(super) fn admit(self, kind: Kind) -> bool {
        self.0.contains(&kind)
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, kind) in self.0.iter().enumerate() {
            let or = if number > 0 { " or " } else { "" };
            write!(formatter, "{or}{kind}")?;
        }
        Ok(())
    }
}
