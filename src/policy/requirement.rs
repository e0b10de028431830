//! What a rule asks of a signed-in user.

use crate::core::{
    entitlement::EntitlementKey,
    organization::{PermissionKey, RoleKey},
    reverification::Reverification,
};
use std::fmt;

/// What is asked of a signed-in user. That somebody is signed in comes first: no requirement, `not`
/// included, is ever put to anybody else.
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
            | Requirement::Reverification(_)
            | Requirement::Not(_) => write!(formatter, "{}", self.0),
        }
    }
}
