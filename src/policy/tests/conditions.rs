//! Conditions where they stand: what they may read there, and how they go with all else.

use super::{
    load,
    people::{facts, impersonated, member, somebody, verified},
};
use crate::{
    core::{
        clock::Timestamp,
        header::Headers,
        host::Host,
        http_request::{HttpRequest, Scheme},
        identity::{Caller, User},
        path::CanonicalPath,
        question::{JsonObject, Resource},
        reason::Reason,
    },
    policy::{Demand, Facts, Guard, Policy, Requirement, Routed, Source},
};
use std::fmt::Write as _;

fn requirement(text: &str) -> Requirement {
    Requirement::parse(&Source::new("require", text)).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Why a request is refused by its rule and the guards over it.
fn refused(policy: &Policy, method: &str, target: &str, user: &User) -> Option<Reason> {
    let request = HttpRequest {
        method,
        scheme: Scheme::Https,
        authority: "shop.test",
        target,
        headers: Headers::none(),
        peer: None,
    };
    let (host, path) =
        (Host::parse("shop.test").unwrap(), CanonicalPath::parse(request.path()).unwrap());
    let Routed::Rule(matched) = policy.route_request(&host, &path, &request) else {
        panic!("no route")
    };
    let facts = Facts {
        request: Some(&request),
        path: Some(&path),
        ..Facts::of_caller(Caller::User(user), Timestamp::from_unix_seconds(0))
    };
    let requirement = matched.rule.enforced().unwrap();
    let own = Demand { requirement, parameters: matched.parameters(&path) };
    let guards: Vec<&Guard> = matched.guards(&host, &path, method).collect();
    let added = guards.iter().map(|guard| guard.demand(&path));
    Demand::evaluate_all(own, added, &facts).err().map(|(_, refusal)| refusal.reason)
}

#[test]
fn a_condition_goes_with_every_other_key_and_must_hold_as_well() {
    let user = verified(member("org:admin", &["org:a:b"]), 20.0, 20.0);
    let holds = "identity.organization.slug == 'acme'";
    let fails = "identity.organization.slug == 'other'";
    let broken = "request.headers.secret == 'x'";
    for (others, reason) in [
        ("", None),
        ("role: org:admin, ", None),
        ("permission: org:a:b, organization: acme, ", None),
        ("impersonation: forbidden, ", None),
        ("credential: session_token, ", None),
        ("any: [{ role: org:admin }, { plan: a }], ", None),
        ("not: { plan: a }, ", None),
        ("role: org:owner, ", Some(Reason::Role)),
        ("permission: org:c:d, ", Some(Reason::Permission)),
        ("plan: a, ", Some(Reason::Plan)),
        ("scope: a, ", Some(Reason::Scope)),
        ("credential: api_key, ", Some(Reason::CredentialKind)),
        ("any: [{ role: org:owner }, { plan: a }], ", Some(Reason::Alternatives)),
        ("not: { role: org:admin }, ", Some(Reason::Excluded)),
    ] {
        for (condition, alone) in [
            (holds, None),
            (fails, Some(Reason::Condition)),
            (broken, Some(Reason::ConditionError)),
        ] {
            let requirement = requirement(&format!("{{ {others}if: \"{condition}\" }}"));
            let found = requirement.evaluate(&facts(&user)).err();
            let error = found.as_ref().is_some_and(|refusal| refusal.error.is_some());
            // It is worked out only where all else holds.
            let expected = reason.or(alone);
            assert_eq!(found.map(|refusal| refusal.reason), expected, "{others} {condition}");
            assert_eq!(error, expected == Some(Reason::ConditionError), "{others} {condition}");
        }
    }
    // But for a reverification, which is asked for last.
    let late = |condition: &str| {
        let text = format!("{{ reverification: strict, if: \"{condition}\" }}");
        requirement(&text).evaluate(&facts(&user)).unwrap_err().reason
    };
    assert_eq!(late(holds), Reason::Reverification);
    assert_eq!(late(fails), Reason::Condition);
    assert_eq!(late(broken), Reason::ConditionError);
}

#[test]
fn a_condition_that_cannot_be_worked_out_never_lets_anybody_in() {
    let broken = "{ if: \"request.headers.secret == 'x'\" }";
    let user = member("org:admin", &[]);
    for (text, expected) in [
        (broken.to_owned(), Some(Reason::ConditionError)),
        (format!("{{ not: {broken} }}"), Some(Reason::ConditionError)),
        (format!("{{ not: {{ not: {broken} }} }}"), Some(Reason::ConditionError)),
        (
            format!("{{ not: {{ any: [{broken}, {{ role: org:owner }}] }} }}"),
            Some(Reason::ConditionError),
        ),
        (
            format!("{{ not: {{ all: [{broken}, {{ role: org:admin }}] }} }}"),
            Some(Reason::ConditionError),
        ),
        (format!("{{ any: [{broken}, {{ role: org:owner }}] }}"), Some(Reason::ConditionError)),
        (format!("{{ any: [{{ role: org:owner }}, {broken}] }}"), Some(Reason::ConditionError)),
        // Where another branch holds, or another part fails, it makes no difference.
        (format!("{{ any: [{broken}, {{ role: org:admin }}] }}"), None),
        (
            format!("{{ not: {{ any: [{broken}, {{ role: org:admin }}] }} }}"),
            Some(Reason::Excluded),
        ),
        (format!("{{ not: {{ all: [{broken}, {{ role: org:owner }}] }} }}"), None),
    ] {
        let found = requirement(&text).evaluate(&facts(&user)).err().map(|refusal| refusal.reason);
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_part_that_the_identity_does_not_have_makes_a_condition_false() {
    for text in [
        "identity.organization.slug == 'acme'",
        "identity.organization.slug != 'acme'",
        "identity.actor.id != 'user_support'",
        "identity.machine.id != ''",
    ] {
        let requirement = requirement(&format!("{{ if: \"{text}\" }}"));
        let refusal = requirement.evaluate(&facts(&somebody())).unwrap_err();
        assert_eq!((refusal.reason, refusal.error), (Reason::Condition, None), "{text}");
    }
    let told = requirement("{ if: \"!has(identity.organization) || identity.impersonated\" }");
    assert!(told.evaluate(&facts(&somebody())).is_ok());
    assert!(told.evaluate(&facts(&impersonated(member("a", &[])))).is_ok());
    assert!(told.evaluate(&facts(&member("a", &[]))).is_err());
}

#[test]
fn params_are_those_of_the_route_or_of_the_guards_own_paths() {
    let policy = load(
        "version: 1
unlisted: signed_in
routes:
  /orgs/{org}/{thing}: { if: params.org == identity.organization.slug }
guards:
  by-path:
    paths: [\"/{area}/{first}/x\", \"/orgs/{first}/{area}\", \"/only/{first}/{area}/{**}\"]
    require: { if: params.first == 'acme' && params.area != 'secret' }
",
    );
    let user = member("org:admin", &[]);
    let none = None;
    for (path, expected) in [
        ("/orgs/acme/x", none),
        ("/orgs/acme/a", none),
        ("/orgs/other/a", Some(Reason::Condition)),
        // The most specific path of the guard: there `area` is the last segment.
        ("/orgs/acme/secret", Some(Reason::Condition)),
        ("/ORGS/acme", none),
        ("/only/acme/secret/y/z", Some(Reason::Condition)),
        ("/only/acme/a/y/z", none),
        ("/secret/acme/x", Some(Reason::Condition)),
        ("/open/acme/x", none),
        ("/open/other/x", Some(Reason::Condition)),
        ("/open/other/y", none),
    ] {
        assert_eq!(refused(&policy, "GET", path, &user), expected, "{path}");
    }
}

#[test]
fn an_action_reads_what_it_is_done_to() {
    let policy = load("version: 1\nactions: { refund: { if: resource.amount <= 500 } }\n");
    let user = somebody();
    for (amount, expected) in [
        (Some(serde_json::json!(500)), None),
        (Some(serde_json::json!(500.5)), Some(Reason::Condition)),
        (Some(serde_json::json!("500")), Some(Reason::ConditionError)),
        (None, Some(Reason::ConditionError)),
    ] {
        let attributes: JsonObject =
            amount.map(|amount| ("amount".to_owned(), amount)).into_iter().collect();
        let resource = Resource { kind: "invoice", id: "7", attributes };
        let facts = Facts { resource: Some(&resource), ..facts(&user) };
        let requirement = policy.action("refund").unwrap().enforced().unwrap();
        let found = requirement.evaluate(&facts).err().map(|refusal| refusal.reason);
        assert_eq!(found, expected);
    }
}

#[test]
fn a_condition_reads_only_what_exists_where_it_stands() {
    let mut shown = String::new();
    for text in [
        "routes: { \"/a/{id}\": { if: params.id == params.idd } }",
        "routes: { \"/a/{id}\": { if: resource.amount > 1 } }",
        "routes: { /a: { GET: { any: [{ not: { if: identity.organisation.slug == 'a' } }] } } }",
        "actions: { a: { if: request.method == 'GET' } }",
        "actions: { a: { if: params.id == 'a' } }",
        "guards: { a: { require: { if: params.id == 'a' } } }",
        "guards: { a: { paths: [\"/a/{id}\", \"/b/{other}\"], require: { if: params.id == 'a' } } }",
        "routes: { /a: { if: \"identity.user.id == 'x' && reqest.method == 'GET'\" } }",
        "routes: { /a: { if: 'size(identity.scopes)' } }",
        "routes: { /a: { if: 7 } }",
        "routes: { /a: { if: [a] } }",
        "routes: { /a: { if: \"\" } }",
        "routes:\n  /a:\n    if: >\n      request.method == 'GET' &&\n      request.hots == 'a'",
        "routes: { /a: { if: \"request.hots == \\\"a\\\"\" } }",
    ] {
        let text = format!("version: 1\n{text}\n");
        let errors = Policy::load(Source::new("policy.yaml", &text)).expect_err(&text);
        writeln!(shown, "{errors}\n").unwrap();
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn the_revision_depends_on_every_condition() {
    let revision = |rule: &str, guard: &str, action: &str| {
        let condition = |method: &str| format!("{{ if: request.method == '{method}' }}");
        load(&format!(
            "version: 1\nroutes: {{ /a: {} }}\nguards: {{ g: {{ require: {} }} }}\nactions: {{ a: {{ if: \
             resource.id == '{action}' }} }}\n",
            condition(rule),
            condition(guard)
        ))
        .revision()
        .to_string()
    };
    let this = revision("GET", "GET", "a");
    assert_eq!(revision("GET", "GET", "a"), this);
    for (rule, guard, action) in [("PUT", "GET", "a"), ("GET", "PUT", "a"), ("GET", "GET", "b")] {
        assert_ne!(revision(rule, guard, action), this);
    }
}

#[test]
fn one_condition_may_stand_under_thousands_of_routes() {
    let mut text = "version: 1\nroutes:\n".to_owned();
    for number in 0..3000 {
        writeln!(text, "  /r{number}/{{org}}: {{ if: params.org == identity.organization.slug }}")
            .unwrap();
    }
    let policy = load(&text);
    assert_eq!(refused(&policy, "GET", "/r2999/acme", &member("a", &[])), None);
    assert_eq!(refused(&policy, "GET", "/r2999/b", &member("a", &[])), Some(Reason::Condition));
}
