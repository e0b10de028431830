//! `bailiff test`, and the tests that a policy must pass before it is served.

use crate::support::{process::Process, sidecar::bailiff};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

const POLICY: &str = "version: 1\n\
    routes:\n  /a: { role: admin }\n  /b: public\n\
    tests:\n  people: { boss: { organization: { slug: acme, role: admin } } }\n  cases:\n  \
    - { as: boss, request: GET /a, expect: allow }\n";
const GOOD: &str = "  - { as: nobody, request: GET /a, expect: deny signed_out }\n";
const BAD: &str = "  - { as: nobody, request: GET /a, expect: allow }\n";
const PUBLISHABLE_KEY: &str = "pk_live_Y2xlcmsuc2hvcC50ZXN0JA"; // clerk.shop.test

/// A folder with this policy in it.
fn policy(text: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("policy.yaml");
    fs::write(&path, text).expect("a policy");
    (folder, path)
}

fn test(path: &Path, arguments: &[&str]) -> Output {
    let output = bailiff().arg("test").arg(path).args(arguments).output();
    output.expect("the command runs")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn serve(path: &Path) -> Command {
    let mut command = bailiff();
    command.args(["serve", "--publishable-key", PUBLISHABLE_KEY, "--grpc", "127.0.0.1:0"]);
    command.args(["--admin", "off", "--policy"]).arg(path);
    command
}

#[test]
fn the_sample_policy_passes_and_leaves_nothing_out() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/policy.yaml");
    let output = test(&path, &["--coverage-min", "100"]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
}

/// Written as people write one, with a path template between brackets and no quotes.
#[test]
fn a_policy_of_a_whole_shop_passes_its_own_tests() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/shop.policy.yaml");
    let output = test(&path, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
    assert!(printed(&output).contains("8 passed"), "{}", printed(&output));
}

#[test]
fn a_case_that_fails_is_shown_with_its_place_and_fails_the_command() {
    let (_folder, path) = policy(&format!("{POLICY}{BAD}"));
    let output = test(&path, &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = printed(&output);
    for part in ["policy.yaml:9:5: as nobody: GET /a", "deny signed_out", "1 passed, 1 failed"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains('\u{1b}'), "colours are for terminals");
}

#[test]
fn what_no_case_reaches_fails_the_command_only_where_that_is_asked() {
    let (_folder, path) = policy(&format!("{POLICY}{GOOD}"));
    for (arguments, code, missing) in [
        (&[][..], 0, false),
        (&["--coverage"], 0, true),
        (&["--coverage-min", "50"], 0, false),
        (&["--coverage-min", "51"], 1, true),
    ] {
        let output = test(&path, arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let line = "policy.yaml:4:3: `/b`: no case shows that it decides";
        assert_eq!(printed(&output).contains(line), missing, "{arguments:?}");
    }
}

#[test]
fn a_policy_without_tests_says_so() {
    let (_folder, path) = policy("version: 1\nroutes: { /a: public }\n");
    for (arguments, code) in [(&[][..], 0), (&["--coverage-min", "1"], 1)] {
        let output = test(&path, arguments);
        assert_eq!(output.status.code(), Some(code));
        assert!(printed(&output).contains("there are no tests"), "{}", printed(&output));
    }
}

#[test]
fn what_is_wrong_with_the_cases_is_told_from_what_is_wrong_with_the_command() {
    let (_folder, path) =
        policy(&format!("{POLICY}  - {{ as: bos, request: GET /a, expect: allow }}\n"));
    let output = test(&path, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `boss`?"));
    for (path, arguments) in
        [(path.with_extension("yml"), &[][..]), (path, &["--coverage-min", "101"])]
    {
        assert_eq!(test(&path, arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn programs_read_json() {
    let (_folder, path) = policy(&format!("{POLICY}{BAD}"));
    let output = test(&path, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&document["passed"], &document["failed"]), (&1.into(), &1.into()));
    let failed = &document["cases"][1];
    assert_eq!((&failed["line"], &failed["as"]), (&9.into(), &"nobody".into()));
    assert_eq!(failed["failures"][0]["got"]["reason"], "signed_out");
    assert_eq!(document["coverage"]["uncovered"][0]["rule"], "/b");
    let (_folder, path) = policy("version: 1\ntests: 7\n");
    let output = test(&path, &["--format", "json"]);
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(document["errors"][0]["line"], 2);
}

#[test]
fn build_servers_read_junit() {
    let (_folder, path) = policy(&format!("{POLICY}{BAD}"));
    let output = test(&path, &["--format", "junit"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(printed(&output).contains("tests=\"2\" failures=\"1\""), "{}", printed(&output));
}

#[tokio::test]
async fn a_watched_policy_is_played_again_and_broken_files_are_waited_upon() {
    let (_folder, path) = policy(&format!("{POLICY}{GOOD}"));
    let mut command = bailiff();
    command.arg("test").arg(&path).arg("--watch");
    let process = Process::start("bailiff test", &mut command);
    let says = async |part: &'static str| {
        process.line(|line| line.contains(part).then_some(())).await;
    };
    says("2 passed").await;
    fs::write(&path, "version: 2\n").expect("the policy is broken");
    says("only version 1").await;
    fs::write(&path, format!("{POLICY}{BAD}")).expect("the policy is wrong");
    says("1 passed, 1 failed").await;
    // The way many editors save.
    let beside = path.with_extension("swp");
    fs::write(&beside, format!("{POLICY}{GOOD}{GOOD}")).expect("a new file");
    fs::rename(&beside, &path).expect("it takes the place");
    says("3 passed").await;
    fs::write(path.with_extension("test.yaml"), "cases: 7\n").expect("tests beside it");
    says("`cases` is a list").await;
}

#[tokio::test]
async fn a_policy_that_fails_its_own_tests_is_not_served() {
    let (_folder, path) = policy(&format!("{POLICY}{BAD}"));
    let output = serve(&path).output().expect("the command runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("does not pass its own tests"), "{said}");
    assert!(said.contains("policy.yaml:9:5: as nobody: GET /a"), "{said}");

    let skipping = Process::start("bailiff serve", serve(&path).arg("--skip-tests"));
    skipping.line(|line| (line.contains("WARN") && line.contains("skipped")).then_some(())).await;
    skipping.line(|line| line.contains("listening").then_some(())).await;
}

#[tokio::test]
async fn a_policy_that_passes_its_own_tests_is_served_and_they_leave_no_decision_in_the_log() {
    let (_folder, path) = policy(&format!("{POLICY}{GOOD}"));
    let process = Process::start("bailiff serve", &mut serve(&path));
    process.line(|line| line.contains("passes its own tests").then_some(())).await;
    process.line(|line| line.contains("listening").then_some(())).await;
    assert!(!process.log().contains("decided"), "{}", process.log());
}
