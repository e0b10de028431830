//! Requirements: words and maps.

use super::{
    super::{
        access::{Access, Mode},
        condition::{Condition, Scope},
        document::{Entry, Node, Value},
        methods::COMMON,
        problem::Problem,
        requirement::Requirement,
        source::Place,
        wording::{Choice, Excerpt, Expected},
    },
    Compiler, ConditionKey,
    names::{entitlement, organization, permission, role, scope},
};
use crate::core::credential::{CredentialKind, CredentialKinds};

/// In the order in which requirements are evaluated and, within one reason, reported.
pub(in crate::policy) const KEYS: [&str; 15] = [
    "credential",
    "organization",
    "role",
    "permission",
    "feature",
    "plan",
    "scope",
    "impersonation",
    "all",
    "any",
    "not",
    "if",
    "session_max_age",
    "first_factor_within",
    "reverification",
];
/// The same, and what else stands on a rule.
pub(in crate::policy) const RULE_KEYS: [&str; 16] = [
    "credential",
    "organization",
    "role",
    "permission",
    "feature",
    "plan",
    "scope",
    "impersonation",
    "all",
    "any",
    "not",
    "if",
    "session_max_age",
    "first_factor_within",
    "reverification",
    "mode",
];
pub(in crate::policy) const WORDS: [&str; 4] = ["public", "optional", "signed_in", "denied"];
pub(in crate::policy) const REQUIRED_WORDS: [&str; 2] = ["signed_in", "denied"];
pub(in crate::policy) const LIST_KEYS: [&str; 2] = ["any", "all"];
pub(in crate::policy) const MODES: [&str; 2] = ["enforce", "shadow"];
pub(in crate::policy) const IMPERSONATION: [&str; 1] = ["forbidden"];
pub(in crate::policy) const CREDENTIALS: [&str; 4] =
    ["session_token", "api_key", "m2m_token", "oauth_token"];

/// Which words may stand where a requirement is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// All of them: below a path or a method.
    All,
    /// Those that ask who is there.
    Required,
}

/// Where a requirement stands, which decides what may be written there.
#[derive(Clone, Copy)]
pub(super) struct Position<'s> {
    pub(super) words: Words,
    /// What conditions may read.
    pub(super) scope: Scope<'s>,
}

impl Compiler {
    /// What stands on a rule: whom it lets in, and whether that is enforced.
    pub(super) fn access(
        &mut self,
        node: &Node,
        what: &'static str,
        position: Position<'_>,
    ) -> Option<(Access, Mode)> {
        let enforced = |access| Some((access, Mode::Enforce));
        match (&node.value, position.words) {
            (Value::Text(word), Words::All) if **word == *"public" => enforced(Access::Public),
            (Value::Text(word), Words::All) if **word == *"optional" => enforced(Access::Optional),
            (Value::Text(word), _) if **word == *"denied" => enforced(Access::Denied),
            (Value::Map(_), _) => {
                let entries = self.map(node, what)?;
                self.access_map(node.place, entries, position)
            }
            _ => self.requirement(node, what, position).map(Access::Required).and_then(enforced),
        }
    }

    /// The same, of a map's entries.
    pub(super) fn access_map(
        &mut self,
        place: Place,
        mut entries: Vec<&Entry>,
        position: Position<'_>,
    ) -> Option<(Access, Mode)> {
        let mut mode = Mode::Enforce;
        if let Some(at) = entries.iter().position(|entry| *entry.key == *"mode") {
            mode = self.mode(&entries.swap_remove(at).value)?;
            if entries.is_empty() {
                return self.refuse(place, Problem::NothingBeside("mode"));
            }
        }
        let requirement = self.requirement_map(place, entries, position, &RULE_KEYS)?;
        Some((Access::Required(requirement), mode))
    }

    pub(super) fn mode(&mut self, node: &Node) -> Option<Mode> {
        let modes = [Mode::Enforce, Mode::Shadow];
        let word = self.word(node, "mode", &MODES)?;
        modes.into_iter().find(|mode| mode.as_str() == word)
    }

    pub(super) fn requirement(
        &mut self,
        node: &Node,
        what: &'static str,
        position: Position<'_>,
    ) -> Option<Requirement> {
        match &node.value {
            Value::Text(word) => match (&**word, position.words) {
                ("signed_in", _) => Some(Requirement::SignedIn),
                ("denied", _) => Some(Requirement::Denied),
                ("public", _) => self.refuse(node.place, Problem::OpenWord("public")),
                ("optional", _) => self.refuse(node.place, Problem::OpenWord("optional")),
                (word, words) => {
                    let words: &[&str] = if words == Words::All { &WORDS } else { &REQUIRED_WORDS };
                    let choice =
                        Choice::among(word, words).or("a map such as `{ role: org:admin }`");
                    self.unknown_word(node.place, "requirement", word, choice)
                }
            },
            Value::Map(_) => {
                let entries = self.map(node, "a requirement")?;
                self.requirement_map(node.place, entries, position, &KEYS)
            }
            Value::List(_) => self.refuse(node.place, Problem::BareList),
            Value::Nothing | Value::Number(_) | Value::Other(_) => {
                self.wrong_kind(node, what, Expected::Requirement)
            }
        }
    }

    /// All keys must hold. `known` are those to suggest for a key that there is not.
    fn requirement_map(
        &mut self,
        place: Place,
        entries: Vec<&Entry>,
        position: Position<'_>,
        known: &'static [&'static str],
    ) -> Option<Requirement> {
        if entries.is_empty() {
            return self.refuse(place, Problem::EmptyMap);
        }
        let mut parts: Vec<(usize, Option<Requirement>)> = Vec::with_capacity(entries.len());
        for entry in entries {
            match KEYS.iter().position(|key| **key == *entry.key) {
                Some(rank) => parts.push((rank, self.part(entry, position))),
                None if *entry.key == *"mode" => {
                    self.report(entry.place, Problem::Misplaced("mode"));
                }
                None if *entry.key == *"preflight" => {
                    self.report(entry.place, Problem::Misplaced("preflight"));
                }
                None if COMMON.contains(&&*entry.key.to_ascii_uppercase()) => {
                    let method = Excerpt::of(&entry.key);
                    self.report(entry.place, Problem::MisplacedMethod(method));
                }
                None => self.unknown_key(entry, "a requirement", known),
            }
        }
        parts.sort_by_key(|(rank, _)| *rank);
        let parts: Option<Vec<Requirement>> = parts.into_iter().map(|(_, part)| part).collect();
        parts.map(Requirement::all)
    }

    /// What one key of a map requires.
    fn part(&mut self, entry: &Entry, position: Position<'_>) -> Option<Requirement> {
        let node = &entry.value;
        // What stands further in always asks who is there.
        let within = Position { words: Words::Required, ..position };
        match &*entry.key {
            "credential" => self.credentials(node).map(Requirement::Credential),
            "organization" => self.one_or_many(node, "an organization", organization),
            "role" => self.one_or_many(node, "a role", role),
            "permission" => self.one_or_many(node, "a permission", permission),
            "feature" => self.one_or_many(node, "a feature", |text| {
                entitlement("a feature", text).map(Requirement::Feature)
            }),
            "plan" => self.one_or_many(node, "a plan", |text| {
                entitlement("a plan", text).map(Requirement::Plan)
            }),
            "scope" => self.one_or_many(node, "a scope", scope),
            "impersonation" => self.impersonation(node),
            "all" => self.requirement_list(node, "`all`", within).map(Requirement::all),
            "any" => {
                let branches = self.requirement_list(node, "`any`", within)?;
                Some(Requirement::Any(branches.into()))
            }
            "not" if matches!(node.value, Value::Text(_)) => {
                self.refuse(node.place, Problem::WordUnderNot)
            }
            "not" => {
                self.requirement(node, "`not`", within).map(|inner| Requirement::Not(inner.into()))
            }
            "if" => self.condition(node, &position.scope).map(Requirement::Condition),
            "session_max_age" => self.session_max_age(node).map(Requirement::Recency),
            "first_factor_within" => self.first_factor_within(node).map(Requirement::Recency),
            _ => self.reverification(node).map(Requirement::Reverification),
        }
    }

    /// A list of requirements, each a word or a map.
    fn requirement_list(
        &mut self,
        node: &Node,
        what: &'static str,
        position: Position<'_>,
    ) -> Option<Vec<Requirement>> {
        let list = self.list(node, what)?;
        // Every element is looked at before one that is wrong ends it.
        let parts: Vec<Option<Requirement>> = list
            .iter()
            .map(|element| self.requirement(element, "an element of the list", position))
            .collect();
        parts.into_iter().collect()
    }

    fn impersonation(&mut self, node: &Node) -> Option<Requirement> {
        self.word(node, "answer to impersonation", &IMPERSONATION)?;
        Some(Requirement::NoImpersonation)
    }

    /// A kind of credential, or `{ any: [...] }` of several.
    fn credentials(&mut self, node: &Node) -> Option<CredentialKinds> {
        let what = "a kind of credential";
        match &node.value {
            Value::List(_) => return self.refuse(node.place, Problem::BareList),
            Value::Map(_) => {}
            Value::Text(_) | Value::Nothing | Value::Number(_) | Value::Other(_) => {
                return self.credential(node).map(CredentialKinds::of);
            }
        }
        let mut any = None;
        for entry in self.map(node, what)? {
            match &*entry.key {
                "any" => any = Some(&entry.value),
                "all" => return self.refuse(entry.place, Problem::AllOfOne(what)),
                _ => self.unknown_key(entry, what, &["any"]),
            }
        }
        let Some(any) = any else {
            return self.refuse(node.place, Problem::MissingKey { inside: what, key: "any" });
        };
        let list = self.list(any, "`any`")?;
        let kinds: Vec<Option<CredentialKind>> =
            list.iter().map(|element| self.credential(element)).collect();
        kinds.into_iter().collect()
    }

    fn credential(&mut self, node: &Node) -> Option<CredentialKind> {
        let name = self.text(node, "a kind of credential")?;
        CredentialKind::from_name(name).or_else(|| {
            let choice = Choice::among(name, &CREDENTIALS);
            self.unknown_word(node.place, "kind of credential", name, choice)
        })
    }

    fn condition(&mut self, node: &Node, scope: &Scope<'_>) -> Option<Condition> {
        let text = self.text(node, "`if`")?;
        let Scope { request, parameters, resource } = *scope;
        let parameters = parameters.iter().map(|&name| name.into()).collect();
        let key = ConditionKey { text: text.into(), request, resource, parameters };
        if let Some(known) = self.conditions.get(&key) {
            return Some(known.clone());
        }
        match Condition::compile(text, scope) {
            Ok(condition) => {
                self.conditions.insert(key, condition.clone());
                Some(condition)
            }
            Err(problems) => {
                for problem in problems {
                    let place = self.sources.part(node.place, text, problem.range());
                    self.report(place, problem.into());
                }
                None
            }
        }
    }

    /// A name, or a map `{ any: [...] }` or `{ all: [...] }` of names.
    fn one_or_many(
        &mut self,
        node: &Node,
        what: &'static str,
        read: impl Fn(&str) -> Result<Requirement, Problem>,
    ) -> Option<Requirement> {
        match &node.value {
            Value::List(_) => self.refuse(node.place, Problem::BareList),
            Value::Map(_) => self.many(node, what, &read),
            Value::Text(_) | Value::Nothing | Value::Number(_) | Value::Other(_) => {
                self.one(node, what, &read)
            }
        }
    }

    fn one(
        &mut self,
        node: &Node,
        what: &'static str,
        read: &impl Fn(&str) -> Result<Requirement, Problem>,
    ) -> Option<Requirement> {
        let text = self.text(node, what)?;
        read(text).map_err(|problem| self.report(node.place, problem)).ok()
    }

    fn many(
        &mut self,
        node: &Node,
        what: &'static str,
        read: &impl Fn(&str) -> Result<Requirement, Problem>,
    ) -> Option<Requirement> {
        let entries = self.map(node, what)?;
        if entries.is_empty() {
            return self.refuse(node.place, Problem::MissingKey { inside: what, key: "any" });
        }
        let mut parts = Vec::with_capacity(entries.len());
        for entry in entries {
            if !LIST_KEYS.contains(&&*entry.key) {
                self.unknown_key(entry, what, &LIST_KEYS);
                continue;
            }
            let Value::List(list) = &entry.value.value else {
                self.wrong_kind::<()>(&entry.value, "`any` or `all`", Expected::List);
                continue;
            };
            if list.is_empty() {
                self.report(entry.value.place, Problem::EmptyList);
            }
            let names = list.iter().filter_map(|element| self.one(element, what, read)).collect();
            parts.push(if *entry.key == *"any" {
                Requirement::Any(names)
            } else if list.len() > 1 && matches!(what, "a role" | "an organization") {
                return self.refuse(entry.place, Problem::AllOfOne(what));
            } else {
                Requirement::all(names.into())
            });
        }
        Some(Requirement::all(parts))
    }
}
