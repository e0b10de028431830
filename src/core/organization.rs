//! Organization roles and permissions, compared as Clerk's `has()` compares them.

use super::id::{OrganizationId, OrganizationSlug};
use std::fmt;

/// The part of a name behind every leading `org:`. Clerk collapses any run of the prefix, on both
/// sides of a comparison (`@clerk/shared`, `authorization.ts`).
fn without_prefix(mut name: &str) -> &str {
    while let Some(rest) = name.strip_prefix("org:") {
        name = rest;
    }
    name
}

/// The part of a role's name behind its prefix, by which roles are compared.
#[must_use]
pub fn bare_role(role: &str) -> &str {
    without_prefix(role)
}

/// A role asked for: `org:admin` or `admin`, which are the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleKey(Box<str>);

/// A permission asked for: `org:invoices:read` or `invoices:read`, which are the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PermissionKey(Box<str>);

impl RoleKey {
    /// Normalises the prefix.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(without_prefix(name).into())
    }

    /// The name without `org:`.
    #[must_use]
    pub fn bare(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "org:{}", self.0)
    }
}

impl PermissionKey {
    /// Normalises the prefix.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(without_prefix(name).into())
    }

    /// The name without `org:`.
    #[must_use]
    pub fn bare(&self) -> &str {
        &self.0
    }

    /// Whether this is one of Clerk's system permissions, which no token ever carries.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.0.starts_with("sys_")
    }
}

impl fmt::Display for PermissionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "org:{}", self.0)
    }
}

/// The organization that is active in a session, and what the user may do there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveOrganization {
    /// Its id.
    pub id: OrganizationId,
    /// Its slug, where the token names one.
    pub slug: Option<OrganizationSlug>,
    /// The user's role as Clerk's auth object spells it, normally with `org:`.
    pub role: Option<Box<str>>,
    /// The user's custom permissions as Clerk's auth object spells them, in its order. `None` where
    /// the token says nothing about permissions at all.
    pub permissions: Option<Box<[Box<str>]>>,
}

impl ActiveOrganization {
    /// Whether the user has the role.
    #[must_use]
    pub fn has_role(&self, asked: &RoleKey) -> bool {
        self.role.as_deref().is_some_and(|role| without_prefix(role) == asked.bare())
    }

    /// Whether the user has the permission. As in Clerk, only the asked side is normalised.
    #[must_use]
    pub fn has_permission(&self, asked: &PermissionKey) -> bool {
        let held = |permission: &str| permission.strip_prefix("org:") == Some(asked.bare());
        self.permissions.iter().flatten().any(|permission| held(permission))
    }

    /// Whether `id_or_slug` names this organization. What begins as an id does, `org_`, is never
    /// taken for a slug: people choose slugs.
    #[must_use]
    pub fn is(&self, id_or_slug: &str) -> bool {
        let slug = || self.slug.as_ref().is_some_and(|slug| slug.as_str() == id_or_slug);
        self.id.as_str() == id_or_slug || (!id_or_slug.starts_with("org_") && slug())
    }
}

#[cfg(test)]
mod tests {
    use super::{ActiveOrganization, PermissionKey, RoleKey};
    use crate::core::id::{OrganizationId, OrganizationSlug};

    fn acme(role: Option<&str>, permissions: Option<&[&str]>) -> ActiveOrganization {
        ActiveOrganization {
            id: OrganizationId::new("org_1"),
            slug: Some(OrganizationSlug::new("acme")),
            role: role.map(Into::into),
            permissions: permissions.map(|list| list.iter().map(|&name| name.into()).collect()),
        }
    }

    #[test]
    fn a_role_matches_with_any_run_of_the_prefix_on_either_side() {
        for held in ["editor", "org:editor", "org:org:editor"] {
            for asked in ["editor", "org:editor", "org:org:editor"] {
                assert!(acme(Some(held), None).has_role(&RoleKey::new(asked)), "{held} {asked}");
            }
        }
    }

    #[test]
    fn another_role_or_none_does_not_match() {
        for held in [None, Some("org:admin"), Some("editors"), Some(""), Some("org:")] {
            assert!(!acme(held, None).has_role(&RoleKey::new("org:editor")), "{held:?}");
        }
    }

    #[test]
    fn a_permission_must_stand_in_the_list_exactly() {
        let member = acme(None, Some(&["org:a:read", "b:read", "org:org:c:read"]));
        assert!(member.has_permission(&PermissionKey::new("a:read")));
        assert!(member.has_permission(&PermissionKey::new("org:org:a:read")));
        for absent in ["b:read", "c:read", "a:rea", "a:read:x", "", "A:read"] {
            assert!(!member.has_permission(&PermissionKey::new(absent)), "{absent}");
        }
        assert!(!acme(None, None).has_permission(&PermissionKey::new("a:read")));
    }

    #[test]
    fn an_organization_is_named_by_its_id_or_its_slug_but_a_slug_never_poses_as_an_id() {
        let mut active = acme(None, None);
        assert!(active.is("org_1") && active.is("acme"));
        assert!(!active.is("org_2") && !active.is("Acme") && !active.is(""));
        active.slug = Some(OrganizationSlug::new("org_2"));
        assert!(active.is("org_1") && !active.is("org_2"));
    }

    #[test]
    fn system_permissions_are_recognised_under_every_prefix() {
        assert!(PermissionKey::new("org:sys_memberships:read").is_system());
        assert!(PermissionKey::new("org:org:sys_memberships:read").is_system());
        assert!(PermissionKey::new("sys_memberships:read").is_system());
        assert!(!PermissionKey::new("org:system:read").is_system());
    }
}
