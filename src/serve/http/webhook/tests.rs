use super::{WebhookDoor, router};
use crate::{
    authorizer::intake::{Endpoint, Intake},
    clerk::webhook::{MAX_MESSAGE_BYTES, SigningSecret},
    core::{
        clock::{ManualClock, Timestamp},
        event::Event,
        id::InstanceName,
    },
    revocation::log::{EventLog, LocalLog, LogLimits},
    serve::{PanicHook, panics::Net},
};
use aws_lc_rs::hmac;
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::sync::{Arc, Mutex};
use tower::ServiceExt as _;

const SENT: i64 = 1_764_000_000;
const BODY: &str = r#"{"object":"event","type":"session.revoked","instance_id":"ins_1","timestamp":1764000000,"data":{"id":"sess_1"}}"#;

const OLD: &[u8] = b"the-secret-before-rotation";
const FRESH: &[u8] = b"the-secret-after-rotation!";

/// A door, what its log was told, and what it counted.
struct Site {
    door: WebhookDoor,
    heard: Arc<Mutex<Vec<String>>>,
    counted: Arc<Mutex<Vec<&'static str>>>,
}

impl Site {
    fn of(instances: &[&str]) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let telling = Arc::clone(&heard);
        let sink = move |event: &Event| telling.lock().unwrap().push(event.id.to_string());
        let log = EventLog::Local(Arc::new(LocalLog::new(LogLimits::STANDARD, Arc::new(sink))));
        let secret = |bytes| SigningSecret::parse(&STANDARD.encode(bytes)).unwrap();
        let endpoint = |name: &&str| Endpoint {
            instance: InstanceName::new(name),
            instance_id: Some("ins_1".into()),
            secrets: vec![secret(FRESH), secret(OLD)],
        };
        let counted = Arc::new(Mutex::new(Vec::new()));
        let counting = Arc::clone(&counted);
        let door = WebhookDoor {
            intake: Arc::new(Intake::new(instances.iter().map(endpoint).collect(), log)),
            clock: Arc::new(ManualClock::at(Timestamp::from_unix_seconds(SENT))),
            count: Arc::new(move |outcome| counting.lock().unwrap().push(outcome)),
        };
        Self { door, heard, counted }
    }

    async fn send(&self, request: Request<Body>) -> (u16, String) {
        let response = router(self.door.clone(), net()).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1024).await.unwrap();
        let outcome = String::from_utf8(body.into()).unwrap().trim_end().to_owned();
        if !outcome.is_empty() {
            assert_eq!(self.counted.lock().unwrap().last(), Some(&&*outcome));
        }
        (status, outcome)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn net() -> Net {
    Net::under("webhook", PanicHook::new(|_| {}))
}

fn sign(secret: &[u8], id: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, format!("{id}.{SENT}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(tag))
}

fn request(path: &str, id: &str, secret: &[u8], body: &str) -> Request<Body> {
    Request::post(path)
        .header("svix-id", id)
        .header("svix-timestamp", SENT.to_string())
        .header("svix-signature", sign(secret, id, body))
        .body(Body::from(body.to_owned()))
        .unwrap()
}

fn answer(status: u16, outcome: &str) -> (u16, String) {
    (status, outcome.to_owned())
}

#[tokio::test]
async fn a_message_is_kept_before_it_is_acknowledged_and_only_once() {
    let site = Site::of(&["shop"]);
    assert_eq!(site.send(request("/", "msg_1", FRESH, BODY)).await, answer(200, "new"));
    assert_eq!(site.heard(), ["msg_1"]);
    assert_eq!(site.send(request("/", "msg_1", FRESH, BODY)).await, answer(200, "known"));
    assert_eq!(site.send(request("/shop", "msg_1", OLD, BODY)).await, answer(200, "known"));
    assert_eq!(site.heard(), ["msg_1"]);
}

#[tokio::test]
async fn every_configured_secret_counts_while_one_replaces_another() {
    let site = Site::of(&["shop"]);
    assert_eq!(site.send(request("/", "msg_1", OLD, BODY)).await, answer(200, "new"));
    assert_eq!(site.send(request("/", "msg_2", FRESH, BODY)).await, answer(200, "new"));
    let strange = request("/", "msg_3", b"somebody else's secret", BODY);
    assert_eq!(site.send(strange).await, answer(401, "invalid_signature"));
    assert_eq!(site.heard(), ["msg_1", "msg_2"]);
}

#[tokio::test]
async fn whatever_is_wrong_with_the_headers_is_refused() {
    let site = Site::of(&["shop"]);
    for missing in ["svix-id", "svix-timestamp", "svix-signature"] {
        let mut lacking = request("/", "msg_1", FRESH, BODY);
        lacking.headers_mut().remove(missing);
        assert_eq!(site.send(lacking).await, answer(400, "malformed_headers"), "{missing}");
        let mut twice = request("/", "msg_1", FRESH, BODY);
        let value = twice.headers()[missing].clone();
        twice.headers_mut().append(missing, value);
        assert_eq!(site.send(twice).await, answer(400, "malformed_headers"), "{missing}");
    }
    // Other names for the same headers are not Clerk's.
    let mut standard = request("/", "msg_1", FRESH, BODY);
    let id = standard.headers_mut().remove("svix-id").unwrap();
    standard.headers_mut().insert("webhook-id", id);
    assert_eq!(site.send(standard).await, answer(400, "malformed_headers"));
    for (timestamp, outcome) in
        [("yesterday", "malformed_timestamp"), ("1763999699", "too_old"), ("1764000301", "too_new")]
    {
        let mut untimely = request("/", "msg_1", FRESH, BODY);
        untimely.headers_mut().insert("svix-timestamp", timestamp.parse().unwrap());
        assert_eq!(site.send(untimely).await, answer(401, outcome));
    }
    assert_eq!(site.heard(), [""; 0]);
}

#[tokio::test]
async fn what_is_signed_and_no_event_of_the_instance_is_refused() {
    let site = Site::of(&["shop"]);
    let malformed = request("/", "msg_1", FRESH, "{}");
    assert_eq!(site.send(malformed).await, answer(400, "malformed"));
    let other = BODY.replace("ins_1", "ins_2");
    let other = request("/", "msg_1", FRESH, &other);
    assert_eq!(site.send(other).await, answer(400, "other_instance"));
    assert_eq!(site.heard(), [""; 0]);
}

/// Orders of operators travel in the same log, and one could be taken back with the secret of a
/// webhook.
#[tokio::test]
async fn an_operators_order_does_not_come_by_webhook() {
    let site = Site::of(&["shop"]);
    let order = r#"{"object":"event","type":"bailiff.revocation","instance_id":"ins_1",
        "timestamp":1764000000,"data":{},"target":{"user":"user_1"},"until":null,"why":"","by":""}"#;
    assert_eq!(site.send(request("/", "msg_1", FRESH, order)).await, answer(400, "malformed"));
    assert_eq!(site.heard(), [""; 0]);
}

#[tokio::test]
async fn a_body_has_bounds() {
    let site = Site::of(&["shop"]);
    let large = request("/", "msg_1", FRESH, &" ".repeat(MAX_MESSAGE_BYTES + 1));
    assert_eq!(site.send(large).await, answer(413, "body_too_large"));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let site = Site::of(&["shop"]);
    let (_held_open, chunks) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(1);
    let stalled = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(chunks));
    let request = request("/", "msg_1", FRESH, BODY).map(|_| stalled);
    assert_eq!(site.send(request).await, answer(408, "body_too_slow"));
}

#[tokio::test]
async fn several_instances_are_told_apart_by_the_path() {
    let site = Site::of(&["shop", "blog"]);
    assert_eq!(site.send(request("/blog", "msg_1", FRESH, BODY)).await, answer(200, "new"));
    assert_eq!(site.send(request("/", "msg_2", FRESH, BODY)).await, answer(404, "no_endpoint"));
    assert_eq!(site.send(request("/news", "msg_2", FRESH, BODY)).await, answer(404, "no_endpoint"));
}

#[tokio::test]
async fn only_posts_to_the_endpoint_are_answered() {
    let site = Site::of(&["shop"]);
    for (method, path, status) in [
        ("GET", "/", 405),
        ("PUT", "/shop", 405),
        ("POST", "/shop/more", 404),
        ("POST", "/shop/", 404),
    ] {
        let (head, body) = request(path, "msg_1", FRESH, BODY).into_parts();
        let mut request = Request::from_parts(head, body);
        *request.method_mut() = method.parse().unwrap();
        assert_eq!(site.send(request).await.0, status, "{method} {path}");
    }
    assert_eq!(site.heard(), [""; 0]);
}

#[tokio::test]
async fn a_body_of_the_largest_size_is_taken_and_one_byte_more_is_not() {
    let site = Site::of(&["shop"]);
    let largest = format!("{BODY}{}", " ".repeat(MAX_MESSAGE_BYTES - BODY.len()));
    assert_eq!(site.send(request("/", "msg_1", FRESH, &largest)).await, answer(200, "new"));
    let larger = format!("{largest} ");
    let refused = answer(413, "body_too_large");
    assert_eq!(site.send(request("/", "msg_2", FRESH, &larger)).await, refused);
    // Nor one that does not say how long it is.
    let pieces =
        larger.as_bytes().chunks(4096).map(|piece| Ok::<_, std::io::Error>(piece.to_vec()));
    let pieces: Vec<_> = pieces.collect();
    let streamed = Body::from_stream(tokio_stream::iter(pieces));
    let request = request("/", "msg_3", FRESH, &larger).map(|_| streamed);
    assert_eq!(site.send(request).await, refused);
    assert_eq!(site.heard(), ["msg_1"]);
}

#[tokio::test]
async fn during_a_rotation_every_event_comes_twice_and_counts_once() {
    let site = Site::of(&["shop"]);
    // Two endpoints with one address: each signs with its own secret, under ids of their own or not.
    assert_eq!(site.send(request("/", "msg_1", OLD, BODY)).await, answer(200, "new"));
    assert_eq!(site.send(request("/", "msg_1", FRESH, BODY)).await, answer(200, "known"));
    assert_eq!(site.heard(), ["msg_1"]);
    // Both signatures in one header, the one that counts behind another and strange ones.
    let mut both = request("/", "msg_2", FRESH, BODY);
    let strange = sign(b"somebody else's secret", "msg_2", BODY);
    let list = format!("v1a,AAAA {strange} v1,!!! {}", sign(OLD, "msg_2", BODY));
    both.headers_mut().insert("svix-signature", list.parse().unwrap());
    assert_eq!(site.send(both).await, answer(200, "new"));
}
