//! From the tree of a file to a policy. Everything that is wrong is collected, not only the first.

pub(super) mod guards;
pub(super) mod lints;
mod merge;
pub(super) mod names;
pub(super) mod recency;
pub(super) mod requirement;
pub(super) mod responses;
pub(super) mod reverification;
pub(super) mod routes;
pub(super) mod settings;
mod standing;

use super::{
    Policy, Unlisted,
    access::{Access, Mode, Rule},
    condition::{Condition, Scope},
    diagnostic::{PolicyError, PolicyErrors},
    document::{Entry, Node, Scalar, Value},
    problem::Problem,
    requirement::Requirement,
    response::Responses,
    revision::revision,
    router::Router,
    source::{Place, Source, Sources},
    upstream::{Credentials, UpstreamHeaders},
    wording::{Choice, Excerpt, Expected},
};
use crate::core::id::{Revision, RuleId};
pub(super) use names::{after_minutes, entitlement, name, organization, permission, role};
use requirement::{Position, Words};
use routes::Table;
use standing::Tables;
use std::collections::HashMap;

pub(super) const KEYS: [&str; 11] = [
    "version",
    "unlisted",
    "preflight",
    "routes",
    "hosts",
    "guards",
    "actions",
    "responses",
    "upstream",
    "lints",
    "tests",
];

/// What `unlisted` takes.
pub(super) const UNLISTED: [&str; 2] = ["denied", "signed_in"];

/// Compiles the texts of a policy.
pub(super) fn policy(sources: &Sources) -> Result<Policy, PolicyErrors> {
    Compiler::run(sources, Compiler::policy)
}

/// Compiles a requirement that stands alone.
pub(super) fn requirement(source: &Source) -> Result<Requirement, PolicyErrors> {
    Compiler::run(&source.into(), |compiler, node| {
        let scope = Scope { request: true, parameters: &[], resource: false };
        let position = Position { words: Words::Required, scope };
        compiler.requirement(node, "a requirement", position)
    })
}

/// Collects what is wrong while it compiles.
struct Compiler {
    sources: Sources,
    errors: Vec<PolicyError>,
    /// What has been compiled, since one condition may well stand under thousands of routes.
    conditions: HashMap<ConditionKey, Condition>,
}

/// A condition's text, and what it may read.
#[derive(PartialEq, Eq, Hash)]
struct ConditionKey {
    text: Box<str>,
    request: bool,
    resource: bool,
    parameters: Vec<Box<str>>,
}

/// Whether an action or a guard can have this name.
fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".:_-".contains(&byte);
    (1..=128).contains(&name.len()) && name.bytes().all(allowed)
}

impl Compiler {
    /// Compiles texts. What comes out counts only if nothing was reported.
    fn run<T>(
        sources: &Sources,
        compile: impl FnOnce(&mut Self, &Node) -> Option<T>,
    ) -> Result<T, PolicyErrors> {
        let mut compiler =
            Self { sources: sources.clone(), errors: Vec::new(), conditions: HashMap::new() };
        let node = compiler.document(sources);
        match node.and_then(|node| compile(&mut compiler, &node)) {
            Some(compiled) if compiler.errors.is_empty() => Ok(compiled),
            Some(_) | None => Err(PolicyErrors::new(sources.clone(), compiler.errors)),
        }
    }

    fn policy(&mut self, node: &Node) -> Option<Policy> {
        let entries = self.map(node, "a policy")?;
        let mut unlisted = Some(Unlisted::Denied);
        let preflight = entries.iter().find(|entry| *entry.key == *"preflight");
        let preflight = preflight.is_some_and(|entry| self.preflight(&entry.value));
        let mut tables = Some(Tables::new(Router::new()));
        let mut hosts = None;
        let mut guards = Some(Vec::new());
        let mut actions = Some(HashMap::new());
        let mut responses = Some(Responses::NONE);
        let mut upstream = Some((UpstreamHeaders::standard(), Credentials::Keep));
        let mut silencers = Some(Vec::new());
        let mut version = None;
        for entry in entries {
            match &*entry.key {
                "version" => version = Some(&entry.value),
                "unlisted" => unlisted = self.unlisted(&entry.value),
                "routes" => {
                    tables = self.routes(&entry.value, Table::general(preflight)).map(Tables::new);
                }
                "hosts" => hosts = Some(&entry.value),
                "guards" => guards = self.guards(&entry.value),
                "actions" => actions = self.actions(&entry.value),
                "responses" => responses = self.responses(&entry.value),
                "upstream" => upstream = self.upstream(&entry.value),
                "lints" => silencers = self.silencers(&entry.value),
                // Read above, since every route depends on it; or by others, since cases say nothing
                // about who is let in.
                "preflight" | "tests" => {}
                _ => self.unknown_key(entry, "a policy", &KEYS),
            }
        }
        if let Some(version) = version {
            self.version(version);
        } else {
            let missing = Problem::MissingKey { inside: "a policy", key: "version" };
            self.report(node.place, missing);
        }
        if let (Some(tables), Some(hosts)) = (&mut tables, hosts) {
            self.hosts(hosts, preflight, tables);
        }
        let (mut tables, guards, mut unlisted) = (tables?, guards?, unlisted?);
        let (upstream, credentials) = upstream?;
        self.stand(&guards, &mut tables, &mut unlisted);
        let mut policy = Policy {
            revision: Revision::new(""),
            unlisted,
            tables: tables.finish(),
            actions: actions?,
            guards: guards.into(),
            responses: responses?,
            upstream,
            credentials,
            silencers: silencers?,
        };
        policy.revision = revision(&policy);
        Some(policy)
    }

    fn version(&mut self, node: &Node) {
        if !matches!(node.value, Value::Number(1)) {
            self.report(node.place, Problem::Version);
        }
    }

    fn unlisted(&mut self, node: &Node) -> Option<Unlisted> {
        match self.text(node, "`unlisted`")? {
            "denied" => Some(Unlisted::Denied),
            "signed_in" => {
                let access = Access::Required(Requirement::SignedIn);
                let id = RuleId::new("unlisted");
                Some(Unlisted::SignedIn(Rule::new(id, access, Mode::Enforce, node.place)))
            }
            "public" => self.refuse(node.place, Problem::UnlistedOpen("public")),
            "optional" => self.refuse(node.place, Problem::UnlistedOpen("optional")),
            word => {
                let choice = Choice::among(word, &UNLISTED);
                self.unknown_word(node.place, "answer for what no route names", word, choice)
            }
        }
    }

    fn actions(&mut self, node: &Node) -> Option<HashMap<Box<str>, Rule>> {
        let scope = Scope { request: false, parameters: &[], resource: true };
        let position = Position { words: Words::Required, scope };
        let mut actions = HashMap::new();
        for entry in self.map(node, "`actions`")? {
            if !is_name(&entry.key) {
                self.report(entry.place, Problem::ActionName(Excerpt::of(&entry.key)));
            }
            if let Some((access, mode)) = self.access(&entry.value, "an action", position) {
                let id = RuleId::new(&format!("action {}", entry.key));
                actions.insert(entry.key.clone(), Rule::new(id, access, mode, entry.place));
            }
        }
        Some(actions)
    }

    fn report(&mut self, place: Place, problem: Problem) {
        self.errors.push(PolicyError::new(place, problem));
    }

    fn report_both(&mut self, place: Place, other: Place, problem: Problem) {
        self.errors.push(PolicyError::new(place, problem).with_other(other));
    }

    /// Reports, where a value is due.
    fn refuse<T>(&mut self, place: Place, problem: Problem) -> Option<T> {
        self.report(place, problem);
        None
    }

    /// The entries of a map, each key once.
    fn map<'n>(&mut self, node: &'n Node, what: &'static str) -> Option<Vec<&'n Entry>> {
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
                    self.report_both(entry.place, first, problem);
                }
            }
        }
        Some(unique)
    }

    fn text<'n>(&mut self, node: &'n Node, what: &'static str) -> Option<&'n str> {
        match &node.value {
            Value::Text(text) => Some(text),
            Value::Nothing
            | Value::Number(_)
            | Value::Other(_)
            | Value::List(_)
            | Value::Map(_) => self.wrong_kind(node, what, Expected::Text),
        }
    }

    /// One of a few words. Where YAML reads a boolean, a word was meant.
    fn word(
        &mut self,
        node: &Node,
        what: &'static str,
        words: &'static [&'static str],
    ) -> Option<&'static str> {
        let written = match node.value {
            Value::Other(Scalar::Boolean(true)) => "true",
            Value::Other(Scalar::Boolean(false)) => "false",
            Value::Nothing
            | Value::Text(_)
            | Value::Number(_)
            | Value::Other(_)
            | Value::List(_)
            | Value::Map(_) => self.text(node, what)?,
        };
        words.iter().copied().find(|word| *word == written).or_else(|| {
            let choice = Choice::among(written, words);
            self.unknown_word(node.place, what, written, choice)
        })
    }

    /// The elements of a list, at least one.
    fn list<'n>(&mut self, node: &'n Node, what: &'static str) -> Option<&'n [Node]> {
        match &node.value {
            Value::List(list) if list.is_empty() => self.refuse(node.place, Problem::EmptyList),
            Value::List(list) => Some(list),
            Value::Nothing
            | Value::Text(_)
            | Value::Number(_)
            | Value::Other(_)
            | Value::Map(_) => self.wrong_kind(node, what, Expected::List),
        }
    }

    fn wrong_kind<T>(&mut self, node: &Node, what: &'static str, expected: Expected) -> Option<T> {
        let found = node.kind();
        self.refuse(node.place, Problem::WrongKind { what, expected, found })
    }

    fn unknown_key(&mut self, entry: &Entry, inside: &'static str, words: &'static [&'static str]) {
        let choice = Choice::among(&entry.key, words);
        let key = Excerpt::of(&entry.key);
        self.report(entry.place, Problem::UnknownKey { inside, key, choice });
    }

    fn unknown_word<T>(
        &mut self,
        place: Place,
        what: &'static str,
        word: &str,
        choice: Choice,
    ) -> Option<T> {
        self.refuse(place, Problem::UnknownWord { what, word: Excerpt::of(word), choice })
    }
}
