//! Which requests browsers may ask about beforehand.

use super::load;
use crate::{
    core::{
        header::{Header, Headers, Repeats},
        host::Host,
        http_request::{HttpRequest, Scheme},
        path::CanonicalPath,
    },
    policy::{Access, Policy, Routed},
};

const ASKING: &[(&str, &str)] =
    &[("origin", "https://app.test"), ("access-control-request-method", "PUT")];

/// The rule of a request, and how many guards stand over it.
fn routed(
    policy: &Policy,
    method: &str,
    address: &str,
    headers: &[(&str, &str)],
) -> (String, usize) {
    let (host, target) = address.split_once('/').unwrap();
    let target = format!("/{target}");
    let lines = headers.iter().map(|&(name, value)| Header { name, value: value.as_bytes() });
    let request = HttpRequest {
        method,
        scheme: Scheme::Https,
        authority: host,
        target: &target,
        headers: Headers::new(lines.collect(), Repeats::Separate),
        peer: None,
    };
    let (host, path) = (Host::parse(host).unwrap(), CanonicalPath::parse(&target).unwrap());
    match policy.route_request(&host, &path, &request) {
        Routed::Rule(matched) => {
            (matched.rule.id.to_string(), matched.guards(&host, &path, method).count())
        }
        Routed::Ambiguous => ("ambiguous".to_owned(), 0),
        Routed::NoRoute => ("no route".to_owned(), 0),
    }
}

#[test]
fn a_preflight_is_let_through_where_the_route_its_host_or_the_policy_says_so() {
    let rules = "
routes:
  /here/{id}: { role: org:admin, preflight: allow }
  /methods: { preflight: allow, GET: signed_in, PUT: denied }
  /listed: { preflight: allow, GET: signed_in, OPTIONS: { role: org:admin } }
  /silent: signed_in
  /closed: denied
  /closed-too: { GET: denied, POST: denied }
hosts:
  a.test: { preflight: allow, routes: { /silent: signed_in } }
  b.test: { routes: { /silent: signed_in } }
";
    let some = load(&format!("version: 1\nunlisted: signed_in{rules}"));
    let all = load(&format!("version: 1\nunlisted: signed_in\npreflight: allow{rules}"));
    for (address, with_some, with_all) in [
        ("shop.test/here/7", "preflight /here/{id}", "preflight /here/{id}"),
        ("shop.test/methods", "preflight /methods", "preflight /methods"),
        ("shop.test/listed", "OPTIONS /listed", "OPTIONS /listed"),
        ("shop.test/silent", "/silent", "preflight /silent"),
        ("shop.test/closed", "/closed", "/closed"),
        ("shop.test/closed-too", "no route", "no route"),
        ("shop.test/SILENT", "ambiguous", "ambiguous"),
        ("shop.test/elsewhere", "unlisted", "unlisted"),
        ("a.test/silent", "preflight a.test /silent", "preflight a.test /silent"),
        ("b.test/silent", "b.test /silent", "preflight b.test /silent"),
        ("b.test/here/7", "unlisted", "unlisted"),
    ] {
        assert_eq!(routed(&some, "OPTIONS", address, ASKING).0, with_some, "{address}");
        assert_eq!(routed(&all, "OPTIONS", address, ASKING).0, with_all, "{address}");
    }
    assert!(all.preflights().all(|rule| rule.access == Access::Public));
    assert_eq!((some.preflights().count(), all.preflights().count()), (3, 5));
}

#[test]
fn what_is_no_preflight_falls_under_the_ordinary_rule() {
    let policy = load(
        "version: 1
preflight: allow
routes:
  /every: { role: org:admin }
  /get: { GET: signed_in }
",
    );
    for (method, headers) in [
        ("OPTIONS", &[][..]),
        ("OPTIONS", &ASKING[..1]),
        ("OPTIONS", &ASKING[1..]),
        ("OPTIONS", &[("origin", ""), ("access-control-request-method", "PUT")]),
        ("OPTIONS", &[("origin", "https://a.test"), ("access-control-request-method", "")]),
        ("OPTIONS", &[("origin", "https://a.test"), ("origin", "https://b.test"), ASKING[1]]),
        ("OPTIONS", &[ASKING[0], ASKING[1], ASKING[1]]),
        ("options", ASKING),
        ("Options", ASKING),
        ("GET", ASKING),
        ("POST", ASKING),
    ] {
        let (rule, _) = routed(&policy, method, "shop.test/every", headers);
        assert_eq!(rule, "/every", "{method} {headers:?}");
    }
    assert_eq!(routed(&policy, "OPTIONS", "shop.test/get", &[]).0, "no route");
    assert_eq!(routed(&policy, "options", "shop.test/get", ASKING).0, "no route");
    assert_eq!(routed(&policy, "OPTIONS", "shop.test/get", ASKING).0, "preflight /get");
}

#[test]
fn guards_let_preflights_be_unless_they_list_options() {
    let policy = load(
        "version: 1
preflight: allow
routes: { /a: signed_in, /b: signed_in }
guards:
  all: { require: { plan: a }, even_public: true }
  reads: { methods: [GET], require: { plan: a } }
  here: { paths: [/a], require: { plan: a } }
  options: { paths: [/a], methods: [GET, OPTIONS], require: { plan: a } }
  options-too: { methods: [OPTIONS], require: { plan: a } }
",
    );
    assert_eq!(routed(&policy, "OPTIONS", "shop.test/a", ASKING), ("preflight /a".to_owned(), 2));
    assert_eq!(routed(&policy, "OPTIONS", "shop.test/b", ASKING), ("preflight /b".to_owned(), 1));
    assert_eq!(routed(&policy, "OPTIONS", "shop.test/a", &[]), ("/a".to_owned(), 4));
    assert_eq!(routed(&policy, "GET", "shop.test/a", ASKING), ("/a".to_owned(), 4));
}
