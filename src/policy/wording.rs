//! The parts that messages about a policy are put together from.

use super::suggest::closest;
use std::{borrow::Cow, fmt};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing at all, or `null`.
    Nothing,
    /// Text.
    Text,
    /// A whole number that is not negative.
    Number,
    /// `true`, `false`, or a number that is not whole or is negative.
    Other,
    /// A list.
    List,
    /// A map.
    Map,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Nothing => "nothing",
            Self::Text => "text",
            Self::Number => "a number",
            Self::Other => "a boolean or an odd number",
            Self::List => "a list",
            Self::Map => "a map",
        })
    }
}

/// What a value should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Text.
    Text,
    /// A list.
    List,
    /// A map.
    Map,
    /// A requirement.
    Requirement,
    /// What `reverification` takes.
    Reverification,
    /// A length of time.
    Age,
    /// `true` or `false`.
    Boolean,
    /// A whole number that is not negative.
    Number,
    /// What a code below `lints` takes.
    Silencer,
}

impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Text => "text",
            Self::List => "a list",
            Self::Map => "a map",
            Self::Requirement => "a word or a map",
            Self::Reverification => "the name of a preset or a map",
            Self::Age => "a length of time",
            Self::Boolean => "`true` or `false`",
            Self::Number => "a whole number",
            Self::Silencer => "`allow` or a map",
        })
    }
}

impl Expected {
    /// What to write instead of what was found.
    pub(super) const fn help(self, found: Kind) -> &'static str {
        match (self, found) {
            (Self::Text, Kind::Number | Kind::Other) => "put it in quotes",
            (Self::Text, _) => "write one text here",
            (Self::List, _) => "write the elements in brackets, separated by commas",
            (Self::Map, _) => "write its entries below it, each as `key: value`",
            (Self::Requirement, _) => "write for instance `signed_in` or `{ role: org:admin }`",
            (Self::Reverification, _) => {
                "write for instance `strict` or `{ level: first_factor, after_minutes: 10 }`"
            }
            (Self::Age, _) => "write for instance `30m`, `12h` or `7d`",
            (Self::Boolean, _) => "write `true` or `false`, without quotes",
            (Self::Number, _) => "write it in digits, without quotes",
            (Self::Silencer, _) => "write `allow`, or `{ allow: [...] }` with the ids of rules",
        }
    }
}

/// Text from the policy, cut to what a message can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    const LONGEST: usize = 60;

    pub(super) fn of(text: &str) -> Self {
        let mut shown: String = text
            .chars()
            .take(Self::LONGEST)
            .map(|character| if character.is_control() { '\u{fffd}' } else { character })
            .collect();
        if text.chars().nth(Self::LONGEST).is_some() {
            shown.push_str("...");
        }
        Self(shown.into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A closed list of words, for "did you mean" and "write one of".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The word that is close to what was written.
    pub(super) meant: Option<&'static str>,
    /// All words.
    pub(super) words: &'static [&'static str],
    /// What else could be written.
    pub(super) otherwise: Option<&'static str>,
}

impl Choice {
    pub(super) fn among(written: &str, words: &'static [&'static str]) -> Self {
        Self { meant: closest(written, words), words, otherwise: None }
    }

    pub(super) const fn or(mut self, otherwise: &'static str) -> Self {
        self.otherwise = Some(otherwise);
        self
    }

    /// What to write instead.
    pub(super) fn help(&self) -> Cow<'static, str> {
        if let Some(meant) = self.meant {
            return format!("did you mean `{meant}`?").into();
        }
        let words = self.words.join("`, `");
        let one_of = if self.words.len() > 1 { "one of " } else { "" };
        let or = self.otherwise.map(|otherwise| format!(", or {otherwise}"));
        format!("write {one_of}`{words}`{}", or.unwrap_or_default()).into()
    }
}
