//! From what is asked and who asks to a decision. Pure: everything that could wait lies behind.

use super::{
    find::{Asked, Refused, Verdict},
    instances::InstanceEntry,
    outcome::Outcome,
    remarks::{Broken, Difference, Remarks},
    sign_in,
};
use crate::{
    clerk::request::Authentication,
    core::{
        asker::Asker,
        clock::Timestamp,
        credential::CredentialKind,
        decision::{Decision, Denial, Effect, Upstream},
        http_request::HttpRequest,
        id::{RequestId, RuleId},
        identity::{Caller, Identity},
        location::Location,
        presentation::Presentation,
        question::{Question, Wanted},
        reason::Reason,
    },
    policy::{HeaderFacts, Policy, Refusal, UpstreamError},
};
use std::{borrow::Cow, sync::Arc};

/// One question on its way to an answer.
pub(super) struct Case<'a> {
    question: &'a Question<'a>,
    request: Option<&'a HttpRequest<'a>>,
    asker: Asker,
    policy: &'a Policy,
    now: Timestamp,
}

/// Who it is, or why nobody is; and what the browser must be told either way.
struct Visitor {
    identity: Result<Identity, Reason>,
    set_cookies: Vec<Box<str>>,
}

/// What is said in answer.
struct Said {
    effect: Effect,
    reason: Reason,
    message: Cow<'static, str>,
    /// The policy entry that decided.
    rule: Option<RuleId>,
}

impl<'a> Case<'a> {
    pub(super) fn of(question: &'a Question<'a>, policy: &'a Policy, now: Timestamp) -> Self {
        let request = match &question.wanted {
            Wanted::Http(request) => Some(request),
            Wanted::Action(_) | Wanted::Requirement(_) => None,
        };
        Self { question, request, asker: request.map_or(Asker::Api, Asker::of), policy, now }
    }

    /// A refusal for which it does not matter who asks.
    pub(super) fn stopped(&self, reason: Reason, message: Option<Cow<'static, str>>) -> Outcome {
        let message = message.unwrap_or(Cow::Borrowed(reason.meaning()));
        let said = Said { effect: Effect::Deny(Denial::plain()), reason, message, rule: None };
        self.outcome(None, Identity::Nobody, Vec::new(), said)
    }

    /// Judges what is asked for which nobody needs to say who they are.
    pub(super) fn judge_anyone(&self, asked: &Asked<'_, '_>) -> (Outcome, Remarks) {
        self.answer(asked, None, Identity::Nobody, Vec::new(), asked.judge_anyone())
    }

    /// Judges a caller.
    pub(super) fn judge(
        &self,
        asked: &Asked<'_, '_>,
        authentication: Authentication,
        instance: &InstanceEntry,
    ) -> (Outcome, Remarks) {
        if let Authentication::Redirect(redirect) = authentication {
            let reason = redirect.cause.reason();
            let said = Said {
                effect: Effect::Redirect(redirect.location),
                reason,
                message: reason.meaning().into(),
                rule: asked.rule().cloned(),
            };
            let nobody = Identity::Nobody;
            return (
                self.outcome(Some(instance), nobody, redirect.set_cookies, said),
                Remarks::NONE,
            );
        }
        let visitor = Visitor::of(authentication);
        let (identity, verdict) = match visitor.identity {
            Ok(identity) => {
                let verdict = match identity.caller() {
                    Some(caller) => asked.judge_caller(caller, self.question, self.now),
                    None => asked.judge_nobody(Reason::SignedOut),
                };
                (identity, verdict)
            }
            Err(reason) => (Identity::Nobody, asked.judge_nobody(reason)),
        };
        self.answer(asked, Some(instance), identity, visitor.set_cookies, verdict)
    }

    /// Judges whoever has been identified by other means than a credential.
    pub(super) fn judge_identity(
        &self,
        asked: &Asked<'_, '_>,
        identity: Identity,
        instance: &InstanceEntry,
    ) -> (Outcome, Remarks) {
        let verdict = match identity.caller() {
            Some(caller) => asked.judge_caller(caller, self.question, self.now),
            None => asked.judge_nobody(Reason::SignedOut),
        };
        self.answer(asked, Some(instance), identity, Vec::new(), verdict)
    }

    fn answer(
        &self,
        asked: &Asked<'_, '_>,
        instance: Option<&InstanceEntry>,
        identity: Identity,
        set_cookies: Vec<Box<str>>,
        verdict: Verdict,
    ) -> (Outcome, Remarks) {
        let Verdict { enforced, shadow } = verdict;
        let enforced = enforced.and_then(|()| self.upstream(asked, &identity));
        let mut remarks = Remarks::NONE;
        // Signing in mends nothing where sessions do not count: it would go on for ever.
        let sessions_count = || asked.accepts().contains(CredentialKind::SessionToken);
        let mendable = || instance.filter(|_| sessions_count());
        for refused in shadow.into_iter().filter(|_| enforced.is_ok()) {
            let said = self.refused(refused, mendable(), &mut remarks.broken);
            let Said { effect, reason, rule, message: _ } = said;
            remarks.differences.push(Difference { rule, reason, effect: effect.as_str() });
        }
        let said = match enforced {
            Ok(upstream) => Said {
                effect: Effect::Allow(upstream),
                reason: Reason::Allowed,
                message: Reason::Allowed.meaning().into(),
                rule: asked.rule().cloned(),
            },
            Err(refused) => self.refused(refused, mendable(), &mut remarks.broken),
        };
        (self.outcome(instance, identity, set_cookies, said), remarks)
    }

    /// How an allowed request goes on.
    fn upstream(&self, asked: &Asked<'_, '_>, identity: &Identity) -> Result<Upstream, Refused> {
        let facts = HeaderFacts {
            identity,
            request: self.request,
            path: asked.path(),
            peer: self.question.peer,
            now: self.now,
        };
        let mut upstream = self.policy.upstream().apply(&facts).map_err(|error| {
            let message = match &error {
                UpstreamError::Value(_) => Reason::ConditionError.meaning(),
                UpstreamError::Unremovable => "A header has a name that no header can have.",
            };
            let message = message.into();
            let (reason, error) = match error {
                UpstreamError::Value(error) => (Reason::ConditionError, Some(error)),
                UpstreamError::Unremovable => (Reason::MalformedRequest, None),
            };
            let refusal = Refusal { reason, message, reverification: None, error };
            Refused { rule: asked.rule().cloned(), refusal }
        })?;
        if let Some(request) = self.request {
            self.policy.credentials().apply(&mut upstream, &request.headers);
        }
        Ok(upstream)
    }

    /// How a refusal is said.
    fn refused(
        &self,
        refused: Refused,
        instance: Option<&InstanceEntry>,
        broken: &mut Vec<Broken>,
    ) -> Said {
        let Refused { rule, refusal: Refusal { reason, message, reverification, error } } = refused;
        broken.extend(error.map(|error| Broken { rule: rule.clone(), error }));
        let effect = match self.way_out(reason, instance) {
            Some(location) => Effect::Redirect(location),
            None => Effect::Deny(Denial { reverification }),
        };
        Said { effect, reason, message, rule }
    }

    fn outcome(
        &self,
        instance: Option<&InstanceEntry>,
        identity: Identity,
        set_cookies: Vec<Box<str>>,
        Said { effect, reason, message, rule }: Said,
    ) -> Outcome {
        let valid_until = identity.caller().and_then(Caller::expires_at);
        Outcome {
            decision: Decision {
                effect,
                reason,
                message,
                rule,
                revision: self.policy.revision().clone(),
                asker: self.asker,
                set_cookies,
                valid_until,
                presentation: self.presentation(reason),
            },
            identity,
            instance: instance.map(|entry| entry.name.clone()),
        }
    }

    /// The policy's own words for this, if it is a refusal.
    fn presentation(&self, reason: Reason) -> Option<Presentation> {
        let response = self.policy.responses().custom(reason.category(), self.asker)?;
        let request_id = self.request.and_then(|request| request.headers.text("x-request-id"));
        Some(Presentation {
            response: Arc::clone(response),
            request_id: request_id.and_then(RequestId::parse),
        })
    }

    /// Where a browser that loads a page goes to mend a refusal.
    fn way_out(&self, reason: Reason, instance: Option<&InstanceEntry>) -> Option<Location> {
        let (request, instance) = (self.request?, instance?);
        if self.asker != Asker::Browser {
            return None;
        }
        let responses = self.policy.responses();
        let parties = &instance.authorized_parties;
        if reason == Reason::OrganizationRequired {
            let page = responses.organization_selection.as_ref()?;
            return Some(sign_in::with_return(page, request, parties));
        }
        let pending = reason == Reason::SessionPending;
        if !pending && !reason.is_mended_by_signing_in() {
            return None;
        }
        let back = sign_in::return_address(request, parties);
        instance.authenticator.sign_in_location(
            request,
            responses.sign_in.as_ref(),
            back.as_ref(),
            pending,
            self.now,
        )
    }
}

impl Visitor {
    fn of(authentication: Authentication) -> Self {
        match authentication {
            Authentication::SignedIn(signed_in) => Self {
                identity: Ok(Identity::User(signed_in.user().clone())),
                set_cookies: signed_in.response.set_cookies,
            },
            Authentication::Pending(signed_in) => Self {
                identity: Err(Reason::SessionPending),
                set_cookies: signed_in.response.set_cookies,
            },
            Authentication::Machine(machine) => {
                Self { identity: Ok(Identity::Machine(machine)), set_cookies: Vec::new() }
            }
            Authentication::SignedOut(out) => {
                Self { identity: Err(out.reason.reason()), set_cookies: out.response.set_cookies }
            }
            Authentication::Redirect(redirect) => {
                Self { identity: Err(redirect.cause.reason()), set_cookies: redirect.set_cookies }
            }
        }
    }
}

/// Who an authentication proves somebody to be, or why it proves nothing.
pub(super) fn identified(authentication: Authentication) -> Result<Identity, Reason> {
    Visitor::of(authentication).identity
}
