//! From the tree of a file to a policy. Everything that is wrong is collected, not only the first.

mod requirement;
mod responses;
mod routes;
mod settings;

use super::{
    Policy, Unlisted,
    access::{Access, Mode, Rule},
    diagnostic::{PolicyError, PolicyErrors},
    document::{Entry, Node, Value},
    problem::Problem,
    requirement::Requirement,
    response::Responses,
    revision::revision,
    router::Router,
    source::{Place, Source},
    upstream::{Credentials, UpstreamHeaders},
    wording::{Choice, Excerpt, Expected},
};
use crate::core::{
    host_table::HostTable,
    id::{Revision, RuleId},
};
pub(super) use requirement::{after_minutes, entitlement, organization, permission, role};
use std::collections::HashMap;

const KEYS: [&str; 7] =
    ["version", "unlisted", "routes", "hosts", "actions", "responses", "upstream"];

/// Compiles a policy file.
pub(super) fn policy(source: &Source) -> Result<Policy, PolicyErrors> {
    Compiler::run(source, Compiler::policy)
}

/// Compiles a requirement that stands alone.
pub(super) fn requirement(source: &Source) -> Result<Requirement, PolicyErrors> {
    Compiler::run(source, |compiler, node| {
        compiler.requirement(node, "a requirement", requirement::Words::Required)
    })
}

/// Collects what is wrong while it compiles.
struct Compiler {
    errors: Vec<PolicyError>,
}

impl Compiler {
    /// Compiles one text. What comes out counts only if nothing was reported.
    fn run<T>(
        source: &Source,
        compile: impl FnOnce(&mut Self, &Node) -> Option<T>,
    ) -> Result<T, PolicyErrors> {
        let node = Node::read(source)?;
        let mut compiler = Self { errors: Vec::new() };
        match compile(&mut compiler, &node) {
            Some(compiled) if compiler.errors.is_empty() => Ok(compiled),
            Some(_) | None => Err(PolicyErrors::new(source, compiler.errors)),
        }
    }

    fn policy(&mut self, node: &Node) -> Option<Policy> {
        let entries = self.map(node, "a policy")?;
        let mut unlisted = Some(Unlisted::Denied);
        let mut tables = Some(HostTable::new(Router::new()));
        let mut hosts = None;
        let mut actions = Some(HashMap::new());
        let mut responses = Some(Responses::NONE);
        let mut upstream = Some((UpstreamHeaders::standard(), Credentials::Keep));
        let mut version = None;
        for entry in entries {
            match &*entry.key {
                "version" => version = Some(&entry.value),
                "unlisted" => unlisted = self.unlisted(&entry.value),
                "routes" => tables = self.routes(&entry.value, None).map(HostTable::new),
                "hosts" => hosts = Some(&entry.value),
                "actions" => actions = self.actions(&entry.value),
                "responses" => responses = self.responses(&entry.value),
                "upstream" => upstream = self.upstream(&entry.value),
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
            self.hosts(hosts, tables);
        }
        let (upstream, credentials) = upstream?;
        let mut policy = Policy {
            revision: Revision::new(""),
            unlisted: unlisted?,
            tables: tables?,
            actions: actions?,
            guards: [].into(),
            responses: responses?,
            upstream,
            credentials,
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
        const WORDS: [&str; 2] = ["denied", "signed_in"];
        match self.text(node, "`unlisted`")? {
            "denied" => Some(Unlisted::Denied),
            "signed_in" => {
                let access = Access::Required(Requirement::SignedIn);
                let (id, mode, place) = (RuleId::new("unlisted"), Mode::Enforce, node.place);
                Some(Unlisted::SignedIn(Rule { id, access, mode, place }))
            }
            "public" => self.refuse(node.place, Problem::UnlistedOpen("public")),
            "optional" => self.refuse(node.place, Problem::UnlistedOpen("optional")),
            word => {
                let choice = Choice::among(word, &WORDS);
                self.unknown_word(node.place, "answer for what no route names", word, choice)
            }
        }
    }

    fn actions(&mut self, node: &Node) -> Option<HashMap<Box<str>, Rule>> {
        let sound = |name: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".:_-".contains(&byte);
            (1..=128).contains(&name.len()) && name.bytes().all(allowed)
        };
        let mut actions = HashMap::new();
        for entry in self.map(node, "`actions`")? {
            if !sound(&entry.key) {
                self.report(entry.place, Problem::ActionName(Excerpt::of(&entry.key)));
            }
            let words = requirement::Words::Required;
            if let Some(access) = self.access(&entry.value, "an action", words) {
                let id = RuleId::new(&format!("action {}", entry.key));
                actions.insert(
                    entry.key.clone(),
                    Rule { id, access, mode: Mode::Enforce, place: entry.place },
                );
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
