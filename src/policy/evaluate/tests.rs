use crate::{
    core::{entitlement::Entitlements, identity::User, reason::Reason},
    policy::{
        Blame, Demand, Refusal, Requirement, Source,
        tests::people::{began, facts, impersonated, member, somebody, verified},
    },
};
use std::iter;

fn requirement(text: &str) -> Requirement {
    Requirement::parse(&Source::new("require", text)).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The reason and the message, or `None` where the requirement holds.
fn refused(text: &str, user: &User) -> Option<(Reason, String)> {
    let Refusal { reason, message, reverification, error: _ } =
        requirement(text).evaluate(&facts(user)).err()?;
    let due = matches!(reason, Reason::Reverification | Reason::FirstFactorStale);
    assert_eq!(reverification.is_some(), due, "{text}");
    Some((reason, message.into_owned()))
}

fn entitled(user: User, features: &str, plans: &str) -> User {
    User {
        features: Entitlements::parse(features).unwrap(),
        plans: Entitlements::parse(plans).unwrap(),
        ..user
    }
}

/// Every key that a requirement has but `if`, with what it asks, and the reason when that does not
/// hold. In the order in which they are compiled.
const KEYS: [(&str, Reason); 14] = [
    ("credential: { any: [session_token, api_key] }", Reason::CredentialKind),
    ("organization: acme", Reason::Organization),
    ("role: org:admin", Reason::Role),
    ("permission: org:invoices:read", Reason::Permission),
    ("feature: reports", Reason::Feature),
    ("plan: pro", Reason::Plan),
    ("scope: events:write", Reason::Scope),
    ("impersonation: forbidden", Reason::Impersonation),
    ("all: [{ plan: all1 }, { plan: all2 }]", Reason::Plan),
    ("any: [{ feature: any1 }, { plan: any2 }]", Reason::Alternatives),
    ("not: { feature: banned }", Reason::Excluded),
    ("session_max_age: 1h", Reason::SessionTooOld),
    ("first_factor_within: 10m", Reason::FirstFactorStale),
    ("reverification: strict", Reason::Reverification),
];
/// What users mend themselves by proving anew who they are, in the order in which it is said.
const LAST: [Reason; 3] = [Reason::SessionTooOld, Reason::FirstFactorStale, Reason::Reverification];
/// What holds for every session, and what for none.
const ALWAYS: usize = 1;
const NEVER: usize = 1 << 6;

/// A user for whom exactly those keys hold whose bit is set.
fn user(holding: usize) -> User {
    let holds = |key: usize| holding & (1 << key) != 0;
    let mut user = member(
        if holds(2) { "org:admin" } else { "org:member" },
        if holds(3) { &["org:invoices:read"] } else { &["org:invoices:list"] },
    );
    if !holds(1)
        && let Some(organization) = &mut user.organization
    {
        organization.slug = None;
    }
    if !holds(7) {
        user = impersonated(user);
    }
    let features = [
        if holds(4) { "o:reports" } else { "o:other" },
        if holds(9) { "u:any1" } else { "u:other" },
        if holds(10) { "u:other" } else { "u:banned" },
    ];
    let plans = [
        if holds(5) { "o:pro" } else { "o:free" },
        "o:all1",
        if holds(8) { "u:all2" } else { "u:other" },
    ];
    verified(
        began(
            entitled(user, &features.join(","), &plans.join(",")),
            if holds(11) { 59 } else { 60 },
        ),
        if holds(12) { 9.0 } else { 10.0 },
        if holds(13) { 5.0 } else { 15.0 },
    )
}

#[test]
fn every_key_that_is_asked_must_hold_in_every_combination() {
    let everything = (1 << KEYS.len()) - 1;
    let parts = KEYS.map(|(key, _)| requirement(&format!("{{ {key} }}")));
    let users: Vec<(usize, User)> = (0..=everything)
        .filter(|holding| holding & ALWAYS != 0 && holding & NEVER == 0)
        .map(|holding| (holding, user(holding)))
        .collect();
    for asked in 1..=everything {
        let keys = (0..KEYS.len()).filter(|key| asked & (1 << key) != 0);
        let parts: Vec<Requirement> = keys.clone().map(|key| parts[key].clone()).collect();
        let requirement = Requirement::all(parts);
        // Every combination for a few keys; for many, those that differ in what is asked.
        let step = if asked.count_ones() <= 2 { 1 } else { 181 + asked % 64 };
        for (holding, user) in users.iter().skip(asked % step).step_by(step) {
            let failing = keys.clone().filter(|key| holding & (1 << key) == 0);
            let expected = failing
                .map(|key| KEYS[key].1)
                .min_by_key(|reason| (LAST.iter().position(|last| last == reason), *reason));
            let reason = requirement.evaluate(&facts(user)).err().map(|refusal| refusal.reason);
            assert_eq!(reason, expected, "{asked:b} {holding:b}");
        }
    }
}

#[test]
fn a_map_asks_for_all_of_its_keys_whichever_they_are() {
    // Every combination of a few keys, and some of the others.
    let few = |asked: &usize| asked.count_ones() <= 3 || asked.is_multiple_of(7);
    for asked in (1..1_usize << KEYS.len()).filter(few) {
        let keys: Vec<&str> =
            (0..KEYS.len()).filter(|key| asked & (1 << key) != 0).map(|key| KEYS[key].0).collect();
        let together = requirement(&format!("{{ {} }}", keys.join(", ")));
        let parts = keys.iter().map(|key| requirement(&format!("{{ {key} }}"))).collect();
        assert_eq!(together, Requirement::all(parts), "{keys:?}");
    }
}

#[test]
fn what_needs_an_organization_says_so_where_none_is_active() {
    let nobody_there = entitled(verified(somebody(), 0.0, 0.0), "u:reports", "u:pro");
    for text in [
        "{ organization: required }",
        "{ organization: acme }",
        "{ role: org:admin }",
        "{ permission: org:invoices:read }",
        "{ role: org:admin, plan: missing }",
        "{ any: [{ role: org:admin }, { permission: a:b }] }",
        "{ role: { any: [a, b] } }",
        "{ all: [{ reverification: lax }, { role: a }] }",
    ] {
        let expected = (Reason::OrganizationRequired, "needs an active organization".to_owned());
        assert_eq!(refused(text, &nobody_there), Some(expected), "{text}");
    }
    assert_eq!(refused("{ feature: reports, plan: user:pro }", &nobody_there), None);
    let mixed = refused("{ any: [{ role: org:admin }, { plan: missing }] }", &nobody_there);
    assert_eq!(mixed.map(|(reason, _)| reason), Some(Reason::Alternatives));
}

#[test]
fn a_refusal_names_what_was_asked() {
    let user = entitled(verified(member("org:member", &["org:a:b"]), 20.0, -1.0), "o:x", "o:free");
    for (text, reason, message) in [
        ("{ role: admin }", Reason::Role, "needs the role `org:admin`"),
        ("{ permission: c:d }", Reason::Permission, "needs the permission `org:c:d`"),
        ("{ feature: user:x }", Reason::Feature, "needs the feature `user:x`"),
        ("{ plan: pro }", Reason::Plan, "needs the plan `pro`"),
        (
            "{ organization: other }",
            Reason::Organization,
            "needs the organization `other` to be active",
        ),
        ("{ reverification: strict }", Reason::Reverification, "needs the reverification `strict`"),
        (
            "{ reverification: { level: first_factor, after_minutes: 20 } }",
            Reason::Reverification,
            "needs the reverification `first_factor` within 20 minutes",
        ),
        (
            "{ any: [{ role: admin }, { role: owner, plan: pro }] }",
            Reason::Role,
            "needs the role `org:admin` or (the role `org:owner` and the plan `pro`)",
        ),
        (
            "{ any: [{ role: admin }, { plan: pro }] }",
            Reason::Alternatives,
            "needs the role `org:admin` or the plan `pro`",
        ),
        ("{ not: { plan: free } }", Reason::Excluded, "must not have the plan `free`"),
        (
            "{ any: [{ not: { plan: free } }, { not: { feature: x } }] }",
            Reason::Excluded,
            "needs the absence of the plan `free` or the absence of the feature `x`",
        ),
        ("denied", Reason::Denied, "denied to everyone"),
        ("{ any: [denied, { all: [denied] }] }", Reason::Denied, "denied to everyone"),
    ] {
        assert_eq!(refused(text, &user), Some((reason, message.to_owned())), "{text}");
    }
}

#[test]
fn a_reverification_is_asked_for_only_when_all_else_holds() {
    let user = verified(member("org:member", &[]), 20.0, 20.0);
    for (text, reason) in [
        ("{ reverification: strict, role: org:admin }", Reason::Role),
        ("{ all: [{ reverification: strict }, { role: org:admin }] }", Reason::Role),
        ("{ all: [{ reverification: strict }, { not: { role: org:member } }] }", Reason::Excluded),
        (
            "{ all: [{ any: [{ reverification: strict }] }, { any: [{ role: a }, { plan: b }] }] }",
            Reason::Alternatives,
        ),
        ("{ any: [{ reverification: strict }, { role: org:admin }] }", Reason::Alternatives),
        ("{ reverification: strict, role: org:member }", Reason::Reverification),
        (
            "{ any: [{ reverification: strict }, { reverification: strict_mfa }] }",
            Reason::Reverification,
        ),
    ] {
        assert_eq!(refused(text, &user).map(|(reason, _)| reason), Some(reason), "{text}");
    }
    let both = [requirement("{ reverification: strict }"), requirement("{ role: org:admin }")];
    let [own, added] = [Demand::of(&both[0]), Demand::of(&both[1])];
    let (blame, refusal) = Demand::evaluate_all(own, iter::once(added), &facts(&user)).unwrap_err();
    assert_eq!(blame, Blame::Added(0));
    assert_eq!((refusal.reason, refusal.reverification), (Reason::Role, None));
}

#[test]
fn one_branch_is_enough_and_not_turns_round() {
    let user = entitled(member("org:member", &[]), "o:x", "");
    for text in [
        "signed_in",
        "{ any: [{ role: org:admin }, { feature: x }] }",
        "{ any: [denied, signed_in] }",
        "{ not: { role: org:admin } }",
        "{ not: { not: { role: org:member } } }",
        "{ not: { any: [{ plan: a }, { plan: b }] } }",
        "{ not: { all: [{ feature: x }, { plan: b }] } }",
        "{ organization: org_1 }",
        "{ organization: acme }",
        "{ organization: { any: [other, acme] } }",
    ] {
        assert_eq!(refused(text, &user), None, "{text}");
    }
    for text in [
        "{ not: { not: { role: org:admin } } }",
        "{ not: { any: [{ plan: a }, { feature: x }] } }",
        "{ not: { all: [{ feature: x }, { role: org:member }] } }",
    ] {
        assert_eq!(
            refused(text, &user).map(|(reason, _)| reason),
            Some(Reason::Excluded),
            "{text}"
        );
    }
}

#[test]
fn a_slug_is_never_taken_for_an_id() {
    let mut user = member("org:member", &[]);
    if let Some(organization) = &mut user.organization {
        organization.slug = Some(crate::core::id::OrganizationSlug::new("org_2"));
    }
    assert_eq!(refused("{ organization: org_1 }", &user), None);
    let refusal = refused("{ organization: org_2 }", &user);
    assert_eq!(refusal.map(|(reason, _)| reason), Some(Reason::Organization));
}

#[test]
fn messages_stay_short_whatever_the_policy_holds() {
    let name = "x".repeat(200);
    let branches = vec![format!("{{ role: {name} }}"); 100].join(", ");
    let (_, message) = refused(&format!("{{ any: [{branches}] }}"), &member("a", &[])).unwrap();
    assert_eq!(message.len(), 403);
    let roles: Vec<String> = (0..20).map(|number| format!("r{number}")).collect();
    let text = format!("{{ role: {{ any: [{}] }} }}", roles.join(", "));
    let (_, message) = refused(&text, &member("a", &[])).unwrap();
    assert!(message.ends_with("the role `org:r4` or 15 others"), "{message}");
}

#[test]
fn what_users_mend_themselves_is_said_only_when_all_else_holds() {
    let stale = began(verified(member("org:member", &[]), 20.0, 20.0), 90);
    for (text, reason) in [
        ("{ session_max_age: 1h, role: org:admin }", Reason::Role),
        ("{ first_factor_within: 10m, role: org:admin }", Reason::Role),
        ("{ first_factor_within: 10m, if: request.method == 'X' }", Reason::ConditionError),
        ("{ session_max_age: 1h, if: identity.user.id == 'x' }", Reason::Condition),
        // A new session comes with factors that have just been verified.
        (
            "{ session_max_age: 1h, first_factor_within: 10m, reverification: strict }",
            Reason::SessionTooOld,
        ),
        ("{ first_factor_within: 10m, reverification: strict }", Reason::FirstFactorStale),
        ("{ any: [{ first_factor_within: 10m }, { role: org:admin }] }", Reason::Alternatives),
        (
            "{ any: [{ first_factor_within: 10m }, { first_factor_within: 5m }] }",
            Reason::FirstFactorStale,
        ),
    ] {
        assert_eq!(refused(text, &stale).map(|(reason, _)| reason), Some(reason), "{text}");
    }
    for (text, message) in [
        ("{ session_max_age: 60m }", "needs a session younger than `1h`"),
        ("{ first_factor_within: 600m }", "needs the first factor verified within `10h`"),
        ("{ not: { session_max_age: 2h } }", "must not have a session younger than `2h`"),
    ] {
        let user = began(verified(member("a", &[]), 700.0, 1.0), 90);
        assert_eq!(refused(text, &user).map(|(_, message)| message).as_deref(), Some(message));
    }
}

#[test]
fn what_the_token_does_not_say_holds_neither_way() {
    let silent = member("org:member", &[]);
    let unknown = |reason| Some(reason);
    for (text, reason) in [
        ("{ session_max_age: 3650d }", unknown(Reason::SessionAgeUnknown)),
        ("{ not: { session_max_age: 1m } }", unknown(Reason::SessionAgeUnknown)),
        ("{ not: { not: { session_max_age: 1m } } }", unknown(Reason::SessionAgeUnknown)),
        (
            "{ not: { any: [{ session_max_age: 1m }, { role: admin }] } }",
            unknown(Reason::SessionAgeUnknown),
        ),
        ("{ first_factor_within: 69d }", unknown(Reason::FirstFactorUnknown)),
        ("{ not: { first_factor_within: 1m } }", unknown(Reason::FirstFactorUnknown)),
        (
            "{ not: { all: [{ first_factor_within: 1m }, { role: member }] } }",
            unknown(Reason::FirstFactorUnknown),
        ),
        // What fails anyway, fails.
        ("{ not: { all: [{ first_factor_within: 1m }, { role: admin }] } }", None),
        // What holds anyway, holds.
        ("{ any: [{ session_max_age: 1m }, { role: member }] }", None),
        ("{ any: [{ session_max_age: 1m }, { role: admin }] }", unknown(Reason::SessionAgeUnknown)),
    ] {
        assert_eq!(refused(text, &silent).map(|(reason, _)| reason), reason, "{text}");
    }
}
