//! Log lines: for whoever reads standard error, and for a collector.

use super::lines::{Entrance, Lines};
use crate::core::span;
use opentelemetry_sdk::trace::SdkTracer;
use std::sync::Arc;
use thiserror::Error;
use tracing::Metadata;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt as _, FilterFn, LevelFilter, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Why logging cannot start.
#[derive(Debug, Error)]
pub enum LogError {
    /// The filter means nothing.
    #[error("`log.filter`: `{filter}` is not a log filter: {source}")]
    Filter {
        /// The filter.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// Something else in this process logs already.
    #[error("logging has been started before")]
    Started(#[from] tracing_subscriber::util::TryInitError),
}

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// Filter in the syntax of `tracing`.
    pub filter: String,
    /// Form of a line.
    pub format: LogFormat,
}

/// What operators order is written beside the decisions, wherever those go.
const AUDIT: &str = "bailiff::audit";

/// Libraries that would tell of every message to a collector in another message to it.
const SENDERS: [&str; 7] = ["opentelemetry", "tonic", "hyper", "h2", "tower", "reqwest", "rustls"];

/// Where everything that passes through `tracing` goes.
pub(super) struct Outputs {
    /// Standard error.
    pub(super) stderr: Arc<Lines>,
    /// The collector, where it gets the log.
    pub(super) collector: Option<Arc<Lines>>,
    /// Whether the collector gets decisions, and so operators' orders, by another way.
    pub(super) collects_decisions: bool,
    /// Where decisions go, but for standard error.
    pub(super) audit: Vec<Arc<Lines>>,
    /// What makes spans, where traces are recorded.
    pub(super) tracer: Option<SdkTracer>,
}

type Output = Box<dyn Layer<Registry> + Send + Sync>;

/// Starts logging for the whole process.
pub(super) fn start(options: &LogOptions, outputs: Outputs) -> Result<(), LogError> {
    let Outputs { stderr, collector, collects_decisions, audit, tracer } = outputs;
    // Spans are none of the log's business, and cost nothing where nobody else wants them. Without the
    // hints every line that some library could trace would be looked at.
    let events = || {
        filter_fn(|metadata: &Metadata<'_>| metadata.is_event())
            .with_max_level_hint(LevelFilter::TRACE)
    };
    let mut layers: Vec<Output> = Vec::new();
    let filter = filter(options)?.and(events());
    let shown = tracing_subscriber::fmt::layer().with_writer(Entrance(vec![stderr]));
    layers.push(match options.format {
        LogFormat::Json => shown
            .json()
            .with_current_span(false)
            .with_span_list(false)
            .flatten_event(true)
            .with_filter(filter)
            .boxed(),
        LogFormat::Text => shown.with_filter(filter).boxed(),
    });
    if let Some(lines) = collector {
        let own = filter_fn(move |metadata: &Metadata<'_>| {
            metadata.is_event()
                && !SENDERS.iter().any(|name| metadata.target().starts_with(name))
                && !(collects_decisions && metadata.target() == AUDIT)
        })
        .with_max_level_hint(LevelFilter::TRACE);
        layers.push(json(vec![lines], self::filter(options)?.and(own)));
    }
    if !audit.is_empty() {
        let orders =
            filter_fn(|metadata: &Metadata<'_>| metadata.is_event() && metadata.target() == AUDIT)
                .with_max_level_hint(LevelFilter::INFO);
        layers.push(json(audit, orders));
    }
    if let Some(tracer) = tracer {
        let spans: FilterFn =
            filter_fn(|metadata| metadata.is_span() && metadata.target() == span::TARGET);
        let spans = spans.with_max_level_hint(LevelFilter::INFO);
        let layer = tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false);
        layers.push(layer.with_filter(spans).boxed());
    }
    tracing_subscriber::registry().with(layers).try_init()?;
    Ok(())
}

fn filter(options: &LogOptions) -> Result<EnvFilter, LogError> {
    let filter = &options.filter;
    EnvFilter::try_new(filter).map_err(|source| LogError::Filter { filter: filter.clone(), source })
}

fn json<F>(lines: Vec<Arc<Lines>>, filter: F) -> Output
where
    F: tracing_subscriber::layer::Filter<Registry> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .with_writer(Entrance(lines))
        .json()
        .with_current_span(false)
        .with_span_list(false)
        .flatten_event(true)
        .with_filter(filter)
        .boxed()
}
