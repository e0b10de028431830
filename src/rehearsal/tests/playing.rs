//! What somebody presents, and what is made of it.

use super::{only, play, play_one};
use crate::rehearsal::{ClaimsVersion, Run, Tokens};

#[test]
fn whoever_presents_a_credential_is_who_the_case_says() {
    for (people, person, expect) in [
        ("{}", "nobody", "deny signed_out"),
        ("{ p: {} }", "p", "allow"),
        ("{ p: { pending: true } }", "p", "deny session_pending"),
        ("{ p: { status: active } }", "p", "allow"),
        ("{ p: { expired: true } }", "p", "deny token_expired"),
        ("{ p: { issued: 30 } }", "p", "allow"),
        ("{ p: { issued: 30, expired: true } }", "p", "deny token_expired"),
        ("{ p: { api_key: {} } }", "p", "deny credential_kind"),
    ] {
        for ask in ["request: GET /a", "request: POST /a", "grpc: /a/b"] {
            let case = format!("{{ as: {person}, {ask}, expect: {expect} }}");
            let report = play_one("signed_in", people, &case);
            assert!(report.is_good(), "{ask} {}", only(&report));
        }
    }
}

#[test]
fn a_browser_brings_its_session_in_cookies_and_is_sent_to_sign_in_without_one() {
    for (people, person, expect) in [
        ("{ p: {} }", "p", "allow"),
        ("{}", "nobody", "redirect https://shop.test/sign-in"),
        ("{ p: { expired: true } }", "p", "redirect https://shop.test/sign-in?from=app"),
    ] {
        let case = format!("{{ as: {person}, browser: GET /a, expect: \"{expect}\" }}");
        let report = play_one("signed_in", people, &case);
        assert!(report.is_good(), "{}", only(&report));
    }
}

#[test]
fn every_fact_about_a_person_can_satisfy_a_rule() {
    for (facts, requirement) in [
        ("organization: acme", "{ organization: acme }"),
        ("organization: org_7", "{ organization: org_7 }"),
        ("organization: { slug: a, role: owner }", "{ role: org:owner }"),
        ("organization: { slug: a, permissions: [org:b:c] }", "{ permission: b:c }"),
        ("organization: a, features: [b]", "{ feature: org:b }"),
        ("features: [b]", "{ feature: user:b }"),
        ("organization: a, plans: [o:pro]", "{ plan: pro }"),
        ("plans: [u:pro]", "{ plan: user:pro }"),
        ("factors: [0, never]", "{ reverification: strict_mfa }"),
        ("factors: [9, never]", "{ first_factor_within: 10m }"),
        ("factors: [9, 5000]", "{ first_factor_within: 10m }"),
        ("session_age: 59m", "{ session_max_age: 1h }"),
        ("factors: [never, 5]", "{ reverification: { level: second_factor, after_minutes: 6 } }"),
    ] {
        let people = format!("{{ p: {{ {facts} }}, q: {{}} }}");
        let case = "{ as: [p, q], request: GET /a, expect: allow }";
        let report = play_one(requirement, &people, case);
        let passed: Vec<_> = report.runs().iter().map(Run::passed).collect();
        assert_eq!(passed, [true, false], "{requirement} {:?}", report.runs());
    }
}

#[test]
fn an_age_is_over_at_the_minute_and_unknown_where_nothing_is_said() {
    for (facts, requirement, expect) in [
        ("session_age: 60m", "{ session_max_age: 1h }", "session_too_old"),
        ("session_age: 365d", "{ session_max_age: 1h }", "session_too_old"),
        ("session: sess_7", "{ session_max_age: 1h }", "session_age_unknown"),
        ("factors: [10, 0]", "{ first_factor_within: 10m }", "first_factor_stale"),
        ("factors: [never, 0]", "{ first_factor_within: 10m }", "first_factor_stale"),
        ("pending: false", "{ first_factor_within: 10m }", "first_factor_unknown"),
    ] {
        let people = format!("{{ p: {{ {facts} }} }}");
        let case = format!("{{ as: p, request: GET /a, expect: deny {expect} }}");
        let report = play_one(requirement, &people, &case);
        assert!(report.is_good(), "{requirement}: {}", only(&report));
    }
}

#[test]
fn an_impersonator_is_known_as_one() {
    let case = "{ as: p, request: GET /a, expect: deny impersonation }";
    let people = "{ p: { actor: user_support } }";
    assert!(play_one("{ impersonation: forbidden }", people, case).is_good());
}

#[test]
fn machines_are_let_in_where_their_kind_is_named() {
    for kind in ["api_key", "m2m_token", "oauth_token"] {
        let rule = format!("{{ credential: {kind}, scope: events:write }}");
        for (scopes, expect) in [("[events:write]", "allow"), ("[events:read]", "deny scope")] {
            let people = format!("{{ p: {{ {kind}: {{ scopes: {scopes} }} }} }}");
            let case = format!("{{ as: p, request: GET /a, expect: {expect} }}");
            let report = play_one(&rule, &people, &case);
            assert!(report.is_good(), "{}", only(&report));
        }
    }
}

#[test]
fn actions_are_asked_by_name() {
    let people = "{ p: { organization: { slug: a, role: admin } }, q: { organization: a } }";
    for (person, action, expect) in [
        ("p", "act", "allow"),
        ("q", "act", "deny role"),
        ("nobody", "act", "deny signed_out"),
        ("p", "atc", "deny unknown_action"),
    ] {
        let case = format!("{{ as: {person}, action: {action}, expect: {expect} }}");
        let report = play_one("denied", people, &case);
        assert!(report.is_good(), "{}", only(&report));
    }
}

#[test]
fn a_case_asks_the_host_it_names() {
    let report = play(
        "version: 1\nroutes: { /a: public }\n\
         hosts: { admin.shop.test: { routes: { /a: signed_in } } }\n\
         tests:\n  cases:\n  - { as: nobody, request: GET /a, expect: allow }\n  \
         - { as: nobody, request: GET /a, host: admin.shop.test, expect: deny signed_out }\n  \
         - { as: nobody, request: GET /a, host: \"a,b\", expect: deny ambiguous_host }\n",
    );
    assert!(report.is_good());
}

#[test]
fn the_headers_of_a_case_are_sent_as_they_are() {
    for (headers, expect) in [
        ("{ authorization: Bearer garbage }", "deny token_invalid"),
        ("{ authorization: [Bearer a, Bearer b] }", "deny credential_ambiguous"),
        ("{ sec-fetch-dest: document }", "redirect"),
        ("{ accept: text/html }", "redirect"),
    ] {
        let case =
            format!("{{ as: nobody, request: GET /a, headers: {headers}, expect: {expect} }}");
        let report = play_one("signed_in", "{}", &case);
        assert!(report.is_good(), "{}", only(&report));
    }
}

#[test]
fn custom_claims_are_signed_and_cannot_replace_clerks() {
    let people = "{ p: { claims: { level: 3 } } }";
    assert!(play_one("signed_in", people, "{ as: p, request: GET /a, expect: allow }").is_good());
}

#[test]
fn features_and_plans_that_version_1_cannot_tell_do_not_fail_a_case() {
    let people = "{ p: { organization: a, plans: [pro], features: [b] } }";
    for rule in ["{ plan: pro }", "{ feature: b }", "{ all: [ { plan: pro }, { feature: b } ] }"] {
        let case = "{ as: p, request: GET /a, expect: allow, upstream: { x-plans: o:pro } }";
        let policy = format!(
            "version: 1\nroutes: {{ /a: {rule} }}\n\
             upstream: {{ headers: {{ x-plans: identity.plans }} }}\n\
             tests:\n  people: {people}\n  cases: [ {case} ]\n"
        );
        let report = play(&policy);
        assert!(report.is_good(), "{}", only(&report));
    }
}

#[test]
fn a_rule_that_version_1_tokens_open_fails() {
    let people = "{ p: { organization: a, plans: [free] } }";
    let case = "{ as: p, request: GET /a, expect: deny excluded }";
    let report = play_one("{ not: { plan: free } }", people, case);
    let [failure] = &*only(&report).failures else { panic!("{}", only(&report)) };
    assert_eq!(failure.tokens, Tokens::Of(ClaimsVersion::One));
    assert_eq!(failure.got.as_ref().unwrap().effect, "allow");
    assert!(failure.help.as_deref().unwrap().contains("neither features nor plans"));
}

#[test]
fn a_feature_that_only_version_2_tokens_tell_by_a_permission_fails() {
    let people = "{ p: { organization: { slug: a, permissions: [org:b:c] } } }";
    let case = "{ as: p, request: GET /a, expect: allow }";
    let report = play_one("{ feature: b }", people, case);
    let [failure] = &*only(&report).failures else { panic!("{}", only(&report)) };
    assert_eq!(failure.tokens, Tokens::Of(ClaimsVersion::One));
    insta::assert_snapshot!(only(&report));
}

#[test]
fn a_pending_session_is_pending_in_both_versions() {
    let case = "{ as: p, browser: GET /a, expect: redirect }";
    assert!(play_one("signed_in", "{ p: { pending: true } }", case).is_good());
}

#[test]
fn nothing_is_played_where_there_are_no_cases() {
    let report = play("version: 1\nroutes: { /a: public }\n");
    assert!(report.is_good() && report.runs().is_empty());
    assert_eq!(report.coverage().percent(), 0);
}

#[test]
fn a_condition_on_claims_that_one_version_names_otherwise_fails() {
    let people = "{ p: { organization: org_7 } }";
    for (condition, version) in [
        ("identity.claims.org_id == 'org_7'", ClaimsVersion::Two),
        ("identity.claims.o.id == 'org_7'", ClaimsVersion::One),
    ] {
        let rule = format!("{{ if: \"{condition}\" }}");
        let report = play_one(&rule, people, "{ as: p, request: GET /a, expect: allow }");
        let [failure] = &*only(&report).failures else { panic!("{}", only(&report)) };
        assert_eq!(failure.tokens, Tokens::Of(version), "{condition}");
        assert!(failure.help.as_deref().unwrap().contains("`identity.organization`"));
    }
    let rule = "{ if: \"identity.organization.id == 'org_7'\" }";
    assert!(play_one(rule, people, "{ as: p, request: GET /a, expect: allow }").is_good());
}

#[test]
fn conditions_read_what_a_case_says_and_the_moment_it_says() {
    let people = "{ p: { claims: { level: 3 }, issued: 5 } }";
    for (condition, case) in [
        ("identity.claims.level == 3", "request: GET /a"),
        ("request.query.b == 'c d'", "request: GET /a?b=c%20d"),
        ("request.headers['x-a'] == 'b'", "request: GET /a, headers: { X-A: b }"),
        ("in_network(request.ip, '10.0.0.0/8')", "request: GET /a, ip: 10.1.2.3"),
        ("request.host == 'shop.test'", "request: GET /a, host: shop.test"),
        ("hour(now, 'UTC') == 12 && weekday(now, 'UTC') == 'thursday'", "request: GET /a"),
        ("hour(now, '+02:00') == 0", "request: GET /a, at: 2026-03-01T22:00:00Z"),
    ] {
        let rule = format!("{{ if: \"{condition}\" }}");
        let case = format!("{{ as: p, {case}, expect: allow }}");
        let report = play_one(&rule, people, &case);
        assert!(report.is_good(), "{}", only(&report));
        let refused = format!("{{ not: {rule} }}");
        assert!(!play_one(&refused, people, &case).is_good(), "{condition}");
    }
}
