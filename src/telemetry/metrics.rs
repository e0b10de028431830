//! Counters and durations, read by Prometheus from the admin listener.

mod decisions;
mod listeners;
mod losses;
mod policy;
mod shared_log;

pub use decisions::DoorMetrics;
pub use listeners::{Connections, ListenerState};
pub(super) use losses::Lost;
pub use policy::ReloadResult;
pub use shared_log::SharedLogFigures;

use self::policy::PolicyMetrics;
use super::otlp::Pushed;
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, Meter, MeterProvider as _},
};
use opentelemetry_sdk::{
    Resource,
    metrics::{PeriodicReader, SdkMeterProvider},
};
use prometheus::{Encoder, Registry, TextEncoder};
use std::fmt;
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
    panics: Counter<u64>,
    webhooks: Counter<u64>,
    shadow: Counter<u64>,
    condition_errors: Counter<u64>,
    policy: PolicyMetrics,
    meter: Meter,
    // Dropping the provider ends the export.
    provider: SdkMeterProvider,
}

/// One count that another part of the process keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceEvent<'a> {
    /// The Clerk instance, by its name in the settings.
    pub instance: &'a str,
    /// What happened.
    pub event: &'static str,
    /// How often so far.
    pub count: u64,
}

impl Metrics {
    /// Creates the instruments and the page they are read from.
    ///
    /// # Errors
    /// [`MetricsError`] if the exporter cannot be registered.
    pub fn new() -> Result<Self, MetricsError> {
        let resource = Resource::builder_empty().with_service_name("bailiff").build();
        Self::with_reader(resource, None)
    }

    /// The same, read by somebody else besides.
    pub(super) fn with_reader(
        resource: Resource,
        reader: Option<PeriodicReader<Pushed>>,
    ) -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build()
            .map_err(|error| MetricsError::Exporter(error.to_string()))?;
        let provider = SdkMeterProvider::builder().with_reader(exporter).with_resource(resource);
        let provider = match reader {
            Some(reader) => provider.with_reader(reader).build(),
            None => provider.build(),
        };
        let meter = provider.meter("bailiff");
        Ok(Self {
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
            webhooks: meter
                .u64_counter("bailiff_webhooks")
                .with_description("Webhooks that arrived, by what became of them.")
                .build(),
            panics: meter
                .u64_counter("bailiff_panics")
                .with_description("Requests refused because the code behind a door panicked.")
                .build(),
            shadow: meter
                .u64_counter("bailiff_shadow_refusals")
                .with_description("What shadow mode would have refused, by rule and reason.")
                .build(),
            condition_errors: meter
                .u64_counter("bailiff_condition_errors")
                .with_description("Conditions that could not be worked out, by rule.")
                .build(),
            policy: PolicyMetrics::new(&registry, &meter)?,
            registry,
            meter,
            provider,
        })
    }

    /// What counts the decisions of a door.
    #[must_use]
    pub fn door(&self, door: &'static str) -> DoorMetrics {
        DoorMetrics::new(door, self.decisions.clone(), self.decision_duration.clone())
    }

    /// Counts one request that made the code panic and was refused.
    pub fn panicked(&self, door: &'static str) {
        self.panics.add(1, &[KeyValue::new("door", door)]);
    }

    /// Counts one request that a rule or guard in shadow mode would have refused. `rule` is an id of
    /// the policy, so there are never more of them than the policy has.
    pub fn shadowed(&self, rule: String, reason: &'static str) {
        self.shadow.add(1, &[KeyValue::new("rule", rule), KeyValue::new("reason", reason)]);
    }

    /// Counts one condition that could not be worked out. `rule` is an id of the policy.
    pub fn condition_failed(&self, rule: String) {
        self.condition_errors.add(1, &[KeyValue::new("rule", rule)]);
    }

    /// Counts one webhook that arrived.
    pub fn webhook(&self, outcome: &'static str) {
        self.webhooks.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// Shows counts that are kept elsewhere. `read` is called whenever the page is, and passes on
    /// every count; it must not wait.
    pub fn observe_instances(
        &self,
        read: impl Fn(&mut dyn FnMut(InstanceEvent<'_>)) + Send + Sync + 'static,
    ) {
        // The meter keeps the instrument; its handle is of no further use.
        let _ = self
            .meter
            .u64_observable_counter("bailiff_instance_events")
            .with_description("Token cache, signing keys and sessions, by Clerk instance.")
            .with_callback(move |observer| {
                read(&mut |InstanceEvent { instance, event, count }| {
                    let labels = [
                        // Not `instance`, which is the scraped target's to Prometheus.
                        KeyValue::new("clerk_instance", instance.to_owned()),
                        KeyValue::new("event", event),
                    ];
                    observer.observe(count, &labels);
                });
            })
            .build();
    }

    /// Shows how many circuits of each instance let no call to Clerk through. `read` is called
    /// whenever the page is, and must not wait.
    pub fn observe_circuits(
        &self,
        read: impl Fn(&mut dyn FnMut(&str, u64)) + Send + Sync + 'static,
    ) {
        let _ = self
            .meter
            .u64_observable_gauge("bailiff_instance_circuits_open")
            .with_description(
                "Kinds of calls to Clerk that are not tried, since the last ones failed.",
            )
            .with_callback(move |observer| {
                read(&mut |instance, open| {
                    observer.observe(open, &[KeyValue::new("clerk_instance", instance.to_owned())]);
                });
            })
            .build();
    }

    /// Sends the last values to whoever is sent any, and ends.
    pub(super) fn finish(&self) {
        // What could not be sent has been told where it was tried.
        let _ = self.provider.shutdown();
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
    use super::{InstanceEvent, Metrics};

    #[test]
    fn the_page_shows_what_was_counted() {
        let metrics = Metrics::new().unwrap();
        metrics.panicked("authorize");
        metrics.shadowed("GET /invoices/{id}".to_owned(), "role");
        metrics.condition_failed("guard office-hours".to_owned());
        metrics.observe_instances(|tell| {
            tell(InstanceEvent { instance: "shop", event: "token_cache_hit", count: 7 });
        });
        metrics.observe_circuits(|tell| tell("shop", 2));
        let page = metrics.page();
        for expected in [
            r#"bailiff_panics_total{door="authorize"} 1"#,
            r#"bailiff_shadow_refusals_total{reason="role",rule="GET /invoices/{id}"} 1"#,
            r#"bailiff_condition_errors_total{rule="guard office-hours"} 1"#,
            r#"bailiff_instance_events_total{clerk_instance="shop",event="token_cache_hit"} 7"#,
            r#"bailiff_instance_circuits_open{clerk_instance="shop"} 2"#,
        ] {
            assert!(page.contains(expected), "{expected} is missing from\n{page}");
        }
    }
}
