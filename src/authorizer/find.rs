//! Which entry decides about a question, and what it asks.

use super::operator::OperatorRequirements;
use crate::{
    core::{
        clock::Timestamp,
        credential::CredentialKinds,
        host::Host,
        http_request::HttpRequest,
        id::RuleId,
        identity::Caller,
        path::CanonicalPath,
        question::{Also, Question, Wanted},
        reason::Reason,
    },
    policy::{
        Access, Blame, Demand, Facts, Guard, Matched, Mode, Policy, Refusal, Requirement, Routed,
        Rule,
    },
};
use std::{borrow::Cow, iter, sync::Arc};

/// What must hold for a question to be allowed.
pub(super) struct Asked<'p, 'q> {
    own: Own<'p>,
    /// The route, and the path that led to it.
    route: Option<(Matched<'p>, CanonicalPath<'q>)>,
    /// The guards that stand over the request.
    guards: Vec<&'p Guard>,
    /// The action that the proxy's configuration names besides.
    also_action: Option<&'p Rule>,
    /// The requirement that the proxy's configuration adds.
    also_require: Option<Arc<Requirement>>,
}

/// What decides whose credentials are looked at.
enum Own<'p> {
    /// An entry of the policy.
    Rule(&'p Rule),
    /// What the caller asks ad hoc.
    AdHoc(Requirement),
}

/// What is asked besides, and the entry that asks it.
#[derive(Clone, Copy)]
struct Added<'a> {
    /// `None` where the proxy's configuration asks it.
    rule: Option<&'a RuleId>,
    demand: Demand<'a>,
}

/// A question that is refused before anybody is asked who they are.
pub(super) struct Stop {
    pub(super) reason: Reason,
    /// More than the reason's own sentence.
    pub(super) message: Option<Cow<'static, str>>,
}

/// A refusal, and the entry that refuses.
pub(super) struct Refused {
    pub(super) rule: Option<RuleId>,
    pub(super) refusal: Refusal,
}

/// What comes of judging somebody.
pub(super) struct Verdict {
    pub(super) enforced: Result<(), Refused>,
    /// What would have been refused, were everything enforced that is in shadow mode. Empty where the
    /// question is refused anyway.
    pub(super) shadow: Vec<Refused>,
}

impl Stop {
    const fn plain(reason: Reason) -> Self {
        Self { reason, message: None }
    }
}

impl Own<'_> {
    const fn rule(&self) -> Option<&RuleId> {
        match self {
            Self::Rule(rule) => Some(&rule.id),
            Self::AdHoc(_) => None,
        }
    }

    const fn enforced(&self) -> Option<&Requirement> {
        match self {
            Self::Rule(rule) => rule.enforced(),
            Self::AdHoc(requirement) => Some(requirement),
        }
    }

    const fn tried(&self) -> Option<&Requirement> {
        match self {
            Self::Rule(rule) => rule.tried(),
            Self::AdHoc(_) => None,
        }
    }

    const fn is_public(&self) -> bool {
        matches!(self, Self::Rule(Rule { access: Access::Public, .. }))
    }

    const fn is_denied(&self) -> bool {
        matches!(self, Self::Rule(Rule { access: Access::Denied, .. }))
    }
}

impl<'p> Asked<'p, '_> {
    const fn of(own: Own<'p>) -> Self {
        Self { own, route: None, guards: Vec::new(), also_action: None, also_require: None }
    }
}

impl Asked<'_, '_> {
    /// The policy entry that the question falls under, where one does.
    pub(super) const fn rule(&self) -> Option<&RuleId> {
        self.own.rule()
    }

    /// The path that led to that entry, where one did.
    pub(super) fn path(&self) -> Option<&CanonicalPath<'_>> {
        self.route.as_ref().map(|(_, path)| path)
    }

    /// Whether the answer depends on who asks, or passes it on.
    pub(super) fn wants_identity(&self) -> bool {
        if self.own.is_public() {
            return self.added(Mode::Enforce).next().is_some();
        }
        !self.own.is_denied()
    }

    /// The kinds of credential that can meet what is asked.
    pub(super) fn accepts(&self) -> CredentialKinds {
        match &self.own {
            Own::Rule(rule) => rule.access.credentials(),
            Own::AdHoc(requirement) => {
                requirement.credentials().unwrap_or(CredentialKinds::SESSION)
            }
        }
    }

    /// The entry that lets nobody through, whoever they are.
    fn denying(&self) -> Option<&RuleId> {
        let action = self.also_action.filter(|rule| matches!(rule.access, Access::Denied));
        if self.own.is_denied() { self.own.rule() } else { action.map(|rule| &rule.id) }
    }

    /// What a caller must meet besides the entry's own requirement, or what is only tried.
    fn added(&self, mode: Mode) -> impl Iterator<Item = Added<'_>> + Clone {
        let guards = self.guards.iter().filter(move |guard| guard.mode == mode).map(|guard| {
            let path = self.route.as_ref().map(|(_, path)| path);
            let demand = path.map_or(Demand::of(&guard.require), |path| guard.demand(path));
            Added { rule: Some(&guard.id), demand }
        });
        let action = self.also_action.and_then(|rule| {
            let requirement = match mode {
                Mode::Enforce => rule.enforced(),
                Mode::Shadow => rule.tried(),
            };
            Some(Added { rule: Some(&rule.id), demand: Demand::of(requirement?) })
        });
        let require = self.also_require.as_deref().filter(|_| mode == Mode::Enforce);
        let require = require.map(|text| Added { rule: None, demand: Demand::of(text) });
        guards.chain(action).chain(require)
    }

    /// Judges whoever was identified.
    pub(super) fn judge_caller(
        &self,
        caller: Caller<'_>,
        question: &Question<'_>,
        now: Timestamp,
    ) -> Verdict {
        if let Some(rule) = self.denying() {
            return Verdict::denied(rule);
        }
        if question.also.subject.is_some_and(|subject| !subject.is(caller)) {
            return Verdict::refused(self.refused(None, refusal(Reason::SubjectMismatch)));
        }
        let mut facts = Facts::of_caller(caller, now);
        facts.peer = question.peer;
        match &question.wanted {
            Wanted::Http(request) => facts.request = Some(request),
            Wanted::Action(action) => {
                facts.resource = action.resource.as_ref();
                facts.context = Some(&action.context);
            }
            Wanted::Requirement(_) => {}
        }
        let mut own = Demand::of(&Requirement::SignedIn);
        if let Some((matched, path)) = &self.route {
            facts.path = Some(path);
            own.parameters = matched.parameters(path);
        }
        if let Some(requirement) = self.own.enforced() {
            own.requirement = requirement;
        } else if self.added(Mode::Enforce).next().is_none() {
            // Nothing is asked. Where only something added asks, it holds as over `signed_in`.
            return self.tried(own, &facts);
        }
        match self.put(own, &self.added(Mode::Enforce), &facts) {
            Ok(()) => self.tried(own, &facts),
            Err(refused) => Verdict::refused(refused),
        }
    }

    /// Tries what is in shadow mode. Everything that is enforced holds.
    fn tried<'a>(&'a self, own: Demand<'a>, facts: &Facts<'a>) -> Verdict {
        let mut shadow = Vec::new();
        if let Some(requirement) = self.own.tried() {
            let own = Demand { requirement, ..own };
            shadow.extend(self.put(own, &iter::empty(), facts).err());
        }
        for added in self.added(Mode::Shadow) {
            if let Err(refused) = self.put(own, &iter::once(added), facts) {
                shadow.push(self.refused(added.rule, refused.refusal));
            }
        }
        Verdict { enforced: Ok(()), shadow }
    }

    fn put<'a>(
        &self,
        own: Demand<'a>,
        added: &(impl Iterator<Item = Added<'a>> + Clone),
        facts: &Facts<'a>,
    ) -> Result<(), Refused> {
        let demands = added.clone().map(|added| added.demand);
        Demand::evaluate_all(own, demands, facts).map_err(|(blame, refusal)| {
            let rule = match blame {
                Blame::Own => None,
                Blame::Added(number) => added.clone().nth(number).and_then(|added| added.rule),
            };
            self.refused(rule, refusal)
        })
    }

    /// A refusal by an entry that adds to the question's own, or else by that one.
    fn refused(&self, rule: Option<&RuleId>, refusal: Refusal) -> Refused {
        Refused { rule: rule.or(self.rule()).cloned(), refusal }
    }

    /// Judges somebody who is not signed in, for this reason.
    pub(super) fn judge_nobody(&self, reason: Reason) -> Verdict {
        if let Some(rule) = self.denying() {
            return Verdict::denied(rule);
        }
        let refused = |rule| self.refused(rule, refusal(reason));
        if self.own.enforced().is_some() {
            return Verdict::refused(refused(None));
        }
        if let Some(added) = self.added(Mode::Enforce).next() {
            return Verdict::refused(refused(added.rule));
        }
        let shadow = self.added(Mode::Shadow).map(|added| refused(added.rule)).collect();
        Verdict { enforced: Ok(()), shadow }
    }

    /// What is left to everyone, nobody being asked who they are: what is in shadow mode cannot be
    /// tried there.
    pub(super) fn judge_anyone(&self) -> Verdict {
        Verdict { shadow: Vec::new(), ..self.judge_nobody(Reason::SignedOut) }
    }
}

impl Verdict {
    const fn refused(refused: Refused) -> Self {
        Self { enforced: Err(refused), shadow: Vec::new() }
    }

    fn denied(rule: &RuleId) -> Self {
        Self::refused(Refused { rule: Some(rule.clone()), refusal: refusal(Reason::Denied) })
    }
}

fn refusal(reason: Reason) -> Refusal {
    Refusal { reason, message: Cow::Borrowed(reason.meaning()), reverification: None, error: None }
}

pub(super) fn asked<'p, 'q>(
    question: &'q Question<'q>,
    policy: &'p Policy,
    operator: &OperatorRequirements,
) -> Result<Asked<'p, 'q>, Stop> {
    let mut found = match &question.wanted {
        Wanted::Http(request) => route(policy, request)?,
        Wanted::Action(action) => {
            let rule = policy.action(action.name).ok_or(Stop::plain(Reason::UnknownAction))?;
            Asked::of(Own::Rule(rule))
        }
        Wanted::Requirement(asked) => {
            let requirement = Requirement::from_asked(asked).map_err(|error| Stop {
                reason: Reason::MalformedRequest,
                message: Some(sentence(&error)),
            })?;
            Asked::of(Own::AdHoc(requirement))
        }
    };
    let Also { require, action, subject: _ } = question.also;
    let misconfigured = || Stop::plain(Reason::Misconfigured);
    found.also_action =
        action.map(|name| policy.action(name).ok_or_else(misconfigured)).transpose()?;
    found.also_require =
        require.map(|text| operator.parse(text).ok_or_else(misconfigured)).transpose()?;
    Ok(found)
}

/// An error's message as a sentence. Errors here quote nothing of the request.
fn sentence(error: &dyn std::error::Error) -> Cow<'static, str> {
    let message = error.to_string();
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    Cow::Owned(first.into_iter().chain(letters).chain(['.']).collect())
}

fn route<'p, 'q>(policy: &'p Policy, request: &'q HttpRequest<'q>) -> Result<Asked<'p, 'q>, Stop> {
    let host = Host::parse(request.authority)
        .map_err(|error| Stop { reason: Reason::AmbiguousHost, message: Some(sentence(&error)) })?;
    let path = CanonicalPath::parse(request.path())
        .map_err(|error| Stop { reason: Reason::AmbiguousPath, message: Some(sentence(&error)) })?;
    match policy.route_request(&host, &path, request) {
        Routed::Rule(matched) => {
            let mut asked = Asked::of(Own::Rule(matched.rule));
            asked.guards = matched.guards(&host, &path, request.method).collect();
            asked.route = Some((matched, path));
            Ok(asked)
        }
        Routed::NoRoute => Err(Stop::plain(Reason::NoRoute)),
        Routed::Ambiguous => Err(Stop {
            reason: Reason::AmbiguousPath,
            message: Some("The path differs from a route only in the case of its letters.".into()),
        }),
    }
}

#[cfg(test)]
mod tests;
