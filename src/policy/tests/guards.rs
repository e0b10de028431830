//! Which guards stand over which requests, and where they may not stand.

use super::load;
use crate::{
    core::{host::Host, path::CanonicalPath},
    policy::{Mode, Policy, Problem, Routed, Source},
};

/// The names of the guards over a request, or what it falls under where that is no rule.
fn guards(policy: &Policy, request: &str) -> Vec<String> {
    let (method, address) = request.split_once(' ').unwrap();
    let (host, path) = address.split_once('/').unwrap();
    let host = Host::parse(if host.is_empty() { "shop.test" } else { host }).unwrap();
    let path = format!("/{path}");
    let path = CanonicalPath::parse(&path).unwrap();
    match policy.route(&host, &path, method) {
        Routed::Rule(matched) => matched
            .guards(&host, &path, method)
            .map(|guard| guard.id.as_str().trim_start_matches("guard ").to_owned())
            .collect(),
        Routed::Ambiguous => vec!["(ambiguous)".to_owned()],
        Routed::NoRoute => vec!["(no route)".to_owned()],
    }
}

/// The first thing that is wrong with a policy, and the lines of both places.
fn refused(text: &str) -> (Problem, usize, Option<usize>) {
    let errors = Policy::load(Source::new("policy.yaml", text)).expect_err(text);
    let diagnostic = errors.diagnostics().remove(0);
    let problem = errors.iter().next().unwrap().problem().clone();
    (problem, diagnostic.line, diagnostic.other.map(|other| other.line))
}

#[test]
fn a_guard_stands_over_its_paths_methods_and_hosts_and_over_everything_where_it_names_none() {
    let policy = load(
        "version: 1
unlisted: signed_in
routes:
  /a/{id}: signed_in
  /b: { GET: signed_in, POST: signed_in, OPTIONS: signed_in }
  /open: public
hosts:
  admin.test: { routes: { \"/{**}\": signed_in } }
  \"*.shop.test\": { routes: { \"/{**}\": signed_in } }
guards:
  everywhere: { require: { impersonation: forbidden } }
  deletes: { methods: [DELETE, PURGE], require: { reverification: strict } }
  reads: { methods: [GET], require: { plan: a } }
  below-a: { paths: [\"/a/{**}\"], require: { plan: b } }
  both: { paths: [/b, /a/x], methods: [POST], require: { plan: c } }
  admin: { hosts: [admin.test, \"*.shop.test\"], require: { plan: d } }
  admin-x: { hosts: [x.shop.test], paths: [/x], require: { plan: e } }
",
    );
    for (request, expected) in [
        ("GET /a/1", &["below-a", "everywhere", "reads"][..]),
        ("HEAD /a/1", &["below-a", "everywhere", "reads"]),
        ("DELETE /a/1", &["below-a", "deletes", "everywhere"]),
        ("PURGE /a/1", &["below-a", "deletes", "everywhere"]),
        ("POST /a/x", &["below-a", "both", "everywhere"]),
        ("POST /a/y", &["below-a", "everywhere"]),
        ("POST /b", &["both", "everywhere"]),
        ("OPTIONS /b", &["everywhere"]),
        ("DELETE /b", &["(no route)"]),
        // What no route names.
        ("POST /a", &["below-a", "everywhere"]),
        ("DELETE /elsewhere", &["deletes", "everywhere"]),
        // What is open to everyone stays so under guards that do not say where they stand.
        ("DELETE /open", &[]),
        ("POST admin.test/a/x", &["admin", "below-a", "both", "everywhere"]),
        ("POST admin.test/x", &["admin", "everywhere"]),
        ("POST x.shop.test/x", &["admin", "admin-x", "everywhere"]),
        ("POST X.SHOP.test.:8080/x", &["admin", "admin-x", "everywhere"]),
        ("POST y.shop.test/x", &["admin", "everywhere"]),
    ] {
        assert_eq!(guards(&policy, request), expected, "{request}");
    }
}

#[test]
fn no_spelling_of_path_or_method_slips_by_a_guard() {
    let policy = load(
        "version: 1
unlisted: signed_in
routes:
  /{first}/{second}: signed_in
  /{**}: signed_in
guards:
  secrets: { paths: [/Admin/secrets, \"/billing/{**}\"], require: { plan: a } }
  deletes: { methods: [DELETE], require: { plan: b } }
",
    );
    for path in ["/Admin/secrets", "/admin/secrets", "/ADMIN/SECRETS/", "/admin/%C5%BFecrets"] {
        assert_eq!(guards(&policy, &format!("GET {path}")), ["secrets"], "{path}");
    }
    for path in ["/billing", "/billing/", "/BILLING/x/y", "/bill%C4%B1ng", "/b%C4%B0lling/x"] {
        assert_eq!(guards(&policy, &format!("GET {path}")), ["secrets"], "{path}");
    }
    for path in ["/", "/admin", "/admin/secrets/x", "/admin/secretss", "/xbilling"] {
        assert!(guards(&policy, &format!("GET {path}")).is_empty(), "{path}");
    }
    // Some frameworks take `delete` for `DELETE`.
    for method in ["DELETE", "delete", "Delete"] {
        assert_eq!(guards(&policy, &format!("{method} /x")), ["deletes"], "{method}");
    }
}

#[test]
fn a_guard_over_a_public_route_is_an_error_with_both_places() {
    let policy = |public: &str, guard: &str| {
        format!(
            "version: 1\nroutes:\n{public}\n  /billing/{{**}}: signed_in\nhosts:\n  a.test:\n    \
             routes: {{ /open: public }}\nguards:\n  g: {{ require: {{ plan: a }}, {guard} }}\n"
        )
    };
    for (public, guard) in [
        ("  /{**}: public", "paths: [/docs]"),
        ("  /{**}: public", "paths: [/billings]"),
        ("  /{**}: public", "paths: [\"/{x}/y\"]"),
        ("  /docs/{id}: public", "paths: [/Docs/intro]"),
        ("  /docs/{id}: public", "paths: [/other, \"/{**}\"]"),
        ("  /docs: { GET: public, POST: signed_in }", "paths: [/docs]"),
        ("  /docs: { GET: public, POST: signed_in }", "paths: [/docs], methods: [GET]"),
        ("  /docs: { GET: public, POST: signed_in }", "paths: [/docs], methods: [HEAD]"),
        ("  /docs: { HEAD: public, GET: signed_in }", "paths: [/docs], methods: [HEAD]"),
        ("  /docs: { HEAD: public, GET: signed_in }", "paths: [/docs], methods: [GET]"),
        ("  /docs: public", "paths: [/docs], methods: [PURGE]"),
        ("  /docs: public", "hosts: [b.test]"),
        ("  /docs: public", "hosts: [\"*.test\"]"),
        ("  /docs: public", "hosts: [\"*.a.test\"]"),
        ("  /docs: public", "paths: [/docs], mode: shadow"),
    ] {
        let (problem, line, other) = refused(&policy(public, guard));
        assert!(matches!(problem, Problem::GuardOverPublic { .. }), "{public} {guard} {problem}");
        assert_eq!((line, other), (9, Some(3)), "{public} {guard}");
        let allowed = policy(public, &format!("{guard}, even_public: true"));
        assert!(load(&allowed).guards().next().unwrap().is_even_public());
    }
    for (public, guard) in [
        ("  /{**}: public", "paths: [\"/billing/{**}\"]"),
        ("  /{**}: public", "paths: [/Billing/x]"),
        ("  /docs: public", "paths: [/docs/x]"),
        ("  /docs: { GET: public, POST: signed_in }", "paths: [/docs], methods: [POST]"),
        ("  /docs: { GET: public, HEAD: signed_in }", "paths: [/docs], methods: [HEAD]"),
        ("  /docs: public", "paths: [/docs], hosts: [a.test]"),
        ("  /docs: optional", "paths: [/docs]"),
        ("  /docs: denied", "paths: [/docs]"),
        // A guard that does not say where it stands is about routes that ask who is there.
        ("  /docs: public", "methods: [DELETE]"),
        ("  /docs: public", "mode: enforce"),
    ] {
        load(&policy(public, guard));
    }
    let text = policy("  /docs: signed_in", "hosts: [a.test]");
    assert_eq!(refused(&text).2, Some(7));
}

#[test]
fn a_guard_that_may_do_so_stands_over_public_routes() {
    let policy = load(
        "version: 1
routes:
  /open: public
  /{**}: signed_in
guards:
  all: { require: { plan: a }, even_public: true }
  here: { paths: [/open], require: { plan: a }, even_public: true }
  not-here: { methods: [DELETE], require: { plan: a } }
",
    );
    assert_eq!(guards(&policy, "DELETE /open"), ["all", "here"]);
    assert_eq!(guards(&policy, "DELETE /else"), ["all", "not-here"]);
}

#[test]
fn a_guard_tells_what_it_is_about() {
    let policy = load(
        "version: 1
guards:
  some:
    mode: shadow
    methods: [PUT, GET]
    hosts: [a.test]
    paths: [\"/{x}/{**}\", /b, \"/a/{x}\"]
    require: { plan: a }
  all: { require: signed_in }
",
    );
    let [all, some] = &policy.guards().collect::<Vec<_>>()[..] else { panic!("two guards") };
    assert_eq!((all.id.as_str(), all.mode), ("guard all", Mode::Enforce));
    assert!(all.methods().is_none() && all.paths().is_none() && all.hosts().is_none());
    assert_eq!((some.id.as_str(), some.mode), ("guard some", Mode::Shadow));
    // The more specific first.
    assert_eq!(some.paths().unwrap().collect::<Vec<_>>(), ["/b", "/a/{x}", "/{x}/{**}"]);
    assert_eq!(some.methods().unwrap(), ["PUT", "GET"].map(Box::<str>::from));
    assert_eq!(some.hosts().unwrap()[0].to_string(), "a.test");
    assert!(!some.is_even_public());
}
