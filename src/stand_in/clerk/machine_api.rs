//! The part of the Backend API that says what opaque machine credentials stand for. Its paths carry no
//! version.

use super::{
    backend::{bearer, refusal},
    instance::Instance,
};
use crate::core::machine::MachineKind;
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::post,
};
use serde::Deserialize;
use std::sync::Arc;

/// The paths, which are also what faults are told apart by.
pub(super) const API_KEYS: &str = "/api_keys/verify";
pub(super) const M2M_TOKENS: &str = "/m2m_tokens/verify";
pub(super) const OAUTH_TOKENS: &str = "/oauth_applications/access_tokens/verify";

pub(super) fn routes() -> Router<Arc<Instance>> {
    Router::new()
        .route(API_KEYS, post(api_key))
        .route(M2M_TOKENS, post(m2m_token))
        .route(OAUTH_TOKENS, post(oauth_token))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiKeyBody {
    secret: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct M2mTokenBody {
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OauthTokenBody {
    access_token: String,
}

async fn api_key(
    State(instance): State<Arc<Instance>>,
    headers: HeaderMap,
    Json(ApiKeyBody { secret }): Json<ApiKeyBody>,
) -> Response {
    answer(&instance, &headers, MachineKind::ApiKey, &secret)
}

async fn m2m_token(
    State(instance): State<Arc<Instance>>,
    headers: HeaderMap,
    Json(M2mTokenBody { token }): Json<M2mTokenBody>,
) -> Response {
    answer(&instance, &headers, MachineKind::M2mToken, &token)
}

async fn oauth_token(
    State(instance): State<Arc<Instance>>,
    headers: HeaderMap,
    Json(OauthTokenBody { access_token }): Json<OauthTokenBody>,
) -> Response {
    answer(&instance, &headers, MachineKind::OauthToken, &access_token)
}

fn answer(instance: &Instance, headers: &HeaderMap, kind: MachineKind, secret: &str) -> Response {
    let shown = bearer(headers).unwrap_or_default();
    let asking = match kind {
        _ if shown == instance.secret_key => None,
        MachineKind::M2mToken => match instance.machines.of_secret_key(shown) {
            Some(machine) => Some(machine),
            None => return refusal(StatusCode::UNAUTHORIZED, "clerk_key_invalid"),
        },
        MachineKind::ApiKey | MachineKind::OauthToken => {
            return refusal(StatusCode::UNAUTHORIZED, "clerk_key_invalid");
        }
    };
    match instance.machines.verify(kind, secret, asking.as_deref(), instance.now()) {
        Some(told) => Json(told).into_response(),
        None => refusal(StatusCode::NOT_FOUND, "resource_not_found"),
    }
}
