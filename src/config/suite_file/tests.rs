use super::{of, trial};
use crate::{
    config::{
        policy_file::PolicyFiles,
        policy_loader::{PolicyLoadError, PolicyLoader},
    },
    policy::suite::Suite,
};
use std::{fs, path::Path};

const CASE: &str = "cases: [ { as: nobody, request: GET /a, expect: allow } ]\n";

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

fn read(path: &Path) -> Suite {
    of(&PolicyFiles::read(path).unwrap()).unwrap()
}

fn load(path: &Path) -> Result<(), PolicyLoadError> {
    PolicyLoader::new(path.to_owned(), trial()).load().map(drop)
}

#[test]
fn cases_stand_in_the_policy_and_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let policy = format!("version: 1\nroutes: {{ /a: public }}\ntests: {{ {} }}\n", CASE.trim());
    write(
        folder.path(),
        &[
            ("policy.yaml", &policy),
            ("policy.test.yaml", CASE),
            ("policy.test.yml", CASE),
            ("other.test.yaml", "cases: 7"),
        ],
    );
    let path = folder.path().join("policy.yaml");
    assert_eq!(read(&path).cases().len(), 3);
    load(&path).unwrap();
}

#[test]
fn people_and_cases_stand_in_every_file_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[
            ("b.test.yaml", CASE),
            ("a.yaml", "version: 1\ntests: { people: { reader: {} } }\n"),
            ("a.test.yml", "cases: [ { as: reader, request: GET /, expect: allow } ]\n"),
            (".hidden.test.yaml", "cases: 7"),
            ("notes.txt", "cases: 7"),
            ("test.yaml", "version: 1\ntests: { people: { boss: {} } }\n"),
        ],
    );
    let suite = read(folder.path());
    let people: Vec<_> = suite.cases().iter().map(|case| case.people[0].name()).collect();
    assert_eq!(people, ["reader", "nobody"]);
    assert!(suite.person("boss").is_some());
}

#[test]
fn a_policy_that_fails_its_tests_or_whose_tests_cannot_be_read_is_told_apart_from_a_bad_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.yaml");
    for (text, tests) in [
        ("version: 1\nroutes: { /a: public }\ntests: { cases: 7 }\n", true),
        (
            "version: 1\ntests: { cases: [ { as: nobody, request: GET /a, expect: allow } ] }\n",
            true,
        ),
        ("version: 2\n", false),
    ] {
        write(folder.path(), &[("policy.yaml", text)]);
        let error = load(&path).unwrap_err();
        assert!(error.is_about_the_policy(), "{text}");
        assert_eq!(matches!(error, PolicyLoadError::Tests(_)), tests, "{text}");
        assert!(error.refused().summary.contains("policy.yaml:"), "{}", error.refused());
    }
}

#[test]
fn of_many_failed_cases_some_are_shown_and_the_others_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.yaml");
    let case = "  - { as: nobody, request: GET /a, expect: allow }\n".repeat(12);
    write(folder.path(), &[("policy.yaml", &format!("version: 1\ntests:\n  cases:\n{case}"))]);
    let error = load(&path).unwrap_err();
    let message = error.to_string();
    assert_eq!(message.matches("deny no_route").count(), 10);
    assert!(message.contains("and 2 more"), "{message}");
    let summary = error.refused().summary;
    assert!(summary.starts_with("12 of 12 tests fail, first "), "{summary}");
    assert!(!summary.contains('\n'), "{summary}");
}
