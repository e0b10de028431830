use super::{DecisionLine, LineTime};
use crate::core::clock::Timestamp;
use serde_json::Value;
use std::str::from_utf8;

#[test]
fn instants_are_written_as_people_read_them() {
    for (millis, expected) in [
        (1_764_000_996_007, "2025-11-24T16:16:36.007Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    ] {
        let time = LineTime(Timestamp::from_unix_millis(millis));
        assert_eq!(from_utf8(&time.text()), Ok(expected));
        let whole = time.0.rfc3339();
        assert!(expected.starts_with(whole.trim_end_matches('Z')), "{whole}");
    }
}

#[test]
fn an_instant_that_no_calendar_holds_breaks_no_line() {
    for millis in [i64::MAX, i64::MIN] {
        let time = LineTime(Timestamp::from_unix_millis(millis));
        assert!(time.text().is_ascii());
    }
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
