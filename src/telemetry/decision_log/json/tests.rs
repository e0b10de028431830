use super::write;
use crate::{
    core::clock::Timestamp,
    telemetry::decision_log::{DecisionLine, LineTime},
};
use proptest::prelude::*;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::{borrow::Cow, str::from_utf8};

impl Serialize for LineTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(from_utf8(&self.text()).expect("digits"))
    }
}

fn written(line: &DecisionLine<'_>) -> String {
    let mut bytes = Vec::new();
    write(line, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn bare() -> DecisionLine<'static> {
    let at = Timestamp::from_unix_millis(1_764_000_996_007);
    DecisionLine::new(at, "ext_authz", "deny", "no_route", "r1", "api")
}

#[test]
fn what_does_not_apply_is_left_out() {
    let line: Value = serde_json::from_str(&written(&bare())).unwrap();
    assert_eq!(
        line,
        json!({
            "timestamp": "2025-11-24T16:16:36.007Z",
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
fn nothing_that_a_client_chooses_ends_a_string_or_a_line() {
    let line = DecisionLine {
        host: Some("a\",\"effect\":\"allow"),
        method: Some("GET\n{\"effect\":\"allow\"}"),
        path: Some(Cow::Borrowed("/\\\u{0}\u{1b}[2J\u{2028}")),
        ..bare()
    };
    let written = written(&line);
    assert!(!written.contains('\n') && !written.contains('\u{1b}') && !written.contains('\u{0}'));
    let read: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(read["effect"], "deny");
    assert_eq!(read["host"], "a\",\"effect\":\"allow");
    assert_eq!(read["path"], "/\\\u{0}\u{1b}[2J\u{2028}");
}

proptest! {
    /// What serde derives for the type is the measure.
    #[test]
    fn whatever_a_line_holds_is_written_as_serde_would(
        texts in prop::collection::vec(prop::option::of(any::<String>()), 16),
        revision in any::<String>(),
        millis in any::<i64>(),
        microseconds in any::<u64>(),
        at_ms in any::<Option<i64>>(),
        preflight in any::<Option<bool>>(),
        words in any::<[bool; 2]>(),
    ) {
        let text = |at: usize| texts[at].as_deref();
        let line = DecisionLine {
            timestamp: LineTime(Timestamp::from_unix_millis(millis)),
            rule: text(0),
            revision: &revision,
            method: text(1),
            host: text(2),
            instance: text(3),
            user: text(4),
            credential: words[0].then_some("session_token"),
            subject: text(5),
            credential_id: text(6),
            session: text(7),
            organization: text(8),
            microseconds,
            at_ms,
            scheme: words[1].then_some("https"),
            path: text(9).map(Cow::Borrowed),
            preflight,
            action: text(10),
            also_action: text(11),
            also_require: text(12),
            identity: texts[13].clone(),
            trace_id: texts[14].clone(),
            span_id: texts[15].clone(),
            ..bare()
        };
        prop_assert_eq!(written(&line), serde_json::to_string(&line).unwrap());
    }
}
