//! How a decision is said over HTTP. Every door asks here, so a refusal has one status, one set of
//! headers and one body wherever it is given.
//!
//! 401 asks for a credential, 403 says that this one is not enough, 400 that the request has more than
//! one reading, 503 that Bailiff cannot tell. A policy may say it in other words and with another
//! status; with 404 nothing tells one refusal from the next. A gRPC client is never redirected, and
//! every header value is printable ASCII, so nothing a client sent can begin a header of its own.

mod challenge;
mod custom;
mod escape;
mod grpc_status;
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
    presentation::{ContentType, hides},
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
    let rule = decision.rule.as_ref().filter(|_| disclosure.rule).map(RuleId::as_str);
    let mut refusal =
        Refusal::standard(decision.reason, decision.asker, &decision.message, rule, denial);
    if let Some(presentation) = &decision.presentation {
        refusal.reword(presentation, decision);
    }
    let mut answer = refuse(refusal);
    add_cookies(&mut answer, decision);
    Some(answer)
}

/// The response to a request that no decision could be made about.
#[must_use]
pub fn without_decision(reason: Reason, asker: Asker) -> HttpAnswer {
    refuse(Refusal::standard(reason, asker, reason.meaning(), None, Denial::plain()))
}

/// What the parts of a response are made from.
struct Refusal<'a> {
    reason: Reason,
    asker: Asker,
    status: StatusCode,
    /// One sentence; none where there is nothing that may be told.
    message: Option<Cow<'a, str>>,
    rule: Option<&'a str>,
    denial: Denial,
    /// The body in the policy's own words.
    body: Option<(ContentType, String)>,
}

impl<'a> Refusal<'a> {
    const fn standard(
        reason: Reason,
        asker: Asker,
        message: &'a str,
        rule: Option<&'a str>,
        denial: Denial,
    ) -> Self {
        let status = match reason.category() {
            Category::Unauthenticated => StatusCode::UNAUTHORIZED,
            // A refusal never says that everything was allowed; if one does, it refuses all the same.
            Category::Forbidden | Category::Allowed => StatusCode::FORBIDDEN,
            Category::Ambiguous => StatusCode::BAD_REQUEST,
            Category::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        let message = Some(Cow::Borrowed(message));
        Self { reason, asker, status, message, rule, denial, body: None }
    }

    /// The phrase that HTTP has for the status, where it has one.
    fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Refused")
    }

    fn hides(&self) -> bool {
        hides(self.status)
    }
}

fn refuse(mut refusal: Refusal<'_>) -> HttpAnswer {
    let status = refusal.status;
    let mut headers = Vec::with_capacity(6);
    headers.push(("cache-control", Cow::Borrowed("no-store")));
    if !refusal.hides() {
        headers.push(("x-bailiff-reason", Cow::Borrowed(refusal.reason.code())));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.push(("www-authenticate", challenge::bearer(refusal.reason)));
    }
    if refusal.reason.category() == Category::Unavailable {
        headers.push(("retry-after", Cow::Borrowed(RETRY_AFTER)));
    }
    let body = match (refusal.asker, refusal.body.take()) {
        // A content type would replace the one gRPC needs, so there is none.
        (Asker::Grpc, _) => {
            let code = grpc_status::to_send(status, refusal.reason.category());
            headers.extend(code.map(|code| ("grpc-status", Cow::Borrowed(code))));
            refusal.message.unwrap_or(Cow::Borrowed("Not Found")).into_owned()
        }
        (Asker::Browser | Asker::Api, Some((content_type, body))) => {
            custom::add_headers(&mut headers, content_type);
            body
        }
        (Asker::Browser, None) => {
            headers.push(("content-type", Cow::Borrowed(page::CONTENT_TYPE)));
            headers.push(("content-security-policy", Cow::Borrowed(page::SECURITY_POLICY)));
            headers.push(("x-content-type-options", Cow::Borrowed("nosniff")));
            page::render(&refusal)
        }
        (Asker::Api, None) => {
            headers.push(("content-type", Cow::Borrowed(problem::CONTENT_TYPE)));
            problem::render(&refusal)
        }
    };
    HttpAnswer { status, headers, body: Cow::Owned(body) }
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
