//! Who a caller has been proven to be.

use super::{
    clock::Timestamp,
    credential::CredentialKind,
    entitlement::Entitlements,
    id::{InstanceName, SessionId, UserId},
    machine::Machine,
    organization::ActiveOrganization,
    reverification::FactorAges,
};
use std::{fmt, sync::Arc};

/// Who asks. Only verification makes anything but [`Identity::Nobody`].
#[derive(Clone, Debug)]
pub enum Identity {
    /// Nobody is signed in, or nobody was asked.
    Nobody,
    /// A person with a verified session.
    User(Arc<User>),
    /// A verified machine credential.
    Machine(Arc<Machine>),
}

impl Identity {
    /// The user, if there is one.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::Nobody | Self::Machine(_) => None,
            Self::User(user) => Some(user),
        }
    }

    /// The machine, if there is one.
    #[must_use]
    pub fn machine(&self) -> Option<&Machine> {
        match self {
            Self::Nobody | Self::User(_) => None,
            Self::Machine(machine) => Some(machine),
        }
    }

    /// Whoever it is, if it is anybody.
    #[must_use]
    pub fn caller(&self) -> Option<Caller<'_>> {
        match self {
            Self::Nobody => None,
            Self::User(user) => Some(Caller::User(user)),
            Self::Machine(machine) => Some(Caller::Machine(machine)),
        }
    }
}

/// Somebody who has been identified.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// A person with a session.
    User(&'a User),
    /// A machine.
    Machine(&'a Machine),
}

impl<'a> Caller<'a> {
    /// The kind of credential that was presented.
    #[must_use]
    pub fn kind(self) -> CredentialKind {
        match self {
            Self::User(_) => CredentialKind::SessionToken,
            Self::Machine(machine) => machine.kind.into(),
        }
    }

    /// The person, if it is one.
    #[must_use]
    pub const fn user(self) -> Option<&'a User> {
        match self {
            Self::User(user) => Some(user),
            Self::Machine(_) => None,
        }
    }

    /// Whoever acts as the caller, if somebody does.
    #[must_use]
    pub const fn actor(self) -> Option<&'a Actor> {
        match self {
            Self::User(user) => user.actor.as_ref(),
            Self::Machine(machine) => machine.actor.as_ref(),
        }
    }

    /// The claims as they were signed, or as Clerk vouches for them.
    #[must_use]
    pub const fn claims(self) -> &'a SignedClaims {
        match self {
            Self::User(user) => &user.claims,
            Self::Machine(machine) => &machine.claims,
        }
    }

    /// Until when the credential is valid; `None` for one that does not end.
    #[must_use]
    pub const fn expires_at(self) -> Option<Timestamp> {
        match self {
            Self::User(user) => Some(user.expires_at),
            Self::Machine(machine) => machine.expires_at,
        }
    }
}

/// A person with a verified session, as the session token tells it.
#[derive(Clone, Debug)]
pub struct User {
    /// The instance whose key signed the token.
    pub instance: InstanceName,
    /// Claim `sub`.
    pub id: UserId,
    /// Claim `sid`.
    pub session: SessionId,
    /// The organization active in the session.
    pub organization: Option<ActiveOrganization>,
    /// Claim `fea`.
    pub features: Entitlements,
    /// Claim `pla`.
    pub plans: Entitlements,
    /// Claim `fva`; `None` where it is missing or malformed, which fails every reverification.
    pub factor_ages: Option<FactorAges>,
    /// Claim `act`: who acts as this user.
    pub actor: Option<Actor>,
    /// Claim `iat`.
    pub issued_at: Option<Timestamp>,
    /// When Clerk put the claims together: the earlier of the claim `iat` and the header's `oiat`.
    /// Clerk's edge signs tokens anew without looking at what has changed.
    pub claims_as_of: Option<Timestamp>,
    /// Claim `exp`.
    pub expires_at: Timestamp,
    /// The claims as they were signed.
    pub claims: SignedClaims,
}

/// Whoever acts as somebody else: support staff who impersonate, or an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    /// The actor's own id, where the claim names one.
    pub subject: Option<UserId>,
    /// The claim `act` as JSON text.
    pub claims: Box<str>,
}

/// A token's payload, byte for byte as it was signed. It is JSON; kept as text because few questions
/// need more of it than [`User`] already holds.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedClaims(Box<str>);

impl SignedClaims {
    /// Takes a payload whose signature has been verified.
    #[must_use]
    pub fn new(json: &str) -> Self {
        Self(json.into())
    }

    /// The JSON text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SignedClaims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SignedClaims({} bytes)", self.0.len())
    }
}
