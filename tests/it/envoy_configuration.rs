//! `deploy/envoy/envoy.yaml` by itself, with an authorizer that answers as the test says.

use crate::support::{
    envoy::{self, AuthorizerAddress, Envoy},
    http,
    scripted_authorizer::{Script, ScriptedAuthorizer},
    toolchain,
    upstream::{Upstream, received},
};
use envoy_types::{
    ext_authz::v3::pb::{
        CheckResponse, HeaderAppendAction, HeaderValue, HeaderValueOption, HttpResponse,
        OkHttpResponse,
    },
    pb::google::{
        protobuf::{Struct, Value, value::Kind},
        rpc,
    },
};
use std::net::TcpListener;
use tonic::Status;

struct Arrangement {
    envoy: Envoy,
    authorizer: ScriptedAuthorizer,
    upstream: Upstream,
}

async fn arranged(script: Script) -> Option<Arrangement> {
    let binary = toolchain::required(toolchain::envoy())?;
    let upstream = Upstream::start().await;
    let authorizer = ScriptedAuthorizer::start(script).await;
    let envoy = Envoy::start(&binary, authorizer.address(), upstream.address()).await;
    Some(Arrangement { envoy, authorizer, upstream })
}

fn allowed() -> CheckResponse {
    CheckResponse {
        status: Some(rpc::Status { code: 0, ..Default::default() }),
        ..Default::default()
    }
}

fn denied() -> CheckResponse {
    CheckResponse {
        status: Some(rpc::Status { code: 7, ..Default::default() }),
        ..Default::default()
    }
}

fn allowed_with_header(name: &str, value: &str) -> CheckResponse {
    let header = HeaderValueOption {
        header: Some(HeaderValue { key: name.into(), value: value.into(), ..Default::default() }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
        ..Default::default()
    };
    let ok = OkHttpResponse { headers: vec![header], ..Default::default() };
    CheckResponse { http_response: Some(HttpResponse::OkResponse(ok)), ..allowed() }
}

#[test]
fn envoy_accepts_the_shipped_configuration() {
    let Some(binary) = toolchain::required(toolchain::envoy()) else { return };
    let verdict = envoy::validate(&binary);
    assert!(verdict.is_ok(), "{verdict:?}");
}

#[test]
fn nothing_in_the_shipped_configuration_is_exempt_from_the_check() {
    let text = envoy::shipped().to_string();
    assert!(!text.contains("\"disabled\""));
    assert!(!text.contains("filter_enabled"));
    assert!(text.contains("\"failure_mode_allow\":false"));
}

#[test]
fn every_listener_of_the_shipped_configuration_is_on_loopback() {
    let document = envoy::shipped();
    for pointer in ["/admin/address", "/static_resources/listeners/0/address"] {
        let address = document.pointer(&format!("{pointer}/socket_address/address"));
        assert_eq!(address.and_then(|address| address.as_str()), Some("127.0.0.1"), "{pointer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn envoy_asks_about_every_request_and_passes_on_what_is_allowed() {
    let Some(all) = arranged(|_| Ok(allowed_with_header("x-user-id", "user_1"))).await else {
        return;
    };
    for method in ["GET", "HEAD", "OPTIONS", "POST", "DELETE"] {
        let answer = http::send(method, &all.envoy.url("/healthz?q=1"), &[]).await;
        assert_eq!(answer.status, 200, "{method}");
    }
    assert_eq!(all.authorizer.asked().len(), 5);
    assert_eq!(received(&all.upstream.seen()[0], "x-user-id"), ["user_1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn envoy_tells_headers_byte_for_byte_and_repeated_ones_apart() {
    let Some(all) = arranged(|_| Ok(allowed())).await else { return };
    let answer =
        http::raw(all.envoy.address(), "GET /a HTTP/1.1", &["X-Team: a", "X-Team: b"]).await;
    assert_eq!(answer.status, 200);
    let asked = all.authorizer.asked().remove(0);
    let request = asked.attributes.and_then(|all| all.request?.http).expect("an HTTP request");
    assert!(request.headers.is_empty());
    let lines = request.header_map.expect("raw headers").headers;
    let team: Vec<_> = lines.iter().filter(|line| line.key == "x-team").collect();
    assert_eq!(team.iter().map(|line| &line.raw_value[..]).collect::<Vec<_>>(), [b"a", b"b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn envoy_refuses_paths_and_header_names_with_two_readings_without_asking() {
    let Some(all) = arranged(|_| Ok(allowed())).await else { return };
    for target in ["/a%2fb", "/a%2Fb", "/a%5cb", "/a/..%2fb", "/a%00b", "/a#b", "*"] {
        let answer = http::raw(all.envoy.address(), &format!("GET {target} HTTP/1.1"), &[]).await;
        assert!(matches!(answer.status, 400 | 404), "{target}: {answer:?}");
    }
    let answer = http::raw(all.envoy.address(), "GET /a HTTP/1.1", &["x_user_id: boss"]).await;
    assert_eq!(answer.status, 400);
    assert!(all.authorizer.asked().is_empty());
    all.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn envoy_settles_a_path_before_it_asks_and_sends_on_the_same() {
    let Some(all) = arranged(|_| Ok(allowed())).await else { return };
    for (sent, settled) in [
        ("/docs/../admin", "/admin"),
        ("/docs/%2e%2e/admin", "/admin"),
        ("//a//b?x=//", "/a/b?x=//"),
    ] {
        let answer = http::raw(all.envoy.address(), &format!("GET {sent} HTTP/1.1"), &[]).await;
        assert_eq!(answer.status, 200, "{sent}");
        let asked = all.authorizer.asked().pop().expect("a question");
        let request = asked.attributes.and_then(|all| all.request?.http).expect("an HTTP request");
        assert_eq!(request.path, settled);
        assert_eq!(all.upstream.seen().pop().expect("a request")["target"], settled);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn envoy_names_what_a_route_requires_beyond_the_policy() {
    let Some(all) = arranged(|_| Ok(allowed())).await else { return };
    for path in ["/internal", "/internal/jobs", "/docs/../internal", "/internals"] {
        http::raw(all.envoy.address(), &format!("GET {path} HTTP/1.1"), &[]).await;
    }
    let requires: Vec<_> = all
        .authorizer
        .asked()
        .into_iter()
        .map(|asked| {
            asked.attributes.and_then(|all| all.context_extensions.get("bailiff.require").cloned())
        })
        .collect();
    let admin = Some("{ role: org:admin }".to_owned());
    assert_eq!(requires, [admin.clone(), admin.clone(), admin, None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn envoy_lets_nothing_through_when_the_authorizer_denies_fails_or_is_not_there() {
    let Some(denying) = arranged(|_| Ok(denied())).await else { return };
    assert_eq!(http::get(&denying.envoy.url("/a"), &[]).await.status, 403);
    denying.upstream.saw_nothing();

    let Some(failing) = arranged(|_| Err(Status::permission_denied("no"))).await else { return };
    assert_eq!(http::get(&failing.envoy.url("/a"), &[]).await.status, 503);
    failing.upstream.saw_nothing();

    let Some(binary) = toolchain::required(toolchain::envoy()) else { return };
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let nobody = AuthorizerAddress::Tcp(nobody.expect("a port that nobody listens on"));
    let upstream = Upstream::start().await;
    let envoy = Envoy::start(&binary, &nobody, upstream.address()).await;
    assert_eq!(http::get(&envoy.url("/a"), &[]).await.status, 503);
    upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn envoy_refuses_an_answer_that_would_change_the_request_line_or_split_a_header() {
    for script in [
        (|_| Ok(allowed_with_header(":path", "/admin"))) as Script,
        |_| Ok(allowed_with_header("host", "evil.test")),
        |_| Ok(allowed_with_header("x-user-id", "a\r\nx-role: admin")),
    ] {
        let Some(all) = arranged(script).await else { return };
        assert_eq!(http::get(&all.envoy.url("/a"), &[]).await.status, 500);
        all.upstream.saw_nothing();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_access_log_tells_the_reason_and_neither_query_nor_token() {
    let Some(all) = arranged(|_| {
        let text = |text: &str| Value { kind: Some(Kind::StringValue(text.into())) };
        let fields = [("reason".to_owned(), text("signed_out"))].into();
        Ok(CheckResponse { dynamic_metadata: Some(Struct { fields }), ..denied() })
    })
    .await
    else {
        return;
    };
    http::get(&all.envoy.url("/a?token=hush"), &[("authorization", "Bearer hush")]).await;
    let entry = all.envoy.access_log("/a").await;
    assert_eq!(entry["bailiff"]["reason"], "signed_out");
    assert_eq!(entry["status"], 403);
    assert_eq!(entry["details"], "ext_authz_denied");
    assert!(!entry.to_string().contains("hush"), "{entry}");
}
