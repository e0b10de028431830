//! Why a session token is refused, with the words Bailiff and Clerk have for it.

use crate::core::reason::Reason;
use thiserror::Error;

/// Why keys cannot be had. Clerk's package tells the three apart in its reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FetchFailure {
    /// Clerk does not know the secret key.
    #[error("Clerk refuses the secret key")]
    SecretKey,
    /// Clerk answered with an error, or with a set that holds no keys.
    #[error("Clerk answered without a key set")]
    Answer,
    /// No answer, or none that can be read.
    #[error("Clerk cannot be reached or its answer cannot be read")]
    Transport,
    /// No fetch has ended yet.
    #[error("the first fetch of the keys has not ended yet")]
    NotYet,
}

/// A claim that every session token needs, or that must have one type where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequiredClaim {
    /// `sub`.
    Subject,
    /// `sid`.
    SessionId,
    /// `exp`.
    Expiry,
    /// `nbf`.
    NotBefore,
    /// `iat`.
    IssuedAt,
    /// `fea` or `pla`.
    Entitlements,
}

impl RequiredClaim {
    /// The name of the claim.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "sub",
            Self::SessionId => "sid",
            Self::Expiry => "exp",
            Self::NotBefore => "nbf",
            Self::IssuedAt => "iat",
            Self::Entitlements => "fea, pla",
        }
    }
}

/// Why a token proves nobody's identity. No variant holds any part of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Not three base64url parts with JSON in the first two.
    #[error("the token is not a JWT")]
    Malformed,
    /// More bytes than any cookie or header of Clerk's holds.
    #[error("the token is too long")]
    TooLong,
    /// The header says that it is a machine's token (`cat`), or of a type that is not `JWT` (`typ`).
    #[error("the token header does not say that this is a session token")]
    Type,
    /// A machine's JWT, an OAuth access token or a JWT template.
    #[error("the token is of another kind than a session token")]
    Kind,
    /// The set of keys has none of that name.
    #[error("the token names a key that the instance does not have")]
    UnknownKey,
    /// The set of keys has none of that name, and may be older than the key: nobody has asked for a
    /// newer one yet, or the answer is not there yet.
    #[error("the token names a key that is not known yet")]
    KeyPending,
    /// There is no set of keys, or none newer than the one without the key.
    #[error("the keys are not available: {0}")]
    KeysUnavailable(FetchFailure),
    /// `alg` is none of RSA with SHA-2.
    #[error("the token names an algorithm that Clerk does not use")]
    Algorithm,
    /// The key of that name is not for this algorithm, or not for signatures.
    #[error("the key that the token names cannot check its algorithm")]
    KeyUnusable,
    /// The signature does not fit.
    #[error("the signature is not the instance's")]
    Signature,
    /// A claim is missing or of the wrong type.
    #[error("the claim `{}` is missing or malformed", .0.as_str())]
    Claim(RequiredClaim),
    /// `aud` names somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// `aud` is missing where the settings demand it.
    #[error("the token names no audience")]
    AudienceMissing,
    /// `azp` is missing where the settings demand it.
    #[error("the token names no authorized party")]
    AzpMissing,
    /// `azp` is not listed.
    #[error("the token was issued to another party")]
    AzpMismatch,
    /// `iss` is not this instance.
    #[error("the token was issued by another instance")]
    Issuer,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` lies ahead.
    #[error("the token is not valid yet")]
    NotActiveYet,
    /// `iat` lies ahead.
    #[error("the token was issued in the future")]
    IssuedInTheFuture,
}

impl TokenError {
    /// Bailiff's reason.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Malformed | Self::TooLong | Self::Type => Reason::TokenInvalid,
            Self::Kind => Reason::TokenTypeMismatch,
            Self::UnknownKey => Reason::TokenUnknownKey,
            Self::KeyPending => Reason::TokenKeyPending,
            Self::KeysUnavailable(_) => Reason::KeysUnavailable,
            Self::Algorithm | Self::KeyUnusable => Reason::TokenInvalidAlgorithm,
            Self::Signature => Reason::TokenInvalidSignature,
            Self::Claim(_) => Reason::TokenInvalidClaims,
            Self::Audience | Self::AudienceMissing => Reason::TokenInvalidAudience,
            Self::AzpMissing => Reason::AzpMissing,
            Self::AzpMismatch => Reason::AzpMismatch,
            Self::Issuer => Reason::TokenInvalidIssuer,
            Self::Expired => Reason::TokenExpired,
            Self::NotActiveYet => Reason::TokenNotActiveYet,
            Self::IssuedInTheFuture => Reason::TokenIssuedInTheFuture,
        }
    }

    /// Clerk's reason, as in `x-clerk-auth-reason`.
    #[must_use]
    pub const fn clerk_reason(self) -> &'static str {
        match self {
            Self::Malformed | Self::TooLong | Self::Type => "token-invalid",
            Self::Kind => "token-type-mismatch",
            Self::UnknownKey | Self::KeyPending => "jwk-kid-mismatch",
            Self::KeysUnavailable(FetchFailure::SecretKey) => "secret-key-invalid",
            Self::KeysUnavailable(FetchFailure::Answer) => "jwk-remote-failed-to-load",
            Self::KeysUnavailable(FetchFailure::Transport | FetchFailure::NotYet)
            | Self::Claim(RequiredClaim::Entitlements) => "unexpected-error",
            Self::Algorithm => "token-invalid-algorithm",
            Self::Signature => "token-invalid-signature",
            Self::KeyUnusable
            | Self::Claim(
                RequiredClaim::Subject
                | RequiredClaim::SessionId
                | RequiredClaim::Expiry
                | RequiredClaim::NotBefore
                | RequiredClaim::IssuedAt,
            )
            | Self::Audience
            | Self::AudienceMissing => "token-verification-failed",
            Self::AzpMissing | Self::AzpMismatch => "token-invalid-authorized-parties",
            Self::Issuer => "token-invalid-issuer",
            Self::Expired => "token-expired",
            Self::NotActiveYet => "token-not-active-yet",
            Self::IssuedInTheFuture => "token-iat-in-the-future",
        }
    }
}
