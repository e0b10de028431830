//! The policy that is to come, tried on the questions that the live one answers.
//!
//! It is put to every question after the answer has been found, logged and timed: by the very same
//! way, with what was learnt about the caller on the way to the answer. Nobody is asked for a second
//! time, and nobody is asked because the next policy would: where the live one does not look at
//! who asks and the next one does, that is the difference. Whatever the next policy does, the answer
//! stands.

use super::{
    find::{self, Asked, Stop},
    instances::Instances,
    judge::Case,
    operator::OperatorRequirements,
    outcome::Outcome,
    remarks::Remarks,
};
use crate::{
    clerk::request::Authentication,
    core::{clock::Timestamp, decision::Decision, id::RuleId, question::Question, reason::Reason},
    policy::Policy,
    telemetry::metrics::Metrics,
};
use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// What was learnt about the caller on the way to the answer.
#[derive(Debug)]
pub(super) enum Seen {
    /// There is no next policy that would want to know.
    Unwanted,
    /// Nothing: the answer did not depend on it.
    Nothing,
    /// This.
    Authentication(Box<Authentication>),
}

impl Seen {
    pub(super) const fn wanted(wanted: bool) -> Self {
        if wanted { Self::Nothing } else { Self::Unwanted }
    }

    /// Keeps what was learnt, if anybody wants to know.
    pub(super) fn note(&mut self, authentication: &Authentication) {
        match self {
            Self::Unwanted => {}
            Self::Nothing | Self::Authentication(_) => {
                *self = Self::Authentication(Box::new(authentication.clone()));
            }
        }
    }
}

/// A question, and what answering it needs besides a policy.
pub(super) struct Trial<'a> {
    pub(super) question: &'a Question<'a>,
    pub(super) instances: &'a Instances,
    pub(super) operator: &'a OperatorRequirements,
    pub(super) now: Timestamp,
    pub(super) seen: Seen,
}

/// What the next policy would do.
#[derive(Debug)]
enum Would {
    /// This.
    Decide(Box<Decision>),
    /// It hangs on who asks, which the live policy does not look at.
    AskWho(Option<RuleId>),
    /// Nothing that can be told: the code that decides panicked.
    Panic,
}

impl Trial<'_> {
    /// Counts and logs it if the next policy would decide otherwise.
    pub(super) fn compare(self, next: &Policy, live: &Decision, metrics: &Metrics) {
        let would = safely(|| self.judge(next));
        let (told, rule) = match &would {
            Would::Decide(decision) => (told(decision), decision.rule.as_ref()),
            Would::AskWho(rule) => (Cow::Borrowed("identity"), rule.as_ref()),
            Would::Panic => (Cow::Borrowed("panic"), None),
        };
        let live_told = self::told(live);
        if told == live_told {
            return;
        }
        // By the rule that is in force, or else by the one that would be.
        let counted = live.rule.as_ref().or(rule).map_or("", RuleId::as_str);
        metrics.next_differs(counted, &live_told, &told);
        tracing::info!(
            target: "bailiff::shadow",
            rule = live.rule.as_ref().map(RuleId::as_str),
            live = &*live_told,
            revision = live.revision.as_str(),
            next_rule = rule.map(RuleId::as_str),
            next = &*told,
            next_revision = next.revision().as_str(),
            "the next policy would decide otherwise",
        );
    }

    fn judge(&self, next: &Policy) -> Would {
        let case = Case::of(self.question, next, self.now);
        let decided = |outcome: Outcome| Would::Decide(Box::new(outcome.decision));
        let judged = |(outcome, _): (Outcome, Remarks)| decided(outcome);
        let Some(instance) = self.instances.of(self.question) else {
            return decided(case.stopped(Reason::Misconfigured, None));
        };
        let asked = match find::asked(self.question, next, self.operator) {
            Ok(asked) => asked,
            Err(Stop { reason, message }) => return decided(case.stopped(reason, message)),
        };
        match &self.seen {
            Seen::Authentication(_) if !asked.wants_identity() => judged(case.judge_anyone(&asked)),
            Seen::Authentication(seen) => judged(case.judge(&asked, (**seen).clone(), instance)),
            Seen::Unwanted | Seen::Nothing if hangs_on_who_asks(&asked) => {
                Would::AskWho(asked.rule().cloned())
            }
            Seen::Unwanted | Seen::Nothing => judged(case.judge_anyone(&asked)),
        }
    }
}

/// Whatever is wrong with the next policy, the answer stands.
fn safely(judge: impl FnOnce() -> Would) -> Would {
    catch_unwind(AssertUnwindSafe(judge)).unwrap_or(Would::Panic)
}

/// Whether some callers are let through and others are not.
fn hangs_on_who_asks(asked: &Asked<'_, '_>) -> bool {
    // What is refused to nobody in particular is refused for being signed out.
    let nobody = asked.judge_nobody(Reason::SignedOut).enforced;
    asked.wants_identity() && nobody.is_err_and(|no| no.refusal.reason == Reason::SignedOut)
}

/// Effect and reason, as they are counted: `allow`, `deny role`.
fn told(decision: &Decision) -> Cow<'static, str> {
    let (effect, reason) = (decision.effect.as_str(), decision.reason);
    if reason == Reason::Allowed {
        return Cow::Borrowed(effect);
    }
    Cow::Owned(format!("{effect} {}", reason.code()))
}

#[cfg(test)]
mod tests {
    use super::{Would, safely};

    #[test]
    fn a_panic_goes_no_further() {
        assert!(matches!(safely(|| panic!("as a test")), Would::Panic));
    }
}
