//! One line, one count and, where it is recorded, one span for every decision.

#[cfg(test)]
mod tests;

use super::outcome::{Door, Outcome};
use crate::{
    core::{
        clock::Timestamp,
        id::{InstanceName, OrganizationId, RuleId},
        path::CanonicalPath,
        question::{Question, Wanted},
        reason::Category,
    },
    policy::{is_preflight, replay::RecordedIdentity},
    telemetry::{
        decision_log::{DecisionLine, DecisionLog},
        metrics::{DoorMetrics, Metrics},
        trace::{Recording, Told, Tracing},
    },
};
use std::{borrow::Cow, sync::Arc, time::Duration};

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

/// Who is told of decisions.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    pub(super) metrics: Arc<Metrics>,
    /// By [`Door`].
    doors: Arc<[DoorMetrics]>,
    pub(super) log: Arc<DecisionLog>,
    pub(super) detail: LogDetail,
    pub(super) tracing: Tracing,
}

/// What is recorded of a decision.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recorded<'a> {
    /// `None` for a message that no question could be made of.
    pub(super) question: Option<&'a Question<'a>>,
    pub(super) outcome: &'a Outcome,
    pub(super) recording: &'a Recording,
    pub(super) door: Door,
    pub(super) at: Timestamp,
    pub(super) took: Duration,
}

impl Recorder {
    /// Counts decisions, and tells nobody else.
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            doors: Door::ALL.iter().map(|door| metrics.door(door.as_str())).collect(),
            metrics,
            log: Arc::new(DecisionLog::off()),
            detail: LogDetail::Plain,
            tracing: Tracing::OFF,
        }
    }

    /// Records the answer to a question.
    pub(super) fn decided(&self, recorded: &Recorded<'_>) {
        let Recorded { question, outcome, recording, door, at, took } = *recorded;
        let decision = &outcome.decision;
        let reason = decision.reason;
        if let Some(metrics) = self.doors.get(door as usize) {
            metrics.decided(&decision.effect, reason, took);
        }
        let door = door.as_str();
        let (effect, rule) = (decision.effect.as_str(), decision.rule.as_ref().map(RuleId::as_str));
        let (method, host) = match question.map(|question| &question.wanted) {
            Some(Wanted::Http(request)) => (Some(request.method), Some(request.authority)),
            Some(Wanted::Action(_) | Wanted::Requirement(_)) | None => (None, None),
        };
        let instance = outcome.instance.as_ref().map(InstanceName::as_str);
        let credential = outcome.identity.caller().map(|caller| caller.kind().as_str());
        let place = recording.decided(&Told {
            effect,
            reason: reason.code(),
            is_failure: reason.category() == Category::Unavailable,
            rule,
            revision: decision.revision.as_str(),
            instance,
            credential,
            method,
            host,
        });
        if !self.log.wants(door, effect, rule) {
            return;
        }
        let user = outcome.identity.user();
        let machine = outcome.identity.machine();
        let (trace_id, span_id) = place.map(|place| (place.trace_id, place.span_id)).unzip();
        let mut line = DecisionLine {
            rule,
            method,
            host,
            instance,
            user: user.map(|user| user.id.as_str()),
            credential,
            subject: machine.map(|machine| &*machine.subject),
            credential_id: machine.map(|machine| &*machine.id),
            session: user.map(|user| user.session.as_str()),
            organization: user
                .and_then(|user| user.organization.as_ref())
                .map(|active| &active.id)
                .or_else(|| machine?.organization.as_ref())
                .map(OrganizationId::as_str),
            microseconds: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            trace_id,
            span_id,
            ..DecisionLine::new(
                at,
                door,
                effect,
                reason.code(),
                decision.revision.as_str(),
                decision.asker.as_str(),
            )
        };
        if let (LogDetail::Replayable, Some(question)) = (self.detail, question) {
            add_details(&mut line, question, outcome, at);
        }
        self.log.write(line);
    }
}

/// What [`LogDetail::Replayable`] adds to a line. [`crate::policy::replay`] reads it.
fn add_details<'a>(
    line: &mut DecisionLine<'a>,
    question: &'a Question<'a>,
    outcome: &Outcome,
    at: Timestamp,
) {
    line.at_ms = Some(at.unix_millis());
    line.also_action = question.also.action;
    line.also_require = question.also.require;
    line.identity = outcome.identity.caller().map(|who| RecordedIdentity::from(who).to_json());
    match &question.wanted {
        Wanted::Http(request) => {
            line.scheme = Some(request.scheme.as_str());
            let path = CanonicalPath::parse(request.path()).ok();
            line.path = path.map(|path| Cow::Owned(path.as_str().to_owned()));
            line.preflight = is_preflight(request).then_some(true);
        }
        Wanted::Action(action) => line.action = Some(action.name),
        Wanted::Requirement(_) => {}
    }
}
