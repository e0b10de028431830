//! What a person reads when a policy is wrong.

use crate::policy::{Policy, Requirement, Source, Style};
use std::fmt::Write as _;

/// Every policy with its errors, one after the other.
pub(super) fn errors(policies: &[&str]) -> String {
    let mut shown = String::new();
    for text in policies {
        let errors = Policy::load(Source::new("policy.yaml", text)).expect_err(text);
        writeln!(shown, "{}\n", errors.render(Style::Plain)).unwrap();
    }
    shown
}

/// The same for what stands in a route.
fn requirement_errors(requirements: &[&str]) -> String {
    let policies: Vec<String> = requirements
        .iter()
        .map(|requirement| format!("version: 1\nroutes:\n  /a: {requirement}\n"))
        .collect();
    errors(&policies.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn text_that_is_no_policy() {
    insta::assert_snapshot!(errors(&[
        "",
        "version: 1\nroutes: [\n",
        "version: 1\nroutes:\n  /a: public\n /b: public\n",
        "version: 1\nhosts:\n  *.shop.test:\n    routes: { /a: public }\n",
        "version: 1\nbase: &base { role: org:admin }\nroutes:\n  /a: { <<: *base }\n",
        "version: 1\n---\nversion: 1\n",
        "- version: 1\n",
        "just text",
        "version: 1\n? [a, b]\n: c\n",
    ]));
}

#[test]
fn keys_at_the_top() {
    insta::assert_snapshot!(errors(&[
        "routes: {}\n",
        "version: 2\n",
        "version: \"1\"\n",
        "version: 1\nrutes: {}\n",
        "version: 1\ngaurds: {}\nlintz: {}\n",
        "version: 1\nversion: 1\n",
        "version: 1\nunlisted: public\n",
        "version: 1\nunlisted: optional\n",
        "version: 1\nunlisted: signedin\n",
        "version: 1\nroutes:\n",
    ]));
}

#[test]
fn requirements() {
    insta::assert_snapshot!(requirement_errors(&[
        "pubic",
        "authenticated",
        "",
        "7",
        "true",
        "[signed_in]",
        "{}",
        "{ roles: org:admin }",
        "{ role: org:admin, if: params.a == '1' }",
        "{ role: org:admin, role: org:owner }",
        "{ role: [org:admin, org:owner] }",
        "{ role: { any: [] } }",
        "{ role: {} }",
        "{ role: { all: [org:admin, org:owner] } }",
        "{ role: { one_of: [org:admin] } }",
        "{ role: \"\" }",
        "{ role: \"org:\" }",
        "{ role: 7 }",
        "{ role: }",
        "{ permission: org:sys_memberships:manage }",
        "{ permission: \"org:a:read, org:b:read\" }",
        "{ feature: team:reports }",
        "{ plan: \"org:a:b\" }",
        "{ plan: \"org:\" }",
        "{ any: [] }",
        "{ any: { role: org:admin } }",
        "{ any: [public, { role: org:admin }] }",
        "{ all: [optional] }",
        "{ not: public }",
        "{ not: signed_in }",
        "{ not: [{ role: org:admin }] }",
        "{ any: [org:admin, org:owner] }",
    ]));
}

#[test]
fn lengths_of_time() {
    insta::assert_snapshot!(requirement_errors(&[
        "{ session_max_age: 12 }",
        "{ session_max_age: \"12\" }",
        "{ session_max_age: 12H }",
        "{ session_max_age: 12 hours }",
        "{ session_max_age: 0h }",
        "{ session_max_age: 30s }",
        "{ session_max_age: 3651d }",
        "{ session_max_age: 1.5 }",
        "{ session_max_age: 1.5h }",
        "{ session_max_age: -1 }",
        "{ session_max_age: [1h] }",
        "{ session_max_age: { minutes: 5 } }",
        "{ session_max_age: }",
        "{ session_age: 1h }",
        "{ first_factor_within: 70d }",
        "{ first_factor_within: ten minutes }",
        "{ first_factor: 10m }",
        "{ firstfactor_within: 10m, session_maxage: 1h }",
    ]));
}

#[test]
fn reverifications() {
    insta::assert_snapshot!(requirement_errors(&[
        "{ reverification: stric }",
        "{ reverification: 10 }",
        "{ reverification: { level: second, after_minutes: 10 } }",
        "{ reverification: { level: secondfactor, after_minutes: 10 } }",
        "{ reverification: { level: first_factor } }",
        "{ reverification: { after_minutes: 10 } }",
        "{ reverification: { level: first_factor, after_minutes: 0 } }",
        "{ reverification: { level: first_factor, after_minutes: 99999 } }",
        "{ reverification: { level: first_factor, after_minutes: -1 } }",
        "{ reverification: { level: first_factor, minutes: 10 } }",
    ]));
}

#[test]
fn credentials_scopes_and_impersonation() {
    insta::assert_snapshot!(requirement_errors(&[
        "{ credential: apikey }",
        "{ credential: password }",
        "{ credential: [api_key, m2m_token] }",
        "{ credential: { all: [api_key, m2m_token] } }",
        "{ credential: { one_of: [api_key] } }",
        "{ credential: { any: [] } }",
        "{ credential: { any: api_key } }",
        "{ credential: { any: [api_key, m2m] } }",
        "{ credential: {} }",
        "{ credential: 7 }",
        "{ scope: \"events:write events:read\" }",
        "{ scope: \"\" }",
        "{ scope: [a, b] }",
        "{ scopes: a }",
        "{ impersonation: forbiden }",
        "{ impersonation: allowed }",
        "{ impersonation: false }",
    ]));
}

#[test]
fn modes_and_preflights() {
    insta::assert_snapshot!(requirement_errors(&[
        "{ role: org:admin, mode: shadowed }",
        "{ role: org:admin, mode: off }",
        "{ role: org:admin, mod: shadow }",
        "{ mode: shadow }",
        "{ any: [{ role: org:admin, mode: shadow }] }",
        "{ mode: shadow, GET: signed_in }",
        "{ GET: { mode: shadow } }",
        "{ GET: { role: org:admin, preflight: allow } }",
        "{ preflight: allow }",
        "{ preflight: alow, GET: signed_in }",
        "{ preflight: true, GET: signed_in }",
        "{ any: [{ preflight: allow, role: org:admin }] }",
    ]));
    insta::assert_snapshot!(
        "modes_and_preflights_elsewhere",
        errors(&[
            "version: 1\npreflight: deny\n",
            "version: 1\nhosts: { a.test: { preflights: allow, routes: {} } }\n",
            "version: 1\nactions: { a: { role: org:admin, preflight: allow } }\n",
            "version: 1\nguards: { a: { require: { role: org:admin, mode: shadow } } }\n",
        ])
    );
}

#[test]
fn guards() {
    insta::assert_snapshot!(errors(&[
        "version: 1\nguards: { a: {} }\n",
        "version: 1\nguards: { a: { role: org:admin } }\n",
        "version: 1\nguards: { a: { requires: signed_in } }\n",
        "version: 1\nguards: { a: signed_in }\n",
        "version: 1\nguards: [{ require: signed_in }]\n",
        "version: 1\nguards: { \"my guard\": { require: signed_in } }\n",
        "version: 1\nguards: { a: { require: public } }\n",
        "version: 1\nguards: { a: { require: optional } }\n",
        "version: 1\nguards: { a: { require: { roles: a } } }\n",
        "version: 1\nguards: { a: { require: signed_in, path: [/a] } }\n",
        "version: 1\nguards: { a: { require: signed_in, paths: /a } }\n",
        "version: 1\nguards: { a: { require: signed_in, paths: [] } }\n",
        "version: 1\nguards: { a: { require: signed_in, paths: [/a/] } }\n",
        "version: 1\nguards: { a: { require: signed_in, paths: [\"/a/{x}\", \"/A/{y}\"] } }\n",
        "version: 1\nguards: { a: { require: signed_in, methods: [delete] } }\n",
        "version: 1\nguards: { a: { require: signed_in, methods: [DELTE] } }\n",
        "version: 1\nguards: { a: { require: signed_in, methods: [\"PUT, PATCH\"] } }\n",
        "version: 1\nguards: { a: { require: signed_in, methods: [PUT, PUT] } }\n",
        "version: 1\nguards: { a: { require: signed_in, hosts: [a.test:80] } }\n",
        "version: 1\nguards: { a: { require: signed_in, hosts: [7] } }\n",
        "version: 1\nguards: { a: { require: signed_in, mode: shaddow } }\n",
        "version: 1\nguards: { a: { require: signed_in, even_public: yes } }\n",
        "version: 1\nguards: { a: { require: signed_in, even_public: 1 } }\n",
        "version: 1\nguards: { a: { require: signed_in }, a: { require: signed_in } }\n",
        "version: 1\nroutes: { /docs: public }\nguards: { a: { require: signed_in, paths: [/docs] } }\n",
    ]));
}

#[test]
fn paths() {
    insta::assert_snapshot!(errors(&[
        "version: 1\nroutes:\n  a: public\n",
        "version: 1\nroutes:\n  GET /a: public\n",
        "version: 1\nroutes:\n  /a/: public\n",
        "version: 1\nroutes:\n  /a//b: public\n",
        "version: 1\nroutes:\n  /{**}/a: public\n",
        "version: 1\nroutes:\n  /a-{id}: public\n",
        "version: 1\nroutes:\n  \"/{Id}\": public\n",
        "version: 1\nroutes:\n  \"/{a}/{a}\": public\n",
        "version: 1\nroutes:\n  /a/(.*): public\n",
        "version: 1\nroutes:\n  /a/:id: public\n",
        "version: 1\nroutes:\n  /a?b=c: public\n",
        "version: 1\nroutes:\n  /a%20b: public\n",
        "version: 1\nroutes:\n  /caf\u{e9}: public\n",
        "version: 1\nroutes:\n  /a/../b: public\n",
        "version: 1\nroutes:\n  \"/a/{x}\": public\n  \"/b\": public\n  \"/a/{y}\": denied\n",
        "version: 1\nroutes:\n  /Admin: public\n  /admin: denied\n",
        "version: 1\nroutes:\n  /a: public\n  /a: denied\n",
    ]));
}

#[test]
fn methods() {
    insta::assert_snapshot!(errors(&[
        "version: 1\nroutes:\n  /a:\n    GET: public\n    role: org:admin\n",
        "version: 1\nroutes:\n  /a:\n    get: public\n",
        "version: 1\nroutes:\n  /a:\n    GTE: public\n",
        "version: 1\nroutes:\n  /a:\n    PUT, PATCH: signed_in\n    GET, PUT: public\n",
        "version: 1\nroutes:\n  /a:\n    GET: public\n    GET: denied\n",
        "version: 1\nroutes:\n  /a:\n    PUT,: public\n",
        "version: 1\nroutes:\n  /a:\n    PUT PATCH: public\n",
        "version: 1\nroutes:\n  /a:\n    GET:\n",
        "version: 1\nroutes:\n  /a:\n    GET: { POST: public }\n",
    ]));
}

#[test]
fn hosts() {
    insta::assert_snapshot!(errors(&[
        "version: 1\nhosts:\n  shop.test:8080: { routes: { /a: public } }\n",
        "version: 1\nhosts:\n  a.*.test: { routes: { /a: public } }\n",
        "version: 1\nhosts:\n  a.test: { routes: {} }\n  A.test: { routes: {} }\n",
        "version: 1\nhosts:\n  \"*.a.test\": { routes: {} }\n  \"*.A.test\": { routes: {} }\n",
        "version: 1\nhosts:\n  a.test: {}\n",
        "version: 1\nhosts:\n  a.test: { route: {} }\n",
        "version: 1\nhosts:\n  a.test: public\n",
        "version: 1\nhosts:\n  a.test:\n    routes:\n      /A: public\n      /a: public\n",
    ]));
}

#[test]
fn actions_responses_and_headers() {
    insta::assert_snapshot!(errors(&[
        "version: 1\nactions:\n  invoice.refund: public\n",
        "version: 1\nactions:\n  invoice.refund: optional\n",
        "version: 1\nactions:\n  invoice refund: signed_in\n",
        "version: 1\nactions:\n  invoice.refund: { GET: signed_in }\n",
        "version: 1\nresponses: { sign_in: /sign-in }\n",
        "version: 1\nresponses: { sign_in: \"javascript:alert(1)\" }\n",
        "version: 1\nresponses: { signin: https://shop.test/ }\n",
        "version: 1\nupstream: { header: {} }\n",
        "version: 1\nupstream:\n  headers:\n    x-user-id: identity.user.name\n",
        "version: 1\nupstream:\n  headers:\n    x-user-id: identity.usr.id\n",
        "version: 1\nupstream:\n  headers:\n    x-forwarded-user: identity.user.id\n",
        "version: 1\nupstream:\n  headers:\n    x user: identity.user.id\n",
        "version: 1\nupstream:\n  headers:\n    x-user-id: identity.user.id\n    X_User_Id: identity.actor.id\n",
    ]));
}

#[test]
fn everything_that_is_wrong_is_shown_at_once() {
    insta::assert_snapshot!(errors(&["\
version: 3
unlisted: public
routes:
  /a/: public
  /b: { rol: org:admin, any: [] }
  /c:
    GET: publik
    PUT: { reverification: strictest }
hosts:
  a.test:443: { routes: { /x: { permission: org:sys_a } } }
actions:
  x: public
responses: { sign_in: x }
upstream: { headers: { host: identity.user.id } }
"]));
}

#[test]
fn a_requirement_that_stands_alone() {
    let mut shown = String::new();
    for text in ["", "public", "optional", "{ GET: signed_in }", "{ role: }", "[signed_in]"] {
        let errors = Requirement::parse(&Source::new("bailiff.require", text)).expect_err(text);
        writeln!(shown, "{errors}\n").unwrap();
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn errors_are_data_as_well() {
    let text = "version: 1\nroutes:\n  \"/\u{e9}/{x}\": public\n  /b: { rle: a }\n  /B: denied\n";
    let errors = Policy::load(Source::new("policy.yaml", text)).expect_err("is wrong");
    insta::assert_json_snapshot!(errors.diagnostics());
}

#[test]
fn colours_are_on_request_only() {
    let errors = Policy::load(Source::new("policy.yaml", "version: 2")).expect_err("is wrong");
    assert!(!errors.render(Style::Plain).contains('\u{1b}'));
    assert!(errors.render(Style::Coloured).contains('\u{1b}'));
}

#[test]
fn a_flood_of_errors_is_cut_and_counted() {
    let mut text = "version: 1\nroutes:\n".to_owned();
    for number in 0..2000 {
        writeln!(text, "  /a{number}: oops").unwrap();
    }
    let errors = Policy::load(Source::new("policy.yaml", &text)).expect_err("is wrong");
    assert_eq!((errors.total(), errors.iter().count()), (2000, 50));
    assert!(errors.to_string().ends_with("and 1950 more"));
}
