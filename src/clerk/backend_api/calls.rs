//! The two calls that the browser procedure makes with the secret key.

use super::{Answer, ApiBase, Outgoing, Repeat, Transport, traced::called};
use crate::clerk::request::refresh::{ErrorCode, RefreshCall, RefreshFailure};
use http::Method;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Longer than any nonce of Clerk's. What would not fit an address is a failure of the visitor's, and
/// must not look like one of Clerk's.
const MAX_NONCE_BYTES: usize = 1024;

/// Clerk's Backend API for one instance.
#[derive(Debug)]
pub struct BackendApi {
    base: ApiBase,
    secret_key: SecretString,
    transport: Arc<dyn Transport>,
}

impl BackendApi {
    /// The API at `base`, called with `secret_key`.
    #[must_use]
    pub fn new(base: ApiBase, secret_key: SecretString, transport: Arc<dyn Transport>) -> Self {
        Self { base, secret_key, transport }
    }

    /// The `Set-Cookie` lines that wait under a handshake's nonce. Every failure means none.
    pub async fn handshake_payload(&self, nonce: &str) -> Vec<Box<str>> {
        if nonce.len() > MAX_NONCE_BYTES {
            return Vec::new();
        }
        let Some(mut url) = self.base.join("/v1/clients/handshake_payload") else {
            return Vec::new();
        };
        url.query_pairs_mut().append_pair("nonce", nonce);
        let request = Outgoing {
            method: Method::GET,
            url,
            secret_key: Some(&self.secret_key),
            json: None,
            // A nonce is used up by asking.
            repeat: Repeat::Never,
        };
        match called(&*self.transport, "/v1/clients/handshake_payload", request).await {
            Ok(answer) if answer.is_success() => {
                json_body(&answer).map(|body| lines(&body, "directives")).unwrap_or_default()
            }
            Ok(_) | Err(_) => Vec::new(),
        }
    }

    /// Renews an expired session and returns the `Set-Cookie` lines.
    ///
    /// # Errors
    /// [`RefreshFailure`] as Clerk's package tells them apart.
    pub async fn refresh(&self, call: RefreshCall<'_>) -> Result<Vec<Box<str>>, RefreshFailure> {
        let path = format!("/v1/sessions/{}/refresh", call.session_id.as_str());
        let mut url = self.base.join(&path).ok_or(RefreshFailure::UnexpectedAnswer)?;
        if call.suffixed_cookies {
            url.query_pairs_mut().append_pair("suffixed_cookies", "true");
        }
        let headers: Map<String, Value> = call
            .request_headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!([value])))
            .collect();
        let body = json!({
            "format": "cookie",
            "expired_token": call.expired_token,
            "refresh_token": call.refresh_token,
            "request_origin": call.request_origin,
            "request_headers": headers,
        });
        let request = Outgoing {
            method: Method::POST,
            url,
            secret_key: Some(&self.secret_key),
            json: Some(body.to_string().into_bytes()),
            repeat: Repeat::Never,
        };
        let answer = called(&*self.transport, "/v1/sessions/{id}/refresh", request).await;
        let answer = answer.map_err(|_| RefreshFailure::Fetch)?;
        read_refresh(&answer)
    }
}

fn read_refresh(answer: &Answer) -> Result<Vec<Box<str>>, RefreshFailure> {
    if answer.status == 204 {
        return Err(RefreshFailure::UnexpectedAnswer);
    }
    let is_json = answer.content_type.as_deref() == Some("application/json");
    let body = json_body(answer);
    if !answer.is_success() {
        let first = body
            .as_ref()
            .and_then(|body| body.get("errors")?.as_array()?.first()?.get("code")?.as_str());
        return Err(match first {
            Some("unexpected_error") => RefreshFailure::Fetch,
            Some(code) => {
                ErrorCode::new(code).map_or(RefreshFailure::UnexpectedAnswer, RefreshFailure::Code)
            }
            None if is_json && body.is_none() => RefreshFailure::Fetch,
            None => RefreshFailure::UnexpectedAnswer,
        });
    }
    if is_json && body.is_none() {
        return Err(RefreshFailure::Fetch);
    }
    let lines = body.map(|body| lines(&body, "cookies")).unwrap_or_default();
    if lines.is_empty() { Err(RefreshFailure::NoCookies) } else { Ok(lines) }
}

/// The body, where the content type says that it is JSON and nothing else.
fn json_body(answer: &Answer) -> Option<Value> {
    (answer.content_type.as_deref() == Some("application/json"))
        .then(|| serde_json::from_slice(&answer.body).ok())
        .flatten()
}

fn lines(body: &Value, name: &str) -> Vec<Box<str>> {
    let list = body.get(name).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(Into::into).collect()
}

#[cfg(test)]
mod tests;
