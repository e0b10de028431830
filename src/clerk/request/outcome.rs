//! What becomes of a request's credentials.

use super::refresh::RefreshFailure;
use crate::{
    clerk::{
        claims::Standing, machine::MachineError, token_error::TokenError,
        verified_tokens::VerifiedToken,
    },
    core::{
        credential::{CredentialKind, CredentialKinds},
        identity::User,
        location::Location,
        machine::{Machine, MachineKind},
        notice::CutOff,
        reason::Reason,
    },
};
use secrecy::SecretString;
use std::{borrow::Cow, sync::Arc};

/// What becomes of a request's credentials. A session with unfinished tasks is a variant of its own,
/// so that nobody mistakes it for a signed-in user.
#[derive(Clone, Debug)]
pub enum Authentication {
    /// A person with a verified session.
    SignedIn(SignedIn),
    /// A verified session that makes no signed-in user: tasks are left to finish, or it names nobody.
    Pending(SignedIn),
    /// A verified machine credential.
    Machine(Arc<Machine>),
    /// Nobody.
    SignedOut(SignedOut),
    /// The browser must go elsewhere before anything else is decided.
    Redirect(Redirect),
}

/// A verified session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The token that proves it.
    pub token: Arc<VerifiedToken>,
    /// The token's text where it is not the one that was sent, but one that Clerk has just issued.
    pub fresh_token: Option<SecretString>,
    /// What the response to the browser must carry.
    pub response: ResponseHeaders,
}

impl SignedIn {
    pub(super) fn with_token(token: Arc<VerifiedToken>) -> Self {
        Self { token, fresh_token: None, response: ResponseHeaders::none() }
    }

    /// The user. Whether the session is pending is not said here.
    #[must_use]
    pub fn user(&self) -> &Arc<User> {
        self.token.user()
    }
}

/// Nobody is signed in.
#[derive(Clone, Debug)]
pub struct SignedOut {
    /// Why.
    pub reason: SignedOutReason,
    /// What the response to the browser must carry.
    pub response: ResponseHeaders,
}

/// Where the browser must go.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// The address.
    pub location: Location,
    /// `Set-Cookie` lines, in order.
    pub set_cookies: Vec<Box<str>>,
    /// Why.
    pub cause: RedirectCause,
}

/// Why a browser is sent elsewhere.
#[derive(Clone, Debug)]
pub enum RedirectCause {
    /// To fetch fresh cookies, for this reason.
    Handshake(SignedOutReason),
    /// Back from a handshake, with this result, to the same address without Clerk's parameters.
    Returned(Box<Authentication>),
}

impl RedirectCause {
    /// Bailiff's reason.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Handshake(reason) => reason.reason(),
            Self::Returned(_) => Reason::SessionStale,
        }
    }
}

/// Headers that a decision brings to the response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseHeaders {
    /// `Set-Cookie` lines as Clerk sent them, in order.
    pub set_cookies: Vec<Box<str>>,
    /// Whether the request came back from a handshake, so that no other origin may read the response.
    pub after_handshake: bool,
}

impl ResponseHeaders {
    /// None.
    #[must_use]
    pub const fn none() -> Self {
        Self { set_cookies: Vec::new(), after_handshake: false }
    }
}

/// Why nobody is signed in, or why a handshake is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedOutReason {
    /// Neither a session cookie nor a sign of one.
    NothingPresented,
    /// A session cookie, but the client is known to have no session.
    NoActiveClient,
    /// The client has a session, but the cookie is missing.
    NoSessionCookie,
    /// The session token is older than the last change of who is signed in.
    OlderThanClient,
    /// The token has expired and was not renewed.
    Expired(RefreshFailure),
    /// The token is not valid yet.
    NotActiveYet,
    /// The token was issued in the future.
    IssuedInTheFuture,
    /// A development instance, and no development browser.
    DevBrowserMissing,
    /// A development instance, and the development browser is handed over in the address.
    DevBrowserSync,
    /// A satellite must ask its primary.
    SatelliteNeedsSyncing,
    /// A primary answers its satellite.
    PrimaryRespondsToSyncing,
    /// The visitor comes from another origin.
    CrossOriginSync,
    /// The path names another organization than the session.
    OrganizationMismatch,
    /// A handshake brought no session.
    HandshakeWithoutSession,
    /// What a handshake brought was not signed by the instance.
    HandshakeToken(TokenError),
    /// The token is refused.
    Token(TokenError),
    /// The machine credential is refused.
    Machine(MachineKind, MachineError),
    /// The credential is of a kind that is none of these, which are accepted.
    KindNotAccepted(CredentialKinds),
    /// No Authorization header, where no session is accepted but these kinds.
    NoHeaderToken(CredentialKinds),
    /// The session is valid, and was cut off since.
    CutOff(CutOff),
    /// Several credentials where there can be one.
    AmbiguousCredential,
    /// The request's own address cannot be understood, so nobody can be sent back to it.
    AddressNotUnderstood,
    /// The address to go back to cannot be understood.
    ReturnAddressNotUnderstood,
    /// The satellite's sign-in page is the satellite.
    SatelliteIsItsOwnPrimary,
}

impl SignedOutReason {
    /// Bailiff's reason.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::NothingPresented
            | Self::NoSessionCookie
            | Self::DevBrowserMissing
            | Self::HandshakeWithoutSession
            | Self::NoHeaderToken(_) => Reason::SignedOut,
            Self::NoActiveClient
            | Self::OlderThanClient
            | Self::DevBrowserSync
            | Self::SatelliteNeedsSyncing
            | Self::PrimaryRespondsToSyncing
            | Self::CrossOriginSync
            | Self::OrganizationMismatch => Reason::SessionStale,
            Self::Expired(RefreshFailure::Fetch) => Reason::UpstreamUnavailable,
            Self::Expired(_) => Reason::TokenExpired,
            Self::NotActiveYet => Reason::TokenNotActiveYet,
            Self::IssuedInTheFuture => Reason::TokenIssuedInTheFuture,
            Self::HandshakeToken(error) | Self::Token(error) => error.reason(),
            Self::Machine(_, error) => error.reason(),
            Self::KindNotAccepted(_) => Reason::CredentialKind,
            Self::CutOff(CutOff::Ended) => Reason::SessionRevoked,
            Self::CutOff(CutOff::Blocked) => Reason::AccessRevoked,
            Self::CutOff(CutOff::Stale) => Reason::TokenStale,
            Self::CutOff(CutOff::Unknown) => Reason::RevocationUnavailable,
            Self::AmbiguousCredential => Reason::CredentialAmbiguous,
            Self::AddressNotUnderstood => Reason::AmbiguousHost,
            Self::ReturnAddressNotUnderstood => Reason::MalformedRequest,
            Self::SatelliteIsItsOwnPrimary => Reason::Misconfigured,
        }
    }

    /// Clerk's reason, as in `x-clerk-auth-reason`.
    #[must_use]
    pub fn clerk_reason(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NothingPresented => "session-token-and-uat-missing",
            Self::NoActiveClient => "session-token-but-no-client-uat",
            Self::NoSessionCookie => "client-uat-but-no-session-token",
            // Clerk has no word for what it cannot know; to its pages it is a token that is too old.
            Self::OlderThanClient | Self::CutOff(_) => "session-token-iat-before-client-uat",
            Self::Expired(failure) => {
                return format!("session-token-expired-refresh-{}", failure.code()).into();
            }
            Self::NotActiveYet => "session-token-nbf",
            Self::IssuedInTheFuture => "session-token-iat-in-the-future",
            Self::DevBrowserMissing => "dev-browser-missing",
            Self::DevBrowserSync => "dev-browser-sync",
            Self::SatelliteNeedsSyncing => "satellite-needs-syncing",
            Self::PrimaryRespondsToSyncing => "primary-responds-to-syncing",
            Self::CrossOriginSync => "primary-domain-cross-origin-sync",
            Self::OrganizationMismatch => "active-organization-mismatch",
            Self::HandshakeWithoutSession => "session-token-missing",
            Self::HandshakeToken(error) | Self::Token(error) => error.clerk_reason(),
            Self::Machine(_, error) => error.clerk_reason(),
            Self::NoHeaderToken(accepts) if accepts.only().is_some() => "No token in header",
            Self::KindNotAccepted(_) | Self::NoHeaderToken(_) => "token-type-mismatch",
            Self::AmbiguousCredential => "token-invalid",
            Self::AddressNotUnderstood
            | Self::ReturnAddressNotUnderstood
            | Self::SatelliteIsItsOwnPrimary => "unexpected-error",
        })
    }

    /// The kind of credential that the reason is about; `None` where several are accepted and this
    /// is none of them. Clerk's package calls it `tokenType`.
    #[must_use]
    pub fn credential_kind(&self) -> Option<CredentialKind> {
        match self {
            Self::Machine(kind, _) => Some((*kind).into()),
            Self::KindNotAccepted(accepts) | Self::NoHeaderToken(accepts) => accepts.only(),
            Self::NothingPresented
            | Self::NoActiveClient
            | Self::NoSessionCookie
            | Self::OlderThanClient
            | Self::Expired(_)
            | Self::NotActiveYet
            | Self::IssuedInTheFuture
            | Self::DevBrowserMissing
            | Self::DevBrowserSync
            | Self::SatelliteNeedsSyncing
            | Self::PrimaryRespondsToSyncing
            | Self::CrossOriginSync
            | Self::OrganizationMismatch
            | Self::HandshakeWithoutSession
            | Self::HandshakeToken(_)
            | Self::Token(_)
            | Self::CutOff(_)
            | Self::AmbiguousCredential
            | Self::AddressNotUnderstood
            | Self::ReturnAddressNotUnderstood
            | Self::SatelliteIsItsOwnPrimary => Some(CredentialKind::SessionToken),
        }
    }
}

impl Authentication {
    pub(in crate::clerk) fn verified(token: Arc<VerifiedToken>) -> Self {
        Self::of(SignedIn::with_token(token))
    }

    pub(super) fn of(session: SignedIn) -> Self {
        match session.token.standing() {
            Standing::SignedIn => Self::SignedIn(session),
            Standing::Pending | Standing::Nobody => Self::Pending(session),
        }
    }

    /// Nobody, for this reason.
    #[must_use]
    pub const fn signed_out(reason: SignedOutReason) -> Self {
        Self::SignedOut(SignedOut { reason, response: ResponseHeaders::none() })
    }

    /// Whether the browser is sent to Clerk for fresh cookies.
    #[must_use]
    pub const fn starts_handshake(&self) -> bool {
        matches!(self, Self::Redirect(Redirect { cause: RedirectCause::Handshake(_), .. }))
    }

    /// The response headers that Clerk's package brings with a decision, names in lower case. Clerk's
    /// message header is left out: it may echo the request.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, Cow<'_, str>)> {
        let mut headers = Vec::new();
        self.append_headers(&mut headers);
        headers
    }

    fn append_headers<'s>(&'s self, headers: &mut Vec<(&'static str, Cow<'s, str>)>) {
        match self {
            Self::SignedIn(session) | Self::Pending(session) => {
                session.response.append_to(headers);
            }
            Self::Machine(_) => {}
            Self::SignedOut(out) => {
                headers.push(("x-clerk-auth-status", "signed-out".into()));
                headers.push(("x-clerk-auth-reason", out.reason.clerk_reason()));
                out.response.append_to(headers);
            }
            Self::Redirect(redirect) => {
                headers.push(("location", redirect.location.as_str().into()));
                headers.push(("cache-control", "no-store".into()));
                match &redirect.cause {
                    RedirectCause::Handshake(reason) => {
                        headers.push(("x-clerk-auth-status", "handshake".into()));
                        headers.push(("x-clerk-auth-reason", reason.clerk_reason()));
                        headers.extend(
                            redirect.set_cookies.iter().map(|line| ("set-cookie", (**line).into())),
                        );
                    }
                    RedirectCause::Returned(result) => result.append_headers(headers),
                }
            }
        }
    }
}

impl ResponseHeaders {
    fn append_to<'s>(&'s self, headers: &mut Vec<(&'static str, Cow<'s, str>)>) {
        if self.after_handshake {
            headers.push(("access-control-allow-origin", "null".into()));
            headers.push(("access-control-allow-credentials", "true".into()));
        }
        headers.extend(self.set_cookies.iter().map(|line| ("set-cookie", (**line).into())));
    }
}
