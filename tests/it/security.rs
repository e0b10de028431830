//! SECURITY.md and the failure modes name tests: each is there, and none of those that belong there is
//! left out.

use crate::support::toolchain::repository;
use std::{collections::BTreeSet, fs, path::PathBuf};

/// Every test of an integration module, as `module::test`.
fn tests_in(module: &str) -> BTreeSet<String> {
    let mut file = repository().join("tests/it");
    file.extend(module.split("::"));
    let alone = file.with_extension("rs");
    let file = if alone.is_file() { alone } else { file.join("mod.rs") };
    let source = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{module}: {error}"));
    let mut tests = BTreeSet::new();
    let mut marked = false;
    for line in source.lines() {
        let line = line.trim_start();
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| marked) {
            let name: String = rest
                .chars()
                .take_while(|&letter| letter.is_alphanumeric() || letter == '_')
                .collect();
            tests.insert(format!("{module}::{name}"));
            marked = false;
        }
    }
    tests
}

/// The tests that a document names, as `` `module::test` `` in the rows of its tables.
fn named(document: &str) -> Vec<String> {
    let path: PathBuf = repository().join(document);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{document}: {error}"));
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let words = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).map(str::to_owned);
    let test = |word: &String| {
        let part = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        word.contains("::") && word.chars().all(|letter| part(letter) || "_:".contains(letter))
    };
    words.filter(test).collect()
}

fn missing(document: &str) -> Vec<String> {
    let is_missing = |name: &String| {
        let (module, _) = name.rsplit_once("::").expect("a module and a test");
        !tests_in(module).contains(name)
    };
    named(document).into_iter().filter(is_missing).collect()
}

#[test]
fn every_test_that_the_security_page_names_exists() {
    assert_eq!(missing("SECURITY.md"), [""; 0]);
}

#[test]
fn every_incident_that_is_tested_stands_on_the_security_page() {
    let named: BTreeSet<_> = named("SECURITY.md").into_iter().collect();
    for module in
        ["incidents::headers", "incidents::operation", "incidents::paths", "incidents::tokens"]
    {
        let tests = tests_in(module);
        assert!(tests.len() > 4, "{module}");
        let left_out: Vec<_> = tests.difference(&named).collect();
        assert!(left_out.is_empty(), "{left_out:?}");
    }
}

#[test]
fn every_failure_mode_is_a_test_and_every_such_test_a_failure_mode() {
    assert_eq!(missing("docs/operations.md"), [""; 0]);
    let named: BTreeSet<_> = named("docs/operations.md").into_iter().collect();
    let tests = tests_in("failure_modes");
    let left_out: Vec<_> = tests.difference(&named).collect();
    assert!(left_out.is_empty(), "{left_out:?}");
}
