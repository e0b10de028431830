//! What is to come of a case, and when it takes place.

use super::super::{
    super::{
        document::{Entry, Node, Value},
        suggest::closest,
        wording::Excerpt,
    },
    problem::SuiteProblem,
    reader::Reader,
};
use crate::core::{clock::Timestamp, location::Location, reason::Reason};
use std::fmt;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What is to come of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// It is allowed.
    Allow,
    /// It is denied, and for this reason.
    Deny(Reason),
    /// A browser is sent to an address that begins so; anywhere where none is written.
    Redirect(Option<Location>),
}

impl fmt::Display for Expectation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow => formatter.write_str("allow"),
            Self::Deny(reason) => write!(formatter, "deny {}", reason.code()),
            Self::Redirect(None) => formatter.write_str("redirect"),
            Self::Redirect(Some(location)) => write!(formatter, "redirect {location}"),
        }
    }
}

impl Reader<'_> {
    pub(super) fn expectation(&mut self, node: &Node) -> Option<Expectation> {
        let text = self.text(node, "`expect`")?;
        let (effect, rest) = text.split_once(' ').unwrap_or((text, ""));
        match (effect, rest.trim()) {
            ("allow", "") => Some(Expectation::Allow),
            ("deny", "") => self.refuse(node.place, SuiteProblem::DenyWithoutReason),
            ("deny", reason) => self.reason(node, reason).map(Expectation::Deny),
            ("redirect", "") => Some(Expectation::Redirect(None)),
            ("redirect", address) => match Location::parse(address) {
                Ok(location) => Some(Expectation::Redirect(Some(location))),
                Err(error) => self.refuse(node.place, SuiteProblem::Redirect(error)),
            },
            _ => self.refuse(node.place, SuiteProblem::Expectation(Excerpt::of(text))),
        }
    }

    fn reason(&mut self, node: &Node, word: &str) -> Option<Reason> {
        let reasons = Reason::ALL.iter().filter(|reason| **reason != Reason::Allowed);
        if let Some(reason) = reasons.clone().find(|reason| reason.code() == word) {
            return Some(*reason);
        }
        let codes: Vec<&'static str> = reasons.map(|reason| reason.code()).collect();
        let (reason, meant) = (Excerpt::of(word), closest(word, &codes));
        self.refuse(node.place, SuiteProblem::UnknownReason { reason, meant })
    }
}

/// A moment as RFC 3339 writes it, or in Unix seconds.
pub(super) fn moment(reader: &mut Reader<'_>, entry: &Entry) -> Option<Timestamp> {
    let node = &entry.value;
    match &node.value {
        Value::Number(seconds) => i64::try_from(*seconds).ok().map(Timestamp::from_unix_seconds),
        Value::Text(text) => match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(moment) => Some(Timestamp::from_unix_seconds(moment.unix_timestamp())),
            Err(_) => reader.refuse(node.place, SuiteProblem::Moment(Excerpt::of(text))),
        },
        Value::Nothing | Value::Other(_) | Value::List(_) | Value::Map(_) => {
            reader.text(node, "`at`").and(None)
        }
    }
}
