//! What servers ask: the key sets of both APIs, and, with the secret key, handshake results and fresh
//! sessions.

use super::instance::Instance;
use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, Query, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<Instance>> {
    Router::new()
        .route("/.well-known/jwks.json", get(keys))
        .route("/v1/jwks", get(async |_: KnowsTheSecret, instance| keys(instance).await))
        .route("/v1/clients/handshake_payload", get(handshake_payload))
        .route("/v1/sessions/{id}/refresh", post(refresh))
}

async fn keys(State(instance): State<Arc<Instance>>) -> Response {
    Json(instance.keys.jwks()).into_response()
}

#[derive(Debug, Deserialize)]
struct Named {
    nonce: String,
}

async fn handshake_payload(
    _: KnowsTheSecret,
    State(instance): State<Arc<Instance>>,
    Query(Named { nonce }): Query<Named>,
) -> Response {
    match instance.handshakes.take(&nonce, instance.now_seconds()) {
        Some(directives) => Json(json!({ "directives": directives })).into_response(),
        None => refusal(StatusCode::NOT_FOUND, "resource_not_found"),
    }
}

/// What the sidecar sends to have an expired session token replaced. `request_origin` and
/// `request_headers` come along and are not needed here.
#[derive(Debug, Deserialize)]
struct RefreshBody {
    format: String,
    expired_token: String,
    refresh_token: String,
}

async fn refresh(
    _: KnowsTheSecret,
    State(instance): State<Arc<Instance>>,
    Path(session_id): Path<String>,
    Json(asked): Json<RefreshBody>,
) -> Response {
    if asked.format != "cookie" {
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, "form_param_value_invalid");
    }
    let Some(signed_in) = instance.sessions.by_id(&session_id) else {
        return refusal(StatusCode::UNAUTHORIZED, "session_not_found");
    };
    let session = &signed_in.session;
    if session_of(&asked.expired_token).as_deref() != Some(&session.id)
        || asked.refresh_token != session.refresh_token
    {
        return refusal(StatusCode::UNAUTHORIZED, "refresh_token_invalid");
    }
    let token = instance.session_token(session, None);
    let lines =
        instance.cookie_names.signed_in(&token, signed_in.client_uat, &session.refresh_token);
    Json(json!({ "cookies": lines })).into_response()
}

/// The claim `sid`, unverified: it only has to agree with the session that is asked for.
fn session_of(token: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    claims.get("sid")?.as_str().map(str::to_owned)
}

/// Proof that a request carries the secret key.
struct KnowsTheSecret;

impl FromRequestParts<Arc<Instance>> for KnowsTheSecret {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        instance: &Arc<Instance>,
    ) -> Result<Self, Response> {
        if bearer(&parts.headers) == Some(&*instance.secret_key) {
            Ok(Self)
        } else {
            Err(refusal(StatusCode::UNAUTHORIZED, "clerk_key_invalid"))
        }
    }
}

/// The key that a request carries.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// An error in the form of Clerk's APIs.
pub(super) fn refusal(status: StatusCode, code: &str) -> Response {
    let body = json!({ "errors": [{ "code": code, "message": code, "long_message": code }] });
    (status, Json(body)).into_response()
}
