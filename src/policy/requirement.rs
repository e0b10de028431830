//! What a rule asks of a signed-in user.

use super::condition::Condition;
use crate::core::{
    credential::{CredentialKind, CredentialKinds},
    entitlement::EntitlementKey,
    organization::{PermissionKey, RoleKey},
    recency::Recency,
    reverification::Reverification,
};
use std::fmt;

/// What is asked of a caller. That somebody is signed in comes first: no requirement, `not` included,
/// is ever put to nobody. A machine meets one only if a `credential` that names its kind is among what
/// holds.
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
    /// A session that began, or a first factor that was verified, lately.
    Recency(Recency),
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

    /// The kinds of credential that can meet it, as far as it names kinds; `None` where it says nothing
    /// about them, which means sessions.
    #[must_use]
    pub fn credentials(&self) -> Option<CredentialKinds> {
        let silent = |kind: CredentialKind| self.naming(kind) == Naming::Silent;
        let kinds = CredentialKind::ALL.into_iter();
        (!kinds.clone().all(silent)).then(|| kinds.filter(|kind| self.admits(*kind)).collect())
    }

    /// Whether it can let a credential of this kind in: a session, or what it names itself.
    pub(super) fn admits(&self, kind: CredentialKind) -> bool {
        match self.naming(kind) {
            Naming::Other => false,
            Naming::Silent => kind == CredentialKind::SessionToken,
            Naming::Named => true,
        }
    }

    fn naming(&self, kind: CredentialKind) -> Naming {
        match self {
            Self::Credential(kinds) if kinds.contains(kind) => Naming::Named,
            Self::Credential(_) => Naming::Other,
            Self::All(parts) => {
                let parts = || parts.iter().map(|part| part.naming(kind));
                if parts().any(|part| part == Naming::Other) {
                    return Naming::Other;
                }
                parts().max().unwrap_or(Naming::Silent)
            }
            Self::Any(branches) => {
                branches.iter().map(|part| part.naming(kind)).max().unwrap_or(Naming::Silent)
            }
            // What stands under `not` lets nobody in.
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
            | Self::Recency(_)
            | Self::Reverification(_)
            | Self::Not(_) => Naming::Silent,
        }
    }
}

/// What a requirement says about a kind of credential.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Naming {
    /// It asks for another kind.
    Other,
    /// Nothing.
    Silent,
    /// That it may be this one.
    Named,
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
            Self::Recency(asked) => asked.fmt(formatter),
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
            | Requirement::Recency(_)
            | Requirement::Reverification(_)
            | Requirement::Not(_) => write!(formatter, "{}", self.0),
        }
    }
}
