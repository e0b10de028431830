//! The kinds of credential that Clerk issues.

use std::fmt;

/// What a caller can present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CredentialKind {
    /// A person's session token.
    SessionToken,
    /// An API key, `ak_...`.
    ApiKey,
    /// A machine-to-machine token, `mt_...` or a JWT.
    M2mToken,
    /// An OAuth access token, `oat_...` or a JWT.
    OauthToken,
}

impl CredentialKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::SessionToken, Self::ApiKey, Self::M2mToken, Self::OauthToken];

    /// The name used in policies and on every wire; Clerk's own (`@clerk/backend`, `TokenType`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionToken => "session_token",
            Self::ApiKey => "api_key",
            Self::M2mToken => "m2m_token",
            Self::OauthToken => "oauth_token",
        }
    }

    /// From its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialKinds(u8);

impl CredentialKinds {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// What is accepted where a policy says nothing about credentials.
    pub const SESSION: Self = Self::of(CredentialKind::SessionToken);

    /// This kind alone.
    #[must_use]
    pub const fn of(kind: CredentialKind) -> Self {
        Self(kind.bit())
    }

    /// What stands in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What stands in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the kind is in it.
    #[must_use]
    pub const fn contains(self, kind: CredentialKind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kind, where there is exactly one.
    #[must_use]
    pub fn only(self) -> Option<CredentialKind> {
        let mut kinds = self.iter();
        let first = kinds.next();
        if kinds.next().is_some() { None } else { first }
    }

    /// The kinds, in the order of [`CredentialKind::ALL`].
    pub fn iter(self) -> impl Iterator<Item = CredentialKind> {
        CredentialKind::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }
}

impl FromIterator<CredentialKind> for CredentialKinds {
    fn from_iter<I: IntoIterator<Item = CredentialKind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::NONE, |set, kind| set.union(Self::of(kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::{CredentialKind, CredentialKinds};

    #[test]
    fn a_set_holds_what_was_put_in() {
        let set: CredentialKinds =
            [CredentialKind::OauthToken, CredentialKind::ApiKey].into_iter().collect();
        assert_eq!(
            set.iter().collect::<Vec<_>>(),
            [CredentialKind::ApiKey, CredentialKind::OauthToken]
        );
        assert!(!set.contains(CredentialKind::SessionToken));
        assert!(set.intersection(CredentialKinds::SESSION).is_empty());
        assert!(set.union(CredentialKinds::SESSION).contains(CredentialKind::SessionToken));
        assert_eq!(set.only(), None);
        assert_eq!(CredentialKinds::NONE.only(), None);
        assert_eq!(CredentialKinds::SESSION.only(), Some(CredentialKind::SessionToken));
    }

    #[test]
    fn names_lead_back() {
        for kind in CredentialKind::ALL {
            assert_eq!(CredentialKind::from_name(kind.as_str()), Some(kind));
        }
        assert_eq!(CredentialKind::from_name("session"), None);
    }
}
