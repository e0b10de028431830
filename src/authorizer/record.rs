//! One log line and one count for every decision.

#[cfg(test)]
mod tests;

use super::outcome::{Door, Outcome};
use crate::{
    core::{
        clock::Timestamp,
        id::{InstanceName, OrganizationId, RuleId},
        path::CanonicalPath,
        question::{Question, Wanted},
    },
    policy::{is_preflight, replay::RecordedIdentity},
    telemetry::metrics::Metrics,
};
use std::time::Duration;

/// How much of a question its log line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogDetail {
    /// Neither the path nor any header: they may hold tokens, and the rule's template says where the
    /// request went.
    Plain,
    /// Besides, what deciding anew needs: the path without its query, the action, and what
    /// requirements ask about the identity. Never a token, a header or a claim.
    Replayable,
}

/// What is recorded of a decision.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recorded<'a> {
    pub(super) question: &'a Question<'a>,
    pub(super) outcome: &'a Outcome,
    pub(super) door: Door,
    pub(super) at: Timestamp,
    pub(super) detail: LogDetail,
}

/// Records the answer to a question.
pub(super) fn decided(metrics: &Metrics, recorded: &Recorded<'_>, took: Duration) {
    let Recorded { question, outcome, door, at: _, detail } = recorded;
    let (method, host) = match &question.wanted {
        Wanted::Http(request) => (Some(request.method), Some(request.authority)),
        Wanted::Action(_) | Wanted::Requirement(_) => (None, None),
    };
    let details = match detail {
        LogDetail::Plain => Details::NONE,
        LogDetail::Replayable => Details::of(recorded),
    };
    record(metrics, outcome, *door, method, host, &details, took);
}

/// Records the refusal of a message that no question could be made of.
pub(super) fn refused(metrics: &Metrics, outcome: &Outcome, door: Door) {
    record(metrics, outcome, door, None, None, &Details::NONE, Duration::ZERO);
}

/// What [`LogDetail::Replayable`] adds to a line. [`crate::policy::replay`] reads it.
#[derive(Debug)]
struct Details<'a> {
    /// The moment of the decision, in Unix milliseconds.
    at_ms: Option<i64>,
    scheme: Option<&'static str>,
    /// Decoded, without the query; absent where it has more than one reading.
    path: Option<String>,
    /// Whether it is a preflight, by its headers.
    preflight: Option<bool>,
    action: Option<&'a str>,
    also_action: Option<&'a str>,
    also_require: Option<&'a str>,
    /// A JSON object as text, since log lines cannot nest.
    identity: Option<String>,
}

impl<'a> Details<'a> {
    const NONE: Self = Self {
        at_ms: None,
        scheme: None,
        path: None,
        preflight: None,
        action: None,
        also_action: None,
        also_require: None,
        identity: None,
    };

    fn of(recorded: &Recorded<'a>) -> Self {
        let Recorded { question, outcome, door: _, at, detail: _ } = recorded;
        let common = Self {
            at_ms: Some(at.unix_millis()),
            also_action: question.also.action,
            also_require: question.also.require,
            identity: outcome.identity.caller().map(|who| RecordedIdentity::from(who).to_json()),
            ..Self::NONE
        };
        match &question.wanted {
            Wanted::Http(request) => Self {
                scheme: Some(request.scheme.as_str()),
                path: CanonicalPath::parse(request.path())
                    .ok()
                    .map(|path| path.as_str().to_owned()),
                preflight: is_preflight(request).then_some(true),
                ..common
            },
            Wanted::Action(action) => Self { action: Some(action.name), ..common },
            Wanted::Requirement(_) => common,
        }
    }
}

fn record(
    metrics: &Metrics,
    outcome: &Outcome,
    door: Door,
    method: Option<&str>,
    host: Option<&str>,
    details: &Details<'_>,
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
        at_ms = details.at_ms,
        scheme = details.scheme,
        path = details.path,
        preflight = details.preflight,
        action = details.action,
        also_action = details.also_action,
        also_require = details.also_require,
        identity = details.identity,
        "decided",
    );
}
