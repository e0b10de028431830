//! Traces: W3C context in, spans out.
//!
//! Whether a decision is recorded is settled before anything is made of it: the caller's trace says
//! so, or else a draw. What is not recorded costs the look at one header. Ids of people stand in the
//! decision log only.

#[cfg(test)]
mod tests;

use crate::core::{header, span::TARGET};
use http::HeaderMap;
use opentelemetry::{
    Context, KeyValue,
    propagation::{Extractor, TextMapPropagator as _},
    trace::{Link, SpanKind, TraceContextExt as _, TraceId},
};
use opentelemetry_sdk::{
    propagation::TraceContextPropagator,
    trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample},
};
use tracing::{Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The name of the span around one question.
const DECIDE: &str = "decide";

/// Whether and which decisions are recorded as spans.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tracing {
    /// The share of questions without a trace of their own; `None`: nothing is recorded.
    ratio: Option<f64>,
}

/// A question that is under way. Looked up once, since most are not recorded.
#[derive(Debug)]
pub struct Recording(Option<Span>);

/// Where a question carries the trace that it is part of.
pub trait Carrier: Sync {
    /// The value of a header, by its lower-case name.
    fn header(&self, name: &str) -> Option<&str>;
}

/// Looks in one place after the other: the first that has a trace counts.
#[derive(Clone, Copy)]
pub struct FirstOf<'c>(pub &'c dyn Carrier, pub &'c dyn Carrier);

/// No trace.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

/// Where a decision stands in its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The trace.
    pub trace_id: String,
    /// The span.
    pub span_id: String,
}

/// What is told of a decision that is recorded.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// What came of it.
    pub effect: &'static str,
    /// The reason code.
    pub reason: &'static str,
    /// Whether it was Bailiff that failed.
    pub is_failure: bool,
    /// The entry that decided.
    pub rule: Option<&'a str>,
    /// The revision of the policy.
    pub revision: &'a str,
    /// The Clerk instance.
    pub instance: Option<&'a str>,
    /// The kind of the credential.
    pub credential: Option<&'static str>,
    /// The method of the request.
    pub method: Option<&'a str>,
    /// The host of the request.
    pub host: Option<&'a str>,
}

impl Carrier for Nothing {
    fn header(&self, _: &str) -> Option<&str> {
        None
    }
}

impl Carrier for HeaderMap {
    fn header(&self, name: &str) -> Option<&str> {
        self.get(name)?.to_str().ok()
    }
}

impl Carrier for header::Headers<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.text(name)
    }
}

impl Carrier for FirstOf<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        // Both headers come from one place, or the state would be that of another trace.
        let Self(first, second) = self;
        if first.header(TRACEPARENT).is_some() { first.header(name) } else { second.header(name) }
    }
}

const TRACEPARENT: &str = "traceparent";

/// A carrier as the propagator reads it.
struct Headers<'c>(&'c dyn Carrier);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.header(key)
    }

    fn keys(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl Tracing {
    /// Nothing is recorded.
    pub const OFF: Self = Self { ratio: None };

    /// Records what callers record, and this share of everything else.
    pub(super) const fn new(ratio: f64) -> Self {
        Self { ratio: Some(ratio) }
    }

    /// The span around one question, to be entered by whoever asks it; none where the question is not
    /// recorded.
    #[must_use]
    pub fn decide(self, door: &'static str, carrier: &dyn Carrier) -> Span {
        let Some(ratio) = self.ratio else { return Span::none() };
        let parent = carrier.header(TRACEPARENT);
        if parent.is_some_and(is_surely_not_recorded) {
            return Span::none();
        }
        let context = parent.map(|_| {
            TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(carrier))
        });
        let context = context.filter(|context| context.span().span_context().is_valid());
        let recorded = match &context {
            Some(context) => context.span().span_context().is_sampled(),
            None => ratio >= 1.0 || fastrand::f64() < ratio,
        };
        if !recorded {
            return Span::none();
        }
        let span = info_span!(
            target: TARGET,
            parent: None,
            DECIDE,
            otel.kind = "server",
            otel.status_code = Empty,
            error.type = Empty,
            bailiff.door = door,
            bailiff.effect = Empty,
            bailiff.reason = Empty,
            bailiff.revision = Empty,
            bailiff.instance = Empty,
            bailiff.credential = Empty,
            bailiff.rule = Empty,
            http.route = Empty,
            http.request.method = Empty,
            server.address = Empty,
        );
        if let Some(context) = context {
            // It cannot have begun yet.
            let _ = span.set_parent(context);
        }
        span
    }

    /// The question that is under way, as far as it is recorded.
    #[must_use]
    pub fn under_way(self) -> Recording {
        let recorded = self.ratio.map(|_| Span::current()).filter(|span| !span.is_disabled());
        Recording(recorded)
    }
}

impl Recording {
    /// Nothing is recorded.
    pub const NONE: Self = Self(None);

    /// The span around finding out who asks.
    #[must_use]
    pub fn authenticate(&self) -> Span {
        match &self.0 {
            Some(parent) => {
                info_span!(target: TARGET, parent: parent, "authenticate", bailiff.cache = Empty)
            }
            None => Span::none(),
        }
    }

    /// The span around judging whoever asks.
    #[must_use]
    pub fn evaluate(&self) -> Span {
        match &self.0 {
            Some(parent) => info_span!(target: TARGET, parent: parent, "evaluate"),
            None => Span::none(),
        }
    }

    /// Tells the question what was decided, and returns where it stands in its trace.
    pub fn decided(&self, told: &Told<'_>) -> Option<Place> {
        let span = self.0.as_ref()?;
        span.record("bailiff.effect", told.effect);
        span.record("bailiff.reason", told.reason);
        span.record("bailiff.revision", told.revision);
        let optional = [
            ("bailiff.instance", told.instance),
            ("bailiff.credential", told.credential),
            ("bailiff.rule", told.rule),
            ("http.route", told.rule.and_then(route)),
            ("http.request.method", told.method.map(known_method)),
            ("server.address", told.host.map(without_port)),
        ];
        for (field, value) in optional {
            if let Some(value) = value {
                span.record(field, value);
            }
        }
        if told.is_failure {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", told.reason);
        }
        let context = span.context();
        let place = context.span().span_context().clone();
        place.is_valid().then(|| Place {
            trace_id: place.trace_id().to_string(),
            span_id: place.span_id().to_string(),
        })
    }
}

/// The template in the id of a rule, for rules about paths.
fn route(rule: &str) -> Option<&str> {
    let template = rule.split_whitespace().find(|word| word.starts_with('/'));
    template.filter(|_| !rule.starts_with("guard ") && !rule.starts_with("action "))
}

/// The method, unless the client made it up.
fn known_method(method: &str) -> &str {
    match method {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "TRACE" | "CONNECT"
        | "QUERY" => method,
        _ => "_OTHER",
    }
}

/// The host of an authority.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) | None => authority,
    }
}

/// Whether a well-formed header of the first version says that its trace is not recorded.
fn is_surely_not_recorded(parent: &str) -> bool {
    let parent = parent.trim().as_bytes();
    parent.len() == 55
        && parent.starts_with(b"00-")
        && parent[35] == b'-'
        && parent[52] == b'-'
        && matches!(parent[54], b'0' | b'2' | b'4' | b'6' | b'8' | b'a' | b'c' | b'e')
}

/// Whether the SDK records a span: what has a parent goes the parent's way, and a question without one
/// is made a span only once it was drawn.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    others: Sampler,
}

impl Chosen {
    pub(super) fn new(ratio: f64) -> Self {
        let others = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio)));
        Self { others }
    }
}

impl ShouldSample for Chosen {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let mut result = self.others.should_sample(parent, trace_id, name, kind, attributes, links);
        if name == DECIDE {
            result.decision = SamplingDecision::RecordAndSample;
        }
        result
    }
}
