//! Why a question is answered as it is: which route, what stands over it, and requirement by
//! requirement what is asked, what the caller has, and what comes of it.
//!
//! For people who write policies or wonder about a refusal. It is a walk of its own beside the one
//! that decides, so that deciding pays nothing for it; every verdict in it comes from the same
//! evaluation, and parts that deciding does not look at are marked so. Never holds a token, a header
//! or a claim that the policy's own words do not stand for.

mod held;
mod names;
mod render;
mod route;
mod values;
mod walk;

pub(super) use names::names;
pub use render::Colours;
pub use route::{Candidate, Lost, RouteSearch};
pub use values::{NamedValue, Shown};

use super::{
    Policy,
    access::Mode,
    evaluate::Refusal,
    inquiry::{Asks, Entry, Inquiry, Part, Ruling, Standing, Who},
};
use crate::core::{
    asker::Asker as HttpAsker, credential::CredentialKind, decision::Decision, id::RuleId,
    identity::Caller, question::Wanted, reason::Reason,
};
use serde::Serialize;

/// Why a question is answered as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What was asked.
    pub question: Question,
    /// Who asked.
    pub caller: Asker,
    /// What comes of it.
    pub verdict: Verdict,
    /// How the route was found; `None` where no request was asked about, or none that has one
    /// reading.
    pub route: Option<RouteSearch>,
    /// Everything that stands over the question; the entry that decides comes first.
    pub entries: Vec<Explained>,
    /// The policy.
    pub revision: String,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Question {
    /// An HTTP request.
    Request {
        /// Its method.
        method: String,
        /// Its host, as it was sent.
        host: String,
        /// Its path without the query, as it was sent.
        path: String,
    },
    /// A named action.
    Action {
        /// Its name.
        name: String,
    },
    /// A requirement given with the question.
    Requirement,
}

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Asker {
    /// Nobody who could be identified.
    Nobody {
        /// The reason code that says why.
        reason: &'static str,
    },
    /// A person with a session.
    User {
        /// Their id.
        user: String,
        /// The slug or id of the active organization.
        organization: Option<String>,
    },
    /// A machine.
    Machine {
        /// The kind of its credential.
        credential: &'static str,
        /// Whom it acts for.
        subject: String,
    },
}

/// What comes of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// `allow`, `deny` or `redirect`.
    pub effect: &'static str,
    /// The reason code.
    pub reason: &'static str,
    /// The entry that decided, where one did.
    pub rule: Option<String>,
    /// What was asked and not met, for a person.
    pub message: String,
}

/// One entry that stands over a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// What part it takes.
    pub part: EntryPart,
    /// Its id, as the policy writes it; `None` where it is no entry of the policy.
    pub id: Option<String>,
    /// Whether it is tried and not enforced.
    pub shadow: bool,
    /// Whom it lets in.
    pub access: EntryAccess,
    /// What comes of it. In shadow mode, what would come of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What it requires, where it does.
    pub requirement: Option<Step>,
}

/// What part an entry takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryPart {
    /// It decides: the rule of the route, or the action.
    Rule,
    /// It is a guard.
    Guard,
    /// It is an action that the proxy's configuration names besides.
    AlsoAction,
    /// It is a requirement that the proxy's configuration adds.
    AlsoRequire,
    /// It was asked ad hoc.
    Asked,
}

/// Whom an entry lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryAccess {
    /// Everyone; nobody is asked who they are.
    Public,
    /// Everyone; who is signed in is passed on.
    Optional,
    /// Nobody.
    Denied,
    /// Whoever meets the requirement.
    Required,
}

/// One requirement put to the caller, with the parts it is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The key by which a policy asks it: `role`, `any`, `if`, or `signed_in`, `denied`.
    pub requirement: &'static str,
    /// What is asked: `org:admin`. Empty where the parts say it.
    pub asked: String,
    /// What the caller has of the kind that is asked.
    pub has: Vec<String>,
    /// More about what the caller has.
    pub note: Option<String>,
    /// What stands behind the names in a condition.
    pub values: Vec<NamedValue>,
    /// What comes of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Its parts.
    pub parts: Vec<Step>,
}

/// What comes of a requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not.
    Fails {
        /// The reason code.
        reason: &'static str,
    },
    /// Deciding does not look at it.
    NotLookedAt {
        /// Why not.
        because: &'static str,
    },
}

impl Outcome {
    pub(super) const fn fails(reason: Reason) -> Self {
        Self::Fails { reason: reason.code() }
    }
}

/// Why nothing is looked at where nobody is signed in.
const NOBODY: &str = "nobody is signed in";
/// Why nothing else is looked at where an entry denies everyone.
const DENIED: &str = "the policy denies this to everyone";

impl Policy {
    /// Explains how a question is answered.
    #[must_use]
    pub fn explain(&self, inquiry: &Inquiry<'_>) -> Explanation {
        let standing = Standing::of(self, inquiry);
        let (ruling, entries) = match &standing {
            Ok(standing) => (standing.rule_on(inquiry), explain_entries(standing, inquiry)),
            Err(refusal) => (Ruling { verdict: Err(refusal.clone()), rule: None }, Vec::new()),
        };
        let route = match inquiry.wanted {
            Wanted::Http(request) => route::search(self, request),
            Wanted::Action(_) | Wanted::Requirement(_) => None,
        };
        Explanation {
            question: Question::of(inquiry.wanted),
            caller: Asker::of(inquiry.who),
            verdict: Verdict::of(self, inquiry.wanted, ruling),
            route,
            entries,
            revision: self.revision().as_str().to_owned(),
        }
    }
}

fn explain_entries(standing: &Standing<'_>, inquiry: &Inquiry<'_>) -> Vec<Explained> {
    let steps = match inquiry.who {
        Who::Caller(_) | Who::Nobody(_) if standing.is_denied() => {
            walk::untried(&standing.entries, DENIED)
        }
        Who::Caller(caller) => walk::entries(standing, inquiry, caller),
        Who::Nobody(_) => walk::untried(&standing.entries, NOBODY),
    };
    let entries = standing.entries.iter().zip(steps);
    entries.map(|(entry, step)| Explained::of(standing, entry, step, inquiry.who)).collect()
}

impl Explained {
    fn of(
        standing: &Standing<'_>,
        entry: &Entry<'_>,
        requirement: Option<Step>,
        who: Who<'_>,
    ) -> Self {
        let outcome = match (&entry.asks, &requirement, who) {
            (Asks::Denied, ..) => Outcome::fails(Reason::Denied),
            (Asks::Requirement(_), Some(step), Who::Caller(_)) => step.outcome.clone(),
            (Asks::Requirement(_), Some(step), Who::Nobody(_))
                if standing.is_denied() || !entry.is_enforced() =>
            {
                step.outcome.clone()
            }
            (Asks::Requirement(_), _, Who::Nobody(reason)) => Outcome::fails(reason),
            (Asks::Public | Asks::Optional, _, Who::Caller(caller))
                if standing.shuts_out(caller) =>
            {
                Outcome::fails(Reason::CredentialKind)
            }
            (Asks::Public | Asks::Optional | Asks::Requirement(_), ..) => Outcome::Holds,
        };
        Self {
            part: match entry.part {
                Part::Rule => EntryPart::Rule,
                Part::Guard => EntryPart::Guard,
                Part::AlsoAction => EntryPart::AlsoAction,
                Part::AlsoRequire => EntryPart::AlsoRequire,
                Part::Asked => EntryPart::Asked,
            },
            id: entry.id.map(|id| id.as_str().to_owned()),
            shadow: entry.mode == Mode::Shadow,
            access: match entry.asks {
                Asks::Public => EntryAccess::Public,
                Asks::Optional => EntryAccess::Optional,
                Asks::Denied => EntryAccess::Denied,
                Asks::Requirement(_) => EntryAccess::Required,
            },
            outcome,
            requirement,
        }
    }
}

impl Question {
    fn of(wanted: &Wanted<'_>) -> Self {
        match wanted {
            Wanted::Http(request) => Self::Request {
                method: request.method.to_owned(),
                host: request.authority.to_owned(),
                path: request.path().to_owned(),
            },
            Wanted::Action(action) => Self::Action { name: action.name.to_owned() },
            Wanted::Requirement(_) => Self::Requirement,
        }
    }
}

impl Asker {
    fn of(who: Who<'_>) -> Self {
        match who {
            Who::Nobody(reason) => Self::Nobody { reason: reason.code() },
            Who::Caller(Caller::User(user)) => Self::User {
                user: user.id.as_str().to_owned(),
                organization: user.organization.as_ref().map(held::organization),
            },
            Who::Caller(Caller::Machine(machine)) => Self::Machine {
                credential: CredentialKind::from(machine.kind).as_str(),
                subject: machine.subject.to_string(),
            },
        }
    }
}

impl Verdict {
    /// The verdict of a decision that was made.
    #[must_use]
    pub fn of_decision(decision: &Decision) -> Self {
        Self {
            effect: decision.effect.as_str(),
            reason: decision.reason.code(),
            rule: decision.rule.as_ref().map(RuleId::as_str).map(str::to_owned),
            message: decision.message.to_string(),
        }
    }

    fn of(policy: &Policy, wanted: &Wanted<'_>, Ruling { verdict, rule }: Ruling) -> Self {
        let browser = match wanted {
            Wanted::Http(request) => HttpAsker::of(request) == HttpAsker::Browser,
            Wanted::Action(_) | Wanted::Requirement(_) => false,
        };
        let (reason, message) = match &verdict {
            Ok(()) => (Reason::Allowed, Reason::Allowed.meaning()),
            Err(Refusal { reason, message, .. }) => (*reason, &**message),
        };
        Self {
            effect: match verdict {
                Ok(()) => "allow",
                Err(_) if browser && policy.sends_away(reason) => "redirect",
                Err(_) => "deny",
            },
            reason: reason.code(),
            rule: rule.as_ref().map(RuleId::as_str).map(str::to_owned),
            message: message.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
