//! What a peer may take, and how Bailiff leaves.

use crate::support::{
    PATIENCE,
    check::{Asked, Verdict},
    frames::{
        Frames, GOAWAY, PING, REFUSED_STREAM, RST_STREAM, SETTINGS, frame, give_up, open_call,
    },
    grpc::{authorization_client, channel, check_client},
    http,
    sidecar::{self, Sidecar},
    stack::SHOP,
    tokens::{Instance, Person::Boss},
};
use bailiff::{
    pb::v1::{AuthorizeRequest, Credential, HttpRequest, authorize_request::Question, credential},
    stand_in::clerk::{Endpoint, Fault, Grant, Setup, StandIn},
};
use serde_json::{Value, json};
use std::{fs, net::SocketAddr, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
/// How much a flood may leave behind: buffers, not what was sent.
const FLAT_KB: u64 = 32 * 1024;
const KEYS: &str = "version: 1\nroutes: { /keys: { credential: api_key }, /healthz: public }\n";

async fn shop(limits: Value) -> (Sidecar, Instance) {
    let instance = Instance::new();
    let directory = TempDir::new().expect("a temporary directory");
    let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
    settings["limits"] = limits;
    (Sidecar::start_in(directory, SHOP, &settings).await, instance)
}

/// A sidecar that must ask Clerk about each API key, and a Clerk that takes its time.
async fn waiting(limits: Value) -> (Sidecar, StandIn) {
    let clerk = StandIn::start(Setup::new()).await.expect("the Clerk instance starts");
    let directory = TempDir::new().expect("a temporary directory");
    let secret = directory.path().join("secret");
    fs::write(&secret, clerk.secret_key()).expect("the secret key is written");
    let settings = json!({
        "policy": directory.path().join("policy.yaml"),
        "instances": [{
            "publishable_key": clerk.publishable_key(),
            "secret_key_file": secret,
            "api_url": clerk.backend_api_url(),
            "handshake": "off",
        }],
        "listeners": { "grpc": "127.0.0.1:0", "admin": "127.0.0.1:0" },
        "limits": limits,
    });
    let sidecar = Sidecar::start_in(directory, KEYS, &settings).await;
    clerk.faults().inject(Endpoint::VerifyApiKey, Fault::Slow(Duration::from_millis(350)));
    (sidecar, clerk)
}

fn key(clerk: &StandIn) -> String {
    clerk.issue(Grant::api_key("user_1", &[])).secret
}

/// Asks about a key, and returns at once.
fn asking(to: SocketAddr, key: &str) -> tokio::task::JoinHandle<String> {
    let bearer = format!("Bearer {key}");
    tokio::spawn(async move {
        let asked = Asked::get("/keys").header("authorization", &bearer);
        let mut client = check_client(channel(to).await);
        let answer = client.check(asked.message()).await.expect("an answer").into_inner();
        Verdict::of(answer).told()
    })
}

async fn until_clerk_is_asked(clerk: &StandIn, times: u64) {
    let asked = async {
        while clerk.requests().count(Endpoint::VerifyApiKey) < times {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, asked).await.expect("Clerk is asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_beyond_the_limit_is_refused_at_once_and_health_is_still_told() {
    let (sidecar, clerk) = waiting(json!({ "decisions_at_once": 1 })).await;
    let mut authorize = authorization_client(channel(sidecar.grpc()).await);
    let mut health = HealthClient::new(channel(sidecar.grpc()).await);
    let mut seen = (false, false);
    // The first may be done before the second comes, on a machine that is busy.
    for round in 1..=30 {
        let first = asking(sidecar.grpc(), &key(&clerk));
        until_clerk_is_asked(&clerk, round).await;
        let second = Asked::get("/healthz").of(&sidecar).await.told();
        let third = authorize
            .authorize(AuthorizeRequest {
                credential: Some(Credential {
                    source: Some(credential::Source::Token("ak_thisisnobodys".to_owned())),
                }),
                question: Some(Question::Http(HttpRequest {
                    method: "GET".to_owned(),
                    scheme: "https".to_owned(),
                    host: "shop.test".to_owned(),
                    path: "/healthz".to_owned(),
                    headers: Vec::new(),
                })),
                ..AuthorizeRequest::default()
            })
            .await;
        health.check(HealthCheckRequest::default()).await.expect("health is told");
        assert_eq!(http::get(&sidecar.admin("/readyz"), &[]).await.status, 200);
        assert!(second == "200" || second == "503 overloaded", "{second}");
        if let Err(status) = &third {
            assert_eq!(status.code(), Code::Unavailable);
            assert!(format!("{status:?}").contains("overloaded"), "{status:?}");
        }
        seen = (seen.0 || second == "503 overloaded", seen.1 || third.is_err());
        assert_eq!(first.await.expect("the first is answered"), "200");
        if seen == (true, true) {
            break;
        }
    }
    assert_eq!(seen, (true, true));
    assert_eq!(Asked::get("/healthz").of(&sidecar).await.told(), "200");
    let metrics = http::get(&sidecar.admin("/metrics"), &[]).await.body;
    assert!(metrics.contains(r#"reason="overloaded""#), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_under_way_is_answered_after_the_order_to_end_and_nobody_is_sent_here_any_more() {
    let limits = json!({ "leave_ms": 1500, "drain_ms": 8000 });
    let (sidecar, clerk) = waiting(limits).await;
    let mut health = HealthClient::new(channel(sidecar.grpc()).await);
    let mut watching = health
        .watch(HealthCheckRequest::default())
        .await
        .expect("health can be watched")
        .into_inner();
    let serving = |status: i32| status == 1;
    let first = watching.message().await.expect("an answer").expect("a state");
    assert!(serving(first.status));
    let mut frames = Frames::connect(sidecar.grpc()).await;
    frames.next_of(SETTINGS).await.expect("settings");
    let under_way = asking(sidecar.grpc(), &key(&clerk));
    until_clerk_is_asked(&clerk, 1).await;
    sidecar.signal("TERM");
    let then = watching.message().await.expect("an answer").expect("a state");
    assert!(!serving(then.status), "health turns before connections are told to go");
    assert_eq!(http::get(&sidecar.admin("/readyz"), &[]).await.status, 503);
    assert_eq!(under_way.await.expect("it is answered"), "200");
    frames.next_of(GOAWAY).await.expect("the connection is told to go");
    assert_eq!(sidecar.exit_code().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_never_ends_does_not_hold_up_the_end() {
    let (sidecar, _) = shop(json!({ "leave_ms": 0, "drain_ms": 300 })).await;
    let mut frames = Frames::connect(sidecar.grpc()).await;
    frames.send(&open_call(1, CHECK)).await;
    frames.next_of(SETTINGS).await.expect("settings");
    sidecar.signal("TERM");
    assert_eq!(sidecar.exit_code().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_no_more_calls_open_than_the_limit() {
    let (sidecar, instance) = shop(json!({ "streams_per_connection": 4 })).await;
    let mut frames = Frames::connect(sidecar.grpc()).await;
    let told = frames.next_of(SETTINGS).await.expect("settings");
    assert_eq!(told.setting(3), Some(4));
    for stream in [1, 3, 5, 7, 9] {
        frames.send(&open_call(stream, CHECK)).await;
    }
    let refused = frames.next_of(RST_STREAM).await.expect("one is refused");
    assert_eq!((refused.stream, refused.number(0)), (9, REFUSED_STREAM));
    is_served(&sidecar, &instance).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_given_up_at_once_cost_others_nothing() {
    let (sidecar, instance) = shop(json!({})).await;
    is_served(&sidecar, &instance).await;
    let before = sidecar.resident_kb();
    let mut frames = Frames::connect(sidecar.grpc()).await;
    for batch in 0..200_u32 {
        let mut bytes = Vec::new();
        for number in 0..100 {
            let stream = 2 * (batch * 100 + number) + 1;
            bytes.extend(open_call(stream, CHECK));
            bytes.extend(give_up(stream));
        }
        // Whoever does this is told to go, sooner or later.
        if !frames.send_within(Duration::from_secs(2), &bytes).await {
            break;
        }
        if batch % 50 == 0 {
            is_served(&sidecar, &instance).await;
        }
    }
    is_served(&sidecar, &instance).await;
    assert!(sidecar.resident_kb() < before + FLAT_KB, "{before} kB before");
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_of_pings_and_settings_cost_others_nothing() {
    let (sidecar, instance) = shop(json!({})).await;
    is_served(&sidecar, &instance).await;
    let before = sidecar.resident_kb();
    for flood in [frame(PING, 0, 0, &[0; 8]), frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100])] {
        let mut frames = Frames::connect(sidecar.grpc()).await;
        let bytes = flood.repeat(10_000);
        for _ in 0..20 {
            // The answers are never read: what cannot be answered is not read on either.
            if !frames.send_within(Duration::from_millis(500), &bytes).await {
                break;
            }
        }
        is_served(&sidecar, &instance).await;
    }
    assert!(sidecar.resident_kb() < before + FLAT_KB, "{before} kB before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_cut_off_and_so_is_a_connection_left_idle() {
    let (sidecar, _) = shop(json!({ "head_ms": 300 })).await;
    let admin = sidecar.admin_address();
    for begun in ["", "GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: "] {
        let mut stream = TcpStream::connect(admin).await.expect("a connection");
        stream.write_all(begun.as_bytes()).await.expect("it is sent");
        ends(&mut stream, begun).await;
    }
    let mut stream = TcpStream::connect(admin).await.expect("a connection");
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("it is sent");
    ends(&mut stream, "an answered request").await;
    let mut stream = TcpStream::connect(admin).await.expect("a connection");
    let endless = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}", "a".repeat(1 << 20));
    // It is cut off while it is being sent.
    let _ = stream.write_all(endless.as_bytes()).await;
    ends(&mut stream, "a head that is too large").await;
    assert_eq!(http::get(&sidecar.admin("/healthz"), &[]).await.status, 200);
}

async fn ends(stream: &mut TcpStream, what: &str) {
    let mut rest = Vec::new();
    let ended = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the connection stays open after {what:?}");
}

async fn is_served(sidecar: &Sidecar, instance: &Instance) {
    let bearer = format!("Bearer {}", instance.token(Boss));
    let asked = Asked::get("/admin/a").header("authorization", &bearer);
    let told = timeout(PATIENCE, asked.of(sidecar)).await.expect("an answer in time").told();
    assert_eq!(told, "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grpc_peer_that_does_not_begin_is_cut_off() {
    let (sidecar, instance) = shop(json!({ "first_bytes_ms": 300 })).await;
    for begun in [&b""[..], b"PRI * HTTP/2.0\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r"] {
        let mut stream = TcpStream::connect(sidecar.grpc()).await.expect("a connection");
        stream.write_all(begun).await.expect("it is sent");
        ends(&mut stream, &String::from_utf8_lossy(begun)).await;
    }
    // One that has begun may be silent for longer than that.
    let mut frames = Frames::connect(sidecar.grpc()).await;
    frames.next_of(SETTINGS).await.expect("settings");
    tokio::time::sleep(Duration::from_millis(600)).await;
    frames.send(&frame(PING, 0, 0, &[7; 8])).await;
    frames.next_of(PING).await.expect("an answer");
    is_served(&sidecar, &instance).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_limit_are_closed_and_others_go_on() {
    let (sidecar, instance) = shop(json!({ "connections": 3 })).await;
    let lasting = check_client(channel(sidecar.grpc()).await);
    let asked = Asked::get("/admin/a").header("x-made-up", "1").message();
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut frames = Frames::connect(sidecar.grpc()).await;
        frames.next_of(SETTINGS).await.expect("settings");
        held.push(frames);
    }
    for _ in 0..20 {
        let mut stream = TcpStream::connect(sidecar.grpc()).await.expect("a connection");
        ends(&mut stream, "a connection too many").await;
    }
    lasting.clone().check(asked).await.expect("whoever is connected is answered");
    let metrics = http::get(&sidecar.admin("/metrics"), &[]).await.body;
    let count = |name: &str| -> u64 {
        let of_grpc = |line: &&str| line.starts_with(name) && line.contains("127.0.0.1");
        let lines = metrics.lines().filter(of_grpc).filter(|line| line.contains("\"grpc\""));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    };
    assert_eq!(count("bailiff_connections_refused_total{"), 20, "{metrics}");
    assert_eq!(count("bailiff_connections{"), 3, "{metrics}");
    // Each listener has a limit of its own, and a place that is left is free again.
    drop((held, lasting));
    let free = async {
        loop {
            let mut stream = TcpStream::connect(sidecar.grpc()).await.expect("a connection");
            stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.ok();
            let mut first = [0; 1];
            if matches!(stream.read(&mut first).await, Ok(1)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, free).await.expect("a place is free again");
    is_served(&sidecar, &instance).await;
}
