//! One log line and one count for every decision.

use super::outcome::{Door, Outcome};
use crate::{
    core::{
        id::{InstanceName, OrganizationId, RuleId},
        question::{Question, Wanted},
    },
    telemetry::metrics::Metrics,
};
use std::time::Duration;

/// Records the answer to a question. Neither the path nor any header is recorded: they may hold
/// tokens, and the rule's template says where the request went.
pub(super) fn decided(
    metrics: &Metrics,
    question: &Question<'_>,
    outcome: &Outcome,
    door: Door,
    took: Duration,
) {
    let (method, host) = match &question.wanted {
        Wanted::Http(request) => (Some(request.method), Some(request.authority)),
        Wanted::Action(_) | Wanted::Requirement(_) => (None, None),
    };
    record(metrics, outcome, door, method, host, took);
}

/// Records the refusal of a message that no question could be made of.
pub(super) fn refused(metrics: &Metrics, outcome: &Outcome, door: Door) {
    record(metrics, outcome, door, None, None, Duration::ZERO);
}

fn record(
    metrics: &Metrics,
    outcome: &Outcome,
    door: Door,
    method: Option<&str>,
    host: Option<&str>,
    took: Duration,
) {
    let decision = &outcome.decision;
    let (door, effect, reason) = (door.as_str(), decision.effect.as_str(), decision.reason.code());
    metrics.decided(door, effect, reason, took);
    let user = outcome.identity.user();
    let machine = outcome.identity.machine();
    tracing::info!(
        target: "bailiff::decision",
        door,
        effect,
        reason,
        rule = decision.rule.as_ref().map(RuleId::as_str),
        revision = decision.revision.as_str(),
        asker = decision.asker.as_str(),
        method,
        host,
        instance = outcome.instance.as_ref().map(InstanceName::as_str),
        user = user.map(|user| user.id.as_str()),
        credential = outcome.identity.caller().map(|caller| caller.kind().as_str()),
        subject = machine.map(|machine| &*machine.subject),
        credential_id = machine.map(|machine| &*machine.id),
        session = user.map(|user| user.session.as_str()),
        organization = user
            .and_then(|user| user.organization.as_ref())
            .map(|active| &active.id)
            .or_else(|| machine?.organization.as_ref())
            .map(OrganizationId::as_str),
        microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "decided",
    );
}
