//! Which entry decides about a question, and what it asks.

use super::operator::OperatorRequirements;
use crate::{
    core::{
        clock::Timestamp,
        host::Host,
        http_request::HttpRequest,
        id::RuleId,
        identity::Caller,
        path::CanonicalPath,
        question::{Also, Question, Wanted},
        reason::Reason,
    },
    policy::{Access, Facts, Guard, Matched, Policy, Refusal, Requirement, Routed, Rule},
};
use std::{borrow::Cow, sync::Arc};

/// What must hold for a question to be allowed.
pub(super) struct Asked<'p, 'q> {
    /// The policy entry, where one decides.
    pub(super) rule: Option<&'p RuleId>,
    /// What that entry, or the caller, asks.
    access: Cow<'p, Access>,
    /// The route, and the path that led to it.
    route: Option<(Matched<'p>, CanonicalPath<'q>)>,
    /// The guards that stand over the request.
    guards: Vec<&'p Guard>,
    /// The action that the proxy's configuration names besides.
    also_action: Option<&'p Rule>,
    /// The requirement that the proxy's configuration adds.
    also_require: Option<Arc<Requirement>>,
}

/// A question that is refused before anybody is asked who they are.
pub(super) struct Stop {
    pub(super) reason: Reason,
    /// More than the reason's own sentence.
    pub(super) message: Option<Cow<'static, str>>,
}

impl Stop {
    const fn plain(reason: Reason) -> Self {
        Self { reason, message: None }
    }
}

impl<'p> Asked<'p, '_> {
    const fn of(rule: Option<&'p RuleId>, access: Cow<'p, Access>) -> Self {
        Self {
            rule,
            access,
            route: None,
            guards: Vec::new(),
            also_action: None,
            also_require: None,
        }
    }
}

impl Asked<'_, '_> {
    /// Whether the answer depends on who asks, or passes it on.
    pub(super) fn wants_identity(&self) -> bool {
        match &*self.access {
            Access::Denied => false,
            Access::Public => self.more().next().is_some(),
            Access::Optional | Access::Required(_) => true,
        }
    }

    /// Whether nobody is let through, whoever they are.
    fn is_denied(&self) -> bool {
        let denied = |access: &Access| matches!(access, Access::Denied);
        denied(&self.access) || self.also_action.is_some_and(|rule| denied(&rule.access))
    }

    /// What a caller must meet besides the entry's own requirement.
    fn more(&self) -> impl Iterator<Item = &Requirement> + Clone {
        let guards = self.guards.iter().map(|guard| &guard.require);
        let action = self.also_action.and_then(|rule| rule.access.requirement());
        guards.chain(action).chain(self.also_require.as_deref())
    }

    /// Judges whoever was identified.
    pub(super) fn judge_caller(
        &self,
        caller: Caller<'_>,
        question: &Question<'_>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.is_denied() {
            return Err(refusal(Reason::Denied));
        }
        let mut facts = Facts::of_caller(caller, now);
        match &question.wanted {
            Wanted::Http(request) => facts.request = Some(request),
            Wanted::Action(action) => {
                facts.resource = action.resource.as_ref();
                facts.context = Some(&action.context);
            }
            Wanted::Requirement(_) => {}
        }
        if let Some((matched, path)) = &self.route {
            facts.path = Some(path);
            facts.parameters = matched.parameters(path);
        }
        Requirement::evaluate_all(self.access.requirement(), self.more(), &facts)
    }

    /// Judges somebody who is not signed in, for this reason.
    pub(super) fn judge_nobody(&self, reason: Reason) -> Result<(), Refusal> {
        if self.is_denied() {
            return Err(refusal(Reason::Denied));
        }
        match self.access.requirement().or_else(|| self.more().next()) {
            Some(_) => Err(refusal(reason)),
            None => Ok(()),
        }
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
            Asked::of(Some(&rule.id), Cow::Borrowed(&rule.access))
        }
        Wanted::Requirement(asked) => {
            let requirement = Requirement::from_asked(asked).map_err(|error| Stop {
                reason: Reason::MalformedRequest,
                message: Some(sentence(&error)),
            })?;
            Asked::of(None, Cow::Owned(Access::Required(requirement)))
        }
    };
    let Also { require, action } = question.also;
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
    match policy.route(&host, &path, request.method) {
        Routed::Rule(matched) => {
            let rule = matched.rule;
            let mut asked = Asked::of(Some(&rule.id), Cow::Borrowed(&rule.access));
            asked.guards = policy.guards(&host, &path, request.method).collect();
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
