//! Decides about one HTTP request as Clerk's own middleware does.
//!
//! The order of the steps and the reasons are those of `authenticateRequest()` in the package
//! `@clerk/backend` 3.25; what leaves the process passes through [`Outside`](super::Outside).

mod address;
mod authorization;
mod cookies;
mod credential;
mod cross_origin;
mod frontend_api;
mod handshake;
mod handshake_return;
pub mod organization_sync;
mod outcome;
mod path_pattern;
mod procedure;
pub mod refresh;
mod satellite;
mod sign_in;
mod visit;

pub use address::{Address, AddressError};
pub use outcome::{
    Authentication, Redirect, RedirectCause, ResponseHeaders, SignedIn, SignedOut, SignedOutReason,
};
pub use sign_in::{ReturnTo, SignInError, SignInRequest, sign_in_address, sign_up_address};

pub(super) use credential::{Credential, credential};
pub(super) use handshake::start as start_handshake;
pub(super) use procedure::{Procedure, Visitor};
pub(super) use sign_in::without_clerks_parameters;
pub(super) use visit::Visit;
