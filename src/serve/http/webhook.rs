//! The door for Clerk's webhooks.
//!
//! It faces the internet, and everything that arrives is anybody's until its signature has been
//! checked: what costs nothing is looked at first, bodies are bounded in size and time, and only so
//! many are looked at at once. Clerk sends again what is not answered with 2xx, so that answer comes
//! only when the event is safe.

use crate::{
    authorizer::intake::{Appended, Intake, IntakeError},
    clerk::webhook::{MAX_MESSAGE_BYTES, MESSAGE_ID, SIGNATURE, Signed, TIMESTAMP},
    core::clock::SharedClock,
    serve::{http::server, limits::Limits, listener::Listener, panics::Net},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{HeaderMap, Request, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use std::{fmt, io, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::timeout};

/// How long a body may take to arrive. Clerk gives up after 15 seconds.
const BODY_TIME: Duration = Duration::from_secs(10);
/// How many messages are looked at at once, so that forged ones cannot take the memory.
const AT_ONCE: usize = 64;

/// What the door needs.
#[derive(Clone)]
pub struct WebhookDoor {
    /// Takes messages in.
    pub intake: Arc<Intake>,
    /// Says what time it is.
    pub clock: SharedClock,
    /// Told what became of every message: `new`, `known` or why it was refused.
    pub count: Arc<dyn Fn(&'static str) + Send + Sync>,
}

impl fmt::Debug for WebhookDoor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WebhookDoor")
    }
}

#[derive(Clone)]
struct Shared {
    door: WebhookDoor,
    room: Arc<Semaphore>,
    net: Net,
}

pub(in crate::serve) async fn serve(
    listener: Listener,
    door: WebhookDoor,
    limits: Limits,
    net: Net,
) -> io::Result<()> {
    server::serve(listener, router(door, net), limits).await
}

fn router(door: WebhookDoor, net: Net) -> Router {
    Router::new()
        .route("/", post(only_instance))
        .route("/{instance}", post(named_instance))
        .with_state(Shared { door, room: Arc::new(Semaphore::new(AT_ONCE)), net })
}

async fn only_instance(State(shared): State<Shared>, request: Request<Body>) -> Response {
    shared.answer(None, request).await
}

async fn named_instance(
    State(shared): State<Shared>,
    Path(instance): Path<String>,
    request: Request<Body>,
) -> Response {
    shared.answer(Some(&instance), request).await
}

/// What became of a message, for the metric and the answer.
struct Answer {
    status: StatusCode,
    outcome: &'static str,
}

impl Shared {
    async fn answer(&self, instance: Option<&str>, request: Request<Body>) -> Response {
        let received = self.net.catch(self.receive(instance, request)).await;
        // Nobody can say whether the event is safe, so Clerk is to send it again.
        let Answer { status, outcome } = received.unwrap_or(Answer {
            status: StatusCode::SERVICE_UNAVAILABLE,
            outcome: "internal_error",
        });
        (self.door.count)(outcome);
        if status.is_success() {
            tracing::debug!(instance, outcome, "webhook");
        } else {
            tracing::warn!(instance, outcome, "a webhook was refused");
        }
        // Svix shows this line to whoever looks for the reason.
        let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        (status, headers, format!("{outcome}\n")).into_response()
    }

    async fn receive(&self, instance: Option<&str>, request: Request<Body>) -> Answer {
        let refused = |status, outcome| Answer { status, outcome };
        if !self.door.intake.expects(instance) {
            return refused(StatusCode::NOT_FOUND, IntakeError::NoEndpoint.as_str());
        }
        let (head, body) = request.into_parts();
        let Some(signed) = signed(&head.headers) else {
            return refused(StatusCode::BAD_REQUEST, "malformed_headers");
        };
        let Ok(_place) = self.room.try_acquire() else {
            return refused(StatusCode::SERVICE_UNAVAILABLE, "too_many_at_once");
        };
        let body = match timeout(BODY_TIME, to_bytes(body, MAX_MESSAGE_BYTES)).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return refused(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Err(_) => return refused(StatusCode::REQUEST_TIMEOUT, "body_too_slow"),
        };
        let now = self.door.clock.now();
        match self.door.intake.receive(instance, signed, &body, now).await {
            Ok(Appended::New) => Answer { status: StatusCode::OK, outcome: "new" },
            Ok(Appended::Known) => Answer { status: StatusCode::OK, outcome: "known" },
            Err(error) => refused(status(error), error.as_str()),
        }
    }
}

const fn status(error: IntakeError) -> StatusCode {
    match error {
        IntakeError::NoEndpoint => StatusCode::NOT_FOUND,
        IntakeError::Signature(_) => StatusCode::UNAUTHORIZED,
        IntakeError::Message(_) => StatusCode::BAD_REQUEST,
        IntakeError::Append(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The three headers, each once.
fn signed(headers: &HeaderMap) -> Option<Signed<'_>> {
    let once = |name: &str| {
        let mut lines = headers.get_all(name).iter();
        let first = lines.next()?.to_str().ok()?;
        lines.next().is_none().then_some(first.trim())
    };
    Some(Signed {
        id: once(MESSAGE_ID)?,
        timestamp: once(TIMESTAMP)?,
        signatures: once(SIGNATURE)?,
    })
}

#[cfg(test)]
mod tests;
