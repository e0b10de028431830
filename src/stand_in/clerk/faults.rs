//! What can be made to go wrong, while the server runs.

use super::machine_api;
use axum::{
    body::Body,
    http::{StatusCode, header},
    response::Response,
};
use std::{
    collections::HashMap,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::sleep;
use tokio_stream::StreamExt as _;

/// A part of the server that is counted, and that can go wrong, by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `GET /.well-known/jwks.json` of the Frontend API.
    FrontendKeys,
    /// `GET /v1/jwks` of the Backend API.
    BackendKeys,
    /// `GET /v1/client/handshake` of the Frontend API.
    Handshake,
    /// `GET /v1/clients/handshake_payload` of the Backend API.
    HandshakePayload,
    /// `POST /v1/sessions/{id}/refresh` of the Backend API.
    Refresh,
    /// `POST /api_keys/verify` of the Backend API.
    VerifyApiKey,
    /// `POST /m2m_tokens/verify` of the Backend API.
    VerifyM2mToken,
    /// `POST /oauth_applications/access_tokens/verify` of the Backend API.
    VerifyOauthToken,
    /// Everything else: the pages for people, and addresses that are not there.
    Pages,
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: [Self; 9] = [
        Self::FrontendKeys,
        Self::BackendKeys,
        Self::Handshake,
        Self::HandshakePayload,
        Self::Refresh,
        Self::VerifyApiKey,
        Self::VerifyM2mToken,
        Self::VerifyOauthToken,
        Self::Pages,
    ];

    /// The endpoint that serves `path`.
    #[must_use]
    pub fn of(path: &str) -> Self {
        match path {
            "/.well-known/jwks.json" => Self::FrontendKeys,
            "/v1/jwks" => Self::BackendKeys,
            "/v1/client/handshake" => Self::Handshake,
            "/v1/clients/handshake_payload" => Self::HandshakePayload,
            machine_api::API_KEYS => Self::VerifyApiKey,
            machine_api::M2M_TOKENS => Self::VerifyM2mToken,
            machine_api::OAUTH_TOKENS => Self::VerifyOauthToken,
            _ if path.starts_with("/v1/sessions/") && path.ends_with("/refresh") => Self::Refresh,
            _ => Self::Pages,
        }
    }
}

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The right answer, this much later.
    Slow(Duration),
    /// The connection is closed without an answer.
    Down,
    /// The beginning of an answer; then the connection is closed.
    BrokenOff,
    /// The right answer under another content type.
    ContentType(&'static str),
    /// Another answer.
    Answer {
        /// Its status.
        status: StatusCode,
        /// Its content type.
        content_type: &'static str,
        /// Its `Retry-After`, in seconds.
        retry_after: Option<u32>,
        /// Its body.
        body: String,
    },
}

impl Fault {
    /// 500 with a body that is no JSON.
    #[must_use]
    pub fn server_error() -> Self {
        Self::answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "internal error")
    }

    /// 401 with the code Clerk gives for a wrong secret key.
    #[must_use]
    pub fn unauthorized() -> Self {
        let body =
            r#"{"errors":[{"code":"clerk_key_invalid","message":"The provided key is invalid"}]}"#;
        Self::answer(StatusCode::UNAUTHORIZED, "application/json", body)
    }

    /// 429 with `Retry-After`.
    #[must_use]
    pub fn too_many_requests(retry_after: u32) -> Self {
        Self::Answer {
            status: StatusCode::TOO_MANY_REQUESTS,
            content_type: "application/json",
            retry_after: Some(retry_after),
            body: r#"{"errors":[{"code":"too_many_requests","message":"Too many requests"}]}"#
                .to_owned(),
        }
    }

    /// 200 with a body that begins like JSON and is none.
    #[must_use]
    pub fn garbage() -> Self {
        Self::answer(StatusCode::OK, "application/json", "{\"keys\":[{\u{0}")
    }

    /// Any status, content type and body.
    #[must_use]
    pub fn answer(status: StatusCode, content_type: &'static str, body: &str) -> Self {
        Self::Answer { status, content_type, retry_after: None, body: body.to_owned() }
    }
}

/// The faults that are switched on.
#[derive(Debug, Default)]
pub struct Faults(Mutex<HashMap<Endpoint, (Fault, Option<u32>)>>);

impl Faults {
    /// Makes one endpoint fail until [`Faults::clear`].
    pub fn inject(&self, endpoint: Endpoint, fault: Fault) {
        self.lock().insert(endpoint, (fault, None));
    }

    /// Makes one endpoint fail for the next `times` requests.
    pub fn inject_times(&self, endpoint: Endpoint, fault: Fault, times: u32) {
        self.lock().insert(endpoint, (fault, Some(times)));
    }

    /// Makes everything fail until [`Faults::clear`].
    pub fn inject_everywhere(&self, fault: &Fault) {
        for endpoint in Endpoint::ALL {
            self.inject(endpoint, fault.clone());
        }
    }

    /// Switches every fault off.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The fault that the next request to `endpoint` meets; used up by asking.
    pub(super) fn next(&self, endpoint: Endpoint) -> Option<Fault> {
        let mut faults = self.lock();
        let (fault, times) = faults.get_mut(&endpoint)?;
        match times {
            None => Some(fault.clone()),
            Some(0) => None,
            Some(left) => {
                *left -= 1;
                Some(fault.clone())
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Endpoint, (Fault, Option<u32>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer of [`Fault::BrokenOff`].
pub(super) fn broken_off() -> Response {
    let beginning = Ok("{\"id\":");
    let end = Err(io::Error::from(io::ErrorKind::ConnectionReset));
    let body = tokio_stream::iter([beginning, end]).then(async |part| {
        if part.is_err() {
            // Time for the beginning to leave.
            sleep(Duration::from_millis(20)).await;
        }
        part
    });
    let mut response = Response::new(Body::from_stream(body));
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// The answer of [`Fault::Answer`].
pub(super) fn answer(
    status: StatusCode,
    content_type: &'static str,
    retry_after: Option<u32>,
    body: String,
) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
