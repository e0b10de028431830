//! Why a machine credential is refused.

use crate::{
    clerk::{backend_api::NoAnswer, token_error::TokenError},
    core::reason::Reason,
};
use thiserror::Error;

/// Why a machine credential proves nothing. No variant holds any part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MachineError {
    /// A JWT that does not hold.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A machine's JWT whose header says that it was minted as something else.
    #[error("the token header does not say that this is a machine's token")]
    Class,
    /// Nothing that Clerk can have issued; nobody was asked.
    #[error("the credential has not the form of any that Clerk issues")]
    Implausible,
    /// Clerk knows no such credential.
    #[error("Clerk does not know the credential")]
    Unknown,
    /// Clerk takes the question for malformed.
    #[error("Clerk cannot read the credential")]
    Unreadable,
    /// It has been revoked.
    #[error("the credential has been revoked")]
    Revoked,
    /// It has ended.
    #[error("the credential has expired")]
    Expired,
    /// It names no audience, or another.
    #[error("the credential is for another audience")]
    Audience,
    /// It is meant for other machines.
    #[error("the token is for another machine")]
    OtherMachine,
    /// Clerk vouches for it, but does not say for whom in a way that can be relied on.
    #[error("what Clerk says of the credential cannot be relied on")]
    Answer,
    /// Clerk refuses the secret key.
    #[error("Clerk refuses the secret key")]
    SecretKey,
    /// Clerk does not say: another status than any that is expected.
    #[error("Clerk answered with status {0}")]
    Status(u16),
    /// Clerk did not answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// Without a secret key nobody can be asked.
    #[error("there is no secret key to ask Clerk with")]
    NoSecretKey,
}

impl MachineError {
    /// Bailiff's reason.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Token(error) => error.reason(),
            Self::Class | Self::Implausible | Self::Unknown | Self::Unreadable => {
                Reason::TokenInvalid
            }
            Self::Revoked => Reason::TokenRevoked,
            Self::Expired => Reason::TokenExpired,
            Self::Audience | Self::OtherMachine => Reason::TokenInvalidAudience,
            Self::Answer | Self::SecretKey | Self::Status(_) | Self::NoAnswer(_) => {
                Reason::UpstreamUnavailable
            }
            Self::NoSecretKey => Reason::Misconfigured,
        }
    }

    /// Clerk's reason, as in `x-clerk-auth-reason`. Clerk's package has none for what it does not
    /// look at.
    #[must_use]
    pub const fn clerk_reason(self) -> &'static str {
        match self {
            Self::Token(_) | Self::Audience => "token-verification-failed",
            Self::Class
            | Self::Implausible
            | Self::Unknown
            | Self::Revoked
            | Self::Expired
            | Self::OtherMachine => "token-invalid",
            Self::SecretKey => "secret-key-invalid",
            Self::Unreadable
            | Self::Answer
            | Self::Status(_)
            | Self::NoAnswer(_)
            | Self::NoSecretKey => "unexpected-error",
        }
    }
}
