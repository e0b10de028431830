//! How a decision is said over HTTP. Every door asks here, so a refusal has one status, one set of
//! headers and one body wherever it is given.
//!
//! 401 asks for a credential, 403 says that this one is not enough, 400 that the request has more than
//! one reading, 503 that Bailiff cannot tell. A gRPC client is never redirected, and every header
//! value is printable ASCII, so nothing a client sent can begin a header of its own.

mod challenge;
mod page;
mod problem;
mod upstream;

#[cfg(test)]
mod tests;

pub use upstream::sendable;

use crate::core::{
    asker::Asker,
    decision::{Decision, Denial, Effect},
    id::RuleId,
    reason::{Category, Reason},
};
use http::StatusCode;
use std::borrow::Cow;

/// Seconds after which a client may ask again when Bailiff cannot tell.
pub const RETRY_AFTER_SECONDS: u32 = 5;
const RETRY_AFTER: &str = "5";

/// What a refusal tells the client beyond its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// Whether bodies name the rule that refused. Rules show how a policy is built, which helps
    /// while developing and is nobody else's business.
    pub rule: bool,
}

/// An HTTP response that stops a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// Status code.
    pub status: StatusCode,
    /// Headers in order; `set-cookie` may repeat. Names are lower-case, values printable ASCII.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// Body; empty for redirects.
    pub body: Cow<'static, str>,
}

/// The response for whoever waits, or `None` where the request goes on.
#[must_use]
pub fn answer(decision: &Decision, disclosure: Disclosure) -> Option<HttpAnswer> {
    let denial = match &decision.effect {
        Effect::Allow(_) => return None,
        Effect::Redirect(location) if decision.asker == Asker::Browser => {
            let location = Cow::Owned(location.as_str().to_owned());
            return Some(redirect(decision, location));
        }
        // Nobody but a browser can follow a redirect to a page.
        Effect::Redirect(_) => Denial::plain(),
        Effect::Deny(denial) => *denial,
    };
    let mut answer = refuse(&Refusal {
        reason: decision.reason,
        asker: decision.asker,
        message: &decision.message,
        rule: decision.rule.as_ref().filter(|_| disclosure.rule).map(RuleId::as_str),
        denial,
    });
    add_cookies(&mut answer, decision);
    Some(answer)
}

/// The response to a request that no decision could be made about.
#[must_use]
pub fn without_decision(reason: Reason, asker: Asker) -> HttpAnswer {
    let denial = Denial::plain();
    refuse(&Refusal { reason, asker, message: reason.meaning(), rule: None, denial })
}

/// What the parts of a response are made from.
struct Refusal<'a> {
    reason: Reason,
    asker: Asker,
    message: &'a str,
    rule: Option<&'a str>,
    denial: Denial,
}

impl Refusal<'_> {
    const fn status(&self) -> StatusCode {
        match self.reason.category() {
            Category::Unauthenticated => StatusCode::UNAUTHORIZED,
            // A refusal never says that everything was allowed; if one does, it refuses all the same.
            Category::Forbidden | Category::Allowed => StatusCode::FORBIDDEN,
            Category::Ambiguous => StatusCode::BAD_REQUEST,
            Category::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

fn refuse(refusal: &Refusal<'_>) -> HttpAnswer {
    let status = refusal.status();
    let mut headers = Vec::with_capacity(6);
    headers.push(("cache-control", Cow::Borrowed("no-store")));
    headers.push(("x-bailiff-reason", Cow::Borrowed(refusal.reason.code())));
    if status == StatusCode::UNAUTHORIZED {
        headers.push(("www-authenticate", challenge::bearer(refusal.reason)));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.push(("retry-after", Cow::Borrowed(RETRY_AFTER)));
    }
    let body = match refusal.asker {
        Asker::Grpc => {
            // Envoy derives the gRPC status from the HTTP status, and is right but for 400, which it
            // turns into INTERNAL. A content type would replace the one gRPC needs, so there is none.
            if status == StatusCode::BAD_REQUEST {
                headers.push(("grpc-status", Cow::Borrowed("3")));
            }
            Cow::Owned(refusal.message.to_owned())
        }
        Asker::Browser => {
            headers.push(("content-type", Cow::Borrowed(page::CONTENT_TYPE)));
            headers.push(("content-security-policy", Cow::Borrowed(page::SECURITY_POLICY)));
            headers.push(("x-content-type-options", Cow::Borrowed("nosniff")));
            Cow::Owned(page::render(refusal))
        }
        Asker::Api => {
            headers.push(("content-type", Cow::Borrowed(problem::CONTENT_TYPE)));
            Cow::Owned(problem::render(refusal))
        }
    };
    HttpAnswer { status, headers, body }
}

/// 302 suits, since only GET and HEAD come from an [`Asker::Browser`].
fn redirect(decision: &Decision, location: Cow<'static, str>) -> HttpAnswer {
    let mut answer = HttpAnswer {
        status: StatusCode::FOUND,
        headers: vec![
            ("cache-control", Cow::Borrowed("no-store")),
            ("x-bailiff-reason", Cow::Borrowed(decision.reason.code())),
            ("location", location),
        ],
        body: Cow::Borrowed(""),
    };
    add_cookies(&mut answer, decision);
    answer
}

fn add_cookies(answer: &mut HttpAnswer, decision: &Decision) {
    let cookies = decision.set_cookies.iter().filter(|cookie| is_header_value(cookie));
    answer.headers.extend(cookies.map(|cookie| ("set-cookie", Cow::Owned(cookie.to_string()))));
}

/// Whether the text can stand in a header as it is: printable ASCII. Anything else could end the
/// header, or would be read differently by different programs.
#[must_use]
pub fn is_header_value(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
