//! Requirements: words and maps.

use super::{
    super::{
        access::{Access, Mode},
        condition::{Condition, Scope},
        document::{Entry, Node, Value},
        methods::COMMON,
        problem::Problem,
        requirement::{OrganizationRequirement, Requirement},
        source::Place,
        wording::{Choice, Excerpt, Expected},
    },
    Compiler, ConditionKey,
};
use crate::core::{
    credential::{CredentialKind, CredentialKinds},
    entitlement::{EntitlementKey, EntitlementKeyError},
    organization::{PermissionKey, RoleKey},
    reverification::{Level, Preset, Reverification},
};
use std::num::NonZeroU32;

/// In the order in which requirements are evaluated and, within one reason, reported.
const KEYS: [&str; 13] = [
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
    "reverification",
];
/// The same, and what else stands on a rule.
const RULE_KEYS: [&str; 14] = [
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
    "reverification",
    "mode",
];
const WORDS: [&str; 4] = ["public", "optional", "signed_in", "denied"];
const REQUIRED_WORDS: [&str; 2] = ["signed_in", "denied"];
const LIST_KEYS: [&str; 2] = ["any", "all"];
const MODES: [&str; 2] = ["enforce", "shadow"];
const IMPERSONATION: [&str; 1] = ["forbidden"];
const CREDENTIALS: [&str; 4] = ["session_token", "api_key", "m2m_token", "oauth_token"];
const PRESETS: [&str; 4] = ["strict_mfa", "strict", "moderate", "lax"];
const LEVELS: [&str; 3] = ["first_factor", "second_factor", "multi_factor"];
const WINDOW_KEYS: [&str; 2] = ["level", "after_minutes"];
/// The longest name of a role, permission, feature, plan, organization or scope, in bytes.
const MAX_NAME_BYTES: usize = 256;
/// Clerk takes fewer than 99999 minutes.
const MAX_MINUTES: u32 = 99_998;

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

    fn reverification(&mut self, node: &Node) -> Option<Reverification> {
        match &node.value {
            Value::Text(name) => {
                Preset::from_name(name).map(Reverification::Preset).or_else(|| {
                    let choice =
                        Choice::among(name, &PRESETS).or("a map with `level` and `after_minutes`");
                    self.unknown_word(node.place, "reverification", name, choice)
                })
            }
            Value::Map(_) => self.window(node),
            Value::Nothing | Value::Number(_) | Value::Other(_) | Value::List(_) => {
                self.wrong_kind(node, "`reverification`", Expected::Reverification)
            }
        }
    }

    fn window(&mut self, node: &Node) -> Option<Reverification> {
        let mut level = None;
        let mut after_minutes = None;
        for entry in self.map(node, "`reverification`")? {
            match &*entry.key {
                "level" => level = Some(self.level(&entry.value)),
                "after_minutes" => after_minutes = Some(self.minutes(&entry.value)),
                _ => self.unknown_key(entry, "`reverification`", &WINDOW_KEYS),
            }
        }
        for (absent, key) in
            [(level.is_none(), "level"), (after_minutes.is_none(), "after_minutes")]
        {
            if absent {
                self.report(node.place, Problem::MissingKey { inside: "`reverification`", key });
            }
        }
        Some(Reverification::Window { level: level??, after_minutes: after_minutes?? })
    }

    fn level(&mut self, node: &Node) -> Option<Level> {
        let name = self.text(node, "`level`")?;
        Level::from_name(name).or_else(|| {
            let choice = Choice::among(name, &LEVELS);
            self.unknown_word(node.place, "level of reverification", name, choice)
        })
    }

    fn minutes(&mut self, node: &Node) -> Option<NonZeroU32> {
        let minutes = match node.value {
            Value::Number(minutes) => u32::try_from(minutes).ok(),
            Value::Nothing | Value::Text(_) | Value::Other(_) | Value::List(_) | Value::Map(_) => {
                None
            }
        };
        match minutes.and_then(after_minutes) {
            Some(minutes) => Some(minutes),
            None => self.refuse(node.place, Problem::AfterMinutes),
        }
    }
}

/// Minutes within what Clerk takes.
pub(in crate::policy) fn after_minutes(minutes: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(minutes).filter(|minutes| minutes.get() <= MAX_MINUTES)
}

/// A name that a token can hold: visible ASCII, no comma, and something behind every `org:`.
pub(in crate::policy) fn name<'t>(what: &'static str, text: &'t str) -> Result<&'t str, Problem> {
    let visible = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b',' | b'`');
    let sound = text.len() <= MAX_NAME_BYTES
        && text.bytes().all(visible)
        && !text.is_empty()
        && !text.ends_with(':');
    if sound { Ok(text) } else { Err(Problem::Name { what, name: Excerpt::of(text) }) }
}

/// An organization: `required`, an id or a slug.
pub(in crate::policy) fn organization(text: &str) -> Result<Requirement, Problem> {
    Ok(Requirement::Organization(match name("an organization", text)? {
        "required" => OrganizationRequirement::Active,
        name => OrganizationRequirement::Named(name.into()),
    }))
}

/// A role.
pub(in crate::policy) fn role(text: &str) -> Result<Requirement, Problem> {
    Ok(Requirement::Role(RoleKey::new(name("a role", text)?)))
}

/// A custom permission.
pub(in crate::policy) fn permission(text: &str) -> Result<Requirement, Problem> {
    let permission = PermissionKey::new(name("a permission", text)?);
    if permission.is_system() {
        return Err(Problem::SystemPermission(Excerpt::of(text)));
    }
    Ok(Requirement::Permission(permission))
}

/// A feature or plan. Clerk ignores what stands behind a second colon; here it is refused, since
/// whoever wrote it means something else.
pub(in crate::policy) fn entitlement(
    what: &'static str,
    text: &str,
) -> Result<EntitlementKey, Problem> {
    match EntitlementKey::parse(text) {
        Err(error @ EntitlementKeyError::Scope(_)) => Err(Problem::Entitlement(error)),
        Ok(key) if text.bytes().filter(|&byte| byte == b':').count() < 2 => {
            name(what, text).map(|_| key)
        }
        Ok(_) | Err(EntitlementKeyError::Empty) => {
            Err(Problem::Name { what, name: Excerpt::of(text) })
        }
    }
}

/// A scope of OAuth: visible ASCII without quotes and backslashes (RFC 6749, section 3.3).
pub(in crate::policy) fn scope(text: &str) -> Result<Requirement, Problem> {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'`');
    if (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(Requirement::Scope(text.into()))
    } else {
        Err(Problem::Name { what: "a scope", name: Excerpt::of(text) })
    }
}
