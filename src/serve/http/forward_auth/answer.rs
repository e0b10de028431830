//! [`Outcome`] to the answer of a sub-request, in what the proxy can carry.
//!
//! 200 lets the request through; nothing else does. On an allow each identity header is a header of
//! the answer, for the proxy to copy over the client's; what must not reach the service is absent.
//! Where the policy withholds credentials, `cookie` is what remains of the client's.
//!
//! nginx knows 401 and 403 and makes an error of everything else, drops bodies, and of repeated
//! headers sees the first. So it gets one of the two, and the rest in headers with names of their own,
//! which its configuration puts together again.

#[cfg(test)]
mod tests;

use super::profile::{Carries, Profile};
use crate::{
    authorizer::Outcome,
    core::{
        asker::Asker,
        cookie,
        decision::{Effect, Upstream},
        question::{Question, Wanted},
        reason::{Category, Reason},
    },
    serve::respond::{self, Disclosure, HttpAnswer, is_header_value},
};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// How many cookies an answer can name one by one, as the shipped configurations copy them.
const NUMBERED_COOKIES: usize = 16;

/// The longest body that is said in a header. A longer one is left out.
const LONGEST_BODY_IN_HEADER: usize = 8 * 1024;

/// What `grpc-message` must not hold as it is (gRPC over HTTP/2, "Responses").
const GRPC_MESSAGE: &AsciiSet = &CONTROLS.add(b'%');

/// The answer to a question that was decided, or that could not be asked.
pub(super) fn render(
    profile: Profile,
    question: Option<&Question<'_>>,
    outcome: Outcome,
    disclosure: Disclosure,
) -> Response<Body> {
    let decision = outcome.decision;
    match respond::answer(&decision, disclosure) {
        Some(answer) => refused(profile, decision.reason, decision.asker, answer),
        None => match decision.effect {
            Effect::Allow(upstream) => {
                let cookies = decision.set_cookies.into_iter();
                let cookies: Vec<_> = cookies.filter(|cookie| is_header_value(cookie)).collect();
                allowed(profile, question, upstream, &cookies)
            }
            // Whatever is not an allow is answered above; if not, it is still refused.
            Effect::Deny(_) | Effect::Redirect(_) => {
                refusal(profile, Reason::InternalError, decision.asker)
            }
        },
    }
}

/// The answer where there is no outcome.
pub(super) fn refusal(profile: Profile, reason: Reason, asker: Asker) -> Response<Body> {
    refused(profile, reason, asker, respond::without_decision(reason, asker))
}

fn allowed(
    profile: Profile,
    question: Option<&Question<'_>>,
    upstream: Upstream,
    cookies: &[Box<str>],
) -> Response<Body> {
    let Upstream { mut set, remove } = respond::sendable(upstream);
    set.extend(question.and_then(|asked| untouched_cookies(asked, &set, &remove)));
    let mut answer = Answer::new(StatusCode::OK);
    if profile.carries() == Carries::Lists {
        let names: Vec<&str> = set.iter().map(|(name, _)| &**name).collect();
        answer.text("x-bailiff-set", &names.join(","));
        answer.text("x-bailiff-remove", &remove.join(","));
    }
    for (name, value) in &set {
        answer.add(name, value.as_bytes());
    }
    if !answer.add_cookies(profile, cookies) {
        tracing::error!(cookies = cookies.len(), "there are more cookies than the proxy can set");
        return refusal(profile, Reason::InternalError, Asker::Api);
    }
    answer.finish()
}

/// The client's cookies, where credentials are withheld and none of them was one: a proxy that copies
/// `cookie` would otherwise take them for withheld as well.
fn untouched_cookies(
    question: &Question<'_>,
    set: &[(Box<str>, Box<str>)],
    remove: &[Box<str>],
) -> Option<(Box<str>, Box<str>)> {
    const COOKIE: &str = "cookie";
    let is_removed = |name: &str| remove.iter().any(|removed| &**removed == name);
    if !is_removed("authorization")
        || is_removed(COOKIE)
        || set.iter().any(|(name, _)| &**name == COOKIE)
    {
        return None;
    }
    let Wanted::Http(request) = &question.wanted else { return None };
    let lines = request.headers.all(COOKIE).map(|line| std::str::from_utf8(line).ok());
    let all = lines.collect::<Option<Vec<_>>>()?.join("; ");
    (!all.is_empty() && cookie::is_sendable(&all)).then(|| (COOKIE.into(), all.into()))
}

fn refused(profile: Profile, reason: Reason, asker: Asker, said: HttpAnswer) -> Response<Body> {
    let said = if asker == Asker::Grpc { as_grpc(reason, said) } else { said };
    let HttpAnswer { status, headers, body } = said;
    if profile.carries() != Carries::StatusAlone {
        let mut answer = Answer::new(status);
        for (name, value) in &headers {
            answer.text(name, value);
        }
        answer.body = Body::from(body.into_owned());
        return answer.finish();
    }
    let asks_for_a_credential = status == StatusCode::UNAUTHORIZED || status.is_redirection();
    let carried =
        if asks_for_a_credential { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
    let mut answer = Answer::new(carried);
    answer.text("x-bailiff-status", status.as_str());
    let mut cookies = Vec::new();
    for (name, value) in headers {
        match name {
            "set-cookie" => cookies.push(value.into_owned().into_boxed_str()),
            // Under its own name nginx would copy it into its answer by itself.
            "www-authenticate" => answer.text("x-bailiff-authenticate", &value),
            "content-type" => answer.text("x-bailiff-content-type", &value),
            name => answer.text(name, &value),
        }
    }
    if body.len() <= LONGEST_BODY_IN_HEADER {
        let line: Vec<&str> = body.lines().collect();
        answer.add("x-bailiff-body", line.join(" ").as_bytes());
    }
    if !answer.add_cookies(profile, &cookies) {
        tracing::warn!(cookies = cookies.len(), "there are more cookies than the proxy can set");
    }
    answer.finish()
}

/// A refusal in gRPC's own terms, as far as an answer other than 200 can be: clients that read the
/// headers find everything, the others go by the HTTP status.
fn as_grpc(reason: Reason, said: HttpAnswer) -> HttpAnswer {
    let HttpAnswer { status, mut headers, body } = said;
    let code = match (status.as_u16(), reason.category()) {
        (401, _) => "16",
        (403, _) | (_, Category::Forbidden | Category::Allowed) => "7",
        (_, Category::Unavailable) => "14",
        (_, Category::Unauthenticated) => "16",
        (_, Category::Ambiguous) => "3",
    };
    if !headers.iter().any(|(name, _)| *name == "grpc-status") {
        headers.push(("grpc-status", code.into()));
    }
    let message = utf8_percent_encode(&body, GRPC_MESSAGE).to_string();
    headers.push(("grpc-message", message.into()));
    headers.push(("content-type", "application/grpc".into()));
    HttpAnswer { status, headers, body: "".into() }
}

/// An answer in the making.
struct Answer {
    response: Response<()>,
    body: Body,
}

impl Answer {
    fn new(status: StatusCode) -> Self {
        let mut response = Response::new(());
        *response.status_mut() = status;
        let no_store = HeaderValue::from_static("no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, no_store);
        Self { response, body: Body::empty() }
    }

    /// Adds a header whose value is printable ASCII.
    fn text(&mut self, name: &str, value: &str) {
        self.add(name, value.as_bytes());
    }

    /// Adds a header line. What cannot stand in one has been left out before; if not, it is now.
    fn add(&mut self, name: &str, value: &[u8]) {
        let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value))
        else {
            return;
        };
        if name == header::SET_COOKIE {
            self.response.headers_mut().append(name, value);
        } else {
            self.response.headers_mut().insert(name, value);
        }
    }

    /// Adds cookies for the client; `false` where there are more than the proxy can carry.
    fn add_cookies(&mut self, profile: Profile, cookies: &[Box<str>]) -> bool {
        match profile.carries() {
            Carries::Everything | Carries::Lists => {
                for cookie in cookies {
                    self.text("set-cookie", cookie);
                }
                true
            }
            Carries::NumberedCookies | Carries::StatusAlone => {
                for (number, cookie) in (1..=NUMBERED_COOKIES).zip(cookies) {
                    self.text(&format!("x-bailiff-set-cookie-{number}"), cookie);
                }
                cookies.len() <= NUMBERED_COOKIES
            }
        }
    }

    fn finish(self) -> Response<Body> {
        let Self { response, body } = self;
        let (head, ()) = response.into_parts();
        Response::from_parts(head, body)
    }
}
