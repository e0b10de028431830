//! Which entry decides about a question, and what it asks.

use super::operator::OperatorRequirements;
use crate::{
    core::{
        host::Host,
        http_request::HttpRequest,
        id::RuleId,
        identity::User,
        path::CanonicalPath,
        question::{Also, Question, Wanted},
        reason::Reason,
    },
    policy::{Access, Policy, Refusal, Requirement, Routed, Rule},
};
use std::{borrow::Cow, iter, sync::Arc};

/// What must hold for a question to be allowed.
pub(super) struct Asked<'p> {
    /// The policy entry, where one decides.
    pub(super) rule: Option<&'p RuleId>,
    /// What that entry, or the caller, asks.
    pub(super) access: Cow<'p, Access>,
    /// The action that the proxy's configuration names besides.
    pub(super) also_action: Option<&'p Rule>,
    /// The requirement that the proxy's configuration adds.
    pub(super) also_require: Option<Arc<Requirement>>,
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

impl Asked<'_> {
    /// Whether the answer depends on who asks, or passes it on.
    pub(super) fn wants_identity(&self) -> bool {
        match &*self.access {
            Access::Denied => false,
            Access::Public => self.requirements().next().is_some(),
            Access::Optional | Access::Required(_) => true,
        }
    }

    /// Whether nobody is let through, whoever they are.
    fn is_denied(&self) -> bool {
        let denied = |access: &Access| matches!(access, Access::Denied);
        denied(&self.access) || self.also_action.is_some_and(|rule| denied(&rule.access))
    }

    /// Everything a user must meet.
    fn requirements(&self) -> impl Iterator<Item = &Requirement> {
        let also_action = self.also_action.map(|rule| &rule.access);
        let entries = iter::once(&*self.access).chain(also_action);
        entries.filter_map(Access::requirement).chain(self.also_require.as_deref())
    }

    /// Judges a signed-in user.
    pub(super) fn judge_user(&self, user: &User) -> Result<(), Refusal> {
        if self.is_denied() {
            return Err(refusal(Reason::Denied));
        }
        Requirement::evaluate_all(self.requirements(), user)
    }

    /// Judges somebody who is not signed in, for this reason.
    pub(super) fn judge_nobody(&self, reason: Reason) -> Result<(), Refusal> {
        if self.is_denied() {
            return Err(refusal(Reason::Denied));
        }
        match self.requirements().next() {
            Some(_) => Err(refusal(reason)),
            None => Ok(()),
        }
    }
}

fn refusal(reason: Reason) -> Refusal {
    Refusal { reason, message: Cow::Borrowed(reason.meaning()), reverification: None }
}

pub(super) fn asked<'p>(
    question: &Question<'_>,
    policy: &'p Policy,
    operator: &OperatorRequirements,
) -> Result<Asked<'p>, Stop> {
    let (rule, access) = match &question.wanted {
        Wanted::Http(request) => {
            let rule = route(policy, request)?;
            (Some(&rule.id), Cow::Borrowed(&rule.access))
        }
        Wanted::Action(action) => {
            let rule = policy.action(action.name).ok_or(Stop::plain(Reason::UnknownAction))?;
            (Some(&rule.id), Cow::Borrowed(&rule.access))
        }
        Wanted::Requirement(asked) => {
            let requirement = Requirement::from_asked(asked).map_err(|error| Stop {
                reason: Reason::MalformedRequest,
                message: Some(sentence(&error)),
            })?;
            (None, Cow::Owned(Access::Required(requirement)))
        }
    };
    let Also { require, action } = question.also;
    let misconfigured = || Stop::plain(Reason::Misconfigured);
    let also_action =
        action.map(|name| policy.action(name).ok_or_else(misconfigured)).transpose()?;
    let also_require =
        require.map(|text| operator.parse(text).ok_or_else(misconfigured)).transpose()?;
    Ok(Asked { rule, access, also_action, also_require })
}

/// An error's message as a sentence. Errors here quote nothing of the request.
fn sentence(error: &dyn std::error::Error) -> Cow<'static, str> {
    let message = error.to_string();
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    Cow::Owned(first.into_iter().chain(letters).chain(['.']).collect())
}

fn route<'p>(policy: &'p Policy, request: &HttpRequest<'_>) -> Result<&'p Rule, Stop> {
    let host = Host::parse(request.authority)
        .map_err(|error| Stop { reason: Reason::AmbiguousHost, message: Some(sentence(&error)) })?;
    let path = CanonicalPath::parse(request.path())
        .map_err(|error| Stop { reason: Reason::AmbiguousPath, message: Some(sentence(&error)) })?;
    match policy.route(&host, &path, request.method) {
        Routed::Rule(rule) => Ok(rule),
        Routed::NoRoute => Err(Stop::plain(Reason::NoRoute)),
        Routed::Ambiguous => Err(Stop {
            reason: Reason::AmbiguousPath,
            message: Some("The path differs from a route only in the case of its letters.".into()),
        }),
    }
}
