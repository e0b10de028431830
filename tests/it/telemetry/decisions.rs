//! The decision log: where it goes, what is in it, what it survives.

use super::{ask, reader, start};
use crate::support::{PATIENCE, http, sidecar, tokens::Instance, toolchain::repository};
use bailiff::{serve::grpc::ext_authz::MetadataField, telemetry::decision_log::DecisionLine};
use serde_json::{Value, json};
use std::{fmt::Write as _, fs, path::Path, time::Duration};

/// The lines of a file, once there are so many.
async fn lines(path: &Path, count: usize) -> Vec<String> {
    let read = || {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let waited = tokio::time::timeout(PATIENCE, async {
        while read().len() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "{}: {:?}", path.display(), read());
    read()
}

fn assert_valid(line: &str) {
    let schema = jsonschema::draft202012::new(&DecisionLine::schema()).expect("a schema");
    let line: Value = serde_json::from_str(line).expect("JSON");
    let mistakes: Vec<String> = schema.iter_errors(&line).map(|it| it.to_string()).collect();
    assert!(mistakes.is_empty(), "{mistakes:?}: {line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_can_be_moved_away_and_its_lines_be_replayed_and_explained() {
    let instance = Instance::new();
    let more = json!({ "decision_log": { "to": "./decisions.log", "replayable": true } });
    let sidecar = start(&instance, &more).await;
    let (path, moved) = (sidecar.file("decisions.log"), sidecar.file("decisions.1"));
    let token = reader(&instance);
    ask(&sidecar, Some(&token), &[], &[]).await;
    ask(&sidecar, None, &[], &[]).await;
    let first = lines(&path, 2).await;
    for line in &first {
        assert_valid(line);
    }

    fs::rename(&path, &moved).expect("as the test arranges it");
    sidecar.signal("HUP");
    ask(&sidecar, Some(&token), &[], &[]).await;
    // The line may have been written before the signal arrived.
    let waited = tokio::time::timeout(PATIENCE, async {
        while !path.exists() {
            ask(&sidecar, Some(&token), &[], &[]).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "{}", sidecar.log());
    assert_eq!(lines(&moved, 2).await[..2], first);

    // Cut short in place, as some rotate.
    fs::write(&path, "").expect("as the test arranges it");
    ask(&sidecar, Some(&token), &[], &[]).await;
    for line in lines(&path, 1).await {
        assert_valid(&line);
    }

    let policy = sidecar.file("policy.yaml");
    let replay = sidecar::bailiff()
        .args(["replay", "--format", "json"])
        .args([&policy, &moved])
        .output()
        .expect("as the test arranges it");
    let report: Value = serde_json::from_slice(&replay.stdout)
        .unwrap_or_else(|error| panic!("{error}: {replay:?}"));
    assert!(report["decisions"].as_u64() >= Some(2), "{report}");
    assert_eq!(report["decisions"], report["same"], "{report}");
    let line = sidecar.file("line.json");
    fs::write(&line, &first[0]).expect("as the test arranges it");
    let explained =
        sidecar::bailiff().arg("explain").arg(&policy).arg("--line").arg(&line).output();
    let explained = explained.expect("as the test arranges it");
    assert_eq!(explained.status.code(), Some(0), "{explained:?}");
    let logged = sidecar.log();
    assert!(!logged.contains("bailiff::decision"), "{logged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_once_and_decisions_go_on() {
    let instance = Instance::new();
    for on_full in ["drop", "block"] {
        let log = json!({ "to": ["/dev/full", "stderr"], "on_full": on_full });
        let sidecar = start(&instance, &json!({ "decision_log": log })).await;
        let token = reader(&instance);
        for _ in 0..5 {
            ask(&sidecar, Some(&token), &[], &[]).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        sidecar.logged_times(5, |line| line["target"] == "bailiff::decision").await;
        sidecar.logged(|line| line["path"] == "/dev/full").await;
        let expected = r#"bailiff_decision_log_dropped_total{cause="failed",sink="/dev/full"} 5"#;
        let waited = tokio::time::timeout(PATIENCE, async {
            while !http::send("GET", &sidecar.admin("/metrics"), &[]).await.body.contains(expected)
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(waited.await.is_ok(), "{on_full}: {expected}");
        assert_eq!(sidecar.log().matches("cannot be written").count(), 1, "{}", sidecar.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_logs_filter_silences_decisions_among_its_lines_and_nowhere_else() {
    let instance = Instance::new();
    let more = json!({
        "log": { "filter": "info,bailiff::decision=off" },
        "decision_log": { "to": ["stderr", "./decisions.log"] },
    });
    let sidecar = start(&instance, &more).await;
    ask(&sidecar, None, &[], &[]).await;
    lines(&sidecar.file("decisions.log"), 1).await;
    assert!(!sidecar.log().contains("bailiff::decision"), "{}", sidecar.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_wanted_is_written_without_what_is_masked_and_orders_always_are() {
    let instance = Instance::new();
    let directory = tempfile::TempDir::new().expect("as the test arranges it");
    fs::write(directory.path().join("operator"), "made-up-operator-credential\n")
        .expect("as the test arranges it");
    let operator = directory.path().join("operator");
    let more = json!({
        "operator_token_file": operator,
        "decision_log": {
            "to": "./decisions.log",
            "only": { "effects": ["deny"], "doors": ["ext_authz"] },
            "mask": ["host", "session"],
        },
    });
    let sidecar = start(&instance, &more).await;
    ask(&sidecar, Some(&reader(&instance)), &[], &[]).await;
    ask(&sidecar, None, &[], &[]).await;
    let revoked = sidecar::bailiff()
        .args(["revoke", "user_1", "--for", "1h", "--why", "lost", "--address"])
        .arg(sidecar.grpc().to_string())
        .arg("--token-file")
        .arg(&operator)
        .status();
    assert!(revoked.is_ok_and(|status| status.success()));
    let path = sidecar.file("decisions.log");
    let lines = lines(&path, 2).await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    let line = |at: usize| serde_json::from_str::<Value>(&lines[at]).expect("JSON");
    assert_eq!(line(0)["reason"], "signed_out");
    assert!(line(0).get("host").is_none());
    assert_eq!((&line(1)["target"], &line(1)["why"]), (&json!("bailiff::audit"), &json!("lost")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_opened_and_a_collector_that_is_not_set_are_usage_errors() {
    let instance = Instance::new();
    for (to, expected) in [
        ("/dev/null/decisions.log", "`/dev/null/decisions.log` cannot be opened"),
        ("otlp", "telemetry.otlp.endpoint"),
    ] {
        let directory = tempfile::TempDir::new().expect("as the test arranges it");
        let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
        settings["decision_log"] = json!({ "to": to });
        let output = sidecar::command(directory.path(), &settings).output();
        let output = output.expect("as the test arranges it");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn the_fields_in_the_docs_are_those_of_the_schema() {
    let docs = fs::read_to_string(repository().join("docs/telemetry.md")).expect("the docs");
    let schema = DecisionLine::schema();
    let fields = schema["properties"].as_object().expect("fields");
    let mut table = String::from("| field | meaning |\n| --- | --- |\n");
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort_unstable();
    for name in names {
        let meaning = fields[name]["description"].as_str().expect("a description");
        writeln!(table, "| `{name}` | {meaning} |").expect("a string");
    }
    super::page::check_table(&docs, "fields", &table);
}

#[test]
fn the_metadata_in_the_docs_is_what_the_settings_can_choose() {
    let docs = fs::read_to_string(repository().join("docs/telemetry.md")).expect("the docs");
    let schema = schemars::schema_for!(MetadataField).to_value();
    let mut table = String::from("| field | meaning |\n| --- | --- |\n");
    for field in schema["oneOf"].as_array().expect("fields") {
        let text = |key: &str| field[key].as_str().expect("text");
        writeln!(table, "| `{}` | {} |", text("const"), text("description")).expect("a string");
    }
    super::page::check_table(&docs, "metadata", &table);
}
