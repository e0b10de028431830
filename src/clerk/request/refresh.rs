//! Renewing an expired session with the refresh token, through the Backend API.

use super::{cookies::Family, handshake_return::is_header_value, visit::Visit};
use crate::{
    clerk::{
        jwt::{Jwt, JwtKind},
        outside::Outside,
        verified_tokens::VerifiedToken,
        verifier::Verifier,
    },
    core::clock::Timestamp,
};
use std::{fmt, sync::Arc};

/// Why an expired session was not renewed. Clerk's package appends the code to its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshFailure {
    /// No refresh token.
    NoRefreshCookie,
    /// Only GET is renewed.
    NotGet,
    /// No secret key is configured.
    MissingApiClient,
    /// The token to renew cannot be read.
    TokenNotDecodable,
    /// The token to renew was not signed by the instance: it is not sent anywhere.
    TokenNotAuthentic,
    /// The token to renew names no session.
    SessionIdMissing,
    /// The session id of the token to renew could change the path that it is put into.
    SessionIdUnsafe,
    /// The session that came back does not verify.
    InvalidSession,
    /// Clerk did not answer, or said that it failed.
    Fetch,
    /// Clerk answered with something unexpected.
    UnexpectedAnswer,
    /// Clerk answered without cookies.
    NoCookies,
    /// Clerk's own error code.
    Code(ErrorCode),
}

/// An error code of the Backend API: letters, digits, `-` and `_`.
#[derive(Clone, PartialEq, Eq)]
pub struct ErrorCode(Box<str>);

impl ErrorCode {
    /// Takes a code; `None` for text that is no code and must not reach a header.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (!code.is_empty() && code.len() <= 64 && code.bytes().all(plain)).then(|| Self(code.into()))
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl RefreshFailure {
    /// Clerk's code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NoRefreshCookie => "non-eligible-no-refresh-cookie",
            Self::NotGet => "non-eligible-non-get",
            Self::MissingApiClient => "missing-api-client",
            Self::TokenNotDecodable | Self::TokenNotAuthentic => {
                "expired-session-token-decode-failed"
            }
            Self::SessionIdMissing => "expired-session-token-missing-sid-claim",
            Self::InvalidSession => "invalid-session-token",
            Self::Fetch => "fetch-error",
            Self::UnexpectedAnswer | Self::SessionIdUnsafe => "unexpected-bapi-error",
            Self::NoCookies => "unexpected-sdk-error",
            Self::Code(code) => &code.0,
        }
    }
}

/// One call that renews a session.
pub struct RefreshCall<'a> {
    /// The session's id, fit for a path.
    pub session_id: SafeSessionId<'a>,
    /// Whether suffixed cookies are in use.
    pub suffixed_cookies: bool,
    /// The expired token; its signature has been checked.
    pub expired_token: &'a str,
    /// The refresh token.
    pub refresh_token: &'a str,
    /// Origin of the address the user sees.
    pub request_origin: String,
    /// Every header of the request, lower-case names.
    pub request_headers: Vec<(&'a str, &'a str)>,
}

impl fmt::Debug for RefreshCall<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RefreshCall(…)")
    }
}

/// A session id that cannot change the path it is put into: `sess_`, letters and digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SafeSessionId<'a>(&'a str);

impl<'a> SafeSessionId<'a> {
    /// Takes an id.
    #[must_use]
    pub fn new(id: &'a str) -> Option<Self> {
        let rest = id.strip_prefix("sess_")?;
        let plain = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        plain.then_some(Self(id))
    }

    /// The id.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// A renewed session.
pub(super) struct Refreshed {
    pub(super) token: Arc<VerifiedToken>,
    pub(super) text: Box<str>,
    pub(super) set_cookies: Vec<Box<str>>,
}

/// Tries to renew: the session cookie's token if there is one, else the header's. Only a token that
/// the instance signed is sent anywhere, and only under an id that fits a path.
pub(super) async fn refresh(
    verifier: &Verifier,
    visit: &Visit<'_>,
    outside: &impl Outside,
    now: Timestamp,
) -> Result<Refreshed, RefreshFailure> {
    if visit.request.method != "GET" {
        return Err(RefreshFailure::NotGet);
    }
    let refresh_token = visit.refresh_token.ok_or(RefreshFailure::NoRefreshCookie)?;
    let expired = visit.session.or(visit.header_token).ok_or(RefreshFailure::TokenNotDecodable)?;
    let jwt = Jwt::decode(expired).map_err(|_| RefreshFailure::TokenNotDecodable)?;
    let session_id = jwt
        .claim("sid")
        .and_then(|sid| sid.as_str())
        .filter(|sid| !sid.is_empty())
        .ok_or(RefreshFailure::SessionIdMissing)?;
    let session_id = SafeSessionId::new(session_id).ok_or(RefreshFailure::SessionIdUnsafe)?;
    let authentic = verifier.authentic(&jwt, JwtKind::Session, outside, now).await;
    authentic.map_err(|_| RefreshFailure::TokenNotAuthentic)?;
    let headers = visit.request.headers.iter();
    let call = RefreshCall {
        session_id,
        suffixed_cookies: visit.family == Family::Suffixed,
        expired_token: expired,
        refresh_token,
        request_origin: visit.address.origin(),
        request_headers: headers
            .filter_map(|header| Some((header.name, std::str::from_utf8(header.value).ok()?)))
            .collect(),
    };
    let refreshed = attempt(verifier, call, outside, now).await;
    match &refreshed {
        Ok(_) => verifier.counters.session_refreshed.increment(),
        Err(_) => verifier.counters.session_refresh_failed.increment(),
    }
    refreshed
}

async fn attempt(
    verifier: &Verifier,
    call: RefreshCall<'_>,
    outside: &impl Outside,
    now: Timestamp,
) -> Result<Refreshed, RefreshFailure> {
    let set_cookies = outside.refresh(call).await?;
    if !set_cookies.iter().all(|line| is_header_value(line)) {
        return Err(RefreshFailure::UnexpectedAnswer);
    }
    let Brought::Token(text) = session_among(&set_cookies) else {
        return Err(RefreshFailure::InvalidSession);
    };
    let text: Box<str> = text.into();
    let presented = verifier.open(&text).map_err(|_| RefreshFailure::InvalidSession)?;
    let verified = verifier.verify(&text, &presented, outside, now).await;
    let token = verified.map_err(|_| RefreshFailure::InvalidSession)?;
    drop(presented);
    Ok(Refreshed { token, text, set_cookies })
}

/// The session among `Set-Cookie` lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brought<'l> {
    /// No session line, or one that empties the cookie.
    Nothing,
    /// A session line without a value.
    Unreadable,
    /// A session token.
    Token(&'l str),
}

/// Reads the last line whose name begins with `__session`: its value ends at `;` or a second `=`.
pub(super) fn session_among(lines: &[Box<str>]) -> Brought<'_> {
    let Some(line) = lines.iter().rfind(|line| line.starts_with("__session")) else {
        return Brought::Nothing;
    };
    let pair = line.split(';').next().unwrap_or_default();
    match pair.split('=').nth(1) {
        None => Brought::Unreadable,
        Some("") => Brought::Nothing,
        Some(token) => Brought::Token(token),
    }
}

#[cfg(test)]
mod tests;
