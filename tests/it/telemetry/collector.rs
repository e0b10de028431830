//! OpenTelemetry's own collector understands what is sent to it.

use super::{ask, reader, start};
use crate::support::{
    collector::Collector,
    otlp::{Receiver, attributes},
    tokens::Instance,
    toolchain::required,
};
use serde_json::json;
use std::fs;

#[tokio::test(flavor = "multi_thread")]
async fn the_collector_reads_traces_metrics_and_logs_over_both_protocols() {
    let Some(collector) = required(Collector::start().await) else { return };
    for (protocol, address) in [("grpc", collector.grpc), ("http/protobuf", collector.http)] {
        let instance = Instance::new();
        let name = format!("bailiff-over-{}", protocol.replace('/', "-"));
        let telemetry = json!({
            "otlp": { "endpoint": format!("http://{address}"), "protocol": protocol },
            "sample_ratio": 1,
            "resource": { "service.name": name },
        });
        let more = json!({ "telemetry": telemetry, "decision_log": { "to": "otlp" } });
        let sidecar = start(&instance, &more).await;
        ask(&sidecar, Some(&reader(&instance)), &[], &[]).await;
        sidecar.signal("TERM");
        assert_eq!(sidecar.exit_code().await, Some(0));
        for told in [
            format!("service.name: Str({name})"),
            "Name           : decide".to_owned(),
            "bailiff.effect: Str(allow)".to_owned(),
            "Name           : authenticate".to_owned(),
            "Name: bailiff_decisions".to_owned(),
            "Name: bailiff_decision_duration".to_owned(),
            "Body: Str(decided)".to_owned(),
            "EventName: bailiff.decision".to_owned(),
            "Body: Str(ready)".to_owned(),
        ] {
            let there = |line: &str| line.contains(&told).then_some(());
            collector.process.line(there).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_go_with_every_message_over_both_protocols() {
    for protocol in ["grpc", "http/protobuf"] {
        let (receiver, instance) = (Receiver::start().await, Instance::new());
        let headers = std::env::temp_dir().join(format!("bailiff-headers-{}", protocol.len()));
        fs::write(&headers, "x-api-key=made-up-key\nx-tenant=a%20b\n").expect("headers");
        let telemetry = json!({
            "otlp": {
                "endpoint": receiver.endpoint(protocol),
                "protocol": protocol,
                "headers_file": headers,
            },
            "sample_ratio": 1,
        });
        let more = json!({ "telemetry": telemetry, "decision_log": { "to": "otlp" } });
        let sidecar = start(&instance, &more).await;
        ask(&sidecar, Some(&reader(&instance)), &[], &[]).await;
        sidecar.signal("TERM");
        let log = sidecar.log();
        assert_eq!(sidecar.exit_code().await, Some(0));
        let received = receiver.received();
        assert!(received.headers.len() >= 3, "traces, logs and metrics: {received:?}");
        for headers in &received.headers {
            assert_eq!(headers["x-api-key"], "made-up-key");
            assert_eq!(headers["x-tenant"], "a b");
        }
        assert!(!log.contains("made-up-key") && !received.text.contains("made-up-key"));
        let record = received.logs.iter().find(|record| record.event_name == "bailiff.decision");
        let record = record.expect("the decision");
        assert_eq!(record.severity_text, "INFO");
        assert_eq!((record.trace_id.len(), record.span_id.len()), (16, 8));
        let told = attributes(&record.attributes);
        assert_eq!((&*told["effect"], &*told["user"]), ("allow", "user_2reader000000000000000000"));
        assert!(!log.contains("bailiff::decision"), "{log}");
    }
}
