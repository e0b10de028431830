use super::{DecisionLine, LineTime};
use crate::core::clock::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::str::from_utf8;

impl Serialize for LineTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(from_utf8(&self.text()).expect("digits"))
    }
}

#[test]
fn instants_are_written_as_people_read_them() {
    for (millis, expected) in [
        (1_764_000_996_007, "2025-11-24T16:16:36.007Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    ] {
        let time = LineTime(Timestamp::from_unix_millis(millis));
        assert_eq!(serde_json::to_value(time).unwrap(), json!(expected));
        let whole = time.0.rfc3339();
        assert!(expected.starts_with(whole.trim_end_matches('Z')), "{whole}");
    }
}

#[test]
fn an_instant_that_no_calendar_holds_breaks_no_line() {
    for millis in [i64::MAX, i64::MIN] {
        let time = LineTime(Timestamp::from_unix_millis(millis));
        assert!(serde_json::to_value(time).unwrap().is_string());
    }
}

#[test]
fn what_does_not_apply_is_left_out() {
    let at = Timestamp::from_unix_seconds(0);
    let line = DecisionLine::new(at, "ext_authz", "deny", "no_route", "r1", "api");
    let line = serde_json::to_value(&line).unwrap();
    assert_eq!(
        line,
        json!({
            "timestamp": "1970-01-01T00:00:00.000Z",
            "level": "INFO",
            "message": "decided",
            "door": "ext_authz",
            "effect": "deny",
            "reason": "no_route",
            "revision": "r1",
            "asker": "api",
            "microseconds": 0,
            "target": "bailiff::decision",
        })
    );
}

#[test]
fn the_schema_asks_for_what_every_line_has_and_nothing_else() {
    let schema = DecisionLine::schema();
    let required: Vec<&str> =
        schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let mut expected = [
        "asker",
        "door",
        "effect",
        "level",
        "message",
        "microseconds",
        "reason",
        "revision",
        "target",
        "timestamp",
    ];
    let mut required = required;
    required.sort_unstable();
    expected.sort_unstable();
    assert_eq!(required, expected);
    assert_eq!(schema["additionalProperties"], false);
}
