//! Alerts and dashboard ask for series and labels that the metrics page really has.

use super::documents::{all, list, str, text};
use crate::support::{
    check::Asked,
    deployment_tools, http,
    sidecar::{self, Sidecar},
    tokens::{Instance, Person},
    toolchain::{self, repository},
};
use bailiff::{
    core::{
        clock::Timestamp,
        reason::{Category, Reason},
    },
    telemetry::metrics::{ListenerState, Metrics, SharedLogFigures},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

fn alerts() -> Vec<Value> {
    let document = all(&text("prometheus/alerts.yaml")).remove(0);
    let groups = list(&document["groups"]).iter();
    groups.flat_map(|group| list(&group["rules"])).cloned().collect()
}

fn dashboard() -> Value {
    serde_json::from_str(&text("grafana/bailiff.json")).expect("JSON")
}

/// Every expression of the dashboard, with its variables filled in.
fn dashboard_expressions() -> Vec<String> {
    let dashboard = dashboard();
    let panels = list(&dashboard["panels"]).iter().flat_map(|panel| list(&panel["targets"]));
    let annotations = list(&dashboard["annotations"]["list"]).iter();
    let written = panels.chain(annotations).map(|target| str(&target["expr"]));
    written.map(|expression| expression.replace("$__rate_interval", "5m")).collect()
}

/// Names of series with the labels that each has.
type Series = BTreeMap<String, BTreeSet<String>>;

fn read(page: &str, into: &mut Series) {
    for line in page.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, labels) = match line.split_once('{') {
            Some((name, rest)) => (name, rest.rsplit_once('}').map_or("", |(labels, _)| labels)),
            None => (line.split(' ').next().unwrap_or_default(), ""),
        };
        let known = into.entry(name.to_owned()).or_default();
        // A label's name ends before `="`; a value holds no such thing here.
        for label in labels.split("=\"").filter_map(|part| part.rsplit([',', '"']).next()) {
            known.insert(label.to_owned());
        }
        known.remove("");
    }
}

const POLICY: &str = r#"
version: 1
routes:
  /open: public
  /members: signed_in
  /later: { role: org:admin, mode: shadow }
  /broken: { if: 'request.headers["x-team"] == "blue"' }
"#;

/// The page of a sidecar that was asked a few things.
async fn driven() -> String {
    let instance = Instance::new();
    let directory = tempfile::TempDir::new().expect("a folder");
    let next = POLICY.replace("/members: signed_in", "/members: denied");
    std::fs::write(directory.path().join("next.yaml"), next).expect("a policy");
    let secret = directory.path().join("webhook");
    std::fs::write(&secret, crate::support::webhooks::SECRET).expect("a secret");
    let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
    settings["next_policy"] = json!(directory.path().join("next.yaml"));
    settings["instances"][0]["webhook_signing_secret_files"] = json!([secret]);
    settings["listeners"]["webhook"] = json!("127.0.0.1:0");
    // A collector that is not there.
    settings["telemetry"] = json!({ "otlp": { "endpoint": "http://127.0.0.1:1" } });
    let sidecar = Sidecar::start_in(directory, POLICY, &settings).await;
    let token = format!("Bearer {}", instance.token(Person::Reader));
    for target in ["/open", "/members", "/later", "/broken", "/nowhere"] {
        Asked::get(target).header("authorization", &token).of(&sidecar).await;
    }
    let strange = http::send("POST", &format!("http://{}/", sidecar.webhook()), &[]).await;
    assert_ne!(strange.status, 200);
    http::send("GET", &sidecar.admin("/metrics"), &[]).await.body
}

/// Series of a sidecar that was asked, and those that only a defect, a Redis or TLS makes.
async fn series() -> Series {
    let mut series = Series::new();
    read(&driven().await, &mut series);
    let rare = Metrics::new().expect("metrics");
    rare.panicked("authorize");
    rare.observe_shared_log(|| {
        let events = ["entry_applied", "entry_skipped", "stored", "refused", "interrupted"];
        Some(SharedLogFigures {
            states: ["away", "catching_up", "current"],
            state: "current",
            lag: 0.5,
            newest: 1.0,
            pending: 0,
            events: events.map(|event| (event, 1)),
        })
    });
    rare.observe_listeners(|tell| {
        tell(ListenerState {
            listener: "grpc",
            address: "127.0.0.1:9191",
            not_after: Timestamp::from_unix_seconds(1),
            certificate_bad: false,
            failed_handshakes: 0,
            refused_clients: 0,
        });
    });
    read(&rare.page(), &mut series);
    series
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_and_dashboard_ask_for_what_the_metrics_page_has() {
    let mut expressions = dashboard_expressions();
    assert!(expressions.len() > 20);
    expressions.extend(alerts().iter().map(|alert| str(&alert["expr"]).to_owned()));
    let Some(answers) = toolchain::required(deployment_tools::promql_selectors(&expressions))
    else {
        return;
    };
    assert_eq!(answers.len(), expressions.len());
    let series = series().await;
    let mut mistakes = Vec::new();
    let mut asked = BTreeSet::new();
    for (expression, answer) in expressions.iter().zip(&answers) {
        let selectors = list(&answer["selectors"]);
        if selectors.is_empty() {
            mistakes.push(format!("{expression}: {answer}"));
        }
        for selector in selectors {
            let name = str(&selector["name"]);
            asked.insert(name.to_owned());
            let Some(labels) = series.get(name) else {
                mistakes.push(format!("{expression}: there is no {name}"));
                continue;
            };
            // What Prometheus adds to whatever it scrapes.
            let added = ["job", "instance"];
            for label in list(&selector["labels"]).iter().map(str) {
                if !labels.contains(label) && !added.contains(&label) {
                    mistakes.push(format!("{expression}: {name} has no {label}"));
                }
            }
        }
    }
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let shown = |name: &String| {
        asked.contains(name)
            || name.ends_with("_sum")
            || name.ends_with("_count")
            || name == "target_info"
    };
    let unasked: Vec<_> = series.keys().filter(|name| !shown(name)).collect();
    assert!(unasked.is_empty(), "neither alerts nor dashboard show {unasked:?}");
}

#[test]
fn the_reading_of_a_page_knows_names_and_labels() {
    let mut series = Series::new();
    read("# HELP a b\na_total{x=\"1\",rule=\"GET /a,b={c}\"} 1\nb 2\n", &mut series);
    let labels: Vec<_> = series["a_total"].iter().map(String::as_str).collect();
    assert_eq!(labels, ["rule", "x"]);
    assert!(series["b"].is_empty());
}

#[test]
fn every_alert_is_sound_and_fires_when_it_must() {
    let Some(promtool) = toolchain::required(deployment_tools::promtool()) else { return };
    let folder = repository().join("deploy/prometheus");
    for arguments in [["check", "rules", "alerts.yaml"], ["test", "rules", "alerts.test.yaml"]] {
        let output = Command::new(&promtool)
            .args(arguments)
            .current_dir(&folder)
            .output()
            .expect("it starts");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stdout));
    }
    let tests = all(&text("prometheus/alerts.test.yaml")).remove(0);
    let cases = list(&tests["tests"]).iter().flat_map(|test| list(&test["alert_rule_test"]));
    let fired: BTreeSet<_> = cases
        .filter(|case| !list(&case["exp_alerts"]).is_empty())
        .map(|case| str(&case["alertname"]).to_owned())
        .collect();
    let named = alerts().iter().map(|alert| str(&alert["alert"]).to_owned()).collect();
    assert_eq!(fired, named, "a case for each in which it fires");
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_finds_nothing_wrong_with_the_metrics_page() {
    let Some(promtool) = toolchain::required(deployment_tools::promtool()) else { return };
    let told = complaints(&promtool, &driven().await);
    assert_eq!(told, "");
}

/// What `promtool check metrics` says about a page.
fn complaints(promtool: &Path, page: &str) -> String {
    let mut child = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("input").write_all(page.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn whatever_keeps_bailiff_from_deciding_is_alerted_on_and_shown() {
    let alerted = alerts().iter().map(|alert| str(&alert["expr"]).to_owned()).collect::<String>();
    let shown: String = dashboard_expressions().concat();
    for reason in Reason::ALL.iter().filter(|reason| reason.category() == Category::Unavailable) {
        let name = reason.code();
        assert!(alerted.contains(name) && shown.contains(name), "{name}");
    }
}

#[test]
fn every_alert_says_what_to_do() {
    for alert in alerts() {
        let name = str(&alert["alert"]);
        for annotation in ["summary", "description"] {
            assert!(alert["annotations"][annotation].is_string(), "{name}: {annotation}");
        }
        let severity = str(&alert["labels"]["severity"]);
        assert!(["critical", "warning", "info"].contains(&severity), "{name}: {severity}");
    }
}

#[test]
fn the_dashboard_is_laid_out_without_overlap() {
    let dashboard = dashboard();
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in list(&dashboard["panels"]) {
        assert!(ids.insert(panel["id"].as_u64()), "{}", panel["title"]);
        let place = |key: &str| panel["gridPos"][key].as_u64().expect("a number");
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(x < 24 && taken.insert((x, y)), "{}", panel["title"]);
            }
        }
        let targets = list(&panel["targets"]);
        assert_eq!(targets.is_empty(), panel["type"] == "row", "{}", panel["title"]);
        for target in targets {
            assert_eq!(target["datasource"]["uid"], "${datasource}");
            assert!(str(&target["expr"]).contains("instance=~\"$instance\""), "{}", panel["title"]);
        }
    }
}
