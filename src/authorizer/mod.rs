//! The one pipeline every door asks: find the entry that decides, find out who asks, judge, answer.
//!
//! It is total. Whatever goes wrong on the way ends in a [`Decision`] with a reason of its own; no
//! error leaves it, so no door can mistake one for an answer.

mod cut_off;
pub mod feed;
mod find;
mod instances;
pub mod intake;
mod judge;
mod load;
mod next;
mod operator;
pub mod operators;
pub mod order;
pub mod outcome;
mod record;
mod remarks;
pub mod revocations;
mod sign_in;
pub mod snapshot;

pub use instances::{InstanceEntry, Instances, InstancesError};
pub use outcome::{Door, Outcome};
pub use record::LogDetail;
pub use snapshot::{Policies, PolicySlot, Snapshot};

use crate::{
    clerk::request::Authentication,
    core::{
        asker::Asker,
        clock::{SharedClock, Stopwatch, Timestamp},
        credential::CredentialKinds,
        decision::{Decision, Denial, Effect},
        identity::Identity,
        peer::Peer,
        presentation::Presentation,
        question::{Also, AskedRequirement, CredentialSource, Question, Wanted},
        reason::{Category, Reason},
    },
    policy::{
        AskedError, Inquiry, Policy, Requirement, Who,
        explain::{Explanation, Verdict},
    },
    telemetry::{
        decision_log::DecisionLog,
        metrics::Metrics,
        trace::{Recording, Tracing},
    },
};
use cut_off::unless_cut_off;
use load::Load;
use next::{Seen, Trial};
use operator::OperatorRequirements;
use record::{Recorded, Recorder};
use remarks::Remarks;
use revocations::Revocations;
use std::{borrow::Cow, pin::pin, sync::Arc, time::Duration};
use tokio::sync::watch;
use tracing::Instrument as _;

/// Answers questions.
#[derive(Debug)]
pub struct Authorizer {
    policies: Policies,
    instances: Instances,
    clock: SharedClock,
    recorder: Recorder,
    operator: OperatorRequirements,
    ready: watch::Receiver<bool>,
    revocations: Arc<Revocations>,
    load: Load,
}

impl Authorizer {
    /// An authorizer that decides by `policies` about the identities of `instances`.
    #[must_use]
    pub fn new(
        policies: impl Into<Policies>,
        instances: Instances,
        clock: SharedClock,
        metrics: Arc<Metrics>,
        ready: watch::Receiver<bool>,
        revocations: Arc<Revocations>,
    ) -> Self {
        let (policies, operator) = (policies.into(), OperatorRequirements::new());
        let recorder = Recorder::new(metrics);
        let load = Load::new(usize::MAX);
        Self { policies, instances, clock, recorder, operator, ready, revocations, load }
    }

    /// The same for so many questions at once. More are refused with [`Reason::Overloaded`].
    #[must_use]
    pub fn with_most_at_once(self, most: usize) -> Self {
        Self { load: Load::new(most), ..self }
    }

    /// The same with decisions logged in this detail.
    #[must_use]
    pub fn with_decision_log(mut self, log: Arc<DecisionLog>, detail: LogDetail) -> Self {
        self.recorder.log = log;
        self.recorder.detail = detail;
        self
    }

    /// The same with decisions recorded as spans.
    #[must_use]
    pub fn with_tracing(mut self, tracing: Tracing) -> Self {
        self.recorder.tracing = tracing;
        self
    }

    /// What makes the span around a question, in which a door asks it.
    #[must_use]
    pub const fn tracing(&self) -> Tracing {
        self.recorder.tracing
    }

    /// Decides one question.
    pub async fn authorize(&self, question: &Question<'_>, door: Door) -> Outcome {
        let Some(_place) = self.load.begin() else { return self.overloaded(question, door) };
        self.authorize_by(&self.policies.now(), question, door, self.clock.now()).await
    }

    /// Decides by one state of the policies.
    async fn authorize_by(
        &self,
        policies: &Snapshot,
        question: &Question<'_>,
        door: Door,
        now: Timestamp,
    ) -> Outcome {
        let stopwatch = Stopwatch::start();
        let recording = self.recorder.tracing.under_way();
        let mut seen = Seen::wanted(policies.next.is_some());
        let deciding = self.decide(question, &policies.live, now, &mut seen, &recording);
        let (outcome, remarks) = deciding.await;
        remarks.record(&self.recorder.metrics, &outcome.decision.revision);
        let took = stopwatch.elapsed();
        self.recorder.decided(&Recorded {
            question: Some(question),
            outcome: &outcome,
            recording: &recording,
            door,
            at: now,
            took,
        });
        if let Some(next) = &policies.next {
            let (instances, operator) = (&self.instances, &self.operator);
            let trial = Trial { question, instances, operator, now, seen };
            trial.compare(next, &outcome.decision, &self.recorder.metrics);
        }
        outcome
    }

    /// Decides without a trace, no log line and no count: for rehearsals, in which nobody asks.
    pub async fn rehearse(&self, question: &Question<'_>) -> Outcome {
        let (policies, now) = (self.policies.now(), self.clock.now());
        let (live, mut seen) = (&policies.live, Seen::Unwanted);
        let (outcome, _) = self.decide(question, live, now, &mut seen, &Recording::NONE).await;
        outcome
    }

    /// Decides without a trace for somebody whose credential is not looked at. A rehearsal says who
    /// asks where it cannot mint what they would present; no door may.
    #[must_use]
    pub fn rehearse_as(&self, identity: Identity, question: &Question<'_>) -> Outcome {
        let policy = Arc::clone(&self.policies.now().live);
        let case = judge::Case::of(question, &policy, self.clock.now());
        let Some(instance) = self.instances.of(question) else {
            return case.stopped(Reason::Misconfigured, None);
        };
        let (outcome, _) = match find::asked(question, &policy, &self.operator) {
            Ok(asked) if asked.wants_identity() => case.judge_identity(&asked, identity, instance),
            Ok(asked) => case.judge_anyone(&asked),
            Err(find::Stop { reason, message }) => return case.stopped(reason, message),
        };
        outcome
    }

    /// Decides one question, and explains the decision by the very policy that made it.
    pub async fn authorize_explained(
        &self,
        question: &Question<'_>,
        door: Door,
    ) -> (Outcome, Explanation) {
        let (policies, now) = (self.policies.now(), self.clock.now());
        let outcome = match self.load.begin() {
            Some(_place) => self.authorize_by(&policies, question, door, now).await,
            None => self.overloaded(question, door),
        };
        let explanation = self.explain(&policies.live, question, &outcome, now);
        (outcome, explanation)
    }

    fn explain(
        &self,
        policy: &Policy,
        question: &Question<'_>,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Explanation {
        let decision = &outcome.decision;
        let nobody = || match decision.reason.category() {
            Category::Unauthenticated | Category::Unavailable => decision.reason,
            Category::Allowed | Category::Forbidden | Category::Ambiguous => Reason::SignedOut,
        };
        let who = outcome.identity.caller().map_or_else(|| Who::Nobody(nobody()), Who::Caller);
        let Also { require, action, subject: _ } = question.also;
        let also_require = require.and_then(|text| self.operator.parse(text));
        let explanation = policy.explain(&Inquiry {
            wanted: &question.wanted,
            who,
            also_action: action,
            also_require: also_require.as_deref(),
            peer: question.peer,
            now,
        });
        // What was decided is what was decided.
        Explanation { verdict: Verdict::of_decision(decision), ..explanation }
    }

    /// Decides by one policy, and notes what it learns about the caller.
    async fn decide(
        &self,
        question: &Question<'_>,
        policy: &Policy,
        now: Timestamp,
        seen: &mut Seen,
        recording: &Recording,
    ) -> (Outcome, Remarks) {
        let case = judge::Case::of(question, policy, now);
        let Some(instance) = self.instances.of(question) else {
            return (case.stopped(Reason::Misconfigured, None), Remarks::NONE);
        };
        let asked = match find::asked(question, policy, &self.operator) {
            Ok(asked) => asked,
            Err(find::Stop { reason, message }) => {
                return (case.stopped(reason, message), Remarks::NONE);
            }
        };
        if !asked.wants_identity() {
            return case.judge_anyone(&asked);
        }
        // In its place, for to move it costs more than to look a token up.
        let authenticating = pin!(self.authenticate(instance, question, asked.accepts(), now));
        let authentication = authenticating.instrument(recording.authenticate()).await;
        seen.note(&authentication);
        recording.evaluate().in_scope(|| case.judge(&asked, authentication, instance))
    }

    fn overloaded(&self, question: &Question<'_>, door: Door) -> Outcome {
        let asker = match &question.wanted {
            Wanted::Http(request) => Asker::of(request),
            Wanted::Action(_) | Wanted::Requirement(_) => Asker::Api,
        };
        self.refuse(Reason::Overloaded, asker, door)
    }

    /// The refusal of a message that no question could be made of.
    #[must_use]
    pub fn refuse(&self, reason: Reason, asker: Asker, door: Door) -> Outcome {
        let policy = Arc::clone(&self.policies.now().live);
        let custom = policy.responses().custom(reason.category(), asker);
        let presentation = custom
            .map(|response| Presentation { response: Arc::clone(response), request_id: None });
        let decision = Decision {
            effect: Effect::Deny(Denial::plain()),
            reason,
            message: Cow::Borrowed(reason.meaning()),
            rule: None,
            revision: policy.revision().clone(),
            asker,
            set_cookies: Vec::new(),
            valid_until: None,
            presentation,
        };
        let outcome = Outcome { decision, identity: Identity::Nobody, instance: None };
        let (at, took) = (self.clock.now(), Duration::ZERO);
        self.recorder.decided(&Recorded {
            question: None,
            outcome: &outcome,
            recording: &self.recorder.tracing.under_way(),
            door,
            at,
            took,
        });
        outcome
    }

    /// Finds out who a credential of one of these kinds names, without asking the policy.
    ///
    /// # Errors
    /// The [`Reason`] why it names nobody.
    pub async fn identify(
        &self,
        credential: &CredentialSource<'_>,
        accepts: CredentialKinds,
        instance: Option<&str>,
    ) -> Result<Identity, Reason> {
        let question = Question {
            credential: credential.clone(),
            instance,
            wanted: Wanted::Requirement(AskedRequirement::default()),
            also: Also::default(),
            peer: Peer::UNKNOWN,
        };
        let _place = self.load.begin().ok_or(Reason::Overloaded)?;
        let instance = self.instances.of(&question).ok_or(Reason::Misconfigured)?;
        let now = self.clock.now();
        judge::identified(self.authenticate(instance, &question, accepts, now).await)
    }

    /// Who a credential names, unless they have been cut off since it was issued.
    async fn authenticate(
        &self,
        instance: &InstanceEntry,
        question: &Question<'_>,
        accepts: CredentialKinds,
        now: Timestamp,
    ) -> Authentication {
        let authentication = instance.authenticate(question, accepts, now).await;
        unless_cut_off(&self.revocations, instance, question, authentication, now)
    }

    /// What is malformed in a requirement asked ad hoc.
    ///
    /// # Errors
    /// [`AskedError`] names the field and what is wrong with it.
    pub fn check_asked(&self, asked: &AskedRequirement<'_>) -> Result<(), AskedError> {
        Requirement::from_asked(asked).map(drop)
    }

    /// Whether an instance of that name is configured.
    #[must_use]
    pub fn has_instance(&self, name: &str) -> bool {
        self.instances.named(name).is_some()
    }

    /// Whether every instance has keys to verify with, as that changes.
    #[must_use]
    pub fn readiness(&self) -> watch::Receiver<bool> {
        self.ready.clone()
    }

    /// What cannot be answered about at the moment, in words.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.instances.missing()
    }
}
