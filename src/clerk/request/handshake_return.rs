//! Coming back from a handshake, with a nonce or with a handshake token.

use super::{
    outcome::{
        Authentication, Redirect, RedirectCause, ResponseHeaders, SignedIn, SignedOut,
        SignedOutReason,
    },
    refresh::{Brought, session_among},
    visit::Visit,
};
use crate::{
    clerk::{
        jwt::{Class, Jwt, JwtKind},
        outside::Outside,
        token_error::{FetchFailure, TokenError},
        verified_tokens::VerifiedToken,
        verifier::Verifier,
    },
    core::{clock::Timestamp, location::Location},
};
use secrecy::SecretString;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// On a development machine the clock may be this far off, and the first sign-in still works.
const DEVELOPMENT_SKEW: Duration = Duration::from_secs(24 * 3600);

/// What coming back amounts to.
pub(super) enum Returned {
    /// A decision.
    Decided(Authentication),
    /// Nothing: the cookies decide as if there had been no handshake.
    Failed,
}

/// Takes what the handshake brought.
pub(super) async fn resolve(
    verifier: &Verifier,
    visit: &Visit<'_>,
    outside: &impl Outside,
    now: Timestamp,
) -> Returned {
    let development = verifier.instance.publishable_key.is_development();
    let lines = match (&visit.handshake_nonce, &visit.handshake_token) {
        (Some(nonce), _) => outside.handshake_payload(nonce).await,
        (None, Some(token)) => match directives(verifier, token, outside, now).await {
            Ok(lines) => lines,
            // Most likely the keys in the settings were changed.
            Err(error) if development && !is_transport_fault(error) => {
                let reason = SignedOutReason::HandshakeToken(error);
                return Returned::Decided(Authentication::signed_out(reason));
            }
            Err(_) => return Returned::Failed,
        },
        (None, None) => return Returned::Failed,
    };
    if !lines.iter().all(|line| is_header_value(line)) {
        return Returned::Failed;
    }
    let result = match session_among(&lines) {
        Brought::Unreadable => return Returned::Failed,
        Brought::Nothing => {
            let response = ResponseHeaders { set_cookies: lines, after_handshake: true };
            let reason = SignedOutReason::HandshakeWithoutSession;
            Authentication::SignedOut(SignedOut { reason, response })
        }
        Brought::Token(text) => {
            let text: Box<str> = text.into();
            let Ok(token) = verify_brought(verifier, &text, outside, now).await else {
                return Returned::Failed;
            };
            Authentication::of(SignedIn {
                token,
                fresh_token: Some(SecretString::from(text)),
                response: ResponseHeaders { set_cookies: lines, after_handshake: true },
            })
        }
    };
    Returned::Decided(if development { without_parameters(visit, result) } else { result })
}

/// The `Set-Cookie` lines in a handshake token. Its signature is checked, its times are not: the
/// cookies in it have their own.
async fn directives(
    verifier: &Verifier,
    token: &str,
    outside: &impl Outside,
    now: Timestamp,
) -> Result<Vec<Box<str>>, TokenError> {
    let jwt = Jwt::decode(token)?;
    match jwt.class() {
        Class::Session | Class::Unstated => {}
        Class::Machine | Class::Other => return Err(TokenError::Type),
    }
    verifier.authentic(&jwt, JwtKind::Session, outside, now).await?;
    let lines = jwt.claim("handshake").and_then(Value::as_array).into_iter().flatten();
    Ok(lines.filter_map(Value::as_str).map(Into::into).collect())
}

async fn verify_brought(
    verifier: &Verifier,
    text: &str,
    outside: &impl Outside,
    now: Timestamp,
) -> Result<Arc<VerifiedToken>, TokenError> {
    let presented = verifier.open(text)?;
    match verifier.verify(text, &presented, outside, now).await {
        Err(TokenError::Expired | TokenError::NotActiveYet | TokenError::IssuedInTheFuture)
            if verifier.instance.publishable_key.is_development() =>
        {
            let skew = verifier.instance.clock_skew.at_least(DEVELOPMENT_SKEW);
            verifier.verify_with(text, &Jwt::decode(text)?, skew, outside, now).await
        }
        result => result,
    }
}

/// A development instance sends the browser to the same address without Clerk's parameters.
fn without_parameters(visit: &Visit<'_>, result: Authentication) -> Authentication {
    let url = visit.address.without(&[
        "__clerk_handshake",
        "__clerk_help",
        "__clerk_db_jwt",
        "__clerk_handshake_nonce",
    ]);
    let Ok(location) = Location::from_url(url) else { return result };
    let set_cookies = match &result {
        Authentication::SignedIn(session) | Authentication::Pending(session) => {
            session.response.set_cookies.clone()
        }
        Authentication::Machine(_) => Vec::new(),
        Authentication::SignedOut(out) => out.response.set_cookies.clone(),
        Authentication::Redirect(redirect) => redirect.set_cookies.clone(),
    };
    let cause = RedirectCause::Returned(Box::new(result));
    Authentication::Redirect(Redirect { location, set_cookies, cause })
}

/// Whether a line can stand in a header wherever the response is put together: ASCII, and no control
/// characters but tabs.
pub(super) fn is_header_value(line: &str) -> bool {
    line.bytes().all(|byte| byte == b'\t' || (byte.is_ascii() && !byte.is_ascii_control()))
}

/// Whether nothing speaks against the token but that its key could not be asked for.
const fn is_transport_fault(error: TokenError) -> bool {
    matches!(
        error,
        TokenError::KeyPending
            | TokenError::KeysUnavailable(FetchFailure::Transport | FetchFailure::NotYet)
    )
}
