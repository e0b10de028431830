//! Requirements asked ad hoc.

use super::people::{facts, member, somebody, verified};
use crate::{
    core::{
        question::AskedRequirement,
        reason::Reason,
        reverification::{Level, Preset, Reverification},
    },
    policy::{AskedError, Problem, Requirement},
};
use std::num::NonZeroU32;

#[test]
fn nothing_asked_is_a_signed_in_user() {
    let asked = Requirement::from_asked(&AskedRequirement::default());
    assert_eq!(asked, Ok(Requirement::SignedIn));
}

#[test]
fn everything_asked_must_hold() {
    let asked = AskedRequirement {
        roles: vec!["org:admin"],
        permissions: vec!["a:b", "org:c:d"],
        features: vec!["x", "user:y"],
        plans: vec!["o:pro"],
        organization: Some("acme"),
        reverification: Some(Reverification::Preset(Preset::Lax)),
        ..AskedRequirement::default()
    };
    let requirement = Requirement::from_asked(&asked).unwrap();
    let Requirement::All(parts) = &requirement else { panic!("not a list") };
    assert_eq!(parts.len(), 8);
    let admin = verified(member("org:admin", &["org:a:b", "org:c:d"]), 0.0, 0.0);
    assert_eq!(requirement.evaluate(&facts(&admin)).unwrap_err().reason, Reason::Feature);
    assert_eq!(
        requirement.evaluate(&facts(&somebody())).unwrap_err().reason,
        Reason::OrganizationRequired
    );
}

#[test]
fn several_roles_never_hold_together() {
    let asked = AskedRequirement { roles: vec!["admin", "member"], ..AskedRequirement::default() };
    let requirement = Requirement::from_asked(&asked).unwrap();
    for role in ["org:admin", "org:member"] {
        let refusal = requirement.evaluate(&facts(&member(role, &[]))).unwrap_err();
        assert_eq!(refusal.reason, Reason::Role);
    }
}

#[test]
fn what_can_never_be_answered_is_refused_with_its_field() {
    let none = AskedRequirement::default;
    let window = Reverification::Window {
        level: Level::FirstFactor,
        after_minutes: NonZeroU32::new(99_999).unwrap(),
    };
    for (asked, field, index, message) in [
        (
            AskedRequirement { roles: vec!["a", ""], ..none() },
            "roles",
            Some(1),
            "`` is no name of a role",
        ),
        (
            AskedRequirement { roles: vec!["org:"], ..none() },
            "roles",
            Some(0),
            "`org:` is no name of a role",
        ),
        (
            AskedRequirement { permissions: vec!["sys_memberships:read"], ..none() },
            "permissions",
            Some(0),
            "`sys_memberships:read` is a system permission, which no session token carries",
        ),
        (
            AskedRequirement { permissions: vec!["a:b,c:d"], ..none() },
            "permissions",
            Some(0),
            "`a:b,c:d` is no name of a permission",
        ),
        (
            AskedRequirement { features: vec!["team:x"], ..none() },
            "features",
            Some(0),
            "unknown scope `team`: write `org:` or `user:`, or leave the scope out",
        ),
        (
            AskedRequirement { plans: vec!["org:a:b"], ..none() },
            "plans",
            Some(0),
            "`org:a:b` is no name of a plan",
        ),
        (
            AskedRequirement { organization: Some("a b"), ..none() },
            "organization",
            None,
            "`a b` is no name of an organization",
        ),
        (
            AskedRequirement { reverification: Some(window), ..none() },
            "reverification",
            None,
            "`after_minutes` is a number from 1 to 99998",
        ),
    ] {
        let AskedError { field: found, index: at, problem } =
            Requirement::from_asked(&asked).unwrap_err();
        assert_eq!((found, at, problem.to_string().as_str()), (field, index, message));
    }
    let asked = AskedRequirement { plans: vec![""], ..none() };
    let error = Requirement::from_asked(&asked).unwrap_err();
    assert!(matches!(error.problem, Problem::Name { .. }));
    assert_eq!(error.to_string(), "plans: `` is no name of a plan");
}
