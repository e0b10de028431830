//! [`Outcome`] to `CheckResponse`. Every response is built by one of two functions here: [`allowed`]
//! or [`denied`].
//!
//! How Envoy applies a header depends on where it stands and on two fields that say nearly the same:
//!
//! | where | set to | effect |
//! | --- | --- | --- |
//! | request headers | `append: false` and `OVERWRITE_IF_EXISTS_OR_ADD` | replaces every copy the client sent, whichever of the two a proxy reads |
//! | headers of a refusal | both unset | each is sent, repeated names too; `append: true` would drop them |
//! | response headers | both unset | added beside the upstream's; overwriting would lose its cookies and all of ours but one |
//!
//! Only `value` works, `raw_value` arrives empty. Removals come after sets, so no name may be in both.

#[cfg(test)]
mod tests;

use super::metadata::{self, MetadataFields};
use crate::{
    authorizer::outcome::Outcome,
    core::{
        asker::Asker,
        decision::{Effect, Upstream},
        presentation::hides,
        reason::{Category, Reason},
    },
    pb::envoy::{
        BoolValue, CheckResponse, DeniedHttpResponse, HeaderAppendAction, HeaderValue,
        HeaderValueOption, HttpStatus, OkHttpResponse, Status, Struct,
        check_response::HttpResponse,
    },
    serve::respond::{self, Disclosure, HttpAnswer, is_header_value},
};
use http::StatusCode;

/// The code of a refusal. Envoy only looks whether it is 0, and 0 allows; there is no such variant.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
enum RefusalCode {
    NotFound = 5,
    PermissionDenied = 7,
    Unauthenticated = 16,
}

impl RefusalCode {
    fn of(reason: Reason, status: StatusCode) -> Self {
        match reason.category() {
            _ if hides(status) => Self::NotFound,
            Category::Unauthenticated => Self::Unauthenticated,
            Category::Allowed
            | Category::Forbidden
            | Category::Ambiguous
            | Category::Unavailable => Self::PermissionDenied,
        }
    }
}

/// What is told besides the verdict.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telling {
    /// To clients.
    pub(super) disclosure: Disclosure,
    /// To the proxy.
    pub(super) metadata: MetadataFields,
}

/// The response to a question that was decided.
pub(super) fn render(outcome: Outcome, telling: Telling) -> CheckResponse {
    let metadata = metadata::of(&outcome, telling.metadata);
    let decision = outcome.decision;
    match respond::answer(&decision, telling.disclosure) {
        Some(answer) => denied(decision.reason, answer, metadata),
        None => match decision.effect {
            Effect::Allow(upstream) => allowed(upstream, decision.set_cookies, metadata),
            // Whatever is not an allow is answered above; if not, it is still refused.
            Effect::Deny(_) | Effect::Redirect(_) => {
                refusal(Reason::InternalError, decision.asker, telling)
            }
        },
    }
}

/// The response where no decision could be made.
pub(super) fn refusal(reason: Reason, asker: Asker, telling: Telling) -> CheckResponse {
    let metadata = metadata::of_refusal(reason, telling.metadata);
    denied(reason, respond::without_decision(reason, asker), metadata)
}

fn denied(reason: Reason, answer: HttpAnswer, metadata: Option<Struct>) -> CheckResponse {
    let headers = answer
        .headers
        .into_iter()
        .map(|(name, value)| plain(name, value.into_owned().into_bytes()));
    CheckResponse {
        status: Some(Status { code: RefusalCode::of(reason, answer.status) as i32 }),
        dynamic_metadata: metadata,
        http_response: Some(HttpResponse::DeniedResponse(DeniedHttpResponse {
            status: Some(HttpStatus { code: answer.status.as_u16().into() }),
            headers: headers.collect(),
            body: answer.body.into_owned().into_bytes(),
        })),
    }
}

fn allowed(
    upstream: Upstream,
    set_cookies: Vec<Box<str>>,
    metadata: Option<Struct>,
) -> CheckResponse {
    let Upstream { set, remove } = respond::sendable(upstream);
    let headers = set.into_iter().map(|(name, value)| overwriting(bytes(name), bytes(value)));
    let cookies = set_cookies.into_iter().filter(|cookie| is_header_value(cookie));
    CheckResponse {
        status: Some(Status { code: 0 }),
        dynamic_metadata: metadata,
        http_response: Some(HttpResponse::OkResponse(OkHttpResponse {
            headers: headers.collect(),
            headers_to_remove: remove.into_iter().map(bytes).collect(),
            response_headers_to_add: cookies
                .map(|cookie| plain("set-cookie", bytes(cookie)))
                .collect(),
        })),
    }
}

fn bytes(text: Box<str>) -> Vec<u8> {
    text.into_boxed_bytes().into_vec()
}

/// A header that replaces whatever is there. Proxies differ in which of the two fields they read.
fn overwriting(key: Vec<u8>, value: Vec<u8>) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue { key, value }),
        append: Some(BoolValue { value: false }),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
    }
}

/// A header that stands beside others of its name.
fn plain(name: &'static str, value: Vec<u8>) -> HeaderValueOption {
    HeaderValueOption {
        header: Some(HeaderValue { key: name.into(), value }),
        append: None,
        append_action: HeaderAppendAction::AppendIfExistsOrAdd.into(),
    }
}
