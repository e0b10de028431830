//! Calls to Clerk: what is sent, what comes back, and the one interface they pass through.

mod base;
mod calls;
mod client;
mod guard;
mod machine_tokens;
mod traced;

pub use base::{ApiBase, ApiBaseError, PlainHttp};
pub use calls::BackendApi;
pub use client::{HttpTransport, HttpTransportError};
pub use guard::{CallLimits, CallRate, CircuitPolicy, GuardedTransport};
pub use machine_tokens::{MachineTokenApi, MachineTransports, NoSecretKey};
pub(super) use traced::fetched;

use http::Method;
use secrecy::SecretString;
use std::{fmt, future::Future, pin::Pin, time::Duration};
use thiserror::Error;
use url::Url;

/// The version of Clerk's APIs that Bailiff speaks.
pub const API_VERSION: &str = "2026-05-12";

/// Whether a call that failed may be sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It may not: Clerk may have acted on it.
    Never,
    /// It may where nothing came back, or the word that the other side failed: it only asks.
    AfterFailure,
}

/// One call to Clerk.
#[derive(Clone)]
pub struct Outgoing<'a> {
    /// Method.
    pub method: Method,
    /// Address.
    pub url: Url,
    /// Sent as bearer token.
    pub secret_key: Option<&'a SecretString>,
    /// JSON body.
    pub json: Option<Vec<u8>>,
    /// Whether it may be repeated.
    pub repeat: Repeat,
}

impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither query nor body: both may hold tokens.
        write!(formatter, "Outgoing({} {})", self.method, self.url.path())
    }
}

/// What came back.
#[derive(Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type` as sent.
    pub content_type: Option<Box<str>>,
    /// `Retry-After`, where it is a number of seconds.
    pub retry_after: Option<Duration>,
    /// The body, of bounded size.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoAnswer {
    /// Nobody answers at the address.
    #[error("no connection to Clerk")]
    Connect,
    /// Nothing came in time.
    #[error("Clerk did not answer in time")]
    Timeout,
    /// The answer broke off.
    #[error("the answer from Clerk broke off")]
    BrokenOff,
    /// The answer has more bytes than any answer that is expected.
    #[error("the answer from Clerk is too large")]
    TooLarge,
    /// Nothing was sent: the last calls have failed.
    #[error("calls to Clerk have failed and are not tried for a while")]
    CircuitOpen,
    /// Nothing was sent: as many calls as may be are under way.
    #[error("too many calls to Clerk are under way")]
    TooManyCalls,
    /// Nothing was sent: as many calls as may be have been sent lately.
    #[error("too many calls to Clerk have been made lately")]
    RateExceeded,
    /// Nothing was sent: Clerk has asked not to be called for a while.
    #[error("Clerk has asked not to be called for a while")]
    Blocked,
}

impl NoAnswer {
    /// The word for it in traces.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::BrokenOff => "broken_off",
            Self::TooLarge => "too_large",
            Self::CircuitOpen => "circuit_open",
            Self::TooManyCalls => "too_many_calls",
            Self::RateExceeded => "rate_exceeded",
            Self::Blocked => "blocked",
        }
    }

    /// Whether nothing was sent because of limits that are kept here.
    #[must_use]
    pub const fn is_refusal_of_ours(self) -> bool {
        match self {
            Self::CircuitOpen | Self::TooManyCalls | Self::RateExceeded | Self::Blocked => true,
            Self::Connect | Self::Timeout | Self::BrokenOff | Self::TooLarge => false,
        }
    }
}

/// A call under way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Answer, NoAnswer>> + Send + 'a>>;

/// Sends calls to Clerk.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends one call, once, without following redirects.
    fn send<'a>(&'a self, request: Outgoing<'a>) -> Sending<'a>;
}
