//! Targets by reference, so that a lookup copies nothing.

use crate::core::notice::Target;
use papaya::Equivalent;
use std::hash::{Hash, Hasher};

/// A [`Target`] whose texts stand elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum TargetRef<'a> {
    Session(&'a str),
    User(&'a str),
    Member(&'a str, &'a str),
    Organization(&'a str),
    Role(&'a str),
    Organizations,
}

impl<'a> From<&'a Target> for TargetRef<'a> {
    fn from(target: &'a Target) -> Self {
        match target {
            Target::Session(session) => Self::Session(session.as_str()),
            Target::User(user) => Self::User(user.as_str()),
            Target::Member(user, organization) => {
                Self::Member(user.as_str(), organization.as_str())
            }
            Target::Organization(organization) => Self::Organization(organization.as_str()),
            Target::Role(role) => Self::Role(role.bare()),
            Target::Organizations => Self::Organizations,
        }
    }
}

/// A target that hashes as its reference does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key(pub(super) Target);

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        TargetRef::from(&self.0).hash(state);
    }
}

impl Equivalent<Key> for TargetRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self == TargetRef::from(&key.0)
    }
}
