//! The handshake: a browser comes with old cookies or none, and is sent back with the means to get
//! new ones. `GET /v1/client/handshake` of the Frontend API.
//!
//! The new cookies do not go to the browser from here. They travel to the application as a list of
//! `Set-Cookie` lines, under a one-time name or in a signed token, and the application hands them out
//! on its own host.

use super::{
    backend::refusal,
    instance::{Environment, Instance},
    visitor,
};
use crate::stand_in::tokens::{Token, random_hex};
use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// How long a result waits to be fetched.
const RESULT_SECONDS: i64 = 60;

/// Where a result is named: a cookie on production instances, a parameter on the others.
const NONCE: &str = "__clerk_handshake_nonce";
const TOKEN: &str = "__clerk_handshake";

pub(super) fn routes() -> Router<Arc<Instance>> {
    Router::new().route("/v1/client/handshake", get(handshake))
}

/// What the sidecar asks in the name of the browser.
#[derive(Debug, Deserialize)]
struct Asked {
    redirect_url: String,
    format: Option<String>,
    /// The token that was found wanting. Whose browser it is, is told by the browser itself.
    #[serde(rename = "__clerk_db_jwt")]
    development_browser: Option<String>,
    /// An id or slug; empty asks for no organization.
    organization_id: Option<String>,
}

async fn handshake(
    State(instance): State<Arc<Instance>>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let Some(mut back) = instance.allowed_return(&asked.redirect_url) else {
        return refusal(StatusCode::BAD_REQUEST, "redirect_url_not_allowed");
    };
    let mut browser = visitor::recognise(&instance, &headers, asked.development_browser.as_deref());
    if browser.is_none() && instance.environment == Environment::Development {
        browser = Some(instance.sessions.meet());
    }
    if let (Some(browser), Some(organization)) = (&browser, &asked.organization_id) {
        let wanted = (!organization.is_empty()).then_some(organization.as_str());
        // Whoever does not belong there keeps the organization they have.
        let _ = instance.sessions.activate(browser, wanted);
    }
    let lines = directives(&instance, browser.as_deref());
    let (name, value) = match asked.format.as_deref() {
        Some("nonce") => (NONCE, instance.handshakes.keep(lines, instance.now_seconds())),
        _ => (TOKEN, Token::handshake(&lines).sign(&instance.keys.current())),
    };
    let cookie = match instance.environment {
        Environment::Production => Some(named_result(name, &value, RESULT_SECONDS)),
        Environment::Development => {
            visitor::set_parameter(&mut back, name, &value);
            browser.map(|browser| instance.cookie_names.client(&browser))
        }
    };
    let mut response = Redirect::temporary(back.as_str()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(value) = cookie.and_then(|line| HeaderValue::from_str(&line).ok()) {
        headers.append(header::SET_COOKIE, value);
    }
    response
}

/// The lines that bring a browser's cookies up to date.
fn directives(instance: &Instance, browser: Option<&str>) -> Vec<String> {
    let names = &instance.cookie_names;
    let mut lines = Vec::new();
    match instance.environment {
        // The cookies that named this result have done their work.
        Environment::Production => {
            lines.extend([NONCE, TOKEN].map(|name| named_result(name, "", 0)));
        }
        Environment::Development => {
            lines.extend(browser.iter().flat_map(|browser| names.development_browser(browser)));
        }
    }
    match browser.and_then(|browser| instance.sessions.of_browser(browser)) {
        Some(signed_in) => {
            // A page load names no origin, so neither does the token.
            let token = instance.session_token(&signed_in.session, None);
            let refresh = &signed_in.session.refresh_token;
            lines.extend(names.signed_in(&token, signed_in.client_uat, refresh));
        }
        None => lines.extend(names.signed_out()),
    }
    lines
}

fn named_result(name: &str, value: &str, seconds: i64) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax")
}

/// Results that wait to be fetched.
#[derive(Debug, Default)]
pub(super) struct Handshakes(Mutex<HashMap<String, Waiting>>);

#[derive(Debug)]
struct Waiting {
    until: i64,
    lines: Vec<String>,
}

impl Handshakes {
    /// Keeps a result for a minute, and gives it a name.
    fn keep(&self, lines: Vec<String>, now: i64) -> String {
        let nonce = random_hex();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, result| result.until > now);
        waiting.insert(nonce.clone(), Waiting { until: now + RESULT_SECONDS, lines });
        nonce
    }

    /// The result of that name, which can be had once.
    pub(super) fn take(&self, nonce: &str, now: i64) -> Option<Vec<String>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(nonce).filter(|result| result.until > now).map(|result| result.lines)
    }
}
