//! Which requirements let machines in, and which never do.

use super::{
    load,
    people::{facts, machine, machine_facts, member, support},
};
use crate::{
    core::{
        credential::{CredentialKind, CredentialKinds},
        machine::{Machine, MachineKind},
        reason::Reason,
    },
    policy::{Access, Blame, Demand, Facts, Requirement, Source},
};
use proptest::prelude::*;
use std::iter;

const KINDS: [MachineKind; 3] =
    [MachineKind::ApiKey, MachineKind::M2mToken, MachineKind::OauthToken];

fn requirement(text: &str) -> Requirement {
    Requirement::parse(&Source::new("require", text)).unwrap_or_else(|errors| panic!("{errors}"))
}

fn reason(requirement: &Requirement, facts: &Facts<'_>) -> Option<Reason> {
    requirement.evaluate(facts).err().map(|refusal| refusal.reason)
}

/// A machine with every scope that is asked for here.
fn granted(kind: MachineKind) -> Machine {
    machine(kind, &["events:write", "events:read"])
}

#[test]
fn nothing_lets_a_machine_in_that_does_not_name_its_kind() {
    let leaves = [
        "signed_in",
        "denied",
        "{ organization: required }",
        "{ organization: org_1 }",
        "{ role: org:admin }",
        "{ permission: org:a:b }",
        "{ feature: a }",
        "{ plan: a }",
        "{ scope: events:write }",
        "{ scope: { any: [events:write, other] } }",
        "{ impersonation: forbidden }",
        "{ session_max_age: 7d }",
        "{ first_factor_within: 1d }",
        "{ reverification: lax }",
        "{ credential: session_token }",
    ];
    let mut texts: Vec<String> = leaves.map(str::to_owned).into();
    for one in leaves {
        if one.starts_with('{') {
            texts.push(format!("{{ not: {one} }}"));
            texts.push(format!("{{ not: {{ not: {one} }} }}"));
        }
        for other in leaves {
            texts.push(format!("{{ any: [{one}, {other}] }}"));
            texts.push(format!("{{ all: [{one}, {other}] }}"));
            texts.push(format!("{{ not: {{ any: [{one}, {other}] }} }}"));
            texts.push(format!("{{ not: {{ all: [{one}, {other}] }} }}"));
            texts.push(format!("{{ any: [{other}], not: {{ all: [{one}] }} }}"));
        }
    }
    for text in &texts {
        let requirement = requirement(text);
        for kind in KINDS {
            assert!(!requirement.admits(kind.into()), "{text}");
            let found = reason(&requirement, &machine_facts(&granted(kind)));
            assert_eq!(found, Some(Reason::CredentialKind), "{text} {kind:?}");
        }
    }
    // Nor does what names another kind, or names it only to exclude another.
    for text in [
        "{ credential: m2m_token }",
        "{ credential: { any: [m2m_token, oauth_token, session_token] }, scope: events:write }",
        "{ not: { credential: m2m_token } }",
        "{ not: { credential: api_key } }",
        "{ not: { not: { credential: api_key } } }",
        "{ all: [{ credential: m2m_token }, { credential: api_key }] }",
    ] {
        let found = reason(&requirement(text), &machine_facts(&granted(MachineKind::ApiKey)));
        assert_eq!(found, Some(Reason::CredentialKind), "{text}");
    }
}

#[test]
fn a_machine_whose_kind_is_named_is_held_to_all_else() {
    let (key, token) = (MachineKind::ApiKey, MachineKind::M2mToken);
    for (text, kind, expected) in [
        ("{ credential: api_key }", key, None),
        ("{ credential: api_key }", token, Some(Reason::CredentialKind)),
        ("{ credential: { any: [api_key, m2m_token] } }", token, None),
        ("{ credential: api_key, scope: events:write }", key, None),
        ("{ credential: api_key, scope: events:delete }", key, Some(Reason::Scope)),
        ("{ credential: api_key, scope: events }", key, Some(Reason::Scope)),
        ("{ credential: api_key, scope: EVENTS:write }", key, Some(Reason::Scope)),
        ("{ credential: api_key, scope: { all: [events:write, events:read] } }", key, None),
        ("{ credential: api_key, scope: { any: [x, events:read] } }", key, None),
        ("{ credential: api_key, scope: { all: [x, events:read] } }", key, Some(Reason::Scope)),
        ("{ credential: api_key, impersonation: forbidden }", key, None),
        ("{ credential: api_key, not: { scope: events:write } }", key, Some(Reason::Excluded)),
        ("{ credential: api_key, not: { scope: events:delete } }", key, None),
        ("{ credential: api_key, not: { role: org:admin } }", key, None),
        // A machine has no session, whatever it acts for.
        ("{ credential: api_key, role: org:admin }", key, Some(Reason::CredentialKind)),
        ("{ credential: api_key, organization: org_1 }", key, Some(Reason::CredentialKind)),
        ("{ credential: api_key, all: [signed_in] }", key, Some(Reason::CredentialKind)),
        ("{ credential: api_key, session_max_age: 7d }", key, Some(Reason::CredentialKind)),
        ("{ credential: api_key, first_factor_within: 1d }", key, Some(Reason::CredentialKind)),
        ("{ credential: api_key, reverification: lax }", key, Some(Reason::CredentialKind)),
        // One branch for machines, one for people.
        ("{ any: [{ credential: api_key, scope: events:read }, { role: org:admin }] }", key, None),
        (
            "{ any: [{ credential: api_key, scope: x }, { role: org:admin }] }",
            key,
            Some(Reason::Alternatives),
        ),
        (
            "{ any: [{ credential: api_key }, { role: org:admin }], scope: x }",
            key,
            Some(Reason::Scope),
        ),
    ] {
        let found = reason(&requirement(text), &machine_facts(&granted(kind)));
        assert_eq!(found, expected, "{text}");
    }
    let impersonator = Machine { actor: Some(support()), ..granted(key) };
    let forbidden = requirement("{ credential: api_key, impersonation: forbidden }");
    assert_eq!(reason(&forbidden, &machine_facts(&impersonator)), Some(Reason::Impersonation));
}

#[test]
fn a_branch_for_people_is_not_opened_by_a_branch_for_machines() {
    // The key lacks the scope, and is certainly no guest.
    let key = machine(MachineKind::ApiKey, &[]);
    let branches = "any: [{ credential: api_key, scope: admin }, { not: { role: org:guest } }]";
    for text in [
        format!("{{ {branches} }}"),
        format!("{{ {branches}, impersonation: forbidden }}"),
        format!("{{ {branches}, not: {{ plan: a }} }}"),
        format!("{{ all: [{{ {branches} }}, {{ {branches} }}] }}"),
    ] {
        let found = reason(&requirement(&text), &machine_facts(&key));
        assert_eq!(found, Some(Reason::CredentialKind), "{text}");
        assert_eq!(reason(&requirement(&text), &facts(&member("org:member", &[]))), None);
    }
    // What is written beside the credential holds for its kinds.
    let text = format!("{{ credential: {{ any: [api_key, session_token] }}, {branches} }}");
    assert_eq!(reason(&requirement(&text), &machine_facts(&key)), None);
}

#[test]
fn what_is_added_lets_no_machine_in_that_the_rule_does_not() {
    let key = granted(MachineKind::ApiKey);
    let facts = machine_facts(&key);
    let adding = [
        "{ credential: api_key }",
        "{ credential: { any: [api_key, session_token] }, scope: events:write }",
        "{ any: [{ credential: api_key }, { role: org:admin }] }",
        "{ impersonation: forbidden }",
        "{ not: { role: org:guest } }",
    ]
    .map(requirement);
    for own in ["signed_in", "{ not: { role: org:guest } }", "{ scope: events:write }"] {
        let own = requirement(own);
        for added in &adding {
            let verdict =
                Demand::evaluate_all(Demand::of(&own), iter::once(Demand::of(added)), &facts);
            let (blame, refusal) = verdict.unwrap_err();
            assert_eq!((blame, refusal.reason), (Blame::Own, Reason::CredentialKind), "{own}");
        }
    }
    // Where the rule does, what is added is put to it like to anybody.
    let own = requirement("{ credential: api_key }");
    for (added, expected) in [
        ("{ scope: events:write }", None),
        ("{ impersonation: forbidden }", None),
        ("{ not: { role: org:guest } }", None),
        ("{ scope: events:delete }", Some(Reason::Scope)),
        ("{ role: org:admin }", Some(Reason::CredentialKind)),
        ("{ credential: m2m_token }", Some(Reason::CredentialKind)),
        ("signed_in", Some(Reason::CredentialKind)),
    ] {
        let added_requirement = requirement(added);
        let demands = iter::once(Demand::of(&added_requirement));
        let verdict = Demand::evaluate_all(Demand::of(&own), demands, &facts);
        let found = verdict.err().map(|(blame, refusal)| (blame, refusal.reason));
        assert_eq!(found, expected.map(|reason| (Blame::Added(0), reason)), "{added}");
    }
}

#[test]
fn a_rule_says_which_credentials_it_accepts() {
    use CredentialKind as K;
    let policy = load(
        "version: 1
routes:
  /word: signed_in
  /public: public
  /silent: { role: org:admin, scope: x }
  /key: { credential: api_key, scope: x }
  /two: { credential: { any: [api_key, session_token] } }
  /branch: { any: [{ credential: m2m_token }, { role: org:admin }] }
  /none: { credential: api_key, all: [{ credential: m2m_token }] }
  /not: { not: { credential: api_key } }
  /shadow: { credential: oauth_token, scope: x, mode: shadow }
",
    );
    for (id, kinds) in [
        ("/word", &[K::SessionToken][..]),
        ("/public", &[K::SessionToken]),
        ("/silent", &[K::SessionToken]),
        ("/key", &[K::ApiKey]),
        ("/two", &[K::SessionToken, K::ApiKey]),
        ("/branch", &[K::SessionToken, K::M2mToken]),
        ("/none", &[]),
        ("/not", &[K::SessionToken]),
        ("/shadow", &[K::OauthToken]),
    ] {
        let rule = policy.rules().find(|rule| rule.id.as_str() == id).unwrap();
        let kinds: CredentialKinds = kinds.iter().copied().collect();
        assert_eq!(rule.access.credentials(), kinds, "{id}");
        assert_eq!(rule.access == Access::Public, id == "/public");
    }
}

fn tree() -> impl Strategy<Value = Requirement> {
    let leaf = prop::sample::select(
        [
            "signed_in",
            "{ scope: events:write }",
            "{ scope: other }",
            "{ role: org:admin }",
            "{ impersonation: forbidden }",
            "{ credential: api_key }",
            "{ credential: session_token }",
            "{ credential: { any: [api_key, m2m_token] } }",
        ]
        .map(requirement)
        .to_vec(),
    );
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3)
                .prop_map(|list| Requirement::All(list.into())),
            prop::collection::vec(inner.clone(), 1..3)
                .prop_map(|list| Requirement::Any(list.into())),
            inner.prop_map(|inner| Requirement::Not(inner.into())),
        ]
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "everything else stands for itself")]
/// The ways to meet a requirement: for each, all that must hold of it. Negations are left whole.
fn ways(requirement: &Requirement) -> Vec<Vec<Requirement>> {
    match requirement {
        Requirement::Any(branches) => branches.iter().flat_map(ways).collect(),
        Requirement::All(parts) => parts.iter().fold(vec![Vec::new()], |found, part| {
            let ways = ways(part);
            found.iter().flat_map(|one| ways.iter().map(|way| [&one[..], way].concat())).collect()
        }),
        other => vec![vec![other.clone()]],
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "everything else asks for a session")]
/// Whether a way is open to a machine, the question of its kind aside.
fn holds(requirement: &Requirement, machine: &Machine) -> bool {
    match requirement {
        Requirement::All(parts) => parts.iter().all(|part| holds(part, machine)),
        Requirement::Any(parts) => parts.iter().any(|part| holds(part, machine)),
        Requirement::Not(inner) => !holds(inner, machine),
        Requirement::Credential(kinds) => kinds.contains(machine.kind.into()),
        Requirement::Scope(scope) => machine.has_scope(scope),
        Requirement::NoImpersonation => true,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn a_machine_is_let_in_by_a_way_that_names_its_kind(tree in tree(), added in tree()) {
        for kind in KINDS {
            let machine = machine(kind, &["events:write"]);
            let names = |part: &Requirement| {
                matches!(part, Requirement::Credential(kinds) if kinds.contains(kind.into()))
            };
            let open = ways(&tree)
                .iter()
                .any(|way| way.iter().any(names) && way.iter().all(|part| holds(part, &machine)));
            let facts = machine_facts(&machine);
            prop_assert_eq!(tree.evaluate(&facts).is_ok(), open, "{}", tree);
            prop_assert!(!open || tree.admits(kind.into()));
            // Whatever is added, it opens nothing.
            let demands = iter::once(Demand::of(&added));
            let together = Demand::evaluate_all(Demand::of(&tree), demands, &facts);
            prop_assert_eq!(together.is_ok(), open && holds(&added, &machine), "{} {}", tree, added);
        }
    }
}
