//! The schemas that editors read: they say what the code says, and take every file that is shown.
//! With `BAILIFF_UPDATE_SCHEMA=1` this writes the copies under `deploy/schema`.

use crate::support::toolchain::repository;
use bailiff::{config::file::SettingsFile, policy::Policy, telemetry::decision_log::DecisionLine};
use serde_json::Value;
use std::{fs, path::PathBuf};

#[test]
fn the_copy_of_the_policy_schema_is_current() {
    check("policy", &Policy::schema());
}

#[test]
fn the_copy_of_the_settings_schema_is_current() {
    check("bailiff", &SettingsFile::schema());
}

#[test]
fn the_copy_of_the_schema_of_decisions_is_current() {
    check("decision", &DecisionLine::schema());
}

#[test]
fn the_sample_policy_is_valid_and_names_its_schema() {
    let path = repository().join("deploy/policy.yaml");
    let text = fs::read_to_string(&path).expect("the sample policy");
    let (_, rest) = text.split_once("# yaml-language-server: $schema=").expect("the comment");
    let named = rest.lines().next().expect("a line");
    assert!(path.with_file_name(named).is_file(), "{named}");
    assert_valid(&Policy::schema(), &text);
}

#[test]
fn the_readme_shows_valid_files() {
    let readme = fs::read_to_string(repository().join("README.md")).expect("the README");
    let shown = |begins: &str| -> Vec<&str> {
        let blocks = readme.split("```yaml\n").skip(1);
        let blocks = blocks.filter_map(|block| block.split("```").next());
        blocks.filter(|block| block.starts_with(begins)).collect()
    };
    let (policies, settings) =
        (shown("version: 1"), [shown("policy:"), shown("instances:")].concat());
    assert!(!policies.is_empty() && settings.len() > 1);
    for policy in policies {
        assert_valid(&Policy::schema(), policy);
    }
    for settings in settings {
        assert_valid(&SettingsFile::schema(), settings);
    }
}

#[test]
fn a_setting_that_there_is_not_is_refused() {
    let valid = jsonschema::draft202012::new(&SettingsFile::schema()).expect("a schema");
    for (text, expected) in [
        ("policy: policy.yaml\nreflection: true\n", true),
        ("log: { format: text }\n", true),
        ("listeners: { grpc: 127.0.0.1:9191 }\n", true),
        ("listeners: { grpc: [127.0.0.1:9191, unix:/run/bailiff.sock] }\n", true),
        ("forward_auth: { profile: nginx, trusted_peers: [10.0.0.0/24, unix] }\n", true),
        ("authzen: on\nauthzen_url: https://pdp.shop.test\n", true),
        ("forward_auth: { profile: nginx, trust: everybody }\n", false),
        ("authzen: true\n", false),
        ("reflektion: true\n", false),
        ("instances: [{ secret_key: sk_test_abc }]\n", false),
        ("instances: [{ missing_azp: ignore }]\n", false),
        ("log: { format: xml }\n", false),
        ("policy: 7\n", false),
    ] {
        assert_eq!(valid.is_valid(&read(text)), expected, "{text}");
    }
}

/// Compares the copy called `name` with the schema.
fn check(name: &str, schema: &Value) {
    let path = repository().join(format!("deploy/schema/{name}.schema.json"));
    if std::env::var_os("BAILIFF_UPDATE_SCHEMA").is_some() {
        write(&path, schema);
    }
    let copy = fs::read_to_string(&path).expect("the copy");
    let copy: Value = serde_json::from_str(&copy).expect("JSON");
    assert!(copy == *schema, "run the tests once with BAILIFF_UPDATE_SCHEMA=1");
}

fn write(path: &PathBuf, schema: &Value) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
    fs::write(path, format!("{schema:#}\n")).expect("the copy is written");
}

fn assert_valid(schema: &Value, text: &str) {
    let valid = jsonschema::draft202012::new(schema).expect("a schema");
    let mistakes: Vec<String> = valid
        .iter_errors(&read(text))
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(mistakes.is_empty(), "{}\n{text}", mistakes.join("\n"));
}

fn read(text: &str) -> Value {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).expect("YAML")
}
