//! A collector that is away, or slow; and the end.

use super::{all_to, ask, reader, start};
use crate::support::{http, otlp::Receiver, tokens::Instance};
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpListener;

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_costs_one_warning_and_what_is_lost_is_counted() {
    for protocol in ["grpc", "http/protobuf"] {
        let instance = Instance::new();
        let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = nobody.local_addr().expect("an address");
        drop(nobody);
        let telemetry = json!({
            "otlp": { "endpoint": format!("http://{address}"), "protocol": protocol },
            "sample_ratio": 1,
        });
        let more = json!({ "telemetry": telemetry, "decision_log": { "to": ["stderr", "otlp"] } });
        let sidecar = start(&instance, &more).await;
        let token = reader(&instance);
        for _ in 0..20 {
            ask(&sidecar, Some(&token), &[], &[]).await;
        }
        let lost = |page: &str, start: &str| {
            let line = page.lines().find(|line| line.starts_with(start));
            line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0)
        };
        let counted = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                let page = http::send("GET", &sidecar.admin("/metrics"), &[]).await.body;
                let spans = r#"bailiff_telemetry_dropped_total{cause="failed",signal="traces"}"#;
                let lines = r#"bailiff_decision_log_dropped_total{cause="failed",sink="otlp"}"#;
                if lost(&page, spans) >= 60.0 && lost(&page, lines) >= 20.0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        assert!(counted.await.is_ok(), "{protocol}: what is lost is not counted");
        sidecar.logged_times(20, |line| line["target"] == "bailiff::decision").await;
        let warnings = sidecar.log().matches("the collector takes no telemetry").count();
        assert_eq!(warnings, 1, "{protocol}: {}", sidecar.log());
        sidecar.signal("TERM");
        assert_eq!(sidecar.exit_code().await, Some(0), "{protocol}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_holds_neither_decisions_nor_the_end() {
    let instance = Instance::new();
    // It takes connections in and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", silent.local_addr().expect("an address"));
    let telemetry =
        json!({ "otlp": { "endpoint": endpoint, "protocol": "grpc" }, "sample_ratio": 1 });
    let sidecar = start(&instance, &json!({ "telemetry": telemetry })).await;
    for _ in 0..20 {
        ask(&sidecar, None, &[], &[]).await;
    }
    sidecar.logged_times(20, |line| line["target"] == "bailiff::decision").await;
    sidecar.signal("TERM");
    let ended = tokio::time::timeout(Duration::from_secs(60), sidecar.exit_code()).await;
    assert_eq!(ended, Ok(Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_still_to_be_told_is_told_before_the_end() {
    let (receiver, instance) = (Receiver::start().await, Instance::new());
    let more = json!({
        "telemetry": all_to(&receiver, "grpc"),
        "decision_log": { "to": ["stderr", "otlp", "./decisions.log"] },
    });
    let sidecar = start(&instance, &more).await;
    let token = reader(&instance);
    for _ in 0..50 {
        ask(&sidecar, Some(&token), &[], &[]).await;
    }
    sidecar.signal("TERM");
    let file = std::fs::File::open(sidecar.file("decisions.log")).expect("the file is there");
    assert_eq!(sidecar.exit_code().await, Some(0));
    let received = receiver.received();
    assert_eq!(received.named("decide").len(), 50);
    let decided = received.bodies().iter().filter(|body| **body == "decided").count();
    assert_eq!(decided, 50);
    assert!(received.bodies().contains(&"shutting down".to_owned()));
    assert!(received.metrics.contains_key("bailiff_decisions"), "{:?}", received.metrics.keys());
    let written = std::io::read_to_string(file).expect("text");
    assert_eq!(written.lines().count(), 50);
}
