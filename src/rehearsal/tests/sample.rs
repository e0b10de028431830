//! The sample policy and its cases.

use super::play;

const SAMPLE: &str = include_str!("../../../deploy/policy.yaml");

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
