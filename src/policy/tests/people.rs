//! People to put requirements to.

use crate::{
    core::{
        clock::Timestamp,
        entitlement::Entitlements,
        id::{InstanceName, OrganizationId, OrganizationSlug, SessionId, UserId},
        identity::{Actor, Caller, SignedClaims, User},
        machine::{Machine, MachineKind},
        organization::ActiveOrganization,
        reverification::FactorAges,
    },
    policy::Facts,
};
use std::time::Duration;

/// The moment at which questions are asked here.
pub(in crate::policy) const NOW: Timestamp = Timestamp::from_unix_seconds(1_764_000_000);

/// Whose session began that many minutes ago.
pub(in crate::policy) fn began(user: User, minutes: u64) -> User {
    let at = NOW.minus(Duration::from_secs(minutes * 60));
    User { session: SessionId::make(at, "a"), ..user }
}

/// A person with a session and nothing else.
pub(in crate::policy) fn somebody() -> User {
    User {
        instance: InstanceName::new("shop"),
        id: UserId::new("user_1"),
        session: SessionId::new("sess_1"),
        organization: None,
        features: Entitlements::default(),
        plans: Entitlements::default(),
        factor_ages: None,
        actor: None,
        issued_at: None,
        claims_as_of: Some(NOW),
        expires_at: Timestamp::from_unix_seconds(60),
        claims: SignedClaims::new("{}"),
    }
}

/// A member of the organization `acme`.
pub(in crate::policy) fn member(role: &str, permissions: &[&str]) -> User {
    let organization = ActiveOrganization {
        id: OrganizationId::new("org_1"),
        slug: Some(OrganizationSlug::new("acme")),
        role: Some(role.into()),
        permissions: Some(permissions.iter().map(|&permission| permission.into()).collect()),
    };
    User { organization: Some(organization), ..somebody() }
}

/// Who verified the first and the second factor that many minutes ago; -1 for never.
pub(in crate::policy) fn verified(user: User, first: f64, second: f64) -> User {
    User { factor_ages: FactorAges::from_claim(first, second).ok(), ..user }
}

/// Somebody else acts as the person.
pub(in crate::policy) fn impersonated(user: User) -> User {
    User { actor: Some(support()), ..user }
}

/// Whoever acts as others.
pub(in crate::policy) fn support() -> Actor {
    Actor {
        subject: Some(UserId::new("user_support")),
        claims: "{\"sub\":\"user_support\"}".into(),
    }
}

/// A machine with these scopes.
pub(in crate::policy) fn machine(kind: MachineKind, scopes: &[&str]) -> Machine {
    Machine {
        instance: InstanceName::new("shop"),
        kind,
        id: "ak_1".into(),
        subject: "user_1".into(),
        user: Some(UserId::new("user_1")),
        organization: Some(OrganizationId::new("org_1")),
        client: None,
        name: None,
        scopes: scopes.iter().map(|&scope| scope.into()).collect(),
        actor: None,
        claims: SignedClaims::new("{}"),
        as_of: None,
        expires_at: None,
    }
}

/// What is known where nothing but a machine is.
pub(in crate::policy) fn machine_facts(machine: &Machine) -> Facts<'_> {
    Facts::of_caller(Caller::Machine(machine), NOW)
}

/// What is known where nothing but a person is.
pub(in crate::policy) fn facts(user: &User) -> Facts<'_> {
    Facts::of_caller(Caller::User(user), NOW)
}
