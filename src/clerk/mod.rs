//! Clerk: who a request or a token proves somebody to be.
//!
//! Knows Clerk's tokens, cookies, keys and addresses, and nothing about policies. The entry is
//! [`Authenticator`].

mod authenticate;
pub mod backend_api;
mod browser;
mod claims;
mod counters;
#[cfg(test)]
mod fixture;
mod inspect;
mod instance;
mod jwt;
pub mod keys;
pub mod machine;
mod outside;
mod permissions;
mod publishable_key;
pub mod request;
mod token_error;
mod verified_tokens;
mod verifier;
mod verify;
pub mod webhook;

pub use authenticate::Authenticator;
pub use browser::{
    BrowserOptions, BrowserSettings, BrowserSettingsError, ForwardedHeaders, HandshakeMode,
    SatelliteOrigins, SecretKey,
};
pub use claims::Standing;
pub use counters::{Counter, Counters, Level};
pub use inspect::Inspection;
pub use instance::{ClockSkew, Instance, WhenMissing};
pub use jwt::{Class, Jwt, JwtKind, MAX_TOKEN_BYTES};
pub use machine::{MachineError, MachineOptions, OpaqueToken};
pub use outside::{Connected, Outside};
pub use publishable_key::{CookieSuffix, Environment, PublishableKey, PublishableKeyError};
pub use token_error::{FetchFailure, RequiredClaim, TokenError};
pub use verified_tokens::{Fingerprint, VerifiedToken, VerifiedTokens};
pub use verify::RegisteredClaims;
