//! A decision to an evaluation's answer.

use super::question::Malformed;
use crate::core::{
    decision::{Decision, Effect},
    reason::Category,
};
use serde_json::{Value, json};

/// What was decided. Where Bailiff cannot tell, the decision is a refusal with an error beside it.
pub(super) fn of(decision: &Decision) -> Value {
    let allowed = match decision.effect {
        Effect::Allow(_) => true,
        Effect::Deny(_) | Effect::Redirect(_) => false,
    };
    let mut context = json!({
        "reason": decision.reason.code(),
        "message": decision.message,
        "revision": decision.revision.as_str(),
    });
    if let Some(rule) = &decision.rule {
        context["rule"] = rule.as_str().into();
    }
    if !allowed && decision.reason.category() == Category::Unavailable {
        context["error"] = json!({ "status": 503, "message": decision.message });
    }
    json!({ "decision": allowed, "context": context })
}

/// The answer to one evaluation among several that cannot be asked.
pub(super) fn of_malformed(malformed: &Malformed) -> Value {
    let error = json!({ "status": 400, "message": malformed.to_string() });
    json!({ "decision": false, "context": { "reason": "malformed_request", "error": error } })
}

/// Whether an answer allows.
pub(super) fn allows(answer: &Value) -> bool {
    answer["decision"] == Value::Bool(true)
}
