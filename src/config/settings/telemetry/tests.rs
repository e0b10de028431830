use super::{LogDetail, OtlpOptions, Protocol, SinkTarget, WhenFull};
use crate::config::{
    env::{self, Environment, Variable},
    settings::{Flags, Settings},
};
use secrecy::ExposeSecret as _;
use std::{fs, path::PathBuf, time::Duration};
use tempfile::TempDir;

const PUBLISHABLE_KEY: &str = "pk_test_Y2xlcmsuc2hvcC50ZXN0JA";

/// Resolves these settings beside a policy and an instance.
fn resolve(text: &str, environment: &[(Variable, &str)]) -> Result<(Settings, TempDir), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bailiff.yaml");
    fs::write(folder.path().join("headers"), "api-key=s3cret\nx-tenant=a%2Cb\n").unwrap();
    fs::write(&path, text).unwrap();
    let flags = Flags {
        config: Some(path),
        policy: Some(PathBuf::from("policy.yaml")),
        publishable_key: Some(PUBLISHABLE_KEY.to_owned()),
        ..Flags::default()
    };
    let resolved = Settings::resolve(&Environment::of(environment), &flags);
    resolved.map(|settings| (settings, folder)).map_err(|error| error.to_string())
}

fn collector(text: &str, environment: &[(Variable, &str)]) -> OtlpOptions {
    resolve(text, environment).unwrap().0.telemetry.otlp.unwrap()
}

fn headers(options: &OtlpOptions) -> Vec<(&str, &str)> {
    options.headers.iter().map(|(name, value)| (&**name, value.expose_secret())).collect()
}

#[test]
fn nothing_is_sent_and_decisions_go_with_the_log_unless_set() {
    let (settings, _) = resolve("", &[]).unwrap();
    assert!(settings.telemetry.otlp.is_none());
    assert_eq!(settings.decision_log.to, [SinkTarget::Stderr]);
    assert_eq!(settings.decision_log.when_full, WhenFull::Drop);
    assert_eq!(settings.log.detail, LogDetail::Plain);
}

#[test]
fn a_collector_is_described_in_the_file() {
    let text = "telemetry:\n  otlp: { endpoint: 'https://collector.test:4318', protocol: http/protobuf, headers_file: headers, logs: off }\n  sample_ratio: 0.5\n  resource: { deployment.environment.name: staging, service.name: edge }\n";
    let (settings, _folder) = resolve(text, &[]).unwrap();
    let otlp = settings.telemetry.otlp.unwrap();
    assert_eq!(otlp.protocol, Protocol::HttpProtobuf);
    assert_eq!(headers(&otlp), [("api-key", "s3cret"), ("x-tenant", "a,b")]);
    assert_eq!((otlp.traces, otlp.metrics, otlp.logs), (true, true, false));
    assert!((settings.telemetry.sample_ratio - 0.5).abs() < f64::EPSILON);
    let resource = settings.telemetry.resource;
    assert_eq!(resource.service_name, "edge");
    let expected = [("deployment.environment.name".to_owned(), "staging".to_owned())];
    assert_eq!(resource.attributes, expected);
    assert!(!format!("{otlp:?}").contains("s3cret"));
}

#[test]
fn the_standard_variables_override_the_file() {
    let text = "telemetry: { otlp: { endpoint: 'http://a.test:4317', headers_file: headers }, sample_ratio: 0.5, resource: { service.name: a } }\n";
    let environment = [
        (env::OTLP_ENDPOINT, "http://b.test:4318"),
        (env::OTLP_PROTOCOL, "http/protobuf"),
        (env::OTLP_HEADERS, "authorization=Bearer%20x, other = y"),
        (env::METRIC_EXPORT_INTERVAL, "250"),
    ];
    let otlp = collector(text, &environment);
    assert_eq!(otlp.endpoint, "http://b.test:4318");
    assert_eq!(headers(&otlp), [("authorization", "Bearer x"), ("other", "y")]);
    assert_eq!(otlp.metric_interval, Duration::from_millis(250));
    let environment = [
        (env::TRACES_SAMPLER_ARG, "1"),
        (env::SERVICE_NAME, "c"),
        (env::RESOURCE_ATTRIBUTES, "service.name=b,team=edge"),
    ];
    let (settings, _folder) = resolve(text, &environment).unwrap();
    assert!((settings.telemetry.sample_ratio - 1.0).abs() < f64::EPSILON);
    assert_eq!(settings.telemetry.resource.service_name, "c");
    assert_eq!(settings.telemetry.resource.attributes, [("team".to_owned(), "edge".to_owned())]);
}

#[test]
fn decisions_go_where_the_settings_say() {
    let text = "decision_log:\n  to: [stdout, ./decisions.log, /var/log/decisions.log]\n  replayable: true\n  on_full: block\n  allow_sample: 0.1\n  only: { doors: [ext_authz], effects: [deny, redirect], rules: ['/a'] }\n  mask: [user, session]\n";
    let (settings, folder) = resolve(text, &[]).unwrap();
    let log = settings.decision_log;
    let file = |path| SinkTarget::File(path);
    let expected = [
        SinkTarget::Stdout,
        file(folder.path().join("./decisions.log")),
        file(PathBuf::from("/var/log/decisions.log")),
    ];
    assert_eq!(log.to, expected);
    assert_eq!(settings.log.detail, LogDetail::Replayable);
    assert_eq!(log.when_full, WhenFull::Block);
    let from_environment = |list| {
        resolve(text, &[(env::DECISION_LOG, list)]).map(|(settings, _)| settings.decision_log.to)
    };
    assert_eq!(from_environment("off").unwrap(), []);
    assert_eq!(from_environment("stderr, ./a").unwrap(), [SinkTarget::Stderr, file("./a".into())]);
}

#[test]
fn what_makes_no_sense_is_refused_by_name_and_without_secrets() {
    let endpoint = "telemetry: { otlp: { endpoint: 'http://a.test' } }\n";
    for (text, environment, expected) in [
        ("telemetry: { otlp: { endpoint: 'collector:4317' } }", None, "telemetry.otlp.endpoint"),
        (
            "telemetry: { otlp: { endpoint: 'http://u:s3cret@a.test' } }",
            None,
            "telemetry.otlp.endpoint",
        ),
        (
            "telemetry: { otlp: { endpoint: 'http://a.test', protocol: http/json } }",
            None,
            "http/protobuf",
        ),
        (
            "telemetry: { otlp: { endpoint: 'http://a.test', headers_file: none } }",
            None,
            "headers_file",
        ),
        (
            "telemetry: { otlp: { endpoint: 'http://a.test', certificates_file: none } }",
            None,
            "certificates_file",
        ),
        (endpoint, Some((env::OTLP_HEADERS, "s3cret")), "OTEL_EXPORTER_OTLP_HEADERS"),
        (endpoint, Some((env::METRIC_EXPORT_INTERVAL, "0")), "OTEL_METRIC_EXPORT_INTERVAL"),
        (endpoint, Some((env::TRACES_SAMPLER_ARG, "2")), "OTEL_TRACES_SAMPLER_ARG"),
        (endpoint, Some((env::RESOURCE_ATTRIBUTES, "a")), "OTEL_RESOURCE_ATTRIBUTES"),
        ("telemetry: { sample_ratio: -0.1 }", None, "telemetry.sample_ratio"),
        ("telemetry: { sample_ratio: .nan }", None, "telemetry.sample_ratio"),
        ("decision_log: { to: syslog }", None, "decision_log.to"),
        ("decision_log: { to: [stdout, stdout] }", None, "named once"),
        ("decision_log: { to: otlp, on_full: block }", None, "decision_log.on_full"),
        ("decision_log: { format: xml }", None, "decision_log.format"),
        ("decision_log: { allow_sample: 1.5 }", None, "decision_log.allow_sample"),
        ("decision_log: { mask: [reason] }", None, "decision_log.mask"),
        ("decision_log: { only: { doors: [backdoor] } }", None, "decision_log.only.doors"),
        ("decision_log: { only: { effects: [allowed] } }", None, "decision_log.only.effects"),
    ] {
        let environment: Vec<_> = environment.into_iter().collect();
        let refused = resolve(text, &environment).map(drop).unwrap_err();
        assert!(refused.contains(expected), "{text}: {refused}");
        assert!(!refused.contains("s3cret") && !refused.contains('\n'), "{text}: {refused}");
    }
}
