//! What a token is minted from.

use crate::core::clock::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// The class a token was minted as (header `cat`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// A session token.
    Session,
    /// A token from a JWT template.
    Template,
    /// A machine-to-machine token.
    Machine,
    /// A class that says nothing, which an instance stamps on every token.
    Unspecific,
}

impl Category {
    /// Clerk's code (`@clerk/backend`, `tokens/jwtCategories.ts`).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Session => "cl_B7d4PD111AAA",
            Self::Template => "cl_B7d4PD222AAA",
            Self::Machine => "cl_B7d4PD333AAA",
            Self::Unspecific => "cl_I7d4PD111III",
        }
    }
}

/// Whether the session is complete (claim `sts`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing is left to do.
    Active,
    /// The user has tasks left.
    Pending,
}

/// The organization that is active in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveMembership {
    /// Clerk's identifier.
    pub id: String,
    /// The slug.
    pub slug: Option<String>,
    /// The role, with `org:`.
    pub role: String,
    /// The custom permissions, in full: `org:invoices:read`. One whose feature is not among
    /// [`SessionFacts::features`] is left out of version 2 tokens, as at Clerk.
    pub permissions: Vec<String>,
}

/// What a session token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// Claim `sub`.
    pub user_id: String,
    /// Claim `sid`.
    pub session_id: String,
    /// The active organization.
    pub organization: Option<ActiveMembership>,
    /// Plans with their scopes: `o:pro`.
    pub plans: Vec<String>,
    /// Features with their scopes: `o:invoices`.
    pub features: Vec<String>,
    /// Claim `fva`.
    pub factor_ages: Option<[i64; 2]>,
    /// Claim `sts`.
    pub status: Status,
    /// Claim `act`.
    pub actor: Option<Value>,
}

impl SessionFacts {
    /// An active session of which nothing more is known.
    #[must_use]
    pub fn new(user_id: &str, session_id: &str) -> Self {
        Self {
            user_id: user_id.to_owned(),
            session_id: session_id.to_owned(),
            organization: None,
            plans: Vec::new(),
            features: Vec::new(),
            factor_ages: None,
            status: Status::Active,
            actor: None,
        }
    }
}

/// By whom, when, for how long and for which application a token is minted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minting {
    /// Claim `iss`.
    pub issuer: String,
    /// Claim `iat`; `nbf` lies ten seconds before it.
    pub issued_at: Timestamp,
    /// From `iat` to `exp`.
    pub lifetime: Duration,
    /// Claim `azp`, an origin.
    pub authorized_party: Option<String>,
}
