//! What fails a case, and what a person reads then.

use super::{only, play_one};

const PEOPLE: &str = "{ p: { organization: { slug: acme, permissions: [org:a:b] } }, q: {} }";

fn fails(route: &str, case: &str) -> String {
    let report = play_one(route, PEOPLE, case);
    assert!(!report.is_good(), "{case}");
    only(&report).to_string()
}

#[test]
fn what_a_person_reads_says_what_was_asked_what_came_and_what_might_help() {
    let shown: Vec<String> = [
        ("signed_in", "{ as: nobody, request: GET /a, expect: allow }"),
        (
            "signed_in",
            "{ as: q, request: GET /a, expect: deny signed_out, name: the door is shut }",
        ),
        ("{ permission: a:c }", "{ as: p, request: GET /a/1, expect: allow }"),
        ("{ permission: a:c }", "{ as: p, request: GET /a/1, expect: deny role }"),
        ("{ role: admin }", "{ as: p, request: GET /a/1, expect: allow }"),
        ("{ plan: pro }", "{ as: p, request: GET /a/1, expect: allow }"),
        ("{ organization: required }", "{ as: q, request: GET /a/1, expect: allow }"),
        ("{ reverification: lax }", "{ as: q, request: GET /a/1, expect: allow }"),
        ("signed_in", "{ as: q, request: GET /b, expect: allow }"),
        ("signed_in", "{ as: q, action: atc, expect: allow }"),
        ("signed_in", "{ as: nobody, request: GET /a, expect: redirect }"),
        ("signed_in", "{ as: nobody, browser: GET /a, expect: deny signed_out }"),
        ("signed_in", "{ as: q, request: GET /a, expect: allow, rule: /b }"),
    ]
    .iter()
    .map(|(route, case)| fails(route, case))
    .collect();
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn a_redirect_leads_to_the_address_or_below_it() {
    for (address, good) in [
        ("https://shop.test/sign-in", true),
        ("https://shop.test/sign-in/", true),
        ("https://shop.test/", true),
        ("https://shop.test", true),
        ("https://SHOP.test/sign-in", true),
        ("https://shop.test/sign-in?from=app", true),
        ("https://shop.test/sign", false),
        ("https://shop.test/sign-in/now", false),
        ("http://shop.test/sign-in", false),
        ("https://shop.test.evil.test/sign-in", false),
        ("https://shop.test:8443/sign-in", false),
        ("https://shop.test/sign-in?from=elsewhere", false),
        ("https://shop.test/sign-in?x=y", false),
    ] {
        let case = format!("{{ as: nobody, browser: GET /a, expect: \"redirect {address}\" }}");
        assert_eq!(play_one("signed_in", PEOPLE, &case).is_good(), good, "{address}");
    }
}

#[test]
fn headers_for_the_service_are_compared_by_name_and_value() {
    for (upstream, good) in [
        ("{ x-user-id: user_q }", true),
        ("{ X-User-Id: user_q }", true),
        ("{ x-user-id: user_p }", false),
        ("{ x-user-id: null }", false),
        ("{ x-nothing: null }", true),
        ("{ x-nothing: something }", false),
    ] {
        let text = format!(
            "version: 1\nroutes: {{ /a: signed_in }}\n\
             upstream: {{ headers: {{ x-user-id: identity.user.id }} }}\n\
             tests:\n  people: {{ q: {{}} }}\n  cases:\n  \
             - {{ as: q, request: GET /a, expect: allow, upstream: {upstream} }}\n"
        );
        assert_eq!(super::play(&text).is_good(), good, "{upstream}");
    }
}

#[test]
fn a_case_is_played_for_everybody_it_names() {
    let case = "{ as: [nobody, q], request: GET /a, expect: allow }";
    let report = play_one("signed_in", PEOPLE, case);
    let people: Vec<_> = report.runs().iter().map(|run| (&*run.person, run.passed())).collect();
    assert_eq!(people, [("nobody", false), ("q", true)]);
}
