//! Allowed and denied, for programs.

use crate::support::{
    http,
    stack::{Stack, Transport},
    tokens::{
        HOST,
        Person::{Boss, Loner, Reader},
    },
    upstream::UpgradingUpstream,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_people_and_pages() {
    let Some(shop) = Stack::start().await else { return };
    for (person, method, path, expected) in [
        (None, "GET", "/healthz", "200"),
        (None, "GET", "/docs", "200"),
        (None, "GET", "/docs/a/b?c=d", "200"),
        (None, "GET", "/", "200"),
        (None, "GET", "/dashboard", "401 signed_out"),
        (None, "GET", "/admin/users", "401 signed_out"),
        (None, "GET", "/nowhere", "403 no_route"),
        (Some(Loner), "GET", "/dashboard", "200"),
        (Some(Loner), "GET", "/team/plans", "403 organization_required"),
        (Some(Loner), "GET", "/nowhere", "403 no_route"),
        (Some(Reader), "GET", "/team/plans", "200"),
        (Some(Reader), "GET", "/admin/users", "403 role"),
        (Some(Reader), "GET", "/reports/q3", "403 plan"),
        (Some(Reader), "GET", "/danger/zone", "403 reverification"),
        (Some(Reader), "GET", "/orgs/acme/invoices/7", "200"),
        (Some(Reader), "PUT", "/orgs/acme/invoices/7", "403 permission"),
        (Some(Reader), "DELETE", "/orgs/acme/invoices/7", "403 no_route"),
        (Some(Boss), "GET", "/admin/users", "200"),
        (Some(Boss), "GET", "/reports/q3", "200"),
        (Some(Boss), "GET", "/danger/zone", "200"),
        (Some(Boss), "PUT", "/orgs/acme/invoices/7", "200"),
        (Some(Boss), "PATCH", "/orgs/acme/invoices/7", "200"),
        (Some(Boss), "DELETE", "/orgs/acme/invoices/7", "403 no_route"),
    ] {
        let reached = shop.upstream.seen().len();
        let answer = shop.send(person, method, path, &[]).await;
        let told = match answer.status {
            200 => "200".to_owned(),
            status => format!("{status} {}", answer.reason()),
        };
        assert_eq!(told, expected, "{person:?} {method} {path}: {answer:?}");
        let passed = shop.upstream.seen().len() - reached;
        assert_eq!(passed, usize::from(answer.status == 200), "{person:?} {method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_want_of_a_credential_says_how_to_present_one() {
    let Some(shop) = Stack::start().await else { return };
    let answer = shop.get(None, "/dashboard").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let challenge = answer.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("Bearer"), "{challenge}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let problem = answer.json();
    assert_eq!(problem["status"], 401);
    assert_eq!(problem["reason"], "signed_out");
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_an_identity_is_a_403_without_a_challenge() {
    let Some(shop) = Stack::start().await else { return };
    let answer = shop.get(Some(Reader), "/admin/users").await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("www-authenticate"), None);
    assert_eq!(answer.json()["reason"], "role");
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_an_old_verification_lets_clerks_front_end_open_its_dialog() {
    let Some(shop) = Stack::start().await else { return };
    let answer = shop.send(Some(Reader), "POST", "/danger/zone", &[]).await;
    assert_eq!(answer.status, 403);
    let body = answer.json();
    assert_eq!(body["clerk_error"]["type"], "forbidden");
    assert_eq!(body["clerk_error"]["reason"], "reverification-error");
    assert_eq!(body["clerk_error"]["metadata"]["reverification"], "strict");
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_covered_by_get_and_is_answered_without_a_body() {
    let Some(shop) = Stack::start().await else { return };
    let allowed = shop.send(Some(Reader), "HEAD", "/orgs/acme/invoices/7", &[]).await;
    assert_eq!(allowed.status, 200);
    let denied = shop.send(None, "HEAD", "/orgs/acme/invoices/7", &[]).await;
    assert_eq!((denied.status, denied.body.as_str()), (401, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_is_no_way_around_the_policy() {
    let Some(shop) = Stack::start().await else { return };
    let preflight = [("origin", "https://evil.test"), ("access-control-request-method", "DELETE")];
    let answer = shop.send(None, "OPTIONS", "/admin/users", &preflight).await;
    assert_eq!(answer.status, 401);
    let answer = shop.send(None, "OPTIONS", "/orgs/acme/invoices/7", &preflight).await;
    assert_eq!((answer.status, answer.reason().as_str()), (403, "no_route"));
    shop.upstream.saw_nothing();
    let answer = shop.send(None, "OPTIONS", "/docs/a", &preflight).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_proxy_requires_on_a_route_comes_on_top_of_the_policy() {
    let Some(shop) = Stack::start().await else { return };
    assert_eq!(shop.get(None, "/internal/jobs").await.status, 401);
    let reader = shop.get(Some(Reader), "/internal/jobs").await;
    assert_eq!((reader.status, reader.reason().as_str()), (403, "role"));
    assert_eq!(shop.get(Some(Boss), "/internal/jobs").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unix_socket_carries_the_same_verdicts() {
    let Some(shop) = Stack::start_over(Transport::Unix).await else { return };
    assert_eq!(shop.get(None, "/docs/a").await.status, 200);
    assert_eq!(shop.get(None, "/admin/users").await.status, 401);
    assert_eq!(shop.get(Some(Reader), "/admin/users").await.status, 403);
    assert_eq!(shop.get(Some(Boss), "/admin/users").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_is_decided_about_at_its_upgrade() {
    let Some(shop) = Stack::start().await else { return };
    let upgrade = [
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    let refused = shop.raw("GET /chat HTTP/1.1", &upgrade).await;
    assert!(matches!(refused.status, 401 | 403), "{refused:?}");
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowed_websocket_flows_both_ways() {
    use crate::support::{
        envoy::Envoy, sidecar::Sidecar, stack::SHOP, tokens::Instance, toolchain,
    };

    let Some(binary) = toolchain::required(toolchain::envoy()) else { return };
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, SHOP).await;
    let upstream = UpgradingUpstream::start().await;
    let envoy = Envoy::start(&binary, &sidecar.over_tcp(), upstream.address()).await;

    let request = |token: Option<&str>| {
        let credential = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        format!(
            "GET /chat HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
            credential.unwrap_or_default()
        )
    };
    let refused = http::raw_bytes(envoy.address(), request(None).as_bytes()).await;
    assert_eq!(refused.status, 401);

    let mut stream = tokio::net::TcpStream::connect(envoy.address()).await.expect("a connection");
    let request = request(Some(&instance.token(Loner)));
    stream.write_all(request.as_bytes()).await.expect("the request is sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("an answer"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    stream.write_all(b"hello").await.expect("the tunnel is open");
    let mut echoed = [0; 5];
    stream.read_exact(&mut echoed).await.expect("the service answers");
    assert_eq!(&echoed, b"hello");
}
