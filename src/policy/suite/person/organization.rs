//! The active organization of somebody who asks, and what is paid for.

use super::super::{
    super::{
        compile,
        document::{Node, Value},
        wording::Excerpt,
    },
    problem::SuiteProblem,
    reader::Reader,
};
use crate::core::organization::{PermissionKey, RoleKey};

pub(in crate::policy) const KEYS: [&str; 5] = ["id", "slug", "name", "role", "permissions"];
/// What a member is who is said to be nothing else.
const ROLE: &str = "org:member";

/// An active organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationFacts {
    /// Its id; `org_` and the slug unless it is written.
    pub id: Box<str>,
    /// Its slug.
    pub slug: Option<Box<str>>,
    /// Its name, for the reader of the tests: no token holds it.
    pub name: Option<Box<str>>,
    /// The role, with `org:`; `org:member` unless it is written.
    pub role: Box<str>,
    /// The custom permissions, in full: `org:invoices:read`.
    pub permissions: Vec<Box<str>>,
}

impl OrganizationFacts {
    /// The feature of a permission that is written in full.
    #[must_use]
    pub fn feature(permission: &str) -> &str {
        let bare = permission.strip_prefix("org:").unwrap_or(permission);
        bare.split_once(':').map_or(bare, |(feature, _)| feature)
    }
}

/// A map, or the id or slug alone.
pub(super) fn organization(reader: &mut Reader<'_>, node: &Node) -> Option<OrganizationFacts> {
    let mut id = None;
    let mut facts = OrganizationFacts {
        id: "org_1".into(),
        slug: None,
        name: None,
        role: ROLE.into(),
        permissions: Vec::new(),
    };
    if let Value::Text(_) = node.value {
        let name = reader.name(node, "an organization")?;
        if name.starts_with("org_") { id = Some(name) } else { facts.slug = Some(name) }
    } else {
        for entry in reader.map(node, "an organization")? {
            let node = &entry.value;
            match &*entry.key {
                "id" => id = reader.name(node, "`id`"),
                "slug" => facts.slug = reader.name(node, "`slug`"),
                "name" => facts.name = reader.text(node, "`name`").map(Into::into),
                "role" => facts.role = role(reader, node).unwrap_or(facts.role),
                "permissions" => facts.permissions = permissions(reader, node),
                _ => reader.unknown_key(entry, "an organization", &KEYS),
            }
        }
    }
    let of_slug = || Some(format!("org_{}", facts.slug.as_deref()?).into());
    if let Some(id) = id.or_else(of_slug) {
        facts.id = id;
    }
    Some(facts)
}

fn role(reader: &mut Reader<'_>, node: &Node) -> Option<Box<str>> {
    let text = reader.name(node, "a role")?;
    Some(RoleKey::new(&text).to_string().into())
}

fn permissions(reader: &mut Reader<'_>, node: &Node) -> Vec<Box<str>> {
    let list = reader.list(node, "`permissions`").unwrap_or_default();
    list.iter().filter_map(|node| permission(reader, node)).collect()
}

/// Version 2 tokens hold a feature and what may be done with it, and never a system permission.
fn permission(reader: &mut Reader<'_>, node: &Node) -> Option<Box<str>> {
    let text = reader.text(node, "a permission")?;
    if let Err(problem) = compile::permission(text) {
        return reader.refuse(node.place, problem);
    }
    let key = PermissionKey::new(text);
    match key.bare().split_once(':') {
        Some((feature, name)) if !feature.is_empty() && !name.is_empty() => {
            Some(key.to_string().into())
        }
        Some(_) | None => {
            reader.refuse(node.place, SuiteProblem::PermissionForm(Excerpt::of(text)))
        }
    }
}

/// Features or plans, each with the letter that tokens have for its scope.
pub(super) fn entitlements(
    reader: &mut Reader<'_>,
    node: &Node,
    what: &'static str,
    active: bool,
) -> Vec<Box<str>> {
    let list = reader.list(node, what).unwrap_or_default();
    list.iter().filter_map(|node| entitlement(reader, node, what, active)).collect()
}

fn entitlement(
    reader: &mut Reader<'_>,
    node: &Node,
    what: &'static str,
    active: bool,
) -> Option<Box<str>> {
    let text = reader.text(node, what)?;
    let both = text.strip_prefix("ou:").or_else(|| text.strip_prefix("uo:"));
    if let Err(problem) = compile::entitlement(what, both.unwrap_or(text)) {
        return reader.refuse(node.place, problem);
    }
    let (scope, slug) = match text.split_once(':') {
        None => (if active { "o" } else { "u" }, text),
        Some((scope @ ("ou" | "uo"), slug)) => (scope, slug),
        Some(("u" | "user", slug)) => ("u", slug),
        Some((_, slug)) => ("o", slug),
    };
    if !active && scope != "u" {
        return reader.refuse(node.place, SuiteProblem::NoOrganization(Excerpt::of(text)));
    }
    Some(format!("{scope}:{slug}").into())
}
