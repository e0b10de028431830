//! Counters and durations, read by Prometheus from the admin listener.

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, MeterProvider as _},
};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider};
use prometheus::{Encoder, Registry, TextEncoder};
use std::{fmt, time::Duration};
use thiserror::Error;

/// Upper bounds of the duration buckets, in seconds: a cached decision takes a few microseconds, a
/// fetch of keys up to seconds.
const DURATION_BOUNDS: [f64; 16] = [
    0.000_001, 0.000_002, 0.000_005, 0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5,
    0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 5.0,
];

/// Why metrics cannot be had.
#[derive(Debug, Error)]
pub enum MetricsError {
    /// The exporter could not be registered.
    #[error("metrics cannot be exported: {0}")]
    Exporter(String),
}

/// Every instrument.
pub struct Metrics {
    registry: Registry,
    decisions: Counter<u64>,
    decision_duration: Histogram<f64>,
    events: Counter<u64>,
    // Dropping the provider ends the export.
    _provider: SdkMeterProvider,
}

/// Something worth counting that is not a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A token was verified from the cache.
    TokenCacheHit,
    /// A token had to be verified in full.
    TokenCacheMiss,
    /// The two readings of a token's permission masks differ; only what both grant was granted.
    PermissionMasksAmbiguous,
    /// A key set was fetched.
    KeySetFetched,
    /// A key set could not be fetched.
    KeySetFetchFailed,
    /// A fetch of the key set was asked for, but the budget for such fetches was used up.
    KeySetFetchRefused,
    /// A request made the code panic; it was refused.
    Panic,
}

impl Event {
    /// The value of the label `event`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenCacheHit => "token_cache_hit",
            Self::TokenCacheMiss => "token_cache_miss",
            Self::PermissionMasksAmbiguous => "permission_masks_ambiguous",
            Self::KeySetFetched => "key_set_fetched",
            Self::KeySetFetchFailed => "key_set_fetch_failed",
            Self::KeySetFetchRefused => "key_set_fetch_refused",
            Self::Panic => "panic",
        }
    }
}

impl Metrics {
    /// Creates the instruments and the page they are read from.
    ///
    /// # Errors
    /// [`MetricsError`] if the exporter cannot be registered.
    pub fn new() -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build()
            .map_err(|error| MetricsError::Exporter(error.to_string()))?;
        let provider = SdkMeterProvider::builder()
            .with_reader(exporter)
            .with_resource(Resource::builder().with_service_name("bailiff").build())
            .build();
        let meter = provider.meter("bailiff");
        Ok(Self {
            registry,
            decisions: meter
                .u64_counter("bailiff_decisions")
                .with_description("Decisions by door, effect and reason.")
                .build(),
            decision_duration: meter
                .f64_histogram("bailiff_decision_duration")
                .with_unit("s")
                .with_description("Time from question to decision.")
                .with_boundaries(DURATION_BOUNDS.to_vec())
                .build(),
            events: meter
                .u64_counter("bailiff_events")
                .with_description("Cache, key and safety events.")
                .build(),
            _provider: provider,
        })
    }

    /// Counts one decision.
    pub fn decided(
        &self,
        door: &'static str,
        effect: &'static str,
        reason: &'static str,
        took: Duration,
    ) {
        self.decisions.add(
            1,
            &[
                KeyValue::new("door", door),
                KeyValue::new("effect", effect),
                KeyValue::new("reason", reason),
            ],
        );
        self.decision_duration.record(took.as_secs_f64(), &[KeyValue::new("door", door)]);
    }

    /// Counts one event.
    pub fn count(&self, event: Event) {
        self.events.add(1, &[KeyValue::new("event", event.as_str())]);
    }

    /// The page in Prometheus's text format.
    #[must_use]
    pub fn page(&self) -> String {
        let mut page = Vec::new();
        match TextEncoder::new().encode(&self.registry.gather(), &mut page) {
            Ok(()) => String::from_utf8_lossy(&page).into_owned(),
            Err(error) => {
                tracing::error!(%error, "metrics cannot be rendered");
                String::new()
            }
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Metrics")
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Metrics};
    use std::time::Duration;

    #[test]
    fn the_page_shows_what_was_counted() {
        let metrics = Metrics::new().unwrap();
        metrics.decided("ext_authz", "deny", "signed_out", Duration::from_micros(3));
        metrics.count(Event::PermissionMasksAmbiguous);
        let page = metrics.page();
        for expected in [
            r#"bailiff_decisions_total{door="ext_authz",effect="deny",reason="signed_out"} 1"#,
            r#"bailiff_events_total{event="permission_masks_ambiguous"} 1"#,
            r#"bailiff_decision_duration_seconds_bucket{door="ext_authz",le="0.000005"} 1"#,
        ] {
            assert!(page.contains(expected), "{expected} is missing from\n{page}");
        }
    }
}
