//! The cases that a policy is tested with: who asks for what, and what is to come of it.
//!
//! They stand under `tests:` in the policy, or as a document of their own in `*.test.yaml` beside it.
//! Here they are read and nothing more; [`crate::rehearsal`](../../rehearsal/index.html) plays them.

pub(super) mod case;
pub(super) mod person;
mod problem;
mod reader;

pub use case::{Action, Ask, Case, CasePlace, Client, Expectation, HttpAsk, Resource};
pub use person::{MachineFacts, OrganizationFacts, Person, UserFacts, Who};
pub use problem::SuiteProblem;

use super::{
    diagnostic::{Diagnostic, PolicyErrors, Style},
    document::{Node, Value},
    source::Source,
};
use case::CaseReader;
use person::PersonReader;
use reader::Reader;
use std::{fmt, sync::Arc};

pub(in crate::policy) const KEYS: [&str; 2] = ["people", "cases"];

/// Every person and every case of a policy.
#[derive(Clone, Debug)]
pub struct Suite {
    people: Vec<Arc<Person>>,
    cases: Vec<Case>,
}

/// Everything that is wrong with the cases, source by source; at least one thing.
#[derive(Clone, Debug)]
pub struct SuiteErrors(Vec<PolicyErrors>);

/// A text that has been taken apart, and where its tests stand in it.
struct Document<'s> {
    source: &'s Source,
    root: Node,
    /// Whether the tests are one key of a policy rather than the whole text.
    within_policy: bool,
}

impl Suite {
    /// Reads the cases under `tests:` in the texts of a policy, and those in texts that hold nothing
    /// else. People are known in all of them. A policy without any is tested by an empty suite.
    ///
    /// # Errors
    /// [`SuiteErrors`] holds everything that is wrong with them.
    pub fn load(policy: &[Source], tests: &[Source]) -> Result<Self, SuiteErrors> {
        let mut errors = Vec::new();
        let mut documents = Vec::new();
        let within = policy.iter().map(|source| (source, true));
        for (source, within_policy) in within.chain(tests.iter().map(|source| (source, false))) {
            match Node::read(source) {
                Ok(root) => documents.push(Document { source, root, within_policy }),
                Err(error) => errors.push(error),
            }
        }
        let mut readers: Vec<Reader<'_>> =
            documents.iter().map(|document| Reader::of(document.source)).collect();
        let parts: Vec<Parts<'_>> = documents
            .iter()
            .zip(&mut readers)
            .map(|(document, reader)| Parts::of(document, reader))
            .collect();
        let mut people = PersonReader::new();
        for (parts, reader) in parts.iter().zip(&mut readers) {
            if let Some(node) = parts.people {
                people.read(node, reader);
            }
        }
        let people = people.finish();
        let mut cases = Vec::new();
        for (parts, reader) in parts.iter().zip(&mut readers) {
            if let Some(node) = parts.cases {
                CaseReader { people: &people, reader }.read(node, &mut cases);
            }
        }
        errors.extend(readers.into_iter().filter_map(Reader::finish));
        if errors.is_empty() { Ok(Self { people, cases }) } else { Err(SuiteErrors(errors)) }
    }

    /// The person of that name; `nobody` is always one.
    #[must_use]
    pub fn person(&self, name: &str) -> Option<&Arc<Person>> {
        self.people.iter().find(|person| person.name() == name)
    }

    /// Everybody, `nobody` first, then in the order in which they are written.
    pub fn people(&self) -> impl Iterator<Item = &Arc<Person>> {
        self.people.iter()
    }

    /// The cases in the order in which they are written.
    #[must_use]
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Whether there is no case at all.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }
}

/// What one text says of people and cases.
#[derive(Default)]
struct Parts<'n> {
    people: Option<&'n Node>,
    cases: Option<&'n Node>,
}

impl<'n> Parts<'n> {
    fn of(document: &'n Document<'_>, reader: &mut Reader<'_>) -> Self {
        let Document { root, within_policy, .. } = document;
        let tests = if *within_policy {
            // What else is wrong with the policy is told by whoever reads the rest of it.
            let Value::Map(entries) = &root.value else { return Self::default() };
            entries.iter().find(|entry| *entry.key == *"tests").map(|entry| &entry.value)
        } else {
            Some(root)
        };
        let mut parts = Self::default();
        let Some(tests) = tests else { return parts };
        for entry in reader.map(tests, "`tests`").unwrap_or_default() {
            match &*entry.key {
                "people" => parts.people = Some(&entry.value),
                "cases" => parts.cases = Some(&entry.value),
                _ => reader.unknown_key(entry, "`tests`", &KEYS),
            }
        }
        parts
    }
}

impl SuiteErrors {
    /// How many things are wrong.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.iter().map(PolicyErrors::total).sum()
    }

    /// The errors as data, source by source.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.0.iter().flat_map(PolicyErrors::diagnostics).collect()
    }

    /// The errors for a person.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        let rendered: Vec<String> = self.0.iter().map(|errors| errors.render(style)).collect();
        rendered.join("\n\n")
    }
}

impl fmt::Display for SuiteErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(Style::Plain))
    }
}

impl std::error::Error for SuiteErrors {}

#[cfg(test)]
mod tests;
