//! The body for programs: `application/problem+json` (RFC 9457), and in the same object what Clerk's
//! front end looks for when the user must verify their credentials again.

use super::Refusal;
use crate::core::reverification::Reverification;
use serde_json::{Map, Value, json};

pub(super) const CONTENT_TYPE: &str = "application/problem+json";

pub(super) fn render(refusal: &Refusal<'_>) -> String {
    let mut problem = Map::new();
    problem.insert("type".into(), "about:blank".into());
    problem.insert("title".into(), refusal.title().into());
    problem.insert("status".into(), refusal.status.as_u16().into());
    if let Some(message) = &refusal.message {
        problem.insert("detail".into(), (**message).into());
    }
    if refusal.hides() {
        return Value::Object(problem).to_string();
    }
    problem.insert("reason".into(), refusal.reason.code().into());
    if let Some(rule) = refusal.rule {
        problem.insert("rule".into(), rule.into());
    }
    if refusal.reason.is_mended_by_verifying_again() {
        problem.insert("clerk_error".into(), clerk_error(refusal.denial.reverification));
    }
    Value::Object(problem).to_string()
}

/// The shape that Clerk's `useReverification` opens its dialog by (`@clerk/shared`,
/// `authorization-errors.ts`).
fn clerk_error(asked: Option<Reverification>) -> Value {
    let metadata = match asked {
        None => json!({}),
        Some(Reverification::Preset(preset)) => json!({ "reverification": preset.as_str() }),
        Some(Reverification::Window { level, after_minutes }) => json!({
            "reverification": { "level": level.as_str(), "afterMinutes": after_minutes.get() }
        }),
    };
    json!({ "type": "forbidden", "reason": "reverification-error", "metadata": metadata })
}
