use super::{RehearsalError, SuiteFileError, read, rehearse};
use std::{fs, path::Path};

const CASE: &str = "cases: [ { as: nobody, request: GET /a, expect: allow } ]\n";

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
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
    assert_eq!(read(&path).unwrap().cases().len(), 3);
    assert_eq!(rehearse(&path).unwrap(), 3);
}

#[test]
fn a_folder_is_read_in_the_order_of_names_without_what_is_hidden_or_something_else() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[
            ("b.test.yaml", CASE),
            ("a.yaml", "version: 1\ntests: { people: { reader: {} } }\n"),
            ("a.test.yml", "cases: [ { as: reader, request: GET /, expect: allow } ]\n"),
            (".hidden.test.yaml", "cases: 7"),
            ("notes.txt", "cases: 7"),
            ("test.yaml", "version: 1\n"),
        ],
    );
    let suite = read(folder.path()).unwrap();
    let people: Vec<_> = suite.cases().iter().map(|case| case.people[0].name()).collect();
    assert_eq!(people, ["reader", "nobody"]);
}

#[test]
fn what_cannot_be_read_is_told_from_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.yaml");
    assert!(matches!(read(&path), Err(SuiteFileError::Read { .. })));
    assert!(!rehearse(&path).unwrap_err().is_about_the_policy());
    for (text, failed) in [
        ("version: 1\nroutes: { /a: public }\ntests: { cases: 7 }\n", false),
        (
            "version: 1\ntests: { cases: [ { as: nobody, request: GET /a, expect: allow } ] }\n",
            true,
        ),
        ("version: 2\n", false),
    ] {
        write(folder.path(), &[("policy.yaml", text)]);
        let error = rehearse(&path).unwrap_err();
        assert!(error.is_about_the_policy(), "{text}");
        assert_eq!(matches!(error, RehearsalError::Failed(_)), failed, "{text}");
    }
}

#[test]
fn of_many_failed_cases_some_are_shown_and_the_others_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.yaml");
    let case = "  - { as: nobody, request: GET /a, expect: allow }\n".repeat(12);
    write(folder.path(), &[("policy.yaml", &format!("version: 1\ntests:\n  cases:\n{case}"))]);
    let message = rehearse(&path).unwrap_err().to_string();
    assert_eq!(message.matches("deny no_route").count(), 10);
    assert!(message.contains("and 2 more"), "{message}");
}
