use super::{Flags, KeySettings, LogFormat, Settings};
use crate::authorizer::LogDetail;
use crate::clerk::HandshakeMode;
use crate::config::env::{self, Environment, Variable};
use crate::serve::listener::ListenAddress;
use std::{fs, path::PathBuf};
use tempfile::TempDir;

const KEY: &str = "pk_test_a2luZC1vdHRlci00Mi5jbGVyay5hY2NvdW50cy5kZXYk";

/// A folder with a settings file and the files it names.
struct Folder(TempDir);

impl Folder {
    fn with(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("bailiff.yaml"), settings).unwrap();
        Self(folder)
    }

    fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.0.path().join(name), text).unwrap();
        self
    }

    fn resolve(&self, environment: &[(Variable, &str)]) -> Result<Settings, String> {
        let flags = Flags { config: Some(self.0.path().join("bailiff.yaml")), ..Flags::default() };
        resolve(environment, &flags)
    }
}

fn resolve(environment: &[(Variable, &str)], flags: &Flags) -> Result<Settings, String> {
    Settings::resolve(&Environment::of(environment), flags).map_err(|error| error.to_string())
}

#[test]
fn a_publishable_key_and_a_policy_are_enough() {
    let settings =
        resolve(&[(env::PUBLISHABLE_KEY, KEY), (env::POLICY, "p.yaml")], &Flags::default())
            .unwrap();
    assert_eq!(settings.policy, PathBuf::from("p.yaml"));
    assert_eq!(settings.instances.len(), 1);
    assert!(matches!(settings.instances[0].keys, KeySettings::FrontendApi { jwks_url: None }));
    let listeners = settings.grpc.iter().chain(&settings.admin);
    assert!(listeners.map(|listener| &listener.address).all(ListenAddress::is_local));
    assert!(!settings.reflection);
}

#[test]
fn flags_override_the_environment_and_the_environment_the_file() {
    let folder = Folder::with(
        "policy: file.yaml\ninstances: [{publishable_key: from_file}]\nlog: {filter: error, format: text}\n",
    );
    let from_file = folder.resolve(&[]).unwrap();
    assert_eq!(from_file.policy, folder.0.path().join("file.yaml"));
    assert_eq!(from_file.instances[0].publishable_key, "from_file");
    assert_eq!((&*from_file.log.filter, from_file.log.format), ("error", LogFormat::Text));

    let environment = [
        (env::PUBLISHABLE_KEY, "from_environment"),
        (env::POLICY, "environment.yaml"),
        (env::LOG, "warn"),
    ];
    let from_environment = folder.resolve(&environment).unwrap();
    assert_eq!(from_environment.policy, PathBuf::from("environment.yaml"));
    assert_eq!(from_environment.instances[0].publishable_key, "from_environment");
    assert_eq!(from_environment.log.filter, "warn");

    let flags = Flags {
        config: Some(folder.0.path().join("bailiff.yaml")),
        policy: Some("flag.yaml".into()),
        publishable_key: Some("from_flag".into()),
        log: Some("debug".into()),
        ..Flags::default()
    };
    let from_flags = resolve(&environment, &flags).unwrap();
    assert_eq!(from_flags.policy, PathBuf::from("flag.yaml"));
    assert_eq!(from_flags.instances[0].publishable_key, "from_flag");
    assert_eq!(from_flags.log.filter, "debug");
}

#[test]
fn keys_come_from_the_most_specific_source() {
    let base = "policy: p.yaml\ninstances:\n  - publishable_key: x\n";
    let keys = |folder: &Folder, environment: &[(Variable, &str)]| {
        folder.resolve(environment).unwrap().instances.remove(0).keys
    };
    let plain = Folder::with(base);
    assert!(matches!(keys(&plain, &[]), KeySettings::FrontendApi { jwks_url: None }));
    let secret = (env::SECRET_KEY, "sk_test_a");
    assert!(matches!(keys(&plain, &[secret]), KeySettings::BackendApi));
    let pinned = (env::JWT_KEY, "PEM");
    assert!(matches!(keys(&plain, &[secret, pinned]), KeySettings::Pinned(pem) if pem == "PEM"));

    let own = Folder::with(&format!("{base}    jwks_url: https://keys.test/\n"));
    assert!(matches!(keys(&own, &[secret]), KeySettings::FrontendApi { jwks_url: Some(_) }));
    let file = Folder::with(&format!("{base}    jwt_key_file: key.pem\n")).file("key.pem", "PEM2");
    assert!(matches!(keys(&file, &[]), KeySettings::Pinned(pem) if pem == "PEM2"));
}

#[test]
fn handshakes_are_on_where_there_is_a_secret_key_unless_they_are_switched_off() {
    let base = "policy: p.yaml\ninstances:\n  - publishable_key: x\n";
    let mode = |settings: &str, environment: &[(Variable, &str)]| {
        Folder::with(settings).resolve(environment).unwrap().instances.remove(0).browser.handshake
    };
    let secret = (env::SECRET_KEY, "sk_test_a");
    assert_eq!(mode(base, &[]), HandshakeMode::Off);
    assert_eq!(mode(base, &[secret]), HandshakeMode::On);
    assert_eq!(mode(&format!("{base}    handshake: off\n"), &[secret]), HandshakeMode::Off);
    assert_eq!(mode(&format!("{base}    handshake: on\n"), &[]), HandshakeMode::On);
}

#[test]
fn every_misconfiguration_is_one_line_that_names_the_setting() {
    let policy = "policy: p.yaml\n";
    let one = "policy: p.yaml\ninstances: [{publishable_key: x}]\n";
    let two = "policy: p.yaml\ninstances: [{publishable_key: x, name: a}, {publishable_key: y, name: b}]\n";
    let no_environment: &[(Variable, &str)] = &[];
    for (settings, environment, named) in [
        ("instances: [{publishable_key: x}]\n", no_environment, "`policy`"),
        (policy, no_environment, "`publishable_key`"),
        ("polizy: p.yaml\n", no_environment, "polizy"),
        ("policy: [\n", no_environment, "line "),
        (two, &[(env::SECRET_KEY, "sk_test_secret")], "CLERK_SECRET_KEY"),
        (two, &[(env::PUBLISHABLE_KEY, "z")], "CLERK_PUBLISHABLE_KEY"),
        (
            "policy: p.yaml\ninstances: [{publishable_key: x}, {publishable_key: y}]\n",
            no_environment,
            "two instances are called `default`",
        ),
        (
            "policy: p.yaml\ninstances: [{publishable_key: x, jwt_key: a, jwt_key_file: b}]\n",
            no_environment,
            "`jwt_key` and `jwt_key_file`",
        ),
        (
            "policy: p.yaml\ninstances: [{publishable_key: x, jwt_key: a, jwks_url: b}]\n",
            no_environment,
            "`jwt_key` and `jwks_url`",
        ),
        (
            "policy: p.yaml\ninstances: [{publishable_key: x, jwt_key_file: nowhere.pem}]\n",
            no_environment,
            "`jwt_key_file`",
        ),
        (
            "policy: p.yaml\ninstances: [{publishable_key: x, secret_key_file: nowhere}]\n",
            no_environment,
            "`secret_key_file`",
        ),
        (
            "policy: p.yaml\ninstances: [{publishable_key: x, missing_azp: maybe}]\n",
            no_environment,
            "maybe",
        ),
        (
            "policy: p.yaml\ninstances: [{publishable_key: x, clock_skew_ms: -1}]\n",
            no_environment,
            "line 2",
        ),
        (
            "policy: p.yaml\ninstances: [{publishable_key: x}]\nlisteners: {grpc: []}\n",
            no_environment,
            "`listeners.grpc`",
        ),
        (
            "policy: p.yaml\ninstances: [{publishable_key: x}]\nlisteners: {grpc: nonsense}\n",
            no_environment,
            "`listeners.grpc`",
        ),
        (
            "policy: p.yaml\ninstances: [{publishable_key: x, handshake: sometimes}]\n",
            no_environment,
            "sometimes",
        ),
        (
            "policy: p.yaml\ninstances: [{publishable_key: x, forwarded_headers: yes}]\n",
            no_environment,
            "yes",
        ),
        (one, &[(env::IS_SATELLITE, "yes")], "`CLERK_IS_SATELLITE`"),
        (one, &[(env::ADMIN, "nonsense")], "`listeners.admin`"),
        (one, &[(env::REFLECTION, "yes")], "`BAILIFF_REFLECTION`"),
        (one, &[(env::LOG_FORMAT, "xml")], "`log.format`"),
    ] {
        let error = Folder::with(settings).resolve(environment).unwrap_err();
        assert!(error.contains(named), "{settings}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(!error.contains("sk_test"), "{error}");
    }
}

#[test]
fn secrets_are_not_in_the_debug_output() {
    let environment = Environment::of(&[
        (env::PUBLISHABLE_KEY, KEY),
        (env::POLICY, "p.yaml"),
        (env::SECRET_KEY, "sk_test_very_secret"),
    ]);
    let settings = Settings::resolve(&environment, &Flags::default()).unwrap();
    let shown = format!("{environment:?} {settings:?}");
    assert!(shown.contains("CLERK_SECRET_KEY") && !shown.contains("very_secret"), "{shown}");
}

#[test]
fn lists_in_the_environment_are_cut_at_commas() {
    let settings = resolve(
        &[
            (env::PUBLISHABLE_KEY, KEY),
            (env::POLICY, "p.yaml"),
            (env::AUTHORIZED_PARTIES, "https://a.test, https://b.test,"),
            (env::GRPC, "127.0.0.1:0,unix:/tmp/x.sock"),
            (env::ADMIN, "off"),
        ],
        &Flags::default(),
    )
    .unwrap();
    assert_eq!(settings.instances[0].authorized_parties, ["https://a.test", "https://b.test"]);
    assert_eq!(settings.grpc.len(), 2);
    assert!(settings.admin.is_none());
}

#[test]
fn nothing_is_explained_and_no_log_can_be_replayed_unless_that_is_wanted() {
    let told = |settings: &str, environment: &[(Variable, &str)]| {
        let base = "policy: p.yaml\ninstances: [{ publishable_key: x }]\n";
        let settings = Folder::with(&format!("{base}{settings}")).resolve(environment)?;
        Ok::<_, String>((settings.explain, settings.log.detail))
    };
    let (off, on) = ((false, LogDetail::Plain), (true, LogDetail::Replayable));
    assert_eq!(told("", &[]), Ok(off));
    assert_eq!(told("explain: true\nlog: { replayable: true }\n", &[]), Ok(on));
    let environment = [(env::EXPLAIN, "true"), (env::LOG_REPLAYABLE, "true")];
    assert_eq!(told("explain: false\n", &environment), Ok(on));
    let problem = told("", &[(env::LOG_REPLAYABLE, "yes")]).unwrap_err();
    assert!(problem.contains("BAILIFF_LOG_REPLAYABLE"), "{problem}");
}
