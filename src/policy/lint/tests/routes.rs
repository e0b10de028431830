//! Who gets in, and under which template a request falls.

use super::{NOTHING, found};

#[test]
fn what_no_route_names_is_best_denied() {
    assert_eq!(found("unlisted: signed_in\n"), ["open-unlisted: unlisted"]);
    assert_eq!(found("unlisted: denied\n"), NOTHING);
    assert_eq!(found(""), NOTHING);
}

#[test]
fn a_route_for_everything_is_best_not_open() {
    assert_eq!(found("routes: { \"/{**}\": public }"), ["catch-all-public: /{**}"]);
    assert_eq!(found("routes: { \"/{**}\": optional }"), ["catch-all-public: /{**}"]);
    let listed = "routes: { \"/{**}\": { GET: public, POST: signed_in } }";
    assert_eq!(found(listed), ["catch-all-public: GET /{**}"]);
    assert_eq!(found("routes: { \"/{**}\": signed_in, /: public }"), NOTHING);
    // A host that serves nothing but files.
    let host = "hosts: { static.shop.test: { routes: { \"/{**}\": public } } }";
    assert_eq!(found(host), NOTHING);
}

#[test]
fn what_changes_something_is_best_not_open() {
    let code = |rule: &str| vec![format!("unsafe-method-public: {rule}")];
    assert_eq!(found("routes: { /cart: public }"), code("/cart"));
    assert_eq!(found("routes: { /cart: { \"GET, DELETE\": public } }"), code("GET, DELETE /cart"));
    assert_eq!(found("routes: { /cart: { PURGE: public } }"), code("PURGE /cart"));
    for open in [
        "/cart: { \"GET, HEAD\": public, POST: signed_in }",
        "/cart: optional",
        "/: public",
        "/healthz: public",
        "\"/docs/{**}\": public",
        "/api/webhooks/clerk: { POST: public }",
        "/.well-known/security.txt: public",
    ] {
        assert_eq!(found(&format!("routes: {{ {open} }}")), NOTHING, "{open}");
    }
}

#[test]
fn an_open_route_in_the_midst_of_protected_ones_is_worth_a_look() {
    let code = ["public-under-protected: GET /admin/export"];
    let export = "/admin/export: { GET: public }";
    for around in [
        "\"/admin/{**}\": { role: admin }",
        "\"/{x}/export\": denied",
        "/admin/users: { role: admin }, \"/admin/users/{id}\": { role: admin }",
    ] {
        assert_eq!(found(&format!("routes: {{ {export}, {around} }}")), code, "{around}");
    }
    for around in [
        // What is around everything is no prefix.
        "\"/{**}\": signed_in",
        "\"/admin/{**}\": optional",
        "/admin/users: { role: admin }",
        "/admin/users: { role: admin }, /admin/help: { GET: public }",
        "/users: { role: admin }, /invoices: { role: admin }",
    ] {
        assert_eq!(found(&format!("routes: {{ {export}, {around} }}")), NOTHING, "{around}");
    }
    let sign_in = "routes: { \"/admin/{**}\": { role: admin }, /admin/sign-in: public }";
    assert_eq!(found(sign_in), NOTHING);
}

#[test]
fn a_host_s_own_table_is_best_no_looser_than_what_it_hides() {
    let with = |admin: &str, host: &str| {
        found(&format!(
            "routes: {{ \"/admin/{{**}}\": {admin} }}\n\
             hosts: {{ app.shop.test: {{ routes: {{ {host} }} }} }}\n"
        ))
    };
    let code = ["host-loosens-route: app.shop.test /{**}"];
    assert_eq!(with("{ role: admin }", "\"/{**}\": signed_in"), code);
    assert_eq!(with("denied", "\"/{**}\": { plan: pro }"), code);
    assert_eq!(with("{ GET: public, POST: { role: admin } }", "\"/{**}\": signed_in"), code);
    for host in [
        "\"/{**}\": { role: admin }",
        "\"/{**}\": denied",
        "\"/shop/{**}\": signed_in",
        // Written out for this host, so it is meant.
        "\"/{**}\": signed_in, \"/admin/{**}\": signed_in",
        "\"/{**}\": signed_in, \"/admin/{**}\": { role: admin }",
    ] {
        assert_eq!(with("{ role: admin }", host), NOTHING, "{host}");
    }
    assert_eq!(with("signed_in", "\"/{**}\": signed_in"), NOTHING);
    assert_eq!(with("{ POST: { role: admin } }", "\"/{**}\": { GET: signed_in }"), NOTHING);
}

#[test]
fn a_template_that_others_leave_nothing_to_is_found() {
    let with = |routes: &[&str]| {
        let routes: Vec<String> =
            routes.iter().map(|route| format!("\"{route}\": signed_in")).collect();
        found(&format!("routes: {{ {} }}", routes.join(", ")))
    };
    let code = ["unreachable-route: /docs/{**}"];
    assert_eq!(with(&["/docs/{**}", "/docs", "/docs/{page}/{**}"]), code);
    assert_eq!(with(&["/docs/{**}", "/DOCS", "/docs/{a}", "/docs/{a}/{b}/{**}"]), code);
    assert_eq!(with(&["/docs/{**}", "/docs/{page}/{**}"]), NOTHING);
    assert_eq!(with(&["/docs/{**}", "/docs", "/docs/{page}"]), NOTHING);
    assert_eq!(with(&["/docs/{**}", "/docs", "/docs/a/{**}"]), NOTHING);
    assert_eq!(with(&["/docs/{**}", "/docs", "/docs/{a}/x/{**}"]), NOTHING);
}

#[test]
fn a_method_that_only_the_wider_template_lists_is_worth_a_look() {
    let with = |me: &str, user: &str| {
        found(&format!("routes: {{ /users/me: {me}, \"/users/{{id}}\": {user} }}"))
    };
    let code = ["hidden-method: GET /users/me"];
    assert_eq!(with("{ GET: signed_in }", "{ GET: signed_in, DELETE: signed_in }"), code);
    for (me, user) in [
        ("{ GET: signed_in }", "{ GET: signed_in, DELETE: denied }"),
        ("{ GET: signed_in }", "{ \"GET, HEAD\": signed_in }"),
        ("{ GET: signed_in, DELETE: denied }", "{ \"GET, DELETE\": signed_in }"),
        ("signed_in", "{ GET: signed_in, DELETE: signed_in }"),
        ("{ GET: signed_in }", "signed_in"),
    ] {
        assert_eq!(with(me, user), NOTHING, "{me} {user}");
    }
}
