//! The names that requirements hold, each checked to be one that a credential can carry.

use super::super::{
    problem::Problem,
    requirement::{OrganizationRequirement, Requirement},
    wording::Excerpt,
};
use crate::core::{
    entitlement::{EntitlementKey, EntitlementKeyError},
    organization::{PermissionKey, RoleKey},
};
use std::num::NonZeroU32;

/// The longest name of a role, permission, feature, plan, organization or scope, in bytes.
pub(in crate::policy) const MAX_NAME_BYTES: usize = 256;
/// Clerk takes fewer than 99999 minutes.
pub(in crate::policy) const MAX_MINUTES: u32 = 99_998;

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
