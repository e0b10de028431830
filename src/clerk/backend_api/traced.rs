//! Calls to Clerk as spans: where they went and how they ended, never what was said.

use super::{Answer, NoAnswer, Outgoing, Transport};
use crate::core::span::{self, TARGET};
use tracing::{Instrument as _, Span, field::Empty, info_span};

/// Sends a call as part of the question that is under way, if that is recorded. `template`: the path
/// without the ids in it.
pub(in crate::clerk) async fn called(
    transport: &dyn Transport,
    template: &'static str,
    request: Outgoing<'_>,
) -> Result<Answer, NoAnswer> {
    if !span::is_recorded() {
        return transport.send(request).await;
    }
    within(call_span("Backend API call", template, &request), transport, request).await
}

/// Fetches keys, which no question does: a trace of its own.
pub(in crate::clerk) async fn fetched(
    transport: &dyn Transport,
    request: Outgoing<'_>,
) -> Result<Answer, NoAnswer> {
    within(call_span("keys request", "/jwks", &request), transport, request).await
}

fn call_span(name: &'static str, template: &'static str, request: &Outgoing<'_>) -> Span {
    info_span!(
        target: TARGET,
        "call",
        otel.name = name,
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = request.method.as_str(),
        http.response.status_code = Empty,
        server.address = request.url.host_str(),
        server.port = request.url.port_or_known_default(),
        url.template = template,
        error.type = Empty,
    )
}

async fn within(
    span: Span,
    transport: &dyn Transport,
    request: Outgoing<'_>,
) -> Result<Answer, NoAnswer> {
    let result = transport.send(request).instrument(span.clone()).await;
    match &result {
        Ok(answer) => {
            span.record("http.response.status_code", answer.status);
            if answer.status >= 400 {
                span.record("error.type", answer.status.to_string());
                span.record("otel.status_code", "ERROR");
            }
        }
        Err(error) => {
            span.record("error.type", error.kind());
            span.record("otel.status_code", "ERROR");
        }
    }
    result
}
