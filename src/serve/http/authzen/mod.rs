//! The door for services that speak `AuthZEN` (`OpenID` Authorization API 1.0).
//!
//! An evaluation asks for an action of the policy by its name. The API knows subjects by the caller's
//! word; Bailiff does not. Whoever a question is about must be proven by a credential of theirs: the
//! `token` among the subject's properties, or the call's own `Authorization`. The subject's type and id
//! only ever tighten: a credential of somebody else is refused. What else is said about the subject
//! counts for nothing, since the token tells it.

mod answer;
mod json;
mod question;

#[cfg(test)]
mod tests;

use super::{Behind, caller::Caller};
use crate::{
    authorizer::Door,
    core::{peer::PeerNames, reason::Reason},
    serve::panics::{Panicked, caught},
};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Extension, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri, header},
    routing::{get, post},
};
use question::{Malformed, Semantic, Tuple};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use tracing::Instrument as _;
use url::Url;

const EVALUATION: &str = "/access/v1/evaluation";
const EVALUATIONS: &str = "/access/v1/evaluations";
const CONFIGURATION: &str = "/.well-known/authzen-configuration";
/// The same for an API whose address has a path, which stands behind it (§9.2).
const CONFIGURATION_OF: &str = "/.well-known/authzen-configuration/{*path}";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The largest message.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// How long a message may take to arrive.
const MESSAGE_TIME: Duration = Duration::from_secs(10);

/// The API.
#[derive(Clone, Debug)]
pub struct AuthzenApi {
    /// Its address as services know it, without a slash at the end; without one there is nothing to
    /// discover.
    pub url: Option<String>,
}

#[derive(Debug)]
struct AuthzenDoor {
    api: AuthzenApi,
    behind: Behind,
}

pub(super) fn routes(api: AuthzenApi, behind: Behind) -> Router {
    Router::new()
        .route(EVALUATION, post(evaluation))
        .route(EVALUATIONS, post(evaluations))
        .route(CONFIGURATION, get(configuration))
        .route(CONFIGURATION_OF, get(configuration))
        .with_state(Arc::new(AuthzenDoor { api, behind }))
}

async fn evaluation(
    State(door): State<Arc<AuthzenDoor>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response<Body> {
    door.answer(request, &caller, Asked::One).await
}

async fn evaluations(
    State(door): State<Arc<AuthzenDoor>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response<Body> {
    door.answer(request, &caller, Asked::Several).await
}

/// What can be done here, for services that look it up.
async fn configuration(
    State(door): State<Arc<AuthzenDoor>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let not_found =
        |why: &str| respond(&headers, StatusCode::NOT_FOUND, &problem(StatusCode::NOT_FOUND, why));
    let Some(url) = &door.api.url else {
        return not_found("The settings do not say at which address this API is known.");
    };
    let of = uri.path().strip_prefix(CONFIGURATION).unwrap_or_default();
    if !of.is_empty() && !Url::parse(url).is_ok_and(|url| url.path() == of) {
        return not_found("This API is known at another address.");
    }
    let found = json!({
        "policy_decision_point": url,
        "access_evaluation_endpoint": format!("{url}{EVALUATION}"),
        "access_evaluations_endpoint": format!("{url}{EVALUATIONS}"),
    });
    respond(&headers, StatusCode::OK, &found)
}

/// What comes with a call besides its message.
#[derive(Clone, Copy)]
struct Call<'a> {
    headers: &'a HeaderMap,
    /// The names in the certificate of the service.
    names: Option<&'a PeerNames>,
}

/// Which of the two was called.
#[derive(Clone, Copy)]
enum Asked {
    One,
    Several,
}

impl AuthzenDoor {
    async fn answer(&self, request: Request, caller: &Caller, asked: Asked) -> Response<Body> {
        let (head, body) = request.into_parts();
        let headers = head.headers;
        let message = match read(&headers, body).await {
            Ok(message) => message,
            Err(malformed) => return refuse(&headers, &malformed),
        };
        let call = Call { headers: &headers, names: caller.names.as_ref() };
        let decided = caught(async {
            match asked {
                Asked::One => self.one(&message, call).await,
                Asked::Several => self.several(&message, call).await,
            }
        });
        match decided.await {
            Ok(Ok(answer)) => respond(&headers, StatusCode::OK, &answer),
            Ok(Err(malformed)) => refuse(&headers, &malformed),
            Err(Panicked) => {
                self.behind.on_panic.panicked(Door::Authzen);
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                let body = problem(status, Reason::InternalError.meaning());
                respond(&headers, status, &body)
            }
        }
    }

    async fn one(&self, message: &Value, call: Call<'_>) -> Result<Value, Malformed> {
        self.evaluate(Tuple::read(question::object(message, "")?), call).await
    }

    /// What cannot be asked among several is a refusal of its own, with the error beside it.
    async fn several(&self, message: &Value, call: Call<'_>) -> Result<Value, Malformed> {
        let message = question::object(message, "")?;
        let semantic = Semantic::read(message)?;
        let defaults = Tuple::read(message);
        let Some(wanted) = question::evaluations(message)? else {
            return self.evaluate(defaults, call).await;
        };
        let mut answers = Vec::with_capacity(wanted.len());
        for evaluation in wanted {
            let decided = match question::object(evaluation, "") {
                Ok(own) => self.evaluate(Tuple::read(own).or(defaults), call).await,
                Err(malformed) => Err(malformed),
            };
            let answer = decided.unwrap_or_else(|malformed| answer::of_malformed(&malformed));
            let allowed = answer::allows(&answer);
            answers.push(answer);
            if semantic.is_settled_by(allowed) {
                break;
            }
        }
        Ok(json!({ "evaluations": answers }))
    }

    async fn evaluate(&self, tuple: Tuple<'_>, call: Call<'_>) -> Result<Value, Malformed> {
        let question = question::question(tuple, call.headers, call.names)?;
        let authorizer = &self.behind.authorizer;
        let span = authorizer.tracing().decide(Door::Authzen.as_str(), call.headers);
        let outcome = authorizer.authorize(&question, Door::Authzen).instrument(span).await;
        Ok(answer::of(&outcome.decision))
    }
}

/// The message, if it is JSON that has one reading.
async fn read(headers: &HeaderMap, body: Body) -> Result<Value, Malformed> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(Malformed::whole("the content type must be `application/json`"));
    }
    let bytes: Bytes = match timeout(MESSAGE_TIME, to_bytes(body, MAX_MESSAGE_BYTES)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return Err(Malformed::whole("the message is too large, or broke off")),
        Err(_) => return Err(Malformed::whole("the message took too long to arrive")),
    };
    json::parse(&bytes).map_err(|problem| Malformed::new("", problem))
}

fn refuse(headers: &HeaderMap, malformed: &Malformed) -> Response<Body> {
    let status = StatusCode::BAD_REQUEST;
    tracing::debug!(problem = %malformed, "a question was malformed");
    let mut body = problem(status, &malformed.to_string());
    if !malformed.field.is_empty() {
        body["field"] = malformed.field.as_str().into();
    }
    respond(headers, status, &body)
}

fn problem(status: StatusCode, detail: &str) -> Value {
    json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": detail,
    })
}

/// The answer, with the call's own id on it if it has exactly one.
fn respond(asked: &HeaderMap, status: StatusCode, body: &Value) -> Response<Body> {
    let content_type =
        if status.is_success() { "application/json" } else { "application/problem+json" };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut ids = asked.get_all(REQUEST_ID).iter();
    if let (Some(id), None) = (ids.next(), ids.next()) {
        headers.insert(REQUEST_ID, id.clone());
    }
    response
}
