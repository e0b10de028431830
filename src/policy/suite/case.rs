//! What is asked in a case, and what is to come of it.

use super::{
    super::{
        document::{Entry, Node, Value},
        problem::Problem,
        source,
        suggest::closest,
        wording::Excerpt,
    },
    person::Person,
    problem::SuiteProblem,
    reader::Reader,
};
use crate::core::{clock::Timestamp, peer::PeerNames};
use std::{fmt, sync::Arc};

pub(in crate::policy) mod ask;
mod expectation;

use ask::{ASKED, header_name};
pub use ask::{Action, Ask, Client, HttpAsk, Resource};
pub use expectation::Expectation;
use expectation::moment;

pub(in crate::policy) const KEYS: [&str; 17] = [
    "as",
    "request",
    "browser",
    "grpc",
    "action",
    "expect",
    "rule",
    "upstream",
    "name",
    "host",
    "headers",
    "ip",
    "principal",
    "peer",
    "resource",
    "context",
    "at",
];

/// One case. It is played once for each of its people.
#[derive(Clone, Debug)]
pub struct Case {
    /// Where it is written.
    pub place: CasePlace,
    /// What it is called, where it has a name.
    pub name: Option<Box<str>>,
    /// Who asks; at least one.
    pub people: Vec<Arc<Person>>,
    /// What for.
    pub ask: Ask,
    /// The names in the certificate of the program that asks Bailiff, where it shows one.
    pub peer: Option<PeerNames>,
    /// When; [`Case::USUAL_TIME`] unless it is written.
    pub at: Timestamp,
    /// What is to come of it.
    pub expect: Expectation,
    /// The id of the rule that is to decide, where that is written.
    pub rule: Option<Box<str>>,
    /// Headers that the service is to be told, names in small letters; `None` for one that is not to
    /// be set.
    pub upstream: Vec<(Box<str>, Option<Box<str>>)>,
}

impl Case {
    /// When a case takes place that does not say: noon of Thursday, 15 January 2026, UTC. What comes
    /// of a case never hangs on the day it is played.
    pub const USUAL_TIME: Timestamp = Timestamp::from_unix_seconds(1_768_478_400);
}

/// Where a case is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CasePlace {
    /// The name of the text.
    pub file: Arc<str>,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
}

impl CasePlace {
    fn of(source: &source::Source, place: source::Place) -> Self {
        let line = source.line(place);
        Self { file: source.name().into(), line: line.number, column: line.column }
    }
}

impl fmt::Display for CasePlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Reads the cases of one text.
pub(super) struct CaseReader<'r, 's> {
    pub(super) people: &'r [Arc<Person>],
    pub(super) reader: &'r mut Reader<'s>,
}

impl CaseReader<'_, '_> {
    pub(super) fn read(mut self, node: &Node, cases: &mut Vec<Case>) {
        for node in self.reader.list(node, "`cases`").unwrap_or_default() {
            cases.extend(self.case(node));
        }
    }

    fn case(&mut self, node: &Node) -> Option<Case> {
        let entries = self.reader.map(node, "a case")?;
        let value = |key: &str| entries.iter().copied().find(|entry| *entry.key == *key);
        for entry in &entries {
            if !KEYS.contains(&&*entry.key) {
                self.reader.unknown_key(entry, "a case", &KEYS);
            }
        }
        let people = self.required(node, value("as"), "as").map(|entry| self.people(entry));
        let expect = self.required(node, value("expect"), "expect");
        let expect = expect.and_then(|entry| self.reader.expectation(&entry.value));
        let ask = self.reader.ask(node, &entries);
        let peer = value("peer").map(|entry| {
            let names = self.reader.texts(&entry.value, "`peer`");
            PeerNames::new(names.into_iter().map(|(name, _)| name.into()))
        });
        let at = value("at").map_or(Some(Case::USUAL_TIME), |entry| moment(self.reader, entry));
        let name = value("name").and_then(|entry| self.reader.text(&entry.value, "`name`"));
        let rule = value("rule").and_then(|entry| self.reader.text(&entry.value, "`rule`"));
        let upstream = value("upstream").map(|entry| self.upstream(&entry.value));
        Some(Case {
            place: CasePlace::of(self.reader.source, node.place),
            name: name.map(Into::into),
            people: people?,
            ask: ask?,
            peer,
            at: at?,
            expect: expect?,
            rule: rule.map(Into::into),
            upstream: upstream.unwrap_or_default(),
        })
    }

    fn required<'n>(
        &mut self,
        node: &Node,
        entry: Option<&'n Entry>,
        key: &'static str,
    ) -> Option<&'n Entry> {
        let missing = Problem::MissingKey { inside: "a case", key };
        entry.or_else(|| self.reader.refuse(node.place, missing))
    }

    fn people(&mut self, entry: &Entry) -> Vec<Arc<Person>> {
        let mut found = Vec::new();
        for (name, place) in self.reader.texts(&entry.value, "`as`") {
            if let Some(person) = self.people.iter().find(|person| person.name() == name) {
                found.push(Arc::clone(person));
                continue;
            }
            let names: Vec<&str> = self.people.iter().map(|person| person.name()).collect();
            let meant = closest(name, &names).map(Excerpt::of);
            let name = Excerpt::of(name);
            self.reader.report(place, SuiteProblem::UnknownPerson { name, meant });
        }
        if matches!(&entry.value.value, Value::List(list) if list.is_empty()) {
            self.reader.report(entry.value.place, Problem::EmptyList);
        }
        found
    }

    fn upstream(&mut self, node: &Node) -> Vec<(Box<str>, Option<Box<str>>)> {
        let entries = self.reader.map(node, "`upstream`").unwrap_or_default();
        let header = |entry: &Entry| {
            let name = header_name(self.reader, entry)?;
            if matches!(entry.value.value, Value::Nothing) {
                return Some((name, None));
            }
            let value = self.reader.text(&entry.value, "the value of a header")?;
            Some((name, Some(value.into())))
        };
        entries.into_iter().filter_map(header).collect()
    }
}

impl Reader<'_> {
    /// What a case asks: exactly one of the keys that ask something.
    fn ask(&mut self, case: &Node, entries: &[&Entry]) -> Option<Ask> {
        let mut asking = entries.iter().filter(|entry| ASKED.contains(&&*entry.key));
        let Some(first) = asking.next() else {
            return self.refuse(case.place, SuiteProblem::NothingAsked);
        };
        for other in asking {
            if let Some(key) = ASKED.iter().find(|key| **key == &*other.key) {
                self.report(other.place, SuiteProblem::SeveralAsked(key));
            }
        }
        match &*first.key {
            "action" => self.action(first, entries),
            "browser" => self.http(first, Client::Browser, entries),
            "grpc" => self.http(first, Client::Grpc, entries),
            _ => self.http(first, Client::Api, entries),
        }
    }
}
