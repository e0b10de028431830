//! What a question comes to. There is no fourth outcome and no default: an error on the way is a
//! [`Effect::Deny`].

use super::{
    asker::Asker,
    clock::Timestamp,
    id::{Revision, RuleId},
    location::Location,
    presentation::Presentation,
    reason::Reason,
    reverification::Reverification,
};
use std::borrow::Cow;

/// The answer to one question.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Allow, deny or redirect.
    pub effect: Effect,
    /// Why.
    pub reason: Reason,
    /// One sentence for a person. Holds nothing of the request but what the policy itself names.
    pub message: Cow<'static, str>,
    /// The policy entry that decided, where one did.
    pub rule: Option<RuleId>,
    /// The policy that decided.
    pub revision: Revision,
    /// Who waits for the answer.
    pub asker: Asker,
    /// `Set-Cookie` lines for the browser, whatever the effect.
    pub set_cookies: Vec<Box<str>>,
    /// Until when the identity that was judged is valid.
    pub valid_until: Option<Timestamp>,
    /// How the policy has this said; `None` where it leaves that to whoever answers.
    pub presentation: Option<Presentation>,
}

/// What happens to the request.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// It goes on, changed like this.
    Allow(Upstream),
    /// It stops here.
    Deny(Denial),
    /// It stops here and the browser goes elsewhere.
    Redirect(Location),
}

impl Effect {
    /// The name used on every wire.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Allow(_) => "allow",
            Self::Deny(_) => "deny",
            Self::Redirect(_) => "redirect",
        }
    }
}

/// How an allowed request changes on its way to the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Headers to set; each replaces every copy the client sent. Values are visible ASCII, but for
    /// `cookie`, which holds what the client sent.
    pub set: Vec<(Box<str>, Box<str>)>,
    /// Headers to remove: identity headers that are not set, every spelling of one that some server
    /// would read as the same name, and credentials that the service must not see. No name stands in
    /// both lists.
    pub remove: Vec<Box<str>>,
}

/// What is known about a refusal beyond its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The reverification that is asked for, when that is the reason: Clerk's front end opens its
    /// dialog by it.
    pub reverification: Option<Reverification>,
}

impl Denial {
    /// A refusal with nothing to add.
    #[must_use]
    pub const fn plain() -> Self {
        Self { reverification: None }
    }
}
