//! `deploy/helm/bailiff`: linted and rendered by Helm, in every arrangement that its values allow.

use super::{
    documents::{all, first, object, str, text},
    manifests::{at_one, serves, without_rights},
    schemas::Schemas,
};
use crate::support::{
    deployment_tools,
    toolchain::{self, Missing, repository},
};
use bailiff::config::file::SettingsFile;
use serde_json::Value;
use std::{
    path::PathBuf,
    process::{Command, Output},
};

const EVERYTHING: &[&str] = &[
    "webhook.enabled=true",
    "serviceMonitor.enabled=true",
    "prometheusRule.enabled=true",
    "dashboard.enabled=true",
    "settings.revocation.redis.url_file=/etc/bailiff/secrets/redis-url",
    "settings.log.filter=debug",
    "podLabels.team=edge",
    "podAnnotations.note=kept",
    "priorityClassName=system-cluster-critical",
    "nodeSelector.disk=ssd",
    "imagePullSecrets[0].name=registry",
    "tolerations[0].operator=Exists",
    "env[0].name=TOKIO_WORKER_THREADS",
    "env[0].value=two",
    "image.digest=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "ports[0].name=http",
    "ports[0].port=9192",
    "volumes[0].name=certificates",
    "volumes[0].secret.secretName=bailiff-tls",
    "volumeMounts[0].name=certificates",
    "volumeMounts[0].mountPath=/etc/bailiff/tls",
    "networkPolicy.webhooks[0].namespaceSelector.matchLabels.name=ingress",
    "networkPolicy.egress[0].ports[0].port=6379",
];

const LITTLE: &[&str] = &[
    "autoscaling.enabled=false",
    "disruptionBudget.enabled=false",
    "networkPolicy.enabled=false",
    "policy.existingConfigMap=ours",
    "secretName=",
    "replicas=2",
];

fn chart() -> PathBuf {
    repository().join("deploy/helm/bailiff")
}

fn ask(command: &[&str], values: &[&str]) -> Result<Output, Missing> {
    let mut helm = Command::new(deployment_tools::helm()?);
    helm.args(command).arg(chart());
    if command[0] == "template" {
        helm.args(["--kube-version", "1.34.0"]);
    }
    for value in values {
        helm.args(["--set", value]);
    }
    Ok(helm.output()?)
}

fn rendered(values: &[&str]) -> Result<Vec<Value>, Missing> {
    let output = ask(&["template", "bailiff", "--namespace", "bailiff"], values)?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(all(&String::from_utf8_lossy(&output.stdout)))
}

#[test]
fn helm_finds_nothing_to_complain_about() {
    for values in [&[][..], EVERYTHING, LITTLE] {
        let Some(output) = toolchain::required(ask(&["lint", "--strict"], values)) else { return };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn what_the_chart_renders_fits_what_kubernetes_reads() {
    for values in [&[][..], EVERYTHING, LITTLE] {
        let Some(documents) = toolchain::required(rendered(values)) else { return };
        let Some(schemas) = toolchain::required(Schemas::of(&documents)) else { return };
        let mistakes = schemas.mistakes(&documents);
        assert!(mistakes.is_empty(), "{values:?}: {mistakes:#?}");
        without_rights(first(&documents, "Deployment"));
        if values != LITTLE {
            at_one(&documents);
        }
    }
}

#[test]
fn the_settings_that_the_chart_renders_fit_the_schema() {
    let schema = jsonschema::draft202012::new(&SettingsFile::schema()).expect("a schema");
    for values in [&[][..], EVERYTHING, LITTLE] {
        let Some(documents) = toolchain::required(rendered(values)) else { return };
        let settings = object(&documents, "ConfigMap", "bailiff-settings");
        let settings = all(str(&settings["data"]["bailiff.yaml"])).remove(0);
        let mistakes: Vec<_> = schema.iter_errors(&settings).map(|it| it.to_string()).collect();
        assert!(mistakes.is_empty(), "{values:?}: {mistakes:#?}");
        let webhook = values.contains(&"webhook.enabled=true");
        assert_eq!(settings["listeners"]["webhook"] == "0.0.0.0:9193", webhook);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_chart_mounts_is_served_and_the_probes_see_it() {
    let Some(documents) = toolchain::required(rendered(&[])) else { return };
    serves(&documents).await;
}

#[test]
fn new_settings_start_new_pods_and_a_new_policy_does_not() {
    let stamp = |values: &[&str]| {
        let documents = toolchain::required(rendered(values))?;
        let template = &first(&documents, "Deployment")["spec"]["template"];
        Some(template["metadata"]["annotations"]["bailiff/settings"].clone())
    };
    let Some(before) = stamp(&[]) else { return };
    assert_ne!(stamp(&["settings.explain=true"]), Some(before.clone()));
    let policy = r"policy.files.policy\.yaml=version: 1";
    assert_eq!(stamp(&[policy]), Some(before));
}

#[test]
fn values_that_cannot_be_meant_are_refused() {
    for (value, about) in [
        ("replica=3", "replica"),
        ("instances[0].secret_key=sk_live_1", "secret_key"),
        ("instances[0].publishable_key=sk_live_1", "publishable_key"),
        ("instances=null", "instances"),
        ("settings.policy=/elsewhere", "policy"),
        ("terminationGracePeriodSeconds=5", "terminationGracePeriodSeconds"),
        ("image.digest=latest", "digest"),
        (r"policy.files.policy\.txt=version: 1", "policy.txt"),
    ] {
        let refused = ask(&["template", "bailiff"], &[value]);
        let Some(output) = toolchain::required(refused) else { return };
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(about), "{value}: {told}");
    }
}

#[test]
fn the_chart_carries_the_alerts_and_the_dashboard_as_they_are() {
    assert_eq!(text("helm/bailiff/files/alerts.yaml"), text("prometheus/alerts.yaml"));
    assert_eq!(text("helm/bailiff/files/bailiff.json"), text("grafana/bailiff.json"));
    let Some(documents) = toolchain::required(rendered(EVERYTHING)) else { return };
    let rules = first(&documents, "PrometheusRule");
    assert_eq!(rules["spec"], all(&text("prometheus/alerts.yaml")).remove(0));
    let dashboard = object(&documents, "ConfigMap", "bailiff-dashboard");
    let dashboard: Value =
        serde_json::from_str(str(&dashboard["data"]["bailiff.json"])).expect("JSON");
    assert_eq!(dashboard["uid"], "bailiff");
}

#[test]
fn the_chart_is_of_the_version_that_it_installs() {
    let chart = all(&text("helm/bailiff/Chart.yaml")).remove(0);
    assert_eq!(chart["appVersion"], env!("CARGO_PKG_VERSION"));
}
