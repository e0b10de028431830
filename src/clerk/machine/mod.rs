//! Machines: API keys, machine-to-machine tokens and OAuth access tokens.
//!
//! What a credential is shows in its form (`Form`). JWTs are checked here with the instance's keys;
//! everything else Clerk is asked about, and what it said is kept for a short while
//! (`OpaqueTokens`). What an answer says of revocation and expiry counts, and so does who issued a JWT
//! and which machine it is meant for.

mod answer;
mod claims;
mod error;
mod form;
mod meant_for;
mod opaque;
mod options;
mod verify;

pub use error::MachineError;
pub use form::OpaqueToken;
pub use options::MachineOptions;

pub(super) use form::Form;
pub(super) use opaque::OpaqueTokens;
