//! Which rule a request falls under.

use super::{load, route};
use crate::policy::Access;

#[test]
fn the_most_specific_template_wins_in_whatever_order_they_stand() {
    let lines = ["/a/{**}", "/a/b", "/a/{x}", "/a/{x}/c", "/a/b/{y}", "/{z}/b/c"];
    for turn in 0..lines.len() {
        let mut order = lines;
        order.rotate_left(turn);
        let routes = order.map(|line| format!("  {line}: public\n")).concat();
        let policy = load(&format!("version: 1\nroutes:\n{routes}"));
        for (path, rule) in [
            ("/a", "/a/{**}"),
            ("/a/", "/a/{**}"),
            ("/a/b", "/a/b"),
            ("/a/b/", "/a/b"),
            ("/a/x", "/a/{x}"),
            ("/a/b/c", "/a/b/{y}"),
            ("/a/x/c", "/a/{x}/c"),
            ("/a/x/d", "/a/{**}"),
            ("/x/b/c", "/{z}/b/c"),
            ("/a/b/c/d", "/a/{**}"),
            ("/x/b", "no route"),
            ("/", "no route"),
        ] {
            assert_eq!(route(&policy, "shop.test", "GET", path), rule, "{path} in {order:?}");
        }
    }
}

#[test]
fn a_method_that_is_not_listed_is_denied_and_never_passed_to_a_wider_template() {
    for unlisted in ["denied", "signed_in"] {
        let policy = load(&format!(
            "version: 1\nunlisted: {unlisted}\nroutes:\n  /{{**}}: public\n  \
             /a: {{ GET: signed_in, \"PUT, PATCH\": denied }}\n"
        ));
        for (method, rule) in [
            ("GET", "GET /a"),
            ("HEAD", "GET /a"),
            ("PUT", "PUT, PATCH /a"),
            ("PATCH", "PUT, PATCH /a"),
            ("POST", "no route"),
            ("OPTIONS", "no route"),
            ("get", "no route"),
            ("Get", "no route"),
            ("head", "no route"),
            ("PUT, PATCH", "no route"),
            ("PUT,", "no route"),
            ("", "no route"),
            (" GET", "no route"),
        ] {
            assert_eq!(route(&policy, "shop.test", method, "/a"), rule, "{method}");
        }
    }
}

#[test]
fn get_covers_head_unless_head_is_listed() {
    let policy = load(
        "version: 1\nroutes:\n  /a: { GET: public, HEAD: denied }\n  /b: { POST: public }\n  \
         /c: { HEAD: public }\n",
    );
    assert_eq!(route(&policy, "shop.test", "HEAD", "/a"), "HEAD /a");
    assert_eq!(route(&policy, "shop.test", "HEAD", "/b"), "no route");
    assert_eq!(route(&policy, "shop.test", "GET", "/c"), "no route");
}

#[test]
fn a_host_has_one_table_and_never_falls_through_to_another() {
    let policy = load(
        "version: 1
routes: { /a: public, /top: public }
hosts:
  Admin.Shop.test: { routes: { /a: signed_in } }
  \"*.shop.test\": { routes: { /a: denied, /wide: public } }
  \"*.b.shop.test\": { routes: { /a: denied, /narrow: public } }
  closed.test: { routes: {} }
",
    );
    for (host, path, rule) in [
        ("admin.shop.test", "/a", "Admin.Shop.test /a"),
        ("ADMIN.shop.test.:8443", "/a", "Admin.Shop.test /a"),
        ("admin.shop.test", "/wide", "no route"),
        ("admin.shop.test", "/top", "no route"),
        ("x.shop.test", "/a", "*.shop.test /a"),
        ("x.admin.shop.test", "/wide", "*.shop.test /wide"),
        ("x.shop.test", "/top", "no route"),
        ("x.b.shop.test", "/narrow", "*.b.shop.test /narrow"),
        ("y.x.b.shop.test", "/narrow", "*.b.shop.test /narrow"),
        ("x.b.shop.test", "/wide", "no route"),
        ("b.shop.test", "/wide", "*.shop.test /wide"),
        ("shop.test", "/a", "/a"),
        ("xshop.test", "/a", "/a"),
        ("shop.test.evil.test", "/a", "/a"),
        ("closed.test", "/a", "no route"),
        ("elsewhere.test", "/top", "/top"),
        ("[::1]", "/top", "/top"),
    ] {
        assert_eq!(route(&policy, host, "GET", path), rule, "{host} {path}");
    }
}

#[test]
fn what_no_route_names_needs_a_user_if_the_policy_says_so() {
    let policy = load("version: 1\nunlisted: signed_in\nroutes: { /a: public }\n");
    assert_eq!(route(&policy, "shop.test", "GET", "/b"), "unlisted");
    assert_eq!(route(&policy, "shop.test", "GET", "/"), "unlisted");
}

#[test]
fn a_path_in_another_case_is_ambiguous_and_never_falls_under_another_rule() {
    let policy = load(
        "version: 1
unlisted: signed_in
routes:
  /{**}: public
  /Admin/{**}: { role: org:admin }
  /users/{id}: signed_in
  /users/me: public
  /status: public
",
    );
    for (path, rule) in [
        ("/Admin/x", "/Admin/{**}"),
        ("/admin/x", "ambiguous"),
        ("/ADMIN", "ambiguous"),
        ("/users/me", "/users/me"),
        ("/users/Me", "ambiguous"),
        ("/Users/7", "ambiguous"),
        ("/users/ME7", "/users/{id}"),
        // Upper-cased, the long s is an S; lower-cased, the Kelvin sign is a k.
        ("/%C5%BFtatus", "ambiguous"),
        ("/statu%C5%BF", "ambiguous"),
        ("/status", "/status"),
    ] {
        assert_eq!(route(&policy, "shop.test", "GET", path), rule, "{path}");
    }
    let policy = load("version: 1\nunlisted: signed_in\nroutes: { /link: denied, /fi: denied }\n");
    for path in ["/LINK", "/lin%E2%84%AA", "/l%C4%B1nk", "/l%C4%B0nk", "/%EF%AC%81"] {
        assert_eq!(route(&policy, "shop.test", "GET", path), "ambiguous", "{path}");
    }
}

#[test]
fn actions_always_ask_who_is_there() {
    let policy = load("version: 1\nactions: { a: signed_in, b: denied, c: { plan: pro } }\n");
    for name in ["a", "b", "c"] {
        let access = &policy.action(name).unwrap().access;
        assert!(matches!(access, Access::Required(_) | Access::Denied), "{name}");
    }
    assert!(policy.action("A").is_none());
}

#[test]
fn segments_longer_than_any_literal_match_parameters_only() {
    let policy = load("version: 1\nroutes: { \"/{x}\": public, /a: denied }\n");
    let long = format!("/{}", "a".repeat(4000));
    assert_eq!(route(&policy, "shop.test", "GET", &long), "/{x}");
    let long = format!("/{}", "%C3%9F".repeat(1000));
    assert_eq!(route(&policy, "shop.test", "GET", &long), "/{x}");
}
