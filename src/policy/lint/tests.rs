//! Every lint: what it finds, what it leaves alone, and what a person reads.

mod examples;
mod guards;
mod routes;

use super::{Code, Lint, Lints};
use crate::policy::{Policy, Source, Sources, Style, suite::Suite};
use std::{collections::BTreeSet, fmt::Write as _};

const NOTHING: [&str; 0] = [];

fn source(text: &str) -> Source {
    Source::new("policy.yaml", &format!("version: 1\n{text}"))
}

/// Cases enough.
fn tested() -> Suite {
    let cases = "cases: [{ as: nobody, request: GET /, expect: deny no_route }]";
    Suite::load(&[], &[Source::new("policy.test.yaml", cases)]).unwrap()
}

fn lints(text: &str) -> Lints {
    let source = source(text);
    let policy = Policy::load(&source).unwrap_or_else(|errors| panic!("{errors}"));
    policy.lint(&source.clone().into(), &tested())
}

/// What is found, as `code` or `code: rule`.
fn found(text: &str) -> Vec<String> {
    let name = |lint: &Lint| match lint.rule() {
        Some(rule) => format!("{}: {rule}", lint.finding().code()),
        None => lint.finding().code().to_string(),
    };
    lints(text).iter().map(name).collect()
}

/// Routes that each ask for one of these.
fn asking(requirements: &[&str]) -> String {
    let mut text = "routes:\n".to_owned();
    for (at, requirement) in requirements.iter().enumerate() {
        writeln!(text, "  /a{at}: {requirement}").unwrap();
    }
    text
}

#[test]
fn the_sample_policy_has_nothing_to_answer_for() {
    let source = Source::new("policy.yaml", include_str!("../../../deploy/policy.yaml"));
    let suite = Suite::load(std::slice::from_ref(&source), &[]).unwrap();
    let lints = Policy::load(&source).unwrap().lint(&source.clone().into(), &suite);
    assert_eq!(lints.render(Style::Plain), "");
}

/// Every kind of rule that the language has, as its description shows them.
const EVERYTHING: &str = r#"
unlisted: denied
routes:
  /healthz:          public
  /docs/{**}:        public
  /:                 optional
  /dashboard/{**}:   signed_in
  /admin/{**}:       { role: org:admin }
  /reports/{**}:     { plan: pro }
  /orgs/{org}/invoices/{id}:
    GET:             { permission: org:invoices:read, if: params.org == identity.organization.slug }
    PUT, PATCH:      { permission: org:invoices:manage, if: params.org == identity.organization.slug }
  /ingest/{**}:      { credential: { any: [api_key, m2m_token] }, scope: events:write }
  /billing/{**}:     { any: [ { role: org:owner }, { permission: org:billing:manage } ] }
hosts:
  admin.shop.test:
    routes:
      /{**}:         { role: org:admin }
guards:
  fresh-deletes:
    methods: [DELETE]
    require:         { reverification: strict }
  no-impersonation-on-billing:
    paths: ["/billing/{**}"]
    require:         { impersonation: forbidden }
actions:
  invoice.refund:    { permission: org:invoices:manage, if: resource.amount <= 500 }
"#;

#[test]
fn a_policy_with_every_kind_of_rule_has_nothing_to_answer_for() {
    assert_eq!(lints(EVERYTHING).render(Style::Plain), "");
}

#[test]
fn what_nobody_can_meet_is_found() {
    for never in [
        "{ role: admin, all: [{ role: editor }] }",
        "{ organization: acme, all: [{ organization: other }] }",
        "{ organization: org_1, all: [{ organization: org_2 }] }",
        "{ role: admin, not: { role: admin } }",
        "{ permission: a:read, not: { organization: required } }",
        "{ any: [{ role: admin, not: { role: admin } }, denied] }",
        "{ any: [denied, { role: admin }] }",
        "{ any: [{ role: admin, not: { role: admin } }, { plan: pro }] }",
    ] {
        assert_eq!(found(&asking(&[never])), ["contradiction: /a0"], "{never}");
    }
    for possible in [
        "{ organization: acme, all: [{ organization: org_1 }] }",
        "{ role: admin, not: { role: editor } }",
        "{ feature: reports, plan: pro }",
        "{ organization: required, not: { permission: a:read } }",
        "denied",
    ] {
        assert_eq!(found(&asking(&[possible])), NOTHING, "{possible}");
    }
    assert_eq!(found("actions: { x: denied }"), NOTHING);
}

#[test]
fn what_everybody_meets_is_found() {
    for always in [
        "{ any: [{ role: admin }, { not: { role: admin } }] }",
        "{ not: { role: admin, all: [{ role: editor }] } }",
    ] {
        assert_eq!(found(&asking(&[always])), ["always-true: /a0"], "{always}");
    }
    let covered = ["always-true: /a0", "duplicate-branch: /a0"];
    assert_eq!(found(&asking(&["{ any: [signed_in, { role: admin }] }"])), covered);
    for asks in ["signed_in", "{ not: { role: admin } }", "{ organization: required }"] {
        assert_eq!(found(&asking(&[asks])), NOTHING, "{asks}");
    }
}

#[test]
fn what_changes_nothing_is_found() {
    for duplicate in [
        "{ any: [{ plan: pro }, { plan: pro }] }",
        "{ any: [{ plan: pro }, { plan: pro, role: admin }] }",
        "{ any: [{ organization: required }, { role: admin }] }",
        "{ any: [{ session_max_age: 1h }, { session_max_age: 30m }] }",
        "{ any: [{ first_factor_within: 60m }, { first_factor_within: 1h }] }",
        "{ plan: pro, all: [{ role: admin }, { role: admin }] }",
    ] {
        assert_eq!(found(&asking(&[duplicate])), ["duplicate-branch: /a0"], "{duplicate}");
    }
    for sound in [
        "{ any: [{ session_max_age: 1h }, { first_factor_within: 30m }] }",
        "{ any: [{ plan: pro }, { role: admin }] }",
        "{ any: [{ plan: pro, role: admin }, { role: admin, feature: x }] }",
        "{ organization: required, role: admin }",
    ] {
        assert_eq!(found(&asking(&[sound])), NOTHING, "{sound}");
    }
}

#[test]
fn what_no_credential_can_meet_is_found() {
    for never in [
        "{ scope: events:write }",
        "{ credential: session_token, scope: events:write }",
        "{ credential: api_key, permission: a:read }",
        "{ credential: { any: [api_key, m2m_token] }, organization: required }",
        "{ all: [{ credential: api_key }, { credential: m2m_token }] }",
        "{ credential: api_key, reverification: strict }",
        "{ credential: api_key, session_max_age: 1h }",
        "{ credential: m2m_token, first_factor_within: 1h }",
        "{ session_max_age: 1h, not: { session_max_age: 2h } }",
    ] {
        assert_eq!(found(&asking(&[never])), ["contradiction: /a0"], "{never}");
    }
    for possible in [
        "{ credential: api_key, scope: events:write }",
        "{ credential: { any: [api_key, session_token] }, permission: a:read }",
        "{ any: [{ credential: api_key, scope: a }, { permission: a:read }] }",
        "{ credential: api_key, not: { scope: a } }",
        "{ impersonation: forbidden, if: identity.user.id == 'user_1' }",
    ] {
        assert_eq!(found(&asking(&[possible])), NOTHING, "{possible}");
    }
    let dead = "{ any: [{ scope: a }, { permission: a:read }] }";
    assert_eq!(found(&asking(&[dead])), ["contradiction: /a0"]);
}

#[test]
fn an_any_of_one_is_found() {
    assert_eq!(found(&asking(&["{ any: [{ plan: pro }] }"])), ["any-with-one: /a0"]);
    assert_eq!(found(&asking(&["{ role: { any: [admin] } }"])), ["any-with-one: /a0"]);
    assert_eq!(found(&asking(&["{ plan: { all: [pro] } }"])), NOTHING);
}

#[test]
fn a_list_of_roles_is_a_permission_in_disguise() {
    let code = ["role-instead-of-permission: /a0"];
    assert_eq!(found(&asking(&["{ role: { any: [admin, owner] } }"])), code);
    assert_eq!(found(&asking(&["{ any: [{ role: admin }, { role: owner }] }"])), code);
    assert_eq!(found(&asking(&["{ role: admin }"])), NOTHING);
    assert_eq!(found(&asking(&["{ any: [{ role: admin }, { permission: a:b }] }"])), NOTHING);
}

#[test]
fn a_name_that_is_nearly_another_one_is_found() {
    let similar = asking(&[
        "{ permission: org:invoices:manage }",
        "{ permission: org:invoices:manage }",
        "{ permission: org:invoice:manage }",
    ]);
    assert_eq!(found(&similar), ["similar-name: /a2"]);
    for (left, right) in [
        ("{ role: org:owner }", "{ role: org:Owner }"),
        ("{ feature: bulk_export }", "{ feature: bulk-export }"),
        ("{ plan: enterprise }", "{ plan: enterprize }"),
        ("{ role: admin }", "{ not: { role: amdin } }"),
    ] {
        assert_eq!(found(&asking(&[left, right])), ["similar-name: /a1"], "{left} {right}");
    }
    for (left, right) in [
        ("{ permission: org:invoices:read }", "{ permission: org:invoices:lead }"),
        ("{ permission: org:users:manage }", "{ permission: org:teams:manage }"),
        ("{ plan: team_v1 }", "{ plan: team_v2 }"),
        ("{ role: admin }", "{ plan: amdin }"),
        ("{ role: admin }", "{ role: org:admin }"),
        ("{ plan: pro }", "{ plan: pre }"),
    ] {
        assert_eq!(found(&asking(&[left, right])), NOTHING, "{left} {right}");
    }
}

#[test]
fn a_finding_names_its_file() {
    let texts = [
        "version: 1\nroutes: { \"/admin/{**}\": { role: admin } }",
        "version: 1\nroutes: { /admin/x: { GET: public } }",
    ];
    let sources =
        ["a.yaml", "b.yaml"].iter().zip(texts).map(|(name, text)| Source::new(name, text));
    let sources = Sources::new(sources.collect()).unwrap();
    let diagnostics =
        Policy::load(sources.clone()).unwrap().lint(&sources, &tested()).diagnostics();
    let [found] = diagnostics.as_slice() else { panic!("{diagnostics:?}") };
    assert_eq!(
        (found.code, found.file.as_str(), found.line),
        ("public-under-protected", "b.yaml", 2)
    );
    assert_eq!(found.other.as_ref().map(|other| other.file.as_str()), Some("a.yaml"));
}

#[test]
fn a_policy_without_cases_is_worth_a_look() {
    let source = source("");
    let lints = Policy::load(&source)
        .unwrap()
        .lint(&source.clone().into(), &Suite::load(&[], &[]).unwrap());
    let codes: Vec<_> = lints.iter().map(|lint| lint.finding().code()).collect();
    assert_eq!(codes, [Code::MissingTests]);
    assert!(!lints.has_warnings());
}

#[test]
fn what_a_policy_allows_is_not_mentioned() {
    let cart = "routes: { /cart: public, /basket: public }\n";
    let left = ["unsafe-method-public: /basket"];
    assert_eq!(found(&format!("{cart}lints: {{ unsafe-method-public: allow }}")), NOTHING);
    assert_eq!(
        found(&format!("{cart}lints: {{ unsafe-method-public: {{ allow: [/cart] }} }}")),
        left
    );
}

#[test]
fn an_allowance_that_allows_nothing_is_found() {
    assert_eq!(found("lints: { similar-name: allow }"), ["unused-silencer"]);
    let one = "routes: { /cart: public }\n\
               lints: { unsafe-method-public: { allow: [/cart, /basket] } }\n";
    assert_eq!(found(one), ["unused-silencer"]);
    assert_eq!(found("lints: { similar-name: allow, unused-silencer: allow }"), NOTHING);
}

#[test]
fn allowances_decide_nothing() {
    let revision = |text: &str| Policy::load(source(text)).unwrap().revision().clone();
    assert_eq!(revision("lints: { similar-name: allow }"), revision(""));
}

#[test]
fn names_lead_back_to_lints() {
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    for code in Code::ALL {
        assert_eq!(Code::from_name(code.as_str()), Some(*code));
        assert!(code.meaning().ends_with('.'), "{code}");
    }
    assert_eq!(Code::from_name("similar"), None);
}

#[test]
fn findings_are_data_as_well() {
    let text = "unlisted: signed_in\nroutes:\n  /a: { any: [{ plan: pro }] }\n";
    let lints = lints(text);
    assert!(lints.has_warnings());
    insta::assert_json_snapshot!(lints.diagnostics());
    assert!(!self::lints("routes: { /a: { any: [{ plan: pro }] } }").has_warnings());
}
