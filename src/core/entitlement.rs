//! Features and plans: names that belong to an organization, a user or both.

use std::fmt;
use thiserror::Error;

/// Whose features or plans a name is looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The active organization's.
    Organization,
    /// The user's own.
    User,
}

/// A feature or plan asked for: `reports`, `org:reports` or `user:reports`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntitlementKey {
    /// Where to look; both where absent.
    scope: Option<Scope>,
    /// The feature's or plan's slug.
    slug: Box<str>,
}

/// Why a feature or plan name cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EntitlementKeyError {
    /// The text before the colon is no scope.
    #[error("unknown scope `{0}`: write `org:` or `user:`, or leave the scope out")]
    Scope(Box<str>),
    /// Nothing is left to look for.
    #[error("the name is empty")]
    Empty,
}

impl EntitlementKey {
    /// Reads `slug` or `scope:slug`, the scope being `o`, `org`, `organization`, `u` or `user`. As in
    /// Clerk, a second colon ends the slug.
    ///
    /// # Errors
    /// [`EntitlementKeyError`] for another scope, with which Clerk's `has()` is never true.
    pub fn parse(name: &str) -> Result<Self, EntitlementKeyError> {
        let mut pieces = name.split(':');
        let first = pieces.next().unwrap_or_default();
        let (scope, slug) = match pieces.next() {
            None => (None, first),
            Some(slug) => match first {
                "o" | "org" | "organization" => (Some(Scope::Organization), slug),
                "u" | "user" => (Some(Scope::User), slug),
                other => return Err(EntitlementKeyError::Scope(other.into())),
            },
        };
        if slug.is_empty() {
            return Err(EntitlementKeyError::Empty);
        }
        Ok(Self { scope, slug: slug.into() })
    }
}

impl fmt::Display for EntitlementKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scope {
            None => formatter.write_str(&self.slug),
            Some(Scope::Organization) => write!(formatter, "org:{}", self.slug),
            Some(Scope::User) => write!(formatter, "user:{}", self.slug),
        }
    }
}

/// One element of the claims `fea` and `pla`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// Held by the active organization (scope letters `o`, `ou`, `uo`).
    pub organization: bool,
    /// Held by the user (scope letters `u`, `ou`, `uo`).
    pub user: bool,
    /// The slug.
    pub slug: Box<str>,
    /// The element as it stood in the token.
    pub text: Box<str>,
}

/// The features, or the plans, that a token names, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entitlements(Box<[Entitlement]>);

/// A `fea` or `pla` element without a colon. Clerk's package throws on it; the token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an element has no scope")]
pub struct ScopeMissing;

impl Entitlements {
    /// Reads a comma list of `scope:slug`; blanks around elements do not count.
    ///
    /// # Errors
    /// [`ScopeMissing`] if a non-empty list holds an element without a colon.
    pub fn parse(claim: &str) -> Result<Self, ScopeMissing> {
        if claim.is_empty() {
            return Ok(Self::default());
        }
        claim.split(',').map(str::trim).map(Self::element).collect::<Result<_, _>>().map(Self)
    }

    fn element(text: &str) -> Result<Entitlement, ScopeMissing> {
        let (scope, slug) = text.split_once(':').ok_or(ScopeMissing)?;
        let both = matches!(scope, "ou" | "uo");
        Ok(Entitlement {
            organization: both || scope == "o",
            user: both || scope == "u",
            slug: slug.into(),
            text: text.into(),
        })
    }

    /// Whether the asked name is held in the asked scope, or, without one, in either.
    #[must_use]
    pub fn has(&self, asked: &EntitlementKey) -> bool {
        self.0.iter().any(|held| {
            let in_scope = match asked.scope {
                None => held.organization || held.user,
                Some(Scope::Organization) => held.organization,
                Some(Scope::User) => held.user,
            };
            in_scope && held.slug == asked.slug
        })
    }

    /// The elements that are held in a scope that Clerk knows; any other answers no question.
    pub fn held(&self) -> impl Iterator<Item = &Entitlement> + Clone {
        self.iter().filter(|held| held.organization || held.user)
    }

    /// The elements, in the token's order.
    pub fn iter(&self) -> impl Iterator<Item = &Entitlement> + Clone {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{EntitlementKey, EntitlementKeyError, Entitlements, ScopeMissing};

    fn has(claim: &str, asked: &str) -> bool {
        Entitlements::parse(claim).unwrap().has(&EntitlementKey::parse(asked).unwrap())
    }

    #[test]
    fn a_name_is_found_in_the_scopes_it_is_held_in() {
        for (claim, asked, expected) in [
            ("o:reports", "reports", true),
            ("o:reports", "org:reports", true),
            ("o:reports", "organization:reports", true),
            ("o:reports", "o:reports", true),
            ("o:reports", "user:reports", false),
            ("u:reports", "u:reports", true),
            ("u:reports", "org:reports", false),
            ("ou:reports", "user:reports", true),
            ("uo:reports", "org:reports", true),
            ("x:reports", "reports", false),
            ("o:a, u:b", "b", true),
            ("o:reports", "report", false),
            ("", "reports", false),
            ("o:a:b", "a", false),
        ] {
            assert_eq!(has(claim, asked), expected, "{claim} {asked}");
        }
    }

    #[test]
    fn a_name_that_could_never_be_held_cannot_be_asked_for() {
        assert_eq!(EntitlementKey::parse("team:x"), Err(EntitlementKeyError::Scope("team".into())));
        assert_eq!(EntitlementKey::parse("ou:x"), Err(EntitlementKeyError::Scope("ou".into())));
        assert_eq!(EntitlementKey::parse(""), Err(EntitlementKeyError::Empty));
        assert_eq!(EntitlementKey::parse("org:"), Err(EntitlementKeyError::Empty));
    }

    #[test]
    fn an_element_without_a_scope_is_refused() {
        for claim in ["reports", "o:a,reports", "o:a,", ","] {
            assert_eq!(Entitlements::parse(claim), Err(ScopeMissing), "{claim}");
        }
    }
}
