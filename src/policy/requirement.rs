//! What a rule asks of a signed-in user.

use super::condition::Condition;
use crate::core::{
    credential::{CredentialKind, CredentialKinds},
    entitlement::EntitlementKey,
    organization::{PermissionKey, RoleKey},
    reverification::Reverification,
};
use std::fmt;

/// What is asked of a caller. That somebody is signed in comes first: no requirement, `not` included,
/// is ever put to nobody; nor to a machine, but beside a `credential` that names its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing more than being signed in.
    SignedIn,
    /// What nobody has.
    Denied,
    /// An active organization, any or a certain one.
    Organization(OrganizationRequirement),
    /// A role in the active organization.
    Role(RoleKey),
    /// A custom permission in the active organization.
    Permission(PermissionKey),
    /// A feature of the active organization or the user.
    Feature(EntitlementKey),
    /// A plan of the active organization or the user.
    Plan(EntitlementKey),
    /// A scope granted to a machine credential.
    Scope(Box<str>),
    /// Nobody acts as the caller.
    NoImpersonation,
    /// A credential of one of these kinds. Everything else asks for a session.
    Credential(CredentialKinds),
    /// A condition.
    Condition(Condition),
    /// Credentials verified again lately.
    Reverification(Reverification),
    /// All of these.
    All(Box<[Self]>),
    /// One of these.
    Any(Box<[Self]>),
    /// Not this.
    Not(Box<Self>),
}

/// Which organization must be active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganizationRequirement {
    /// Whichever.
    Active,
    /// The one with this id or slug.
    Named(Box<str>),
}

/// How many parts of a list are written out in a message.
const PARTS_SHOWN: usize = 5;

impl Requirement {
    /// All of `parts`; a single one stands for itself, none ask for a signed-in user.
    pub(super) fn all(mut parts: Vec<Self>) -> Self {
        match parts.pop() {
            None => Self::SignedIn,
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Self::All(parts.into())
            }
        }
    }

    /// The kinds of credential that it names; `None` where it says nothing about them, which means
    /// sessions.
    #[must_use]
    pub fn credentials(&self) -> Option<CredentialKinds> {
        let admitted = || CredentialKind::ALL.into_iter().filter(|kind| self.admits(*kind));
        self.names_kinds().then(|| admitted().collect())
    }

    /// Whether it can let a credential of this kind in at all: a session, or what it names itself.
    pub(super) fn admits(&self, kind: CredentialKind) -> bool {
        self.can_hold(kind, kind == CredentialKind::SessionToken)
    }

    /// `admitted`: whether something around it has let the kind in; sessions always are.
    fn can_hold(&self, kind: CredentialKind, admitted: bool) -> bool {
        match self {
            Self::Credential(kinds) => kinds.contains(kind),
            Self::All(parts) => {
                let admission = Admission::beside(parts, kind, admitted);
                parts.iter().all(|part| part.can_hold(kind, admission.of(part)))
            }
            Self::Any(branches) => branches.iter().any(|branch| branch.can_hold(kind, admitted)),
            Self::SignedIn
            | Self::Denied
            | Self::Organization(_)
            | Self::Role(_)
            | Self::Permission(_)
            | Self::Feature(_)
            | Self::Plan(_)
            | Self::Scope(_)
            | Self::NoImpersonation
            | Self::Condition(_)
            | Self::Reverification(_)
            | Self::Not(_) => admitted,
        }
    }

    /// Whether it says anything about kinds of credential. What stands under `not` lets nobody in and
    /// says nothing.
    fn names_kinds(&self) -> bool {
        match self {
            Self::Credential(_) => true,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::names_kinds),
            Self::SignedIn
            | Self::Denied
            | Self::Organization(_)
            | Self::Role(_)
            | Self::Permission(_)
            | Self::Feature(_)
            | Self::Plan(_)
            | Self::Scope(_)
            | Self::NoImpersonation
            | Self::Condition(_)
            | Self::Reverification(_)
            | Self::Not(_) => false,
        }
    }

    /// Whether it holds for a credential of this kind only because it names the kind, whichever of its
    /// branches it is that holds.
    fn always_names(&self, kind: CredentialKind) -> bool {
        match self {
            Self::Credential(kinds) => kinds.contains(kind),
            Self::All(parts) => parts.iter().any(|part| part.always_names(kind)),
            Self::Any(branches) => branches.iter().all(|branch| branch.always_names(kind)),
            Self::SignedIn
            | Self::Denied
            | Self::Organization(_)
            | Self::Role(_)
            | Self::Permission(_)
            | Self::Feature(_)
            | Self::Plan(_)
            | Self::Scope(_)
            | Self::NoImpersonation
            | Self::Condition(_)
            | Self::Reverification(_)
            | Self::Not(_) => false,
        }
    }
}

/// Which parts of an `all` a kind of credential is let in to.
///
/// `credential` lets its kinds in to everything beside it. An `any` with a `credential` in some of its
/// branches lets them in to what says nothing about kinds; itself it must hold without help, or the
/// credential named in one branch would open another branch that is meant for people.
#[derive(Clone, Copy)]
pub(super) struct Admission {
    /// To parts that name kinds themselves.
    naming: bool,
    /// To parts that say nothing about kinds.
    silent: bool,
}

impl Admission {
    /// `admitted`: whether something around the parts has let the kind in.
    pub(super) fn beside(parts: &[Requirement], kind: CredentialKind, admitted: bool) -> Self {
        let naming = admitted || parts.iter().any(|part| part.always_names(kind));
        let helps = |part: &Requirement| part.names_kinds() && part.can_hold(kind, false);
        Self { naming, silent: naming || parts.iter().any(helps) }
    }

    pub(super) fn of(self, part: &Requirement) -> bool {
        if part.names_kinds() { self.naming } else { self.silent }
    }
}

/// In words that complete "needs …".
impl fmt::Display for Requirement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignedIn => formatter.write_str("a signed-in user"),
            Self::Denied => formatter.write_str("what nobody has"),
            Self::Organization(OrganizationRequirement::Active) => {
                formatter.write_str("an active organization")
            }
            Self::Organization(OrganizationRequirement::Named(name)) => {
                write!(formatter, "the organization `{name}` to be active")
            }
            Self::Role(role) => write!(formatter, "the role `{role}`"),
            Self::Permission(permission) => write!(formatter, "the permission `{permission}`"),
            Self::Feature(feature) => write!(formatter, "the feature `{feature}`"),
            Self::Plan(plan) => write!(formatter, "the plan `{plan}`"),
            Self::Scope(scope) => write!(formatter, "the scope `{scope}`"),
            Self::NoImpersonation => {
                formatter.write_str("the user themselves, not an impersonator")
            }
            Self::Credential(kinds) => {
                formatter.write_str("a credential of the kind ")?;
                for (number, kind) in kinds.iter().enumerate() {
                    let or = if number > 0 { " or " } else { "" };
                    write!(formatter, "{or}`{kind}`")?;
                }
                Ok(())
            }
            Self::Condition(_) => formatter.write_str("the rule's condition to hold"),
            Self::Reverification(Reverification::Preset(preset)) => {
                write!(formatter, "the reverification `{}`", preset.as_str())
            }
            Self::Reverification(Reverification::Window { level, after_minutes }) => write!(
                formatter,
                "the reverification `{}` within {after_minutes} minutes",
                level.as_str()
            ),
            Self::All(parts) => write_list(formatter, parts, "and"),
            Self::Any(parts) => write_list(formatter, parts, "or"),
            Self::Not(inner) => write!(formatter, "the absence of {}", Nested(inner)),
        }
    }
}

fn write_list(
    formatter: &mut fmt::Formatter<'_>,
    parts: &[Requirement],
    word: &str,
) -> fmt::Result {
    for (number, part) in parts.iter().enumerate() {
        if number == PARTS_SHOWN && parts.len() > PARTS_SHOWN + 1 {
            return write!(formatter, " {word} {} others", parts.len() - number);
        }
        if number > 0 {
            write!(formatter, " {word} ")?;
        }
        write!(formatter, "{}", Nested(part))?;
    }
    Ok(())
}

/// A part of a larger requirement: in brackets if it is a list itself.
struct Nested<'r>(&'r Requirement);

impl fmt::Display for Nested<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Requirement::All(_) | Requirement::Any(_) => write!(formatter, "({})", self.0),
            Requirement::SignedIn
            | Requirement::Denied
            | Requirement::Organization(_)
            | Requirement::Role(_)
            | Requirement::Permission(_)
            | Requirement::Feature(_)
            | Requirement::Plan(_)
            | Requirement::Scope(_)
            | Requirement::NoImpersonation
            | Requirement::Credential(_)
            | Requirement::Condition(_)
            | Requirement::Reverification(_)
            | Requirement::Not(_) => write!(formatter, "{}", self.0),
        }
    }
}
