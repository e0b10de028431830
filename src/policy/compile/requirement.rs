//! Requirements: words and maps.

use super::{
    super::{
        access::Access,
        document::{Entry, Node, Value},
        methods::COMMON,
        problem::Problem,
        requirement::{OrganizationRequirement, Requirement},
        wording::{Choice, Excerpt, Expected},
    },
    Compiler,
};
use crate::core::{
    entitlement::{EntitlementKey, EntitlementKeyError},
    organization::{PermissionKey, RoleKey},
    reverification::{Level, Preset, Reverification},
};
use std::num::NonZeroU32;

/// In the order in which requirements are evaluated and, within one reason, reported.
const KEYS: [&str; 9] = [
    "organization",
    "role",
    "permission",
    "feature",
    "plan",
    "all",
    "any",
    "not",
    "reverification",
];
const WORDS: [&str; 4] = ["public", "optional", "signed_in", "denied"];
const REQUIRED_WORDS: [&str; 2] = ["signed_in", "denied"];
const LIST_KEYS: [&str; 2] = ["any", "all"];
const PRESETS: [&str; 4] = ["strict_mfa", "strict", "moderate", "lax"];
const LEVELS: [&str; 3] = ["first_factor", "second_factor", "multi_factor"];
const WINDOW_KEYS: [&str; 2] = ["level", "after_minutes"];
/// The longest name of a role, permission, feature, plan or organization, in bytes.
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

impl Compiler {
    pub(super) fn access(
        &mut self,
        node: &Node,
        what: &'static str,
        words: Words,
    ) -> Option<Access> {
        match (&node.value, words) {
            (Value::Text(word), Words::All) if **word == *"public" => Some(Access::Public),
            (Value::Text(word), Words::All) if **word == *"optional" => Some(Access::Optional),
            (Value::Text(word), _) if **word == *"denied" => Some(Access::Denied),
            _ => self.requirement(node, what, words).map(Access::Required),
        }
    }

    pub(super) fn requirement(
        &mut self,
        node: &Node,
        what: &'static str,
        words: Words,
    ) -> Option<Requirement> {
        match &node.value {
            Value::Text(word) => match (&**word, words) {
                ("signed_in", _) => Some(Requirement::SignedIn),
                ("denied", _) => Some(Requirement::Denied),
                ("public", _) => self.refuse(node.place, Problem::OpenWord("public")),
                ("optional", _) => self.refuse(node.place, Problem::OpenWord("optional")),
                (word, _) => {
                    let words: &[&str] = if words == Words::All { &WORDS } else { &REQUIRED_WORDS };
                    let choice =
                        Choice::among(word, words).or("a map such as `{ role: org:admin }`");
                    self.unknown_word(node.place, "requirement", word, choice)
                }
            },
            Value::Map(_) => self.requirement_map(node),
            Value::List(_) => self.refuse(node.place, Problem::BareList),
            Value::Nothing | Value::Number(_) | Value::Other(_) => {
                self.wrong_kind(node, what, Expected::Requirement)
            }
        }
    }

    /// All keys must hold.
    fn requirement_map(&mut self, node: &Node) -> Option<Requirement> {
        let entries = self.map(node, "a requirement")?;
        if entries.is_empty() {
            return self.refuse(node.place, Problem::EmptyMap);
        }
        let mut parts: Vec<(usize, Option<Requirement>)> = Vec::with_capacity(entries.len());
        for entry in entries {
            match KEYS.iter().position(|key| **key == *entry.key) {
                Some(rank) => parts.push((rank, self.part(entry))),
                None if COMMON.contains(&&*entry.key.to_ascii_uppercase()) => {
                    let method = Excerpt::of(&entry.key);
                    self.report(entry.place, Problem::MisplacedMethod(method));
                }
                None => self.unknown_key(entry, "a requirement", &KEYS),
            }
        }
        parts.sort_by_key(|(rank, _)| *rank);
        let parts: Option<Vec<Requirement>> = parts.into_iter().map(|(_, part)| part).collect();
        parts.map(Requirement::all)
    }

    /// What one key of a map requires.
    fn part(&mut self, entry: &Entry) -> Option<Requirement> {
        let node = &entry.value;
        match &*entry.key {
            "organization" => self.one_or_many(node, "an organization", organization),
            "role" => self.one_or_many(node, "a role", role),
            "permission" => self.one_or_many(node, "a permission", permission),
            "feature" => self.one_or_many(node, "a feature", |text| {
                entitlement("a feature", text).map(Requirement::Feature)
            }),
            "plan" => self.one_or_many(node, "a plan", |text| {
                entitlement("a plan", text).map(Requirement::Plan)
            }),
            "all" => self.requirement_list(node, "`all`").map(Requirement::all),
            "any" => self.requirement_list(node, "`any`").map(|list| Requirement::Any(list.into())),
            "not" if matches!(node.value, Value::Text(_)) => {
                self.refuse(node.place, Problem::WordUnderNot)
            }
            "not" => self
                .requirement(node, "`not`", Words::Required)
                .map(|inner| Requirement::Not(inner.into())),
            _ => self.reverification(node).map(Requirement::Reverification),
        }
    }

    /// A list of requirements, each a word or a map.
    fn requirement_list(&mut self, node: &Node, what: &'static str) -> Option<Vec<Requirement>> {
        let Value::List(list) = &node.value else {
            return self.wrong_kind(node, what, Expected::List);
        };
        if list.is_empty() {
            return self.refuse(node.place, Problem::EmptyList);
        }
        // Every element is looked at before one that is wrong ends it.
        let parts: Vec<Option<Requirement>> = list
            .iter()
            .map(|element| self.requirement(element, "an element of the list", Words::Required))
            .collect();
        parts.into_iter().collect()
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
