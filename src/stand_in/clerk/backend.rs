//! What servers ask: the key sets of both APIs.

use super::instance::Instance;
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde_json::json;
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<Instance>> {
    Router::new()
        .route("/.well-known/jwks.json", get(frontend_keys))
        .route("/v1/jwks", get(backend_keys))
}

async fn frontend_keys(State(instance): State<Arc<Instance>>) -> Response {
    Json(instance.keys.jwks()).into_response()
}

async fn backend_keys(State(instance): State<Arc<Instance>>, headers: HeaderMap) -> Response {
    if !knows_the_secret(&instance, &headers) {
        return refusal(StatusCode::UNAUTHORIZED, "clerk_key_invalid");
    }
    Json(instance.keys.jwks()).into_response()
}

/// Whether the request carries the secret key.
fn knows_the_secret(instance: &Instance, headers: &HeaderMap) -> bool {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    authorization.and_then(|value| value.strip_prefix("Bearer ")) == Some(&instance.secret_key)
}

/// An error in the form of Clerk's APIs.
fn refusal(status: StatusCode, code: &str) -> Response {
    let body = json!({ "errors": [{ "code": code, "message": code, "long_message": code }] });
    (status, Json(body)).into_response()
}
