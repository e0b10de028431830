//! What comes of an answer: changes to a request that goes on, or the response to one that does not.

use crate::pb::v1::{
    AuthorizeResponse, Decision, Effect, HttpAnswer, HttpHeader, Identity, UpstreamHeaders,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header::SET_COOKIE};
use tonic::{Code, Status, body::Body};

/// What the service is told about a request that goes on.
#[derive(Debug)]
pub(super) struct Allowed {
    /// Who asks, where somebody is signed in.
    pub(super) identity: Option<Identity>,
    /// What was decided.
    pub(super) decision: Decision,
}

/// Why a request does not go on.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Bailiff says no, and what to answer.
    Decided(HttpAnswer),
    /// The question is malformed, by its client's doing.
    Malformed,
    /// There is no answer, or none that can be understood.
    Unavailable,
}

/// Reads an answer. Whatever does not say that the request is allowed refuses it.
pub(super) fn verdict(answer: AuthorizeResponse) -> Result<Allowed, Refusal> {
    let AuthorizeResponse { decision, identity, .. } = answer;
    let mut decision = decision.ok_or(Refusal::Unavailable)?;
    if decision.effect() == Effect::Allow {
        return Ok(Allowed { identity, decision });
    }
    Err(decision.http_answer.take().map_or(Refusal::Unavailable, Refusal::Decided))
}

/// The refusal that an error of the call comes to.
pub(super) fn of_error(status: &Status) -> Refusal {
    if status.code() == Code::InvalidArgument { Refusal::Malformed } else { Refusal::Unavailable }
}

/// Makes the changes that the policy wants. A header that cannot be set is an error: the request must
/// not go on with what its client sent in that place.
pub(super) fn apply(upstream: &UpstreamHeaders, headers: &mut HeaderMap) -> Result<(), Refusal> {
    for name in &upstream.remove {
        headers.remove(name.to_ascii_lowercase());
    }
    for line in &upstream.set {
        let (name, value) = parsed(line).ok_or(Refusal::Unavailable)?;
        headers.insert(name, value);
    }
    Ok(())
}

/// Adds the cookies of an allowed request to its response.
pub(super) fn add_cookies(cookies: &[String], headers: &mut HeaderMap) {
    let values = cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok());
    values.for_each(|value| {
        headers.append(SET_COOKIE, value);
    });
}

impl Refusal {
    /// The response for whoever waits.
    pub(super) fn response(self, grpc: bool) -> Response<Body> {
        let answer = match self {
            Self::Decided(answer) => answer,
            Self::Malformed => plain(StatusCode::BAD_REQUEST, "the request cannot be judged"),
            Self::Unavailable => {
                plain(StatusCode::SERVICE_UNAVAILABLE, "authorization is unavailable")
            }
        };
        if grpc { over_grpc(&answer) } else { over_http(answer) }
    }
}

fn plain(status: StatusCode, body: &str) -> HttpAnswer {
    let header =
        |name: &str, value: &str| HttpHeader { name: name.to_owned(), value: value.to_owned() };
    let headers = vec![
        header("cache-control", "no-store"),
        header("content-type", "text/plain; charset=utf-8"),
    ];
    HttpAnswer { status: status.as_u16().into(), headers, body: body.to_owned() }
}

fn over_http(answer: HttpAnswer) -> Response<Body> {
    let HttpAnswer { status, headers, body } = answer;
    let mut response = Response::new(Body::new(body));
    // A refusal never looks like a success, whatever it holds.
    *response.status_mut() = u16::try_from(status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .filter(|status| status.as_u16() >= 300)
        .unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    for (name, value) in headers.iter().filter_map(parsed) {
        response.headers_mut().append(name, value);
    }
    response
}

/// The status that the answer names, else the one that follows from its HTTP status.
fn over_grpc(answer: &HttpAnswer) -> Response<Body> {
    let named = answer.headers.iter().find(|line| line.name == "grpc-status");
    let named = named.map(|line| Code::from_bytes(line.value.as_bytes()));
    let code = named.filter(|code| *code != Code::Ok).unwrap_or(match answer.status {
        400 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        _ => Code::Unavailable,
    });
    let mut response = Status::new(code, answer.body.as_str()).into_http::<Body>();
    let told = ["x-bailiff-reason", "www-authenticate", SET_COOKIE.as_str()];
    let told = answer.headers.iter().filter(|line| told.contains(&&*line.name));
    for (name, value) in told.filter_map(parsed) {
        response.headers_mut().append(name, value);
    }
    response
}

fn parsed(line: &HttpHeader) -> Option<(HeaderName, HeaderValue)> {
    Some((line.name.parse().ok()?, HeaderValue::from_str(&line.value).ok()?))
}
