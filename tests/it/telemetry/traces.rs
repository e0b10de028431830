//! Traces: whose they are, what is in them, and what is not recorded.

use super::{all_to, ask, reader, start};
use crate::support::{
    check::Asked,
    grpc::{authorization_client, channel, with_token},
    otlp::{Received, Receiver, attributes},
    sidecar::Sidecar,
    stack::SHOP,
    tokens::Instance,
};
use bailiff::{
    pb::v1::{AuthorizeRequest, BatchAuthorizeRequest, HttpRequest, authorize_request::Question},
    stand_in::clerk::{Grant, Setup, StandIn},
};
use opentelemetry_proto::tonic::trace::v1::{Span, Status, span::SpanKind, status::StatusCode};
use serde_json::json;
use std::{fmt::Write as _, fs};
use tempfile::TempDir;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const RECORDED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const NOT_RECORDED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
const OTHER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string");
        text
    })
}

/// The spans of so many decisions, once they are there.
async fn decisions(receiver: &Receiver, count: usize) -> Received {
    receiver
        .until(|received| (received.named("decide").len() >= count).then(|| received.clone()))
        .await
}

fn children<'r>(received: &'r Received, of: &Span) -> Vec<&'r Span> {
    let spans = received.spans.iter().map(|(_, span)| span);
    spans.filter(|span| span.parent_span_id == of.span_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_a_span_of_the_proxys_trace_with_its_steps_below() {
    let (receiver, instance) = (Receiver::start().await, Instance::new());
    let mut telemetry = all_to(&receiver, "grpc");
    telemetry["sample_ratio"] = json!(0.0);
    telemetry["resource"] = json!({ "deployment.environment.name": "staging" });
    let sidecar = start(&instance, &json!({ "telemetry": telemetry })).await;
    let token = reader(&instance);
    let call = [("traceparent", RECORDED), ("tracestate", "vendor=1")];
    // Two traces meet: the proxy's own counts.
    ask(&sidecar, Some(&token), &call, &[("traceparent", OTHER)]).await;
    ask(&sidecar, Some(&token), &call, &[]).await;
    let received = decisions(&receiver, 2).await;
    let mut caches = Vec::new();
    for span in received.named("decide") {
        assert_eq!(hex(&span.trace_id), TRACE);
        assert_eq!(hex(&span.parent_span_id), "b7ad6b7169203331");
        assert_eq!(span.trace_state, "vendor=1");
        assert_eq!(span.kind(), SpanKind::Server);
        let told = attributes(&span.attributes);
        for (name, value) in [
            ("bailiff.door", "ext_authz"),
            ("bailiff.effect", "allow"),
            ("bailiff.reason", "allowed"),
            ("bailiff.instance", "main"),
            ("bailiff.credential", "session_token"),
            ("http.route", "/orgs/{org}/invoices/{id}"),
            ("http.request.method", "GET"),
            ("server.address", "shop.test"),
        ] {
            assert_eq!(told.get(name).map(String::as_str), Some(value), "{name}: {told:?}");
        }
        assert!(told.contains_key("bailiff.rule") && told.contains_key("bailiff.revision"));
        let steps = children(&received, span);
        let mut names: Vec<&str> = steps.iter().map(|step| &*step.name).collect();
        names.sort_unstable();
        assert_eq!(names, ["authenticate", "evaluate"]);
        let authenticate = steps.iter().find(|step| step.name == "authenticate").expect("a step");
        caches.extend(attributes(&authenticate.attributes).remove("bailiff.cache"));
    }
    assert_eq!(caches, ["miss", "hit"]);
    let (resource, _) = &received.spans[0];
    assert_eq!(resource["service.name"], "bailiff");
    assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(resource["service.instance.id"].len(), 36);
    assert_eq!(resource["deployment.environment.name"], "staging");
    let line = sidecar.logged(|line| line["trace_id"] == TRACE).await;
    let span = received.named("decide")[0];
    assert_eq!(line["span_id"], hex(&span.span_id));
    for private in ["user_2reader", "sess_2shop", "s3cret", "invoices/7"] {
        assert!(!received.text.contains(private), "{private}: {}", received.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_trace_says_whether_a_decision_is_recorded_and_else_the_share_does() {
    let (receiver, instance) = (Receiver::start().await, Instance::new());
    let always = start(&instance, &json!({ "telemetry": all_to(&receiver, "grpc") })).await;
    // A trace of the client's, where the proxy has none of its own.
    ask(&always, None, &[], &[("traceparent", RECORDED)]).await;
    ask(&always, None, &[], &[("traceparent", NOT_RECORDED)]).await;
    ask(&always, None, &[("traceparent", NOT_RECORDED)], &[("traceparent", RECORDED)]).await;
    // No trace, and what cannot be read as one: a trace begins here.
    ask(&always, None, &[], &[]).await;
    for malformed in ["00-x", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ""] {
        ask(&always, None, &[], &[("traceparent", malformed)]).await;
    }
    let received = decisions(&receiver, 5).await;
    let spans = received.named("decide");
    let of_the_client = spans.iter().filter(|span| hex(&span.trace_id) == TRACE).count();
    let begun_here = spans.iter().filter(|span| span.parent_span_id.is_empty()).count();
    assert_eq!((of_the_client, begun_here, spans.len()), (1, 4, 5));

    let receiver = Receiver::start().await;
    let mut telemetry = all_to(&receiver, "grpc");
    telemetry["sample_ratio"] = json!(0);
    let never = start(&instance, &json!({ "telemetry": telemetry })).await;
    ask(&never, None, &[], &[]).await;
    ask(&never, None, &[("traceparent", RECORDED)], &[]).await;
    let received = decisions(&receiver, 1).await;
    assert_eq!(received.named("decide").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_ask_carry_their_trace_in_metadata() {
    let (receiver, instance) = (Receiver::start().await, Instance::new());
    let sidecar = start(&instance, &json!({ "telemetry": all_to(&receiver, "grpc") })).await;
    let mut client = authorization_client(channel(sidecar.grpc()).await);
    let token = reader(&instance);
    let question = AuthorizeRequest {
        question: Some(Question::Http(HttpRequest {
            method: "GET".into(),
            host: "shop.test".into(),
            path: "/admin/x".into(),
            ..HttpRequest::default()
        })),
        ..AuthorizeRequest::default()
    };
    let mut one = with_token(question.clone(), Some(&token));
    one.metadata_mut().insert("traceparent", RECORDED.parse().expect("a value"));
    client.authorize(one).await.expect("an answer");
    let both = BatchAuthorizeRequest { requests: vec![question.clone(), question] };
    let mut both = with_token(both, Some(&token));
    both.metadata_mut().insert("traceparent", OTHER.parse().expect("a value"));
    client.batch_authorize(both).await.expect("an answer");
    let received = decisions(&receiver, 3).await;
    let spans = received.named("decide");
    let of_one = spans.iter().filter(|span| hex(&span.trace_id) == TRACE).count();
    assert_eq!((of_one, spans.len()), (1, 3));
    for span in spans {
        let told = attributes(&span.attributes);
        assert_eq!(told["bailiff.door"], "authorize");
        assert_eq!((&*told["bailiff.effect"], &*told["bailiff.reason"]), ("deny", "role"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_to_clerk_are_spans_and_hold_neither_credential_nor_address() {
    let receiver = Receiver::start().await;
    let clerk = StandIn::start(Setup::new()).await.expect("the Clerk instance starts");
    let directory = TempDir::new().expect("a temporary directory");
    fs::write(directory.path().join("secret"), clerk.secret_key()).expect("the key is written");
    let settings = json!({
        "policy": directory.path().join("policy.yaml"),
        "instances": [{
            "publishable_key": clerk.publishable_key(),
            "secret_key_file": "secret",
            "api_url": clerk.backend_api_url(),
        }],
        "listeners": { "grpc": "127.0.0.1:0", "admin": "127.0.0.1:0" },
        "telemetry": all_to(&receiver, "http/protobuf"),
    });
    let policy = "version: 1\nroutes:\n  /keys: { credential: api_key }\n  /pages: signed_in\n";
    let sidecar = Sidecar::start_in(directory, policy, &settings).await;
    let key = clerk.issue(Grant::api_key("user_1", &[])).secret;
    let bearer = format!("Bearer {key}");
    let asked = Asked::get("/keys").header("authorization", &bearer);
    assert_eq!(asked.of(&sidecar).await.told(), "200");
    let received = receiver
        .until(|received| {
            let there = |name: &str| !received.named(name).is_empty();
            let all = ["Backend API call", "authenticate", "keys request"].map(there);
            all.into_iter().all(|there| there).then(|| received.clone())
        })
        .await;
    let call = received.named("Backend API call")[0];
    assert_eq!(call.kind(), SpanKind::Client);
    let told = attributes(&call.attributes);
    assert_eq!(told["url.template"], "/api_keys/verify");
    assert_eq!(told["http.request.method"], "POST");
    assert_eq!(told["http.response.status_code"], "200");
    let parent = |span: &Span| {
        let above = received.spans.iter().find(|(_, above)| above.span_id == span.parent_span_id);
        above.map(|(_, above)| above.name.clone())
    };
    assert_eq!(parent(call).as_deref(), Some("authenticate"));
    assert!(!received.text.contains(&key));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_could_not_be_made_for_want_of_keys_is_a_span_with_an_error() {
    // It takes connections in and says nothing, so that keys are under way for ever.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let jwks = format!("http://{}/jwks", silent.local_addr().expect("an address"));
    let receiver = Receiver::start().await;
    let directory = TempDir::new().expect("a temporary directory");
    let instance = Instance::new();
    let settings = json!({
        "policy": directory.path().join("policy.yaml"),
        "instances": [{ "publishable_key": instance.publishable_key(), "jwks_url": jwks }],
        "listeners": { "grpc": "127.0.0.1:0", "admin": "127.0.0.1:0" },
        "telemetry": all_to(&receiver, "grpc"),
    });
    let sidecar = Sidecar::start_unready(directory, SHOP, &settings).await;
    ask(&sidecar, Some(&reader(&instance)), &[], &[]).await;
    let received = decisions(&receiver, 1).await;
    let span = received.named("decide")[0];
    assert_eq!(span.status.as_ref().map(Status::code), Some(StatusCode::Error));
    assert_eq!(attributes(&span.attributes)["error.type"], "keys_unavailable");
    let authenticate = received.named("authenticate")[0];
    assert_eq!(received.named("keys fetch")[0].parent_span_id, authenticate.span_id);
}
