//! What guards stand over, and what is tried only.

use super::{NOTHING, found};

/// A policy with one guard.
fn guarded(routes: &str, guard: &str) -> Vec<String> {
    found(&format!("{routes}\nguards: {{ extra: {guard} }}\n"))
}

#[test]
fn a_guard_that_stands_over_nothing_is_found() {
    const ROUTES: &str = "routes: { \"/billing/{**}\": { GET: signed_in }, /attic: denied }\n\
                          hosts: { a.shop.test: { routes: { /x: signed_in } } }";
    let with = |place: &str| {
        guarded(ROUTES, &format!("{{ {place} require: {{ reverification: strict }} }}"))
    };
    for matched in [
        "",
        "paths: [\"/billing/{**}\"],",
        "paths: [/BILLING/invoices],",
        "methods: [GET],",
        "methods: [DELETE], hosts: [\"*.shop.test\"],",
    ] {
        assert_eq!(with(matched), NOTHING, "{matched}");
    }
    for unmatched in [
        "paths: [\"/biling/{**}\"],",
        "paths: [\"/billing/{**}\", \"/biling/{**}\"],",
        "paths: [/attic],",
        "paths: [\"/billing/{**}\"], methods: [DELETE],",
        "paths: [/x], hosts: [b.shop.test],",
    ] {
        assert_eq!(with(unmatched), ["guard-matches-nothing: guard extra"], "{unmatched}");
    }
    let open = "unlisted: signed_in\nlints: { open-unlisted: allow }";
    assert_eq!(guarded(open, "{ paths: [/biling], require: { plan: pro } }"), NOTHING);
}

#[test]
fn a_guard_that_lets_nobody_in_is_found() {
    const ROUTES: &str = "routes: { /a: { role: admin }, /b: { GET: { plan: pro } } }";
    let code = |rule: &str| vec![format!("guard-closes-route: {rule}")];
    for (guard, expected) in [
        ("{ require: { role: editor } }", code("/a")),
        ("{ require: { not: { plan: pro } } }", code("GET /b")),
        ("{ require: { scope: x } }", [code("/a"), code("GET /b")].concat()),
        ("{ methods: [GET], require: { role: editor } }", Vec::new()),
        ("{ paths: [/b], require: { role: editor } }", Vec::new()),
        // Who denies outright means it.
        ("{ require: denied }", Vec::new()),
        (
            "{ mode: shadow, require: { role: editor } }",
            vec!["shadow-rule: guard extra".to_owned()],
        ),
    ] {
        assert_eq!(guarded(ROUTES, guard), expected, "{guard}");
    }
    let host = "hosts: { a.test: { routes: { /a: { role: admin } } } }";
    let editors = "{ hosts: [\"*.test\"], require: { role: editor } }";
    assert_eq!(guarded(host, editors), code("a.test /a"));
}

#[test]
fn a_guard_for_people_keeps_machines_out() {
    const MACHINES: &str = "routes: { /ingest: { credential: api_key, scope: a } }";
    let fresh = "{ require: { reverification: strict } }";
    assert_eq!(guarded(MACHINES, fresh), ["guard-closes-route: /ingest"]);
    assert_eq!(guarded(MACHINES, "{ require: { impersonation: forbidden } }"), NOTHING);
    assert_eq!(guarded(MACHINES, "{ require: { scope: b } }"), NOTHING);
}

#[test]
fn what_is_tried_only_is_found() {
    for (text, id) in [
        ("routes: { /a: { plan: pro, mode: shadow } }", "/a"),
        ("routes: { /a: { GET: { plan: pro, mode: shadow } } }", "GET /a"),
        ("actions: { x: { plan: pro, mode: shadow } }", "action x"),
    ] {
        assert_eq!(found(text), [format!("shadow-rule: {id}")], "{text}");
        assert_eq!(found(&text.replace("shadow", "enforce")), NOTHING, "{text}");
    }
}
