//! Reads parts of a document's tree and collects what is wrong with them.

use super::super::{
    diagnostic::{PolicyError, PolicyErrors},
    document::{Entry, Node, Scalar, Value},
    problem::Problem,
    source::{Place, Source},
    wording::{Choice, Excerpt, Expected},
};
use super::problem::SuiteProblem;
use crate::core::question::JsonObject;
use serde_json::{Number, Value as Json};
use std::collections::HashMap;

/// Reads one text.
pub(super) struct Reader<'s> {
    pub(super) source: &'s Source,
    errors: Vec<PolicyError>,
}

impl<'s> Reader<'s> {
    pub(super) const fn of(source: &'s Source) -> Self {
        Self { source, errors: Vec::new() }
    }

    /// What was wrong, if anything was.
    pub(super) fn finish(self) -> Option<PolicyErrors> {
        (!self.errors.is_empty()).then(|| PolicyErrors::new(self.source, self.errors))
    }

    pub(super) fn report(&mut self, place: Place, problem: impl Into<Problem>) {
        self.errors.push(PolicyError::new(place, problem.into()));
    }

    /// Reports, where a value is due.
    pub(super) fn refuse<T>(&mut self, place: Place, problem: impl Into<Problem>) -> Option<T> {
        self.report(place, problem);
        None
    }

    pub(super) fn wrong_kind<T>(
        &mut self,
        node: &Node,
        what: &'static str,
        expected: Expected,
    ) -> Option<T> {
        let found = node.kind();
        self.refuse(node.place, Problem::WrongKind { what, expected, found })
    }

    pub(super) fn unknown_key(
        &mut self,
        entry: &Entry,
        inside: &'static str,
        words: &'static [&'static str],
    ) {
        let choice = Choice::among(&entry.key, words);
        let key = Excerpt::of(&entry.key);
        self.report(entry.place, Problem::UnknownKey { inside, key, choice });
    }

    pub(super) fn unknown_word(
        &mut self,
        place: Place,
        what: &'static str,
        word: &str,
        words: &'static [&'static str],
    ) {
        let choice = Choice::among(word, words);
        self.report(place, Problem::UnknownWord { what, word: Excerpt::of(word), choice });
    }

    /// The entries of a map, each key once.
    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &'static str) -> Option<Vec<&'n Entry>> {
        let Value::Map(entries) = &node.value else {
            return self.wrong_kind(node, what, Expected::Map);
        };
        let mut seen = HashMap::with_capacity(entries.len());
        let mut unique = Vec::with_capacity(entries.len());
        for entry in entries {
            match seen.insert(&*entry.key, entry.place) {
                None => unique.push(entry),
                Some(first) => {
                    let problem = Problem::DuplicateKey(Excerpt::of(&entry.key));
                    self.errors.push(PolicyError::new(entry.place, problem).with_other(first));
                }
            }
        }
        Some(unique)
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &'static str) -> Option<&'n [Node]> {
        match &node.value {
            Value::List(list) => Some(list),
            Value::Nothing
            | Value::Text(_)
            | Value::Number(_)
            | Value::Other(_)
            | Value::Map(_) => self.wrong_kind(node, what, Expected::List),
        }
    }

    pub(super) fn text<'n>(&mut self, node: &'n Node, what: &'static str) -> Option<&'n str> {
        match &node.value {
            Value::Text(text) => Some(text),
            Value::Nothing
            | Value::Number(_)
            | Value::Other(_)
            | Value::List(_)
            | Value::Map(_) => self.wrong_kind(node, what, Expected::Text),
        }
    }

    /// One text, or a list of them, each with its place.
    pub(super) fn texts<'n>(
        &mut self,
        node: &'n Node,
        what: &'static str,
    ) -> Vec<(&'n str, Place)> {
        let one = std::slice::from_ref(node);
        let nodes = if let Value::List(list) = &node.value { list } else { one };
        nodes.iter().filter_map(|node| Some((self.text(node, what)?, node.place))).collect()
    }

    pub(super) fn flag(&mut self, node: &Node, what: &'static str) -> Option<bool> {
        match node.value {
            Value::Other(Scalar::Boolean(flag)) => Some(flag),
            Value::Nothing
            | Value::Text(_)
            | Value::Number(_)
            | Value::Other(Scalar::Negative(_) | Scalar::Fraction(_))
            | Value::List(_)
            | Value::Map(_) => self.wrong_kind(node, what, Expected::Boolean),
        }
    }

    pub(super) fn number(&mut self, node: &Node, what: &'static str) -> Option<u32> {
        match node.value {
            Value::Number(number) => match u32::try_from(number) {
                Ok(number) => Some(number),
                Err(_) => self.refuse(node.place, SuiteProblem::Number),
            },
            Value::Nothing | Value::Text(_) | Value::Other(_) | Value::List(_) | Value::Map(_) => {
                self.wrong_kind(node, what, Expected::Number)
            }
        }
    }

    pub(super) fn object(&mut self, node: &Node, what: &'static str) -> Option<JsonObject> {
        let entries = self.map(node, what)?;
        let mut object = JsonObject::with_capacity(entries.len());
        for entry in entries {
            if let Some(value) = self.json(&entry.value) {
                object.insert(entry.key.to_string(), value);
            }
        }
        Some(object)
    }

    /// A value as JSON; what cannot be one is reported and left out.
    pub(super) fn json(&mut self, node: &Node) -> Option<Json> {
        Some(match &node.value {
            Value::Nothing => Json::Null,
            Value::Text(text) => Json::String(text.to_string()),
            Value::Number(number) => Json::from(*number),
            Value::Other(Scalar::Boolean(flag)) => Json::Bool(*flag),
            Value::Other(Scalar::Negative(number)) => Json::from(*number),
            Value::Other(Scalar::Fraction(number)) => match Number::from_f64(*number) {
                Some(number) => Json::Number(number),
                None => return self.refuse(node.place, SuiteProblem::Number),
            },
            Value::List(list) => {
                Json::Array(list.iter().filter_map(|node| self.json(node)).collect())
            }
            Value::Map(_) => Json::Object(self.object(node, "a map")?),
        })
    }
}
