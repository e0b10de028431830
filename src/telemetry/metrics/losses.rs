//! What was to be told and got lost.

use super::Metrics;
use crate::telemetry::{decision_log::DecisionLog, lines::Lines, otlp::SpanQueue};
use opentelemetry::KeyValue;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Where losses are counted.
#[derive(Debug)]
pub(in crate::telemetry) struct Lost {
    /// Decisions.
    pub(in crate::telemetry) decisions: Arc<DecisionLog>,
    /// Lines for standard error.
    pub(in crate::telemetry) log: Arc<Lines>,
    /// Spans for the collector.
    pub(in crate::telemetry) spans: Option<Arc<SpanQueue>>,
    /// Lines of the log for the collector.
    pub(in crate::telemetry) collected: Option<Arc<Lines>>,
    /// How often metrics could not be sent.
    pub(in crate::telemetry) unsent: Option<Arc<AtomicU64>>,
}

impl Metrics {
    /// Shows what was lost, whenever the page is read.
    pub(in crate::telemetry) fn observe_losses(&self, lost: Lost) {
        let Lost { decisions, log, spans, collected, unsent } = lost;
        // The meter keeps the instruments; their handles are of no further use.
        let _ = self
            .meter
            .u64_observable_counter("bailiff_decision_log_dropped")
            .with_description("Decisions that were to be logged and are not, by sink and cause.")
            .with_callback(move |observer| {
                for lost in decisions.lost() {
                    for (cause, count) in [("full", lost.dropped), ("failed", lost.failed)] {
                        let labels = [
                            KeyValue::new("sink", lost.sink.clone()),
                            KeyValue::new("cause", cause),
                        ];
                        observer.observe(count, &labels);
                    }
                }
            })
            .build();
        let _ = self
            .meter
            .u64_observable_counter("bailiff_log_dropped")
            .with_description("Lines of the log that were dropped, by cause.")
            .with_callback(move |observer| {
                for (cause, count) in [("full", log.dropped()), ("failed", log.failed())] {
                    observer.observe(count, &[KeyValue::new("cause", cause)]);
                }
            })
            .build();
        let _ = self
            .meter
            .u64_observable_counter("bailiff_telemetry_dropped")
            .with_description(
                "Spans, log lines and reports of metrics that the collector did not get, by signal and cause.",
            )
            .with_callback(move |observer| {
                let tell = |signal, cause, count| {
                    let labels = [KeyValue::new("signal", signal), KeyValue::new("cause", cause)];
                    observer.observe(count, &labels);
                };
                if let Some(spans) = &spans {
                    tell("traces", "full", spans.dropped());
                    tell("traces", "failed", spans.failed());
                }
                if let Some(lines) = &collected {
                    tell("logs", "full", lines.dropped());
                    tell("logs", "failed", lines.failed());
                }
                if let Some(unsent) = &unsent {
                    tell("metrics", "failed", unsent.load(Ordering::Relaxed));
                }
            })
            .build();
    }
}
