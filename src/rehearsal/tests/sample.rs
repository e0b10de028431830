//! The sample policy and its cases.

use super::play;

const SAMPLE: &str = include_str!("../../../deploy/policy.yaml");

/// A policy with every kind of rule.
const WHOLE: &str = r#"
version: 1
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
      /{**}:         { role: org:admin, preflight: allow }
guards:
  fresh-deletes:
    methods: [DELETE]
    require:         { reverification: strict }
  no-impersonation-on-billing:
    paths: ["/billing/{**}"]
    require:         { impersonation: forbidden }
actions:
  invoice.refund:    { permission: org:invoices:manage, if: resource.amount <= 500 }
responses:
  sign_in: https://shop.test/sign-in
tests:
  people:
    reader: { organization: { slug: acme, role: org:member, permissions: [org:invoices:read] }, plans: [o:free] }
    boss:   { organization: { slug: acme, role: org:admin }, plans: [o:pro], factors: [45, never] }
    owner:  { organization: { slug: acme, role: org:owner, permissions: [org:invoices:manage] }, actor: user_support }
    clerk:  { organization: { slug: acme, permissions: [org:billing:manage, org:invoices:manage] } }
    chief:  { organization: { slug: acme, role: org:owner } }
    robot:  { api_key: { scopes: [events:write] } }
    relay:  { m2m_token: { scopes: [events:read] } }
  cases:
    - { as: nobody, request: GET /healthz,              expect: allow }
    - { as: nobody, request: GET /docs/intro,           expect: allow }
    - { as: [nobody, reader, relay], request: GET /,    expect: allow }
    - { as: nobody, request: GET /dashboard,            expect: deny signed_out }
    - { as: nobody, browser: GET /dashboard,            expect: redirect https://shop.test/sign-in }
    - { as: reader, request: GET /orgs/acme/invoices/7, expect: allow }
    - { as: reader, request: GET /orgs/other/invoices/7, expect: deny condition }
    - { as: clerk,  request: PUT /orgs/acme/invoices/7, expect: allow }
    - { as: clerk,  request: PATCH /orgs/other/invoices/7, expect: deny condition }
    - { as: boss,   request: DELETE /admin/users/1,     expect: deny reverification, rule: guard fresh-deletes }
    - { as: boss,   request: GET /docs/%2e%2e/admin,    expect: deny ambiguous_path }
    - { as: boss,   request: GET /reports,              expect: allow }
    - { as: robot,  request: POST /ingest,              expect: allow }
    - { as: relay,  request: POST /ingest,              expect: deny scope }
    - { as: boss,   request: POST /ingest,              expect: deny credential_kind }
    - { as: [clerk, chief], request: GET /billing,      expect: allow }
    - { as: owner,  request: GET /billing,              expect: deny impersonation, rule: guard no-impersonation-on-billing }
    - { as: boss,   action: invoice.refund, resource: { amount: 900 }, expect: deny permission }
    - { as: clerk,  action: invoice.refund, resource: { amount: 900 }, expect: deny condition }
    - { as: clerk,  action: invoice.refund, resource: { amount: 499.5 }, expect: allow }
    - { as: clerk,  action: invoice.refund,             expect: deny condition_error }
    - { as: boss,   request: GET /users, host: admin.shop.test, expect: allow }
    - as: nobody
      request: OPTIONS /users
      host: admin.shop.test
      headers: { origin: https://shop.test, access-control-request-method: PUT }
      expect: allow
"#;

/// The sample with one thing said otherwise.
fn changed(from: &str, to: &str) -> String {
    assert!(SAMPLE.contains(from), "{from}");
    SAMPLE.replacen(from, to, 1)
}

#[test]
fn the_sample_passes_and_is_covered() {
    let report = play(SAMPLE);
    let failed: Vec<String> = report.failures().map(ToString::to_string).collect();
    assert_eq!(failed, [] as [&str; 0]);
    let uncovered: Vec<_> = report.coverage().uncovered().collect();
    assert!(uncovered.is_empty(), "{uncovered:?}");
}

#[test]
fn a_rule_that_is_loosened_or_tightened_is_caught() {
    for (from, to) in [
        ("/healthz:         public", "/healthz:         signed_in"),
        ("/:                optional", "/:                signed_in"),
        ("/dashboard/{**}:  signed_in", "/dashboard/{**}:  public"),
        ("/account/{**}:    { reverification: strict }", "/account/{**}:    signed_in"),
        ("/team/{**}:       { organization: required }", "/team/{**}:       signed_in"),
        ("/admin/{**}:      { role: org:admin }", "/admin/{**}:      { organization: required }"),
        ("/reports/{**}:    { plan: pro }", "/reports/{**}:    signed_in"),
        ("/exports/{**}:    { feature: exports }", "/exports/{**}:    { feature: export }"),
        ("any: [ { role: org:admin }, {", "all: [ { role: org:admin }, {"),
        ("{ permission: org:invoices:manage, rev", "{ permission: org:invoices:read, rev"),
        ("manage, reverification: strict }", "manage }"),
        ("/attic/{**}:      denied", "/attic/{**}:      signed_in"),
        ("invoice.refund:   { permission: org:invoices:manage }", "invoice.refund:   signed_in"),
        ("10001/sign-in", "10001/sign-in-elsewhere"),
        ("x-org-slug: identity.organization.slug", "x-org-slug: identity.organization.id"),
    ] {
        assert!(!play(&changed(from, to)).is_good(), "{from} -> {to}");
    }
}

#[test]
fn a_rule_that_no_case_asks_for_is_missed() {
    let report = play(&changed("routes:\n", "routes:\n  /forgotten: public\n"));
    assert!(report.is_good());
    let uncovered: Vec<_> =
        report.coverage().uncovered().map(|item| item.rule().as_str()).collect();
    assert_eq!(uncovered, ["/forgotten"]);
    assert!(report.coverage().percent() < 100);
}

#[test]
fn a_policy_with_every_kind_of_rule_passes_and_is_covered() {
    let report = play(WHOLE);
    let failed: Vec<String> = report.failures().map(ToString::to_string).collect();
    assert_eq!(failed, [] as [&str; 0]);
    let uncovered: Vec<_> =
        report.coverage().uncovered().map(|item| item.what().to_string()).collect();
    assert_eq!(uncovered, [] as [&str; 0]);
}
