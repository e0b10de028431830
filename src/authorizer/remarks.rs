//! What an operator wants to know of a question besides its answer: what shadow mode would have
//! refused, and conditions that could not be worked out. Nothing of the request is recorded.

use crate::{
    core::{
        id::{Revision, RuleId},
        reason::Reason,
    },
    policy::ConditionError,
    telemetry::metrics::Metrics,
};

/// What there is to say of one question; mostly nothing.
pub(super) struct Remarks {
    /// What would have been decided otherwise.
    pub(super) differences: Vec<Difference>,
    /// Conditions that could not be worked out, enforced or not.
    pub(super) broken: Vec<Broken>,
}

/// What something in shadow mode would have decided.
pub(super) struct Difference {
    /// The rule or guard.
    pub(super) rule: Option<RuleId>,
    /// Why it would have refused.
    pub(super) reason: Reason,
    /// The effect it would have had.
    pub(super) effect: &'static str,
}

/// A condition that could not be worked out.
pub(super) struct Broken {
    /// The rule or guard that it stands on; the rule that the question fell under where the proxy's
    /// configuration adds it.
    pub(super) rule: Option<RuleId>,
    pub(super) error: ConditionError,
}

impl Remarks {
    pub(super) const NONE: Self = Self { differences: Vec::new(), broken: Vec::new() };

    /// Counts and logs them.
    pub(super) fn record(&self, metrics: &Metrics, revision: &Revision) {
        let name = |rule: &Option<RuleId>| rule.as_ref().map_or("", RuleId::as_str).to_owned();
        for Difference { rule, reason, effect } in &self.differences {
            metrics.shadowed(name(rule), reason.code());
            tracing::info!(
                target: "bailiff::shadow",
                rule = rule.as_ref().map(RuleId::as_str),
                reason = reason.code(),
                effect,
                revision = revision.as_str(),
                "would have been refused",
            );
        }
        for Broken { rule, error } in &self.broken {
            metrics.condition_failed(name(rule));
            tracing::warn!(
                rule = rule.as_ref().map(RuleId::as_str),
                %error,
                revision = revision.as_str(),
                "a condition could not be worked out",
            );
        }
    }
}
