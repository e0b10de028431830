use super::Worlds;
use crate::{
    core::{
        age::AgeLimit,
        clock::Timestamp,
        credential::{CredentialKind, CredentialKinds},
        entitlement::{EntitlementKey, Entitlements},
        id::InstanceName,
        identity::{Caller, SignedClaims},
        machine::{Machine, MachineKind},
        organization::{PermissionKey, RoleKey},
        recency::Recency,
    },
    policy::{
        Demand, Facts, OrganizationRequirement, Requirement,
        tests::people::{facts, member, somebody},
    },
};
use proptest::prelude::*;

fn leaf() -> impl Strategy<Value = Requirement> {
    let named = |name: &str| Requirement::Organization(OrganizationRequirement::Named(name.into()));
    prop_oneof![
        Just(Requirement::SignedIn),
        Just(Requirement::Denied),
        Just(Requirement::Organization(OrganizationRequirement::Active)),
        Just(named("acme")),
        Just(named("other")),
        Just(named("org_1")),
        Just(Requirement::Role(RoleKey::new("admin"))),
        Just(Requirement::Role(RoleKey::new("editor"))),
        Just(Requirement::Permission(PermissionKey::new("a:read"))),
        Just(Requirement::Plan(EntitlementKey::parse("pro").unwrap())),
        Just(Requirement::Recency(Recency::Session(AgeLimit::from_minutes(60).unwrap()))),
        Just(Requirement::Recency(Recency::Session(AgeLimit::from_minutes(120).unwrap()))),
        Just(Requirement::Scope("a".into())),
        Just(Requirement::NoImpersonation),
        Just(Requirement::Credential(CredentialKinds::of(CredentialKind::ApiKey))),
        Just(Requirement::Credential(
            [CredentialKind::SessionToken, CredentialKind::M2mToken].into_iter().collect()
        )),
    ]
}

fn requirement() -> impl Strategy<Value = Requirement> {
    leaf().prop_recursive(3, 10, 3, |inner| {
        let list = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            list().prop_map(|parts| Requirement::All(parts.into())),
            list().prop_map(|parts| Requirement::Any(parts.into())),
            inner.prop_map(|inner| Requirement::Not(inner.into())),
        ]
    })
}

fn machine(kind: MachineKind, scopes: &[&str]) -> Machine {
    Machine {
        instance: InstanceName::new("shop"),
        kind,
        id: "ak_1".into(),
        subject: "org_1".into(),
        user: None,
        organization: None,
        client: None,
        name: None,
        scopes: scopes.iter().map(|&scope| scope.into()).collect(),
        actor: None,
        claims: SignedClaims::new("{}"),
        as_of: None,
        expires_at: None,
    }
}

/// Whether it holds for each of a few people and machines whose kind of credential it accepts.
fn answers(requirement: &Requirement) -> Vec<bool> {
    let mut pro = somebody();
    pro.plans = Entitlements::parse("u:pro").unwrap();
    let people = [somebody(), pro, member("org:admin", &["org:a:read"]), member("org:editor", &[])];
    let machines = [
        machine(MachineKind::ApiKey, &["a"]),
        machine(MachineKind::ApiKey, &[]),
        machine(MachineKind::M2mToken, &["a"]),
    ];
    let of_people = people.iter().map(facts);
    let now = Timestamp::from_unix_seconds(0);
    let of_machines =
        machines.iter().map(|machine| Facts::of_caller(Caller::Machine(machine), now));
    of_people
        .chain(of_machines)
        .filter(|facts| requirement.admits(facts.caller.kind()))
        .map(|facts| requirement.evaluate(&facts).is_ok())
        .collect()
}

proptest! {
    #[test]
    fn what_holds_in_no_world_holds_for_nobody(requirement in requirement()) {
        if let Some(worlds) = Worlds::of_rule(&requirement) {
            let answers = answers(&requirement);
            prop_assert!(worlds.any() || !answers.contains(&true), "{requirement:?}");
            prop_assert!(!worlds.all() || !answers.contains(&false), "{requirement:?}");
        }
    }

    #[test]
    fn a_guard_that_can_be_met_beside_no_rule_is_met_by_nobody(
        own in requirement(),
        guard in requirement(),
    ) {
        if let Some(worlds) = Worlds::of_both(&own, &guard) {
            for user in [somebody(), member("org:admin", &["org:a:read"])] {
                let facts = facts(&user);
                let added = [Demand::of(&guard)].into_iter();
                let met = Demand::evaluate_all(Demand::of(&own), added, &facts).is_ok();
                prop_assert!(worlds.any() || !met, "{own:?} {guard:?}");
            }
        }
    }
}

#[test]
fn what_a_token_may_not_say_holds_neither_way() {
    let lately = || Requirement::Recency(Recency::Session(AgeLimit::from_minutes(60).unwrap()));
    let either = Requirement::Any([lately(), Requirement::Not(Box::new(lately()))].into());
    let worlds = Worlds::of_rule(&either).unwrap();
    assert!(worlds.any() && !worlds.all());
    assert!(!worlds.is_same_without(&[&either]));
}

#[test]
fn what_asks_too_much_is_not_tried() {
    let plans = (0..13)
        .map(|number| Requirement::Plan(EntitlementKey::parse(&format!("plan{number}")).unwrap()));
    assert!(Worlds::of_rule(&Requirement::All(plans.collect())).is_none());
}
