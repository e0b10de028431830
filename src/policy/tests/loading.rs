//! What a sound policy comes to.

use super::{load, route};
use crate::{
    core::{clock::Stopwatch, reverification::Reverification},
    policy::{Access, OrganizationRequirement, Policy, Requirement, Source},
};
use proptest::prelude::*;
use std::{fmt::Write as _, time::Duration};

const SHOP: &str = "\
version: 1

unlisted: denied                 # or signed_in; never public

routes:
  /healthz:          public
  /docs/{**}:        public
  /:                 optional
  /dashboard/{**}:   signed_in
  /admin/{**}:       { role: org:admin }
  /reports/{**}:     { plan: pro }
  /orgs/{org}/invoices/{id}:
    GET:             { permission: org:invoices:read }
    PUT, PATCH:      { permission: org:invoices:manage }
  /billing/{**}:     { any: [ { role: org:owner }, { permission: org:billing:manage } ] }

hosts:
  admin.shop.test:
    routes:
      /{**}:         { role: org:admin }

actions:
  invoice.refund:    { permission: org:invoices:manage }

responses:
  sign_in: https://shop.test/sign-in
  organization_selection: https://shop.test/org-selection

upstream:
  headers:
    x-user-id: identity.user.id
    x-org-id: identity.organization.id
";

/// Everything that the language has.
const WHOLE: &str = include_str!("shop.yaml");

/// What a route requires, in the words of a refusal.
fn required(policy: &Policy, id: &str) -> String {
    let rule = policy.rules().find(|rule| rule.id.as_str() == id).unwrap_or_else(|| panic!("{id}"));
    match &rule.access {
        Access::Public => "public".to_owned(),
        Access::Optional => "optional".to_owned(),
        Access::Denied => "denied".to_owned(),
        Access::Required(requirement) => requirement.to_string(),
    }
}

fn requirement(text: &str) -> Requirement {
    Requirement::parse(&Source::new("require", text)).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn the_policy_of_a_shop_says_what_it_says() {
    let policy = load(SHOP);
    for (method, path, rule, required_there) in [
        ("GET", "/healthz", "/healthz", "public"),
        ("GET", "/docs", "/docs/{**}", "public"),
        ("GET", "/docs/a/b", "/docs/{**}", "public"),
        ("POST", "/", "/", "optional"),
        ("GET", "/dashboard", "/dashboard/{**}", "a signed-in user"),
        ("GET", "/admin/users", "/admin/{**}", "the role `org:admin`"),
        ("GET", "/reports/1", "/reports/{**}", "the plan `pro`"),
        (
            "HEAD",
            "/orgs/acme/invoices/7",
            "GET /orgs/{org}/invoices/{id}",
            "the permission `org:invoices:read`",
        ),
        (
            "PATCH",
            "/orgs/acme/invoices/7",
            "PUT, PATCH /orgs/{org}/invoices/{id}",
            "the permission `org:invoices:manage`",
        ),
        (
            "GET",
            "/billing",
            "/billing/{**}",
            "the role `org:owner` or the permission `org:billing:manage`",
        ),
    ] {
        assert_eq!(route(&policy, "shop.test", method, path), rule, "{method} {path}");
        assert_eq!(required(&policy, rule), required_there);
    }
    assert_eq!(route(&policy, "shop.test", "GET", "/elsewhere"), "no route");
    assert_eq!(route(&policy, "admin.shop.test", "GET", "/docs"), "admin.shop.test /{**}");
    let refund = policy.action("invoice.refund").unwrap();
    assert_eq!(refund.id.as_str(), "action invoice.refund");
    assert_eq!(required(&policy, "action invoice.refund"), "the permission `org:invoices:manage`");
    assert!(policy.action("invoice").is_none() && policy.action("").is_none());
    assert_eq!(policy.responses().sign_in.as_ref().unwrap().as_str(), "https://shop.test/sign-in");
    assert_eq!(
        policy.responses().organization_selection.as_ref().unwrap().as_str(),
        "https://shop.test/org-selection"
    );
    assert_eq!(
        policy.upstream().iter().collect::<Vec<_>>(),
        [("x-user-id", "identity.user.id"), ("x-org-id", "identity.organization.id")]
    );
}

#[test]
fn a_policy_that_uses_the_whole_language_loads_as_it_is_written() {
    let policy = load(WHOLE);
    for (id, required_there) in [
        (
            "/ingest/{**}",
            "(a credential of the kind `api_key` or `m2m_token`) and the scope `events:write`",
        ),
        (
            "GET /orgs/{org}/invoices/{id}",
            "the permission `org:invoices:read` and the rule's condition to hold",
        ),
        (
            "action invoice.refund",
            "the permission `org:invoices:manage` and the rule's condition to hold",
        ),
    ] {
        assert_eq!(
            required(&policy, id).replace(['(', ')'], ""),
            required_there.replace(['(', ')'], "")
        );
    }
    let guards: Vec<&str> = policy.guards().map(|guard| guard.id.as_str()).collect();
    assert_eq!(guards, ["guard fresh-deletes", "guard no-impersonation-on-billing"]);
    let listed = policy.routes().find(|listed| listed.rule.id.as_str() == "admin.shop.test /{**}");
    let listed = listed.unwrap();
    assert_eq!(listed.host.unwrap().to_string(), "admin.shop.test");
    assert_eq!((listed.template, listed.methods.is_none()), ("/{**}", true));
    let listed = policy.routes().find(|listed| listed.rule.id.as_str().starts_with("PUT, PATCH"));
    assert_eq!(listed.unwrap().methods.unwrap(), ["PUT", "PATCH"].map(Box::<str>::from));
    assert_eq!(policy.actions().map(|(name, _)| name).collect::<Vec<_>>(), ["invoice.refund"]);
    assert!(policy.unlisted().is_none());
}

#[test]
fn the_least_policy_denies_everything() {
    let policy = load("version: 1");
    assert_eq!(route(&policy, "shop.test", "GET", "/"), "no route");
    assert_eq!(policy.rules().count(), 0);
    assert_eq!(policy.responses().sign_in, None);
    let names: Vec<_> = policy.upstream().iter().map(|(name, _)| name).collect();
    assert_eq!(names[0], "x-clerk-user-id");
}

#[test]
fn json_is_a_policy_as_well() {
    let policy = load("{\"version\": 1, \"routes\": {\"/a/{b}\": {\"GET\": \"public\"}}}");
    assert_eq!(route(&policy, "shop.test", "GET", "/a/x"), "GET /a/{b}");
}

#[test]
fn an_alias_stands_for_the_value_it_names() {
    let policy = load(
        "version: 1\nroutes:\n  /a: &staff { role: { any: [org:admin, org:owner] } }\n  /b: *staff\n",
    );
    assert_eq!(required(&policy, "/b"), "the role `org:admin` or the role `org:owner`");
}

#[test]
fn one_alias_may_stand_under_thousands_of_routes() {
    let mut text = "version: 1\nroutes:\n  /: &staff { role: org:admin, plan: pro }\n".to_owned();
    for number in 0..3000 {
        writeln!(text, "  /r{number}: *staff").unwrap();
    }
    assert_eq!(required(&load(&text), "/r2999"), "the role `org:admin` and the plan `pro`");
}

#[test]
fn words_that_yaml_1_1_reads_as_booleans_are_text() {
    assert_eq!(requirement("{ role: no }").to_string(), "the role `org:no`");
    assert_eq!(requirement("{ plan: on }").to_string(), "the plan `on`");
}

#[test]
fn all_keys_of_a_map_are_kept() {
    let text = "{ reverification: strict, not: { feature: a }, any: [signed_in, { plan: b }], \
                all: [{ plan: c }], plan: d, feature: e, permission: f:g, role: h, \
                organization: required }";
    assert_eq!(
        requirement(text).to_string(),
        "an active organization and the role `org:h` and the permission `org:f:g` and \
         the feature `e` and the plan `d` and 4 others"
    );
    let Requirement::All(parts) = requirement(text) else { panic!("not a list") };
    assert_eq!(parts.len(), 9);
}

#[test]
fn a_value_that_could_be_a_list_says_any_or_all() {
    for (text, words) in [
        ("{ role: { any: [a, b] } }", "the role `org:a` or the role `org:b`"),
        ("{ role: { all: [a] } }", "the role `org:a`"),
        (
            "{ permission: { all: [a:b, c:d] } }",
            "the permission `org:a:b` and the permission `org:c:d`",
        ),
        (
            "{ permission: { any: [a:b], all: [c:d, e:f] } }",
            "(the permission `org:a:b`) and (the permission `org:c:d` and the permission `org:e:f`)",
        ),
        ("{ feature: { any: [a, user:b] } }", "the feature `a` or the feature `user:b`"),
        ("{ plan: { any: [o:a, u:b] } }", "the plan `org:a` or the plan `user:b`"),
        (
            "{ organization: { any: [a, org_b] } }",
            "the organization `a` to be active or the organization `org_b` to be active",
        ),
    ] {
        assert_eq!(requirement(text).to_string(), words, "{text}");
    }
}

#[test]
fn words_stand_alone_as_requirements() {
    assert_eq!(requirement("signed_in"), Requirement::SignedIn);
    assert_eq!(requirement("denied"), Requirement::Denied);
    assert_eq!(
        requirement("{ organization: required }"),
        Requirement::Organization(OrganizationRequirement::Active)
    );
}

#[test]
fn a_window_of_reverification_has_a_level_and_minutes() {
    let text = "{ reverification: { level: multi_factor, after_minutes: 99998 } }";
    let Requirement::Reverification(Reverification::Window { level, after_minutes }) =
        requirement(text)
    else {
        panic!("no window")
    };
    assert_eq!((level.as_str(), after_minutes.get()), ("multi_factor", 99_998));
}

#[test]
fn ten_thousand_routes_load_and_match_quickly() {
    let mut text = "version: 1\nroutes:\n".to_owned();
    for number in 0..10_000 {
        writeln!(
            text,
            "  /service{}/area{}/item{number}/{{id}}:\n    GET: {{ permission: org:a{number}:read }}\n    \
             PUT, PATCH: {{ role: org:admin, permission: org:a{number}:manage }}",
            number % 10,
            number % 100
        )
        .unwrap();
    }
    let loading = Stopwatch::start();
    let policy = load(&text);
    // Far above what an optimised build takes, so that a debug build on a busy machine passes.
    assert!(loading.elapsed() < Duration::from_secs(60), "{:?}", loading.elapsed());
    let matching = Stopwatch::start();
    for number in 0..1000 {
        let path = format!("/service{}/area{}/item{number}/x", number % 10, number % 100);
        assert!(route(&policy, "shop.test", "PATCH", &path).starts_with("PUT, PATCH "));
    }
    assert!(matching.elapsed() < Duration::from_secs(2), "{:?}", matching.elapsed());
}

#[test]
fn texts_that_would_take_all_memory_are_refused() {
    let refused = |text: &str| {
        let errors = Policy::load(Source::new("policy.yaml", text)).expect_err("is too much");
        errors.iter().next().unwrap().problem().to_string()
    };
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    let deep = format!("version: 1\nroutes: {{ /a: {}", "{ not: ".repeat(100_000));
    let lists = "[".repeat(1 << 20);
    for text in [bomb, deep, lists, "? ".repeat(1 << 16), "- ".repeat(1 << 16)] {
        let problem = refused(&text);
        assert!(problem.contains("too deeply") || problem.contains("not valid YAML"), "{problem}");
    }
    assert_eq!(refused(&" ".repeat((16 << 20) + 1)), "a policy is at most 16 MiB long");
}

#[test]
fn nesting_as_deep_as_is_allowed_is_read_and_rendered() {
    let depth = 40;
    let text = format!("{}{{ role: a }}{}", "{ not: ".repeat(depth), " }".repeat(depth));
    let words = format!("{}the role `org:a`", "the absence of ".repeat(depth));
    assert_eq!(requirement(&text).to_string(), words);
}

/// Pieces that policies are made of, so that random texts get past the first line.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => prop::sample::select(vec![
            "version: 1\n", "routes:\n", "hosts:\n", "actions:\n", "upstream:\n", "  headers:\n",
            "responses:\n", "  ", "    ", "/a", "/{x}", "/{**}", ": ", "public", "signed_in", "\n",
            "{ role: a }", "{ any: [", "] }", "not: ", "GET", "PUT, PATCH", "reverification: ",
            "session_max_age: ", "first_factor_within: ", "30m", "12h",
            "strict", "&a ", "*a", "<<: ", "? ", "- ", "[", "]", "{", "}", ",", "#", "---\n", "!!str ",
            "\"", "'", "|\n", ">\n", "1", "null", "~", "x-a: identity.user.id", "sign_in: http://a/",
        ])
        .prop_map(str::to_owned),
        1 => "\\PC{0,4}",
    ]
}

proptest! {
    #[test]
    fn no_text_makes_the_loader_panic(text in ".{0,200}") {
        let source = Source::new("policy.yaml", &text);
        if let Err(errors) = Policy::load(&source) {
            prop_assert!(errors.total() > 0 && !errors.to_string().is_empty());
            prop_assert_eq!(errors.diagnostics().len(), errors.iter().count());
        }
        let _ = Requirement::parse(&source).map_err(|errors| errors.to_string());
    }

    #[test]
    fn no_arrangement_of_policy_pieces_makes_the_loader_panic(
        pieces in prop::collection::vec(piece(), 0..40)
    ) {
        let source = Source::new("policy.yaml", &pieces.concat());
        if let Err(errors) = Policy::load(&source) {
            prop_assert!(errors.total() > 0 && !errors.to_string().is_empty());
        }
        let _ = Requirement::parse(&source).map_err(|errors| errors.to_string());
    }
}
