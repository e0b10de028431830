//! The tree beside the evaluation it explains, on requirements and callers at random.

use super::{Explanation, Outcome, Step, steps};
use crate::{
    core::{
        age::AgeLimit,
        credential::{CredentialKind, CredentialKinds},
        entitlement::{EntitlementKey, Entitlements},
        id::{InstanceName, RuleId, UserId},
        identity::{Actor, Caller, Identity, SignedClaims},
        machine::{Machine, MachineKind},
        organization::{PermissionKey, RoleKey},
        peer::Peer,
        question::{Action, JsonObject, Wanted},
        reason::Reason,
        recency::Recency,
        reverification::{Preset, Reverification},
    },
    policy::{
        Access, Inquiry, Mode, OrganizationRequirement, Policy, Requirement, Rule, Who,
        source::Place,
        tests::people::{NOW, began, member, somebody, verified},
    },
};
use proptest::prelude::*;
use std::sync::Arc;

fn requirements() -> impl Strategy<Value = Requirement> {
    let feature = |name| Requirement::Feature(EntitlementKey::parse(name).unwrap());
    let leaves = vec![
        Requirement::SignedIn,
        Requirement::Denied,
        Requirement::Organization(OrganizationRequirement::Active),
        Requirement::Organization(OrganizationRequirement::Named("acme".into())),
        Requirement::Role(RoleKey::new("admin")),
        Requirement::Permission(PermissionKey::new("a:read")),
        feature("reports"),
        Requirement::Plan(EntitlementKey::parse("pro").unwrap()),
        Requirement::Scope("a".into()),
        Requirement::NoImpersonation,
        Requirement::Recency(Recency::Session(AgeLimit::from_minutes(60).unwrap())),
        Requirement::Recency(Recency::FirstFactor(AgeLimit::from_minutes(10).unwrap())),
        Requirement::Reverification(Reverification::Preset(Preset::Strict)),
    ];
    let kinds = prop::collection::vec(prop::sample::select(&CredentialKind::ALL[..]), 1..4);
    let credential = kinds
        .prop_map(|kinds| Requirement::Credential(kinds.into_iter().collect::<CredentialKinds>()));
    let leaf = prop_oneof![4 => prop::sample::select(leaves), 2 => credential];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let several = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            several().prop_map(|parts| Requirement::All(parts.into())),
            several().prop_map(|parts| Requirement::Any(parts.into())),
            inner.prop_map(|inner| Requirement::Not(Box::new(inner))),
        ]
    })
}

fn callers() -> impl Strategy<Value = Identity> {
    let flags = any::<[bool; 7]>();
    let ages = (prop::option::of(prop::sample::select(vec![5, 90])), any::<[bool; 2]>());
    let kind = prop::option::of(prop::sample::select(vec![
        MachineKind::ApiKey,
        MachineKind::M2mToken,
        MachineKind::OauthToken,
    ]));
    (kind, flags, ages).prop_map(|(kind, flags, (session, [first, told]))| {
        if let Some(kind) = kind {
            return Identity::Machine(Arc::new(machine(kind, flags)));
        }
        let [organization, admin, permitted, reports, pro, fresh, acted] = flags;
        let role = if admin { "org:admin" } else { "org:member" };
        let permissions: &[&str] = if permitted { &["org:a:read"] } else { &[] };
        let mut user = if organization { member(role, permissions) } else { somebody() };
        user.features = Entitlements::parse(if reports { "o:reports" } else { "" }).unwrap();
        user.plans = Entitlements::parse(if pro { "u:pro" } else { "" }).unwrap();
        user.actor = acted.then(actor);
        user = match session {
            Some(minutes) => began(user, minutes),
            None => user,
        };
        if told {
            let [first, second] = [first, fresh].map(|fresh| if fresh { 1.0 } else { 99.0 });
            user = verified(user, first, second);
        }
        Identity::User(Arc::new(user))
    })
}

fn actor() -> Actor {
    Actor { subject: Some(UserId::new("user_9")), claims: "{}".into() }
}

fn machine(kind: MachineKind, [scoped, acted, ..]: [bool; 7]) -> Machine {
    Machine {
        instance: InstanceName::new("shop"),
        kind,
        id: "id_1".into(),
        subject: "user_1".into(),
        user: None,
        organization: None,
        client: None,
        name: None,
        scopes: if scoped { ["a".into()].into() } else { [].into() },
        actor: acted.then(actor),
        claims: SignedClaims::new("{}"),
        as_of: None,
        expires_at: None,
    }
}

/// What comes of a step by what came of its parts alone.
fn again(step: &Step) -> Option<&'static str> {
    let own = match &step.outcome {
        Outcome::Holds => None,
        Outcome::Fails { reason } => Some(*reason),
        Outcome::NotLookedAt { .. } => panic!("nothing comes of what is not looked at"),
    };
    let looked_at = |step: &&Step| !matches!(step.outcome, Outcome::NotLookedAt { .. });
    let mut parts = step.parts.iter().filter(looked_at).map(again);
    match step.requirement {
        "all" => worst(parts),
        "any" => {
            let reasons: Option<Vec<_>> = parts.collect();
            let same = |reasons: &[_]| reasons.windows(2).all(|pair| pair[0] == pair[1]);
            reasons.map(|reasons| match reasons.iter().find(|reason| is_unknown(reason)) {
                Some(unknown) => unknown,
                None if same(&reasons) => reasons[0],
                None => "alternatives",
            })
        }
        "not" => match parts.next() {
            Some(None) | None => Some("excluded"),
            Some(Some(reason)) if is_unknown(reason) => Some(reason),
            Some(Some(_)) => None,
        },
        _ => own,
    }
}

/// Whether it says that something cannot be known.
fn is_unknown(reason: &str) -> bool {
    ["session_age_unknown", "first_factor_unknown"].contains(&reason)
}

/// The same for the requirement that decides. It must let the caller's kind of credential in by
/// itself, which none of its parts tells.
fn again_alone(step: &Step, identity: &Identity) -> Option<&'static str> {
    let shut_out = step.outcome == Outcome::fails(Reason::CredentialKind);
    if shut_out && (identity.machine().is_some() || is_closed(step)) {
        return Some("credential_kind");
    }
    again(step)
}

fn failing(step: &Step) -> Option<&'static str> {
    if let Outcome::Fails { reason } = &step.outcome { Some(*reason) } else { None }
}

/// Whether nothing below was looked at.
fn is_closed(step: &Step) -> bool {
    step.parts.iter().all(|part| matches!(part.outcome, Outcome::NotLookedAt { .. }))
}

/// The reason that is reported of several: what users mend themselves last.
fn worst<'s>(reasons: impl Iterator<Item = Option<&'s str>>) -> Option<&'s str> {
    let order = |code: &&str| {
        let place = Reason::ALL.iter().position(|reason| reason.code() == *code).unwrap();
        (["session_too_old", "first_factor_stale", "reverification"].contains(code), place)
    };
    reasons.flatten().min_by_key(order)
}

fn explained(own: &Requirement, more: &Requirement, identity: &Identity) -> Explanation {
    let mut policy: Policy = super::policy("version: 1\nactions: { a: signed_in }");
    let access = Access::Required(own.clone());
    let rule = Rule::new(RuleId::new("action a"), access, Mode::Enforce, Place::START);
    policy.actions.insert("a".into(), rule);
    let wanted = Wanted::Action(Action { name: "a", resource: None, context: JsonObject::new() });
    let who = identity.caller().map_or(Who::Nobody(Reason::SignedOut), Who::Caller);
    policy.explain(&Inquiry {
        wanted: &wanted,
        who,
        also_action: None,
        also_require: Some(more),
        peer: Peer::UNKNOWN,
        now: NOW,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// What the leaves of the tree say adds up, by the rules of the language, to what evaluation says.
    #[test]
    fn the_tree_adds_up_to_the_verdict(
        own in requirements(),
        more in requirements(),
        identity in callers(),
    ) {
        let explanation = explained(&own, &more, &identity);
        let entries = explanation.entries.iter().filter_map(|entry| entry.requirement.as_ref());
        let expected = match explanation.verdict.reason {
            "allowed" => None,
            reason => Some(reason),
        };
        let first = entries.clone().take(1).map(|step| again_alone(step, &identity));
        let reasons = first.chain(entries.clone().skip(1).map(again));
        prop_assert_eq!(worst(reasons), expected);
        let roots: Vec<_> = entries.clone().collect();
        for step in roots.iter().flat_map(|root| steps(root)).skip(1) {
            if !matches!(step.outcome, Outcome::NotLookedAt { .. }) {
                let own = failing(step);
                prop_assert_eq!(again(step), own, "{:?}", step);
            }
        }
    }

    /// A requirement that stands alone is explained as it is evaluated.
    #[test]
    fn a_single_requirement_is_explained_as_it_is_evaluated(
        own in requirements(),
        identity in callers(),
    ) {
        let caller: Caller<'_> = identity.caller().unwrap();
        let facts = crate::policy::Facts::of_caller(caller, NOW);
        let evaluated = own.evaluate(&facts).err().map(|refusal| refusal.reason.code());
        let explanation = explained(&own, &Requirement::All([].into()), &identity);
        let step = explanation.entries[0].requirement.as_ref().unwrap();
        prop_assert_eq!(again_alone(step, &identity), evaluated);
    }

    /// The first branch that holds ends the search for a person, and whatever is behind it is marked.
    #[test]
    fn branches_behind_the_first_that_holds_are_not_looked_at(
        own in requirements(),
        identity in callers(),
    ) {
        if identity.machine().is_some() {
            return Ok(());
        }
        let explanation = explained(&own, &Requirement::SignedIn, &identity);
        let step = explanation.entries[0].requirement.as_ref().unwrap();
        for any in steps(step).into_iter().filter(|step| step.requirement == "any") {
            if is_closed(any) {
                continue;
            }
            let holding = any.parts.iter().position(|part| part.outcome == Outcome::Holds);
            for (number, part) in any.parts.iter().enumerate() {
                let behind = holding.is_some_and(|holding| number > holding);
                prop_assert_eq!(matches!(part.outcome, Outcome::NotLookedAt { .. }), behind);
            }
        }
    }
}
