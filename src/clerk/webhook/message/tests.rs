use super::{Message, MessageError};
use crate::core::{clock::Timestamp, id::InstanceName};
use serde_json::{Value, json};

fn read(body: &Value, instance_id: Option<&str>) -> Result<Message, MessageError> {
    let body = body.to_string();
    Message::read("msg_1", body.as_bytes(), &InstanceName::new("shop"), instance_id)
}

fn body() -> Value {
    json!({
        "object": "event", "type": "user.updated", "instance_id": "ins_1",
        "timestamp": 1_764_000_000_123_i64, "data": { "id": "user_1" },
        "event_attributes": { "http_request": { "client_ip": "192.0.2.1" } },
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut body = body();
    body[field] = value;
    body
}

#[test]
fn an_event_is_read_and_kept_as_it_was_signed() {
    let Message { event, data } = read(&body(), Some("ins_1")).unwrap();
    assert_eq!(
        (&*event.id, event.instance.as_str(), &*event.kind),
        ("msg_1", "shop", "user.updated")
    );
    assert_eq!(event.occurred_at, Timestamp::from_unix_millis(1_764_000_000_123));
    assert_eq!(*event.payload, body().to_string());
    assert_eq!(data["id"], "user_1");
    assert!(!format!("{event:?}").contains("user_1"));
}

#[test]
fn dates_are_seconds_or_milliseconds() {
    let seconds = read(&with("timestamp", json!(1_764_000_000)), None).unwrap();
    assert_eq!(seconds.event.occurred_at, Timestamp::from_unix_seconds(1_764_000_000));
}

#[test]
fn a_message_about_another_instance_is_not_taken() {
    for body in [with("instance_id", json!("ins_2")), with("instance_id", Value::Null)] {
        assert_eq!(read(&body, Some("ins_1")).unwrap_err(), MessageError::OtherInstance);
        assert!(read(&body, None).is_ok());
    }
}

#[test]
fn what_is_no_event_is_refused() {
    for body in [
        json!(null),
        json!([]),
        json!({}),
        with("object", json!("user")),
        with("type", json!("")),
        with("type", json!("a b")),
        with("type", json!("x".repeat(129))),
        with("type", json!(1)),
        with("timestamp", json!("1764000000")),
        with("timestamp", json!(-1)),
        with("timestamp", Value::Null),
        with("data", json!([])),
        with("data", Value::Null),
    ] {
        assert_eq!(read(&body, None).unwrap_err(), MessageError::Malformed, "{body}");
    }
    let instance = InstanceName::new("shop");
    for body in [&b""[..], b"{", b"\xff", &b"[".repeat(100_000)] {
        let error = Message::read("msg_1", body, &instance, None).unwrap_err();
        assert_eq!(error, MessageError::Malformed);
    }
}
