//! A question put to the policy in one step: what it falls under, and whether that holds for whoever
//! asks.
//!
//! The authorizer takes the same steps one at a time, since it finds out who asks between them. Here
//! they are taken at once, for an identity that is known already: to explain a decision, and to
//! decide anew about those in a log.

use super::{
    Matched, Policy, Routed, Rule,
    access::{Access, Mode},
    evaluate::{Blame, Demand, Refusal},
    facts::{Facts, Parameters},
    guard::Guard,
    requirement::Requirement,
};
use crate::core::{
    clock::Timestamp, credential::CredentialKinds, host::Host, http_request::HttpRequest,
    id::RuleId, identity::Caller, path::CanonicalPath, peer::Peer, question::Wanted,
    reason::Reason,
};
use std::borrow::Cow;

/// A question, and who asks it.
#[derive(Clone, Copy, Debug)]
pub struct Inquiry<'q> {
    /// What is wanted.
    pub wanted: &'q Wanted<'q>,
    /// Who asks.
    pub who: Who<'q>,
    /// An action that the proxy's configuration names besides.
    pub also_action: Option<&'q str>,
    /// A requirement that the proxy's configuration adds.
    pub also_require: Option<&'q Requirement>,
    /// Who is at the other ends, as far as certificates tell.
    pub peer: Peer<'q>,
    /// The moment of the question.
    pub now: Timestamp,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Who<'q> {
    /// Somebody who was identified.
    Caller(Caller<'q>),
    /// Nobody, for this reason.
    Nobody(Reason),
}

/// What the policy says to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Whether it is allowed.
    pub verdict: Result<(), Refusal>,
    /// The policy entry that decided, where one did.
    pub rule: Option<RuleId>,
}

/// What part an entry takes in a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It decides: the rule of the route, or the action.
    Rule,
    /// It is a guard over the route.
    Guard,
    /// It is an action that the proxy's configuration names besides.
    AlsoAction,
    /// It is a requirement that the proxy's configuration adds.
    AlsoRequire,
    /// It was asked ad hoc.
    Asked,
}

/// One entry that stands over a question.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) part: Part,
    pub(super) id: Option<&'a RuleId>,
    pub(super) mode: Mode,
    /// What it asks, enforced or not.
    pub(super) asks: Asks<'a>,
    /// What of it is enforced.
    enforced: Option<Cow<'a, Requirement>>,
    /// The guard that it is.
    guard: Option<&'a Guard>,
}

/// What an entry asks.
#[derive(Debug)]
pub(super) enum Asks<'a> {
    Public,
    Optional,
    Denied,
    Requirement(Cow<'a, Requirement>),
}

impl<'a> Asks<'a> {
    const fn of(access: &'a Access) -> Self {
        match access {
            Access::Public => Self::Public,
            Access::Optional => Self::Optional,
            Access::Denied => Self::Denied,
            Access::Required(requirement) => Self::Requirement(Cow::Borrowed(requirement)),
        }
    }
}

impl<'a> Entry<'a> {
    fn rule(part: Part, rule: &'a Rule) -> Self {
        Self {
            part,
            id: Some(&rule.id),
            mode: rule.mode,
            asks: Asks::of(&rule.access),
            enforced: rule.enforced().map(Cow::Borrowed),
            guard: None,
        }
    }

    fn guard(guard: &'a Guard) -> Self {
        let requirement = Cow::Borrowed(&guard.require);
        Self {
            part: Part::Guard,
            id: Some(&guard.id),
            mode: guard.mode,
            asks: Asks::Requirement(requirement.clone()),
            enforced: (guard.mode == Mode::Enforce).then_some(requirement),
            guard: Some(guard),
        }
    }

    fn requirement_of(part: Part, requirement: Cow<'a, Requirement>) -> Self {
        Self {
            part,
            id: None,
            mode: Mode::Enforce,
            asks: Asks::Requirement(requirement.clone()),
            enforced: Some(requirement),
            guard: None,
        }
    }

    /// What it asks of whoever is signed in, enforced or not.
    pub(super) fn requirement(&self) -> Option<&Requirement> {
        match &self.asks {
            Asks::Public | Asks::Optional | Asks::Denied => None,
            Asks::Requirement(requirement) => Some(requirement),
        }
    }

    /// What of it is enforced. In shadow mode a guard asks nothing, and a rule for no more than a
    /// credential of the kinds it accepts.
    pub(super) fn enforced(&self) -> Option<&Requirement> {
        self.enforced.as_deref()
    }

    /// Whether it decides, rather than add to what does.
    pub(super) const fn decides(&self) -> bool {
        match self.part {
            Part::Rule | Part::Asked => true,
            Part::Guard | Part::AlsoAction | Part::AlsoRequire => false,
        }
    }

    /// Whether anything of it is enforced.
    pub(super) const fn is_enforced(&self) -> bool {
        self.enforced.is_some()
    }
}

/// Everything that stands over a question; the entry that decides comes first.
#[derive(Debug)]
pub(super) struct Standing<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    route: Option<(Matched<'a>, CanonicalPath<'a>)>,
}

impl Policy {
    /// Decides a question of somebody who is known already, as the authorizer would.
    #[must_use]
    pub fn rule_on(&self, inquiry: &Inquiry<'_>) -> Ruling {
        match Standing::of(self, inquiry) {
            Ok(standing) => standing.rule_on(inquiry),
            Err(refusal) => Ruling { verdict: Err(refusal), rule: None },
        }
    }
}

impl Policy {
    /// Whether a browser that loads a page is sent elsewhere when it is refused for this reason. Where
    /// to, the policy or the Clerk instance says.
    pub(super) const fn sends_away(&self, reason: Reason) -> bool {
        if matches!(reason, Reason::OrganizationRequired) {
            return self.responses.organization_selection.is_some();
        }
        matches!(reason, Reason::SessionPending) || reason.is_mended_by_signing_in()
    }
}

impl<'a> Standing<'a> {
    /// Finds what stands over a question.
    ///
    /// # Errors
    /// [`Refusal`] where nothing does, which refuses whoever asks.
    pub(super) fn of(policy: &'a Policy, inquiry: &Inquiry<'a>) -> Result<Self, Refusal> {
        let mut standing = match inquiry.wanted {
            Wanted::Http(request) => Self::over_request(policy, request)?,
            Wanted::Action(action) => {
                let rule = policy.action(action.name).ok_or(plain(Reason::UnknownAction))?;
                Self { entries: vec![Entry::rule(Part::Rule, rule)], route: None }
            }
            Wanted::Requirement(asked) => {
                let requirement = Requirement::from_asked(asked)
                    .map_err(|error| said(Reason::MalformedRequest, &error))?;
                let entry = Entry::requirement_of(Part::Asked, Cow::Owned(requirement));
                Self { entries: vec![entry], route: None }
            }
        };
        if let Some(name) = inquiry.also_action {
            let rule = policy.action(name).ok_or(plain(Reason::Misconfigured))?;
            standing.entries.push(Entry::rule(Part::AlsoAction, rule));
        }
        if let Some(requirement) = inquiry.also_require {
            let requirement = Cow::Borrowed(requirement);
            standing.entries.push(Entry::requirement_of(Part::AlsoRequire, requirement));
        }
        Ok(standing)
    }

    fn over_request(policy: &'a Policy, request: &'a HttpRequest<'a>) -> Result<Self, Refusal> {
        let host =
            Host::parse(request.authority).map_err(|error| said(Reason::AmbiguousHost, &error))?;
        let path = CanonicalPath::parse(request.path())
            .map_err(|error| said(Reason::AmbiguousPath, &error))?;
        match policy.route_request(&host, &path, request) {
            Routed::Rule(matched) => {
                let guards = matched.guards(&host, &path, request.method).map(Entry::guard);
                let entries = [Entry::rule(Part::Rule, matched.rule)].into_iter().chain(guards);
                let entries = entries.collect();
                Ok(Self { entries, route: Some((matched, path)) })
            }
            Routed::NoRoute => Err(plain(Reason::NoRoute)),
            Routed::Ambiguous => Err(Refusal {
                message: "the path differs from a route only in the case of its letters".into(),
                ..plain(Reason::AmbiguousPath)
            }),
        }
    }

    /// What the requirement of one entry is put to for a caller.
    pub(super) fn facts<'f>(
        &'f self,
        entry: &Entry<'f>,
        inquiry: &Inquiry<'f>,
        caller: Caller<'f>,
    ) -> Facts<'f> {
        let mut facts = Facts::of_caller(caller, inquiry.now);
        facts.peer = inquiry.peer;
        match inquiry.wanted {
            Wanted::Http(request) => facts.request = Some(request),
            Wanted::Action(action) => {
                facts.resource = action.resource.as_ref();
                facts.context = Some(&action.context);
            }
            Wanted::Requirement(_) => {}
        }
        if let Some((matched, path)) = &self.route {
            facts.path = Some(path);
            facts.parameters = match (entry.guard, entry.part) {
                (Some(guard), _) => guard.demand(path).parameters,
                (None, Part::Rule) => matched.parameters(path),
                (None, Part::Guard | Part::AlsoAction | Part::AlsoRequire | Part::Asked) => {
                    Parameters::NONE
                }
            };
        }
        facts
    }

    /// The entry that lets nobody through, whoever they are.
    fn denying(&self) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| matches!(entry.asks, Asks::Denied))
    }

    /// Whether nobody is let through, whoever they are.
    pub(super) fn is_denied(&self) -> bool {
        self.denying().is_some()
    }

    /// Whether the decision depends on who asks.
    pub(super) fn asks_anything(&self) -> bool {
        self.is_denied() || self.entries.iter().any(Entry::is_enforced)
    }

    /// The same with each enforced requirement changed.
    pub(super) fn with_requirements(&self, change: impl Fn(&Requirement) -> Requirement) -> Self {
        let changed = |entry: &Entry<'a>| Entry {
            asks: match &entry.asks {
                Asks::Public => Asks::Public,
                Asks::Optional => Asks::Optional,
                Asks::Denied => Asks::Denied,
                Asks::Requirement(asked) => Asks::Requirement(asked.clone()),
            },
            enforced: entry.enforced().map(|asked| Cow::Owned(change(asked))),
            ..*entry
        };
        Self { entries: self.entries.iter().map(changed).collect(), route: self.route.clone() }
    }

    /// What the entry that decides enforces. Where it asks nothing, what is added to it holds as over
    /// `signed_in`.
    fn own(&self) -> &Requirement {
        self.entries.first().and_then(Entry::enforced).unwrap_or(&Requirement::SignedIn)
    }

    /// The kinds of credential that the entry that decides accepts.
    pub(super) fn credentials(&self) -> CredentialKinds {
        self.own().credentials().unwrap_or(CredentialKinds::SESSION)
    }

    /// Whether a caller is refused for their kind of credential by an entry that asks nothing itself.
    pub(super) fn shuts_out(&self, caller: Caller<'_>) -> bool {
        let silent = self.entries.first().is_some_and(|entry| !entry.is_enforced());
        silent && self.asks_anything() && !self.own().admits(caller.kind())
    }

    pub(super) fn rule_on(&self, inquiry: &Inquiry<'_>) -> Ruling {
        let own = self.entries.first().and_then(|entry| entry.id);
        let ruling =
            |rule: Option<&RuleId>, verdict| Ruling { verdict, rule: rule.or(own).cloned() };
        if let Some(entry) = self.denying() {
            return ruling(entry.id, Err(plain(Reason::Denied)));
        }
        let Some(first) = self.entries.iter().find(|entry| entry.is_enforced()) else {
            return ruling(own, Ok(()));
        };
        match inquiry.who {
            Who::Nobody(reason) => ruling(first.id, Err(plain(reason))),
            Who::Caller(caller) => match self.put(inquiry, caller) {
                Ok(()) => ruling(own, Ok(())),
                Err((rule, refusal)) => ruling(rule, Err(refusal)),
            },
        }
    }

    /// Puts everything that is enforced to a caller.
    ///
    /// # Errors
    /// The refusal, and the entry that refuses where it is one that adds to the question's own.
    fn put(
        &self,
        inquiry: &Inquiry<'_>,
        caller: Caller<'_>,
    ) -> Result<(), (Option<&RuleId>, Refusal)> {
        let Some((decides, more)) = self.entries.split_first() else { return Ok(()) };
        let demand = |entry, requirement| Demand {
            requirement,
            parameters: self.facts(entry, inquiry, caller).parameters,
        };
        let added = more.iter().filter_map(|entry| Some((entry, entry.enforced()?)));
        let demands = added.clone().map(|(entry, requirement)| demand(entry, requirement));
        let facts = self.facts(decides, inquiry, caller);
        Demand::evaluate_all(demand(decides, self.own()), demands, &facts).map_err(
            |(blame, refusal)| match blame {
                Blame::Own => (None, refusal),
                Blame::Added(number) => {
                    (added.clone().nth(number).and_then(|(entry, _)| entry.id), refusal)
                }
            },
        )
    }
}

fn plain(reason: Reason) -> Refusal {
    Refusal { reason, message: reason.meaning().into(), reverification: None, error: None }
}

fn said(reason: Reason, error: &dyn std::error::Error) -> Refusal {
    Refusal { message: error.to_string().into(), ..plain(reason) }
}
