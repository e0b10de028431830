//! What a person reads when the cases of a policy are wrong.

use crate::policy::{Source, Style, suite::Suite};
use std::fmt::Write as _;

/// Every text with its errors, one after the other.
fn errors(texts: &[&str]) -> String {
    let mut shown = String::new();
    for text in texts {
        let errors = Suite::load(&[], &[Source::new("policy.test.yaml", text)]).expect_err(text);
        writeln!(shown, "{}\n", errors.render(Style::Plain)).unwrap();
    }
    shown
}

fn people(people: &[&str]) -> String {
    let texts: Vec<String> =
        people.iter().map(|person| format!("people:\n  reader: {person}\n")).collect();
    errors(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

fn cases(cases: &[&str]) -> String {
    let texts: Vec<String> = cases
        .iter()
        .map(|case| format!("people: {{ reader: {{}} }}\ncases:\n  - {case}\n"))
        .collect();
    errors(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn texts_that_are_no_tests() {
    insta::assert_snapshot!(errors(&[
        "[",
        "just text",
        "poeple: {}\n",
        "people: []\n",
        "cases: {}\n",
        "cases: [ 1 ]\n",
        "people: { a: {} }\npeople: { a: {} }\n",
    ]));
}

#[test]
fn people_who_cannot_be() {
    insta::assert_snapshot!(people(&[
        "",
        "reader",
        "{ organisation: acme }",
        "{ id: 7 }",
        "{ id: \"\" }",
        "{ status: pendng }",
        "{ pending: \"yes\" }",
        "{ issued: -1 }",
        "{ issued: 5000000000 }",
        "{ claims: { sub: user_1 } }",
        "{ claims: { level: .inf } }",
        "{ api_key: {}, plans: [pro] }",
        "{ api_key: { client: app } }",
        "{ m2m_token: { scopes: events:write } }",
    ]));
}

#[test]
fn factors() {
    insta::assert_snapshot!(people(&[
        "{ factors: 45 }",
        "{ factors: [45] }",
        "{ factors: [45, -1] }",
        "{ factors: [45, newer] }",
        "{ factors: [1, 2, 3] }",
    ]));
}

#[test]
fn ages_of_sessions() {
    insta::assert_snapshot!(people(&[
        "{ session_age: 45 }",
        "{ session_age: 45min }",
        "{ session_age: 0m }",
        "{ session_age: never }",
        "{ session_age: 3h, session: sess_1 }",
        "{ session_agee: 3h }",
    ]));
}

#[test]
fn organizations_and_what_they_pay_for() {
    insta::assert_snapshot!(people(&[
        "{ organization: \"a,b\" }",
        "{ organization: { slug: acme, permissions: org:invoices:read } }",
        "{ organization: { slug: acme, permissions: [invoices] } }",
        "{ organization: { slug: acme, permissions: [org:sys_memberships:read] } }",
        "{ organization: { slug: acme, permissions: [org:invoices:read] }, features: [exports] }",
        "{ plans: pro }",
        "{ plans: [team:pro] }",
        "{ plans: [o:pro] }",
        "{ features: [u:a, org:b] }",
    ]));
}

#[test]
fn nobody_is_nobody_else() {
    insta::assert_snapshot!(errors(&["people: { nobody: { id: user_1 } }\n"]));
}

#[test]
fn cases_that_ask_nothing_or_too_much() {
    insta::assert_snapshot!(cases(&[
        "{ as: reader, expect: allow }",
        "{ as: reader, request: GET /, action: a, expect: allow }",
        "{ as: reader, request: GET /, expct: allow }",
        "{ request: GET /, expect: allow }",
        "{ as: [], request: GET /, expect: allow }",
        "{ as: reder, request: GET /, expect: allow }",
        "{ as: [reader, somebody], request: GET /, expect: allow }",
        "{ as: reader, request: GET /, resource: { id: a }, expect: allow }",
        "{ as: reader, action: a, host: shop.test, ip: 10.0.0.1, expect: allow }",
    ]));
}

#[test]
fn requests() {
    insta::assert_snapshot!(cases(&[
        "{ as: reader, request: /a, expect: allow }",
        "{ as: reader, request: GET a, expect: allow }",
        "{ as: reader, request: GET /a HTTP/1.1, expect: allow }",
        "{ as: reader, browser: [GET, /], expect: allow }",
        "{ as: reader, grpc: shop.Invoices/Get, expect: allow }",
        "{ as: reader, grpc: /shop.Invoices, expect: allow }",
        "{ as: reader, request: GET /, ip: 10.0.0, expect: allow }",
        "{ as: reader, request: GET /, headers: { \"a b\": c }, expect: allow }",
        "{ as: reader, request: GET /, headers: { a: 1 }, expect: allow }",
        "{ as: reader, request: GET /, upstream: { \"\": c }, expect: allow }",
        "{ as: reader, request: GET /, at: yesterday, expect: allow }",
        "{ as: reader, request: GET /, at: 2026-02-30T00:00:00Z, expect: allow }",
        "{ as: reader, request: GET /, at: true, expect: allow }",
    ]));
}

#[test]
fn expectations() {
    insta::assert_snapshot!(cases(&[
        "{ as: reader, request: GET /, expect: permit }",
        "{ as: reader, request: GET /, expect: deny }",
        "{ as: reader, request: GET /, expect: deny permision }",
        "{ as: reader, request: GET /, expect: deny allowed }",
        "{ as: reader, request: GET /, expect: deny 403 }",
        "{ as: reader, request: GET /, expect: allow it }",
        "{ as: reader, request: GET /, expect: redirect /sign-in }",
        "{ as: reader, request: GET /, expect: [allow] }",
    ]));
}

#[test]
fn a_person_is_described_once_in_all_texts_together() {
    let policy = "version: 1\ntests:\n  people: { reader: {}, nobodi: {} }\n";
    let tests =
        "people: { reader: {} }\ncases:\n  - { as: nobodi, request: GET /, expect: alow }\n";
    let errors = Suite::load(
        &[Source::new("policy.yaml", policy)],
        &[Source::new("policy.test.yaml", tests)],
    );
    insta::assert_snapshot!(errors.unwrap_err().render(Style::Plain));
}

#[test]
fn everything_that_is_wrong_is_told_with_its_place() {
    let texts = [("a.test.yaml", "people: { a: 1, b: 2 }\n"), ("b.test.yaml", "cases: 3\n")];
    let errors = Suite::load(&[], &texts.map(|(name, text)| Source::new(name, text))).unwrap_err();
    let places: Vec<_> = errors
        .diagnostics()
        .into_iter()
        .map(|error| (error.file, error.line, error.column))
        .collect();
    assert_eq!(errors.total(), 3);
    assert_eq!(
        places,
        [
            ("a.test.yaml".to_owned(), 1, 14),
            ("a.test.yaml".to_owned(), 1, 20),
            ("b.test.yaml".to_owned(), 1, 8)
        ]
    );
}
