//! The schema takes what the compiler takes, and refuses what has the wrong shape.

mod documents;

use crate::policy::{Policy, Source, suite::Suite};
use documents::document;
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::Value;
use std::sync::LazyLock;

static SCHEMA: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::draft202012::new(&Policy::schema()).expect("a schema"));

/// What the schema says against a policy: a place and a message for each mistake.
fn mistakes(text: &str) -> Vec<String> {
    let options = serde_saphyr::options! { strict_booleans: true };
    let document: Value = serde_saphyr::from_str_with_options(text, options)
        .unwrap_or_else(|error| panic!("{error}"));
    let mistake =
        |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    SCHEMA.iter_errors(&document).map(mistake).collect()
}

fn is_loaded(text: &str) -> bool {
    let source = Source::new("policy.yaml", text);
    Policy::load(&source).is_ok() && Suite::load(&[source], &[]).is_ok()
}

/// A policy with one route.
fn with_route(value: &str) -> String {
    format!("version: 1\nroutes:\n  /a: {value}\n")
}

#[test]
fn the_schema_is_one() {
    assert!(jsonschema::draft202012::meta::is_valid(&Policy::schema()));
}

#[test]
fn every_key_is_taken_where_it_belongs() {
    for text in [
        "version: 1\nunlisted: signed_in\npreflight: allow\nroutes: {}\n",
        "version: 1\nhosts:\n  a.test: { preflight: allow, routes: { /: public } }\n  \"*.b.test\": { routes: {} }\n",
        "version: 1\nguards:\n  g: { paths: [/a], methods: [DELETE], hosts: [a.test], mode: shadow, even_public: true, require: signed_in }\n",
        "version: 1\nlints: { open-unlisted: allow, any-with-one: { allow: [/a, GET /b] } }\n",
        "version: 1\nactions:\n  a.b: signed_in\n  c: { role: admin, mode: shadow }\n  d: denied\n",
        "version: 1\nupstream: { headers: { x-user: identity.user.id }, keep_credentials: false }\n",
        "version: 1\nresponses: { sign_in: https://a.test, forbidden: { status: 404, browser: { body: gone }, grpc: { message: no } } }\n",
        "version: 1\nresponses: { signed_out: { status: 401, api: { content_type: text/plain, body: \"{reason}\" } } }\n",
    ] {
        assert!(is_loaded(text), "{text}");
        assert_eq!(mistakes(text), [""; 0], "{text}");
    }
    for tests in [
        "{}",
        "{ people: { a: {}, b: { id: user_1, session: sess_1, organization: acme, plans: [o:pro, ou:x] } } }",
        "{ people: { a: { organization: { id: org_1, slug: acme, name: Acme Inc., role: admin, permissions: [a:b] } } } }",
        "{ people: { a: { factors: [0, never], actor: user_2, pending: true, claims: { x: [1.5, null] }, expired: false, issued: 5 } } }",
        "{ people: { a: { status: pending, features: [reports] } } }",
        "{ people: { k: { api_key: { id: ak_1, subject: user_1, scopes: [a:b], name: CI key, actor: user_2, claims: {} } } } }",
        "{ people: { a: { session_age: 3h, factors: [180, never] } } }",
        "{ people: { k: { m2m_token: {} }, o: { oauth_token: { client: c, organization: org_1 } } } }",
        "{ cases: [{ as: nobody, request: GET /a?b, expect: allow, rule: /a, name: x, host: a.test, ip: 10.0.0.1, at: 2026-01-15T12:00:00Z }] }",
        "{ cases: [{ as: [nobody], browser: GET /, expect: redirect https://a.test/, headers: { A: b, c: [d, e] }, at: 5 }] }",
        "{ cases: [{ as: nobody, grpc: /a.B/C, expect: deny signed_out, upstream: { x-user: a, x-org: } }] }",
        "{ cases: [{ as: nobody, action: a, expect: redirect, resource: { type: a, id: b, amount: 5 }, context: { a: 1 } }] }",
    ] {
        let text = format!("version: 1\ntests: {tests}\n");
        assert!(is_loaded(&text), "{text}");
        assert_eq!(mistakes(&text), [""; 0], "{text}");
    }
    for route in [
        "public",
        "optional",
        "signed_in",
        "denied",
        "{ organization: required, role: org:admin, permission: a:read, feature: f, plan: user:p }",
        "{ credential: { any: [api_key, m2m_token] }, scope: { all: [a, b:c] } }",
        "{ impersonation: forbidden, reverification: strict_mfa, mode: enforce }",
        "{ reverification: { level: second_factor, after_minutes: 99998 } }",
        "{ session_max_age: 12h, first_factor_within: 30m }",
        "{ all: [signed_in, { role: { any: [admin, owner] } }], not: { plan: free } }",
        "{ any: [denied, { not: { all: [signed_in] } }], preflight: allow }",
        "{ role: { all: [admin] } }",
        "{ \"PUT, PATCH\": signed_in, GET: public, preflight: allow, X-PURGE: { role: admin, mode: shadow } }",
    ] {
        let text = with_route(route);
        assert!(is_loaded(&text), "{text}");
        assert_eq!(mistakes(&text), [""; 0], "{text}");
    }
}

#[test]
fn what_has_the_wrong_shape_is_refused() {
    for text in [
        "routes: {}",
        "version: 2",
        "version: \"1\"",
        "version: 1\nrutes: {}",
        "version: 1\nunlisted: public",
        "version: 1\nroutes:",
        "- version: 1",
        "just text",
        "version: 1\nroutes: { a: public }",
        "version: 1\nroutes: { /a/: public }",
        "version: 1\nroutes: { /a//b: public }",
        "version: 1\nroutes: { \"/{**}/a\": public }",
        "version: 1\nroutes: { \"/a-{id}\": public }",
        "version: 1\nroutes: { \"/{Id}\": public }",
        "version: 1\nroutes: { /a/*: public }",
        "version: 1\nroutes: { /a/:id: public }",
        "version: 1\nroutes: { \"/a?b\": public }",
        "version: 1\nhosts: { a.test: {} }",
        "version: 1\nhosts: { \"a.test:80\": { routes: {} } }",
        "version: 1\nhosts: { \"a.*.test\": { routes: {} } }",
        "version: 1\nhosts: { a.test: { route: {} } }",
        "version: 1\nguards: { g: { paths: [/a] } }",
        "version: 1\nguards: { g: { require: public } }",
        "version: 1\nguards: { g: { require: signed_in, paths: [] } }",
        "version: 1\nguards: { g: { require: { mode: shadow } } }",
        "version: 1\nguards: { \"a b\": { require: signed_in } }",
        "version: 1\nactions: { a: public }",
        "version: 1\nactions: { a: { GET: signed_in } }",
        "version: 1\nresponses: { sign_in: /sign-in }",
        "version: 1\nresponses: { forbidden: { status: 401 } }",
        "version: 1\nresponses: { forbidden: { status: 200 } }",
        "version: 1\nresponses: { unavailable: { status: 403 } }",
        "version: 1\nresponses: { signed_out: { status: 407 } }",
        "version: 1\nresponses: { forbidden: { grpc: { body: a } } }",
        "version: 1\nresponses: { forbidden: { api: { content_type: text/plain } } }",
        "version: 1\nupstream: { header: {} }",
        "version: 1\nlints: { opn-unlisted: allow }",
        "version: 1\nlints: { open-unlisted: deny }",
        "version: 1\nlints: { open-unlisted: {} }",
        "version: 1\nlints: { open-unlisted: { allow: [] } }",
        "version: 1\nlints: [open-unlisted]",
        "version: 1\nupstream: { headers: { \"x user\": identity.user.id } }",
        "version: 1\nupstream: { keep_credentials: \"false\" }",
    ] {
        assert!(!is_loaded(text), "{text}");
        assert!(!mistakes(text).is_empty(), "{text}");
    }
    for tests in [
        "",
        "[]",
        "{ people: { nobody: {} } }",
        "{ people: { a: { name: A } } }",
        "{ people: { a: { api_key: {}, m2m_token: {} } } }",
        "{ people: { a: { id: user_1, api_key: {} } } }",
        "{ people: { a: { m2m_token: { client: c } } } }",
        "{ people: { a: { factors: [1] } } }",
        "{ people: { a: { factors: [1, -1] } } }",
        "{ people: { a: { claims: { sub: x } } } }",
        "{ people: { a: { organization: { permissions: [read] } } } }",
        "{ people: { a: { plans: [team:pro] } } }",
        "{ people: { a: { status: done } } }",
        "{ cases: {} }",
        "{ cases: [{ request: GET /, expect: allow }] }",
        "{ cases: [{ as: nobody, request: GET / }] }",
        "{ cases: [{ as: nobody, expect: allow }] }",
        "{ cases: [{ as: [], request: GET /, expect: allow }] }",
        "{ cases: [{ as: nobody, request: GET /, browser: GET /, expect: allow }] }",
        "{ cases: [{ as: nobody, request: GET /, context: {}, expect: allow }] }",
        "{ cases: [{ as: nobody, action: a, host: a.test, expect: allow }] }",
        "{ cases: [{ as: nobody, request: /a, expect: allow }] }",
        "{ cases: [{ as: nobody, grpc: a.B/C, expect: allow }] }",
        "{ cases: [{ as: nobody, request: GET /, expect: deny }] }",
        "{ cases: [{ as: nobody, request: GET /, expect: deny allowed }] }",
        "{ cases: [{ as: nobody, request: GET /, expect: permit }] }",
        "{ cases: [{ as: nobody, request: GET /, expect: allow, headers: { \"a b\": c } }] }",
        "{ cases: [{ as: nobody, request: GET /, expect: allow, note: x }] }",
    ] {
        let text = format!("version: 1\ntests: {tests}\n");
        assert!(!is_loaded(&text), "{text}");
        assert!(!mistakes(&text).is_empty(), "{text}");
    }
    for route in [
        "pubic",
        "7",
        "true",
        "[signed_in]",
        "{}",
        "{ mode: shadow }",
        "{ preflight: allow }",
        "{ mode: shadow, preflight: allow }",
        "{ roles: org:admin }",
        "{ role: [org:admin, org:owner] }",
        "{ role: { any: [] } }",
        "{ role: {} }",
        "{ role: { all: [org:admin, org:owner] } }",
        "{ role: \"\" }",
        "{ role: \"org:\" }",
        "{ role: \"a b\" }",
        "{ role: 7 }",
        "{ permission: org:sys_memberships:manage }",
        "{ permission: \"org:a:read, org:b:read\" }",
        "{ feature: team:reports }",
        "{ plan: \"org:a:b\" }",
        "{ any: [] }",
        "{ any: { role: org:admin } }",
        "{ any: [public] }",
        "{ not: signed_in }",
        "{ not: { any: [{ mode: shadow }] } }",
        "{ credential: [api_key] }",
        "{ credential: { all: [api_key] } }",
        "{ impersonation: allowed }",
        "{ if: \"\" }",
        "{ if: 7 }",
        "{ session_max_age: 12 }",
        "{ session_max_age: 0h }",
        "{ first_factor_within: 30 minutes }",
        "{ reverification: stric }",
        "{ reverification: { level: first_factor } }",
        "{ reverification: { level: first_factor, after_minutes: 0 } }",
        "{ reverification: { level: first_factor, after_minutes: 99999 } }",
        "{ get: public }",
        "{ GET: public, role: org:admin }",
        "{ GET: { POST: public } }",
        "{ GET: { preflight: allow, role: admin } }",
        "{ \"PUT,\": public }",
    ] {
        let text = with_route(route);
        assert!(!is_loaded(&text), "{text}");
        assert!(!mistakes(&text).is_empty(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn what_the_compiler_takes_is_valid(document in document()) {
        // JSON is YAML.
        let text = document.to_string();
        if is_loaded(&text) {
            prop_assert_eq!(mistakes(&text), [""; 0], "{}", text);
        }
    }
}
