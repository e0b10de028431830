//! Policies of several texts.

use super::route;
use crate::policy::{Policy, PolicyErrors, Source, Sources};
use std::fmt::Write as _;

fn sources(texts: &[(&str, &str)]) -> Sources {
    let texts = texts.iter().map(|(name, text)| Source::new(name, text)).collect();
    Sources::new(texts).expect("there is a text")
}

fn load(texts: &[(&str, &str)]) -> Result<Policy, PolicyErrors> {
    Policy::load(sources(texts))
}

const ROUTES: &str = "version: 1\nroutes:\n  /a: public\n  /b: signed_in\n";
const MORE: &str = "version: 1\nunlisted: signed_in\nroutes:\n  /c/{**}: { role: org:admin }\n\
    hosts:\n  a.test: { routes: { /: public } }\n";
const REST: &str = "version: 1\nhosts:\n  b.test: { routes: { /: public } }\n\
    actions:\n  invoice.refund: signed_in\n";

#[test]
fn what_several_files_say_is_one_policy() {
    let policy = load(&[("a.yaml", ROUTES), ("b.yaml", MORE), ("c.yaml", REST)]).unwrap();
    for (host, path, rule) in [
        ("shop.test", "/a", "/a"),
        ("shop.test", "/c/d", "/c/{**}"),
        ("shop.test", "/else", "unlisted"),
        ("a.test", "/", "a.test /"),
        ("b.test", "/", "b.test /"),
    ] {
        assert_eq!(route(&policy, host, "GET", path), rule);
    }
    assert!(policy.action("invoice.refund").is_some());
}

#[test]
fn the_revision_does_not_depend_on_how_entries_are_spread() {
    let texts = [("a.yaml", ROUTES), ("b.yaml", MORE), ("c.yaml", REST)];
    let whole = "version: 1\nunlisted: signed_in\nroutes:\n  /a: public\n  /b: signed_in\n  \
        /c/{**}: { role: org:admin }\nhosts:\n  a.test: { routes: { /: public } }\n  \
        b.test: { routes: { /: public } }\nactions:\n  invoice.refund: signed_in\n";
    let whole = Policy::load(Source::new("policy.yaml", whole)).unwrap();
    let mut spread = texts;
    for turn in [0, 1, 2] {
        spread.rotate_left(turn);
        assert_eq!(load(&spread).unwrap().revision(), whole.revision(), "{turn}");
    }
    assert_ne!(load(&texts[..2]).unwrap().revision(), whole.revision());
}

#[test]
fn tests_may_stand_in_every_file_and_leave_the_policy_alone() {
    let only = "version: 1\ntests: {}\n";
    let alone = load(&[("a.yaml", ROUTES), ("b.yaml", only)]);
    let both = load(&[("a.yaml", only), ("b.yaml", only)]);
    for errors in [alone, both].into_iter().filter_map(Result::err) {
        assert!(!errors.to_string().contains("another file"), "{errors}");
    }
}

#[test]
fn files_that_contradict_are_told_with_both_places() {
    let cases: [&[(&str, &str)]; 10] = [
        &[("a.yaml", ROUTES), ("b.yaml", "version: 1\nroutes:\n  # twice\n  /a: denied\n")],
        &[("a.yaml", ROUTES), ("b.yaml", "version: 1\nroutes:\n  /A: denied\n")],
        &[("a.yaml", MORE), ("b.yaml", "version: 1\nhosts:\n  A.test: { routes: {} }\n")],
        &[("a.yaml", REST), ("b.yaml", "version: 1\nactions:\n  invoice.refund: denied\n")],
        &[("a.yaml", MORE), ("b.yaml", "version: 1\nunlisted: denied\n")],
        &[("a.yaml", ROUTES), ("b.yaml", "routes:\n  /c: public\n")],
        &[("a.yaml", ROUTES), ("b.yaml", "version: 2\n"), ("c.yaml", "")],
        &[("a.yaml", ROUTES), ("b.yaml", "version: 1\nroutes: signed_in\n")],
        &[("a.yaml", "version: 1\nroutes: []\n"), ("b.yaml", "version: 1\nroutes: { /a: oops }\n")],
        &[("a.yaml", "version: ["), ("b.yaml", "version: 1\nversion: 1\nroute: {}\n")],
    ];
    let mut shown = String::new();
    for texts in cases {
        writeln!(shown, "{}\n", load(texts).expect_err("contradicts")).unwrap();
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_place_as_data_names_its_file() {
    let texts = [("a.yaml", ROUTES), ("b.yaml", "version: 1\nroutes:\n  /a: denied\n")];
    let errors = load(&texts).expect_err("contradicts").diagnostics();
    let other = errors[0].other.as_ref().expect("both places");
    assert_eq!((errors[0].file.as_str(), errors[0].line), ("b.yaml", 3));
    assert_eq!((other.file.as_str(), other.line, other.column), ("a.yaml", 3, 3));
}

#[test]
fn files_are_limited_together_as_one_is_alone() {
    let comment = format!("version: 1\n# {}\n", "x".repeat(Source::MAX_BYTES / 2));
    assert!(load(&[("a.yaml", &comment)]).is_ok());
    let errors = load(&[("a.yaml", &comment), ("b.yaml", &comment)]).expect_err("too large");
    assert!(errors.to_string().contains("b.yaml"), "{errors}");
    assert!(errors.to_string().contains("at most 16 MiB"), "{errors}");
}

#[test]
fn there_is_no_policy_of_no_text() {
    assert!(Sources::new(Vec::new()).is_none());
}
