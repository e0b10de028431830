//! Documents with what becomes of them; the last test compares them request by request.

mod random;

use super::{ImportError, openapi};

fn imported(text: &str) -> String {
    openapi(text).unwrap_or_else(|error| panic!("{error}"))
}

fn document(rest: &str) -> String {
    format!(
        "openapi: 3.1.0\n\
         info: {{ title: Shop, version: '1' }}\n\
         components:\n  securitySchemes:\n    \
           session: {{ type: http, scheme: bearer }}\n    \
           cookie: {{ type: apiKey, in: cookie, name: __session }}\n    \
           key: {{ type: apiKey, in: header, name: x-api-key }}\n    \
           grant: {{ type: oauth2, flows: {{}} }}\n    \
           basic: {{ type: http, scheme: basic }}\n\
         {rest}\n"
    )
}

#[test]
fn a_document_becomes_a_policy() {
    let policy = imported(&document(
        "servers: [{ url: https://api.shop.test/v1/ }]\n\
         security: [{ session: [] }]\n\
         paths:\n  \
           /healthz: { get: { security: [], responses: { 200: { description: good } } } }\n  \
           /invoices: { get: {}, post: {} }\n  \
           /invoices/{invoiceId}: { get: {}, put: {}, delete: { security: [{ grant: [write] }] } }\n  \
           /invoices/{invoiceId}.pdf: { get: {} }\n  \
           /catalogue: { get: { security: [{}, { session: [] }] } }\n  \
           /partners: { get: { security: [{ key: [] }, { session: [] }] } }\n  \
           /hooks: { post: { security: [{ key: [] }] } }\n  \
           /old/: { get: { security: [{ basic: [] }] } }\n  \
           /shared: { $ref: 'other.yaml#/shared' }\n",
    ));
    insta::assert_snapshot!(policy);
}

#[test]
fn silence_about_callers_opens_nothing() {
    let policy = imported(&document("paths: { /a: { get: {} } }"));
    assert!(policy.contains("    GET: denied"), "{policy}");
    assert!(policy.contains("# decide: nothing says who may call this"), "{policy}");
}

#[test]
fn schemes_are_sessions_or_left_to_a_person() {
    for (security, expected) in [
        ("[]", "public"),
        ("[{}]", "public"),
        ("[{}, { key: [] }]", "optional"),
        ("[{ session: [] }]", "signed_in"),
        ("[{ cookie: [] }]", "signed_in"),
        ("[{ grant: [] }]", "signed_in"),
        ("[{ session: [], cookie: [] }]", "signed_in"),
        ("[{ key: [] }, { session: [] }]", "signed_in"),
        ("[{ session: [], key: [] }]", "denied"),
        ("[{ session: [admin] }]", "denied"),
        ("[{ grant: [read, write] }]", "denied"),
        ("[{ key: [] }]", "denied"),
        ("[{ basic: [] }]", "denied"),
        ("[{ missing: [] }]", "denied"),
        ("[7]", "denied"),
        ("{}", "denied"),
        ("null", "denied"),
    ] {
        let policy =
            imported(&document(&format!("paths: {{ /a: {{ get: {{ security: {security} }} }} }}")));
        assert!(policy.contains(&format!("GET: {expected}\n")), "{security}\n{policy}");
        assert_eq!(
            policy.contains("    # decide"),
            expected == "denied" || security.starts_with("[{ key: [] }, ")
        );
    }
}

#[test]
fn paths_stand_below_every_server() {
    let paths = "paths: { /a: { get: { security: [] } } }";
    for (servers, templates) in [
        ("", &["/a"][..]),
        ("servers: []\n", &["/a"]),
        ("servers: [{ url: / }]\n", &["/a"]),
        ("servers: [{ url: https://x.test }]\n", &["/a"]),
        ("servers: [{ url: https://x.test/v1 }, { url: /v2/ }]\n", &["/v1/a", "/v2/a"]),
        (
            "servers: [{ url: '/{v}', variables: { v: { enum: [v1, v2], default: v1 } } }]\n",
            &["/v1/a", "/v2/a"],
        ),
        ("servers: [{ url: '/{v}', variables: { v: { default: v1 } } }]\n", &["/{v}/a"]),
        ("servers: [{ url: v1 }]\n", &[]),
    ] {
        let policy = imported(&document(&format!("{servers}{paths}")));
        let routes: Vec<_> = policy
            .lines()
            .filter_map(|line| line.strip_prefix("  /").and_then(|line| line.strip_suffix(':')))
            .map(|line| format!("/{line}"))
            .collect();
        assert_eq!(routes, templates, "{servers}");
    }
}

#[test]
fn what_two_paths_have_in_common_asks_what_both_ask() {
    let policy = imported(&document(
        "paths:\n  /users/{id}: { get: { security: [] } }\n  \
         /{kind}/me: { get: { security: [{ session: [] }] } }\n",
    ));
    assert!(policy.contains("/users/{id}:\n    GET: public"), "{policy}");
    assert!(policy.contains("/users/me:"), "{policy}");
    let common = policy.split("/users/me:").nth(1).and_then(|rest| rest.split("\n  /").next());
    assert!(common.is_some_and(|rest| rest.contains("GET: signed_in")), "{policy}");
}

#[test]
fn what_two_servers_bring_to_one_place_asks_what_both_ask() {
    for (root, below, asked) in [
        ("get: { security: [{ session: [] }] }", "get: { security: [] }", "GET: signed_in"),
        ("get: { security: [] }", "get: { security: [{ session: [] }] }", "GET: signed_in"),
        // `GET` answers `HEAD`.
        ("get: { security: [{ session: [] }] }", "head: { security: [] }", "HEAD: signed_in"),
        ("$ref: elsewhere.yaml", "get: { security: [] }", "denied"),
        ("get: { security: [] }", "$ref: elsewhere.yaml", "denied"),
    ] {
        let policy = imported(&document(&format!(
            "servers: [{{ url: /b }}, {{ url: / }}]\npaths: {{ /: {{ {root} }}, /b/: {{ {below} }} }}\n"
        )));
        let place = policy.split("  /b:").nth(1).and_then(|rest| rest.split("\n  /").next());
        let place = place.unwrap_or_else(|| panic!("{policy}"));
        assert!(!place.contains("public"), "{root}, {below}:\n{policy}");
        assert!(place.contains(asked), "{root}, {below}:\n{policy}");
    }
}

#[test]
fn a_path_is_not_open_to_what_only_another_spelling_of_it_lists() {
    let policy = imported(&document(
        "security: []\npaths: { /A: { head: {} }, /a: { post: {} }, '/B/{x}': { get: {} }, /b/y: { put: {} } }\n",
    ));
    assert!(policy.contains("/A:\n    HEAD: public"), "{policy}");
    assert!(!policy.contains("POST"), "{policy}");
    assert!(!policy.contains("GET, PUT") && !policy.contains("PUT, GET"), "{policy}");
}

#[test]
fn names_of_parameters_become_sound() {
    let policy = imported(&document(
        "paths: { '/{userId}/{user-id}/{2nd}/{user_id}': { get: { security: [] } } }",
    ));
    assert!(policy.contains("/{user_id}/{user_id_2}/{p2nd}/{user_id_3}:"), "{policy}");
}

#[test]
fn anything_else_is_no_document() {
    for text in ["", "7", "[]", "openapi: 3.1.0", "openapi: 3.1.0\npaths: []", "a: [", "paths: {}"]
    {
        assert!(matches!(openapi(text), Err(ImportError::NotOpenApi(_))), "{text}");
    }
    for text in
        ["swagger: '2.0'\npaths: {}", "openapi: 4.0.0\npaths: {}", "openapi: '3'\npaths: {}"]
    {
        assert!(matches!(openapi(text), Err(ImportError::OpenApiVersion(_))), "{text}");
    }
    assert!(matches!(
        openapi("openapi: 3.1.0\npaths: { /a: {}, /a: {} }"),
        Err(ImportError::NotOpenApi(_))
    ));
}
