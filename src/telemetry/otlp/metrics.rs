//! Metrics on their way to the collector: all of them, at intervals.

use super::{Collector, Health, OtlpError};
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::{
    error::{OTelSdkError, OTelSdkResult},
    metrics::{PeriodicReader, Temporality, data::ResourceMetrics, exporter::PushMetricExporter},
};
use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::runtime::Handle;

/// Sends what the instruments show.
pub(in crate::telemetry) struct Pushed {
    exporter: MetricExporter,
    runtime: Handle,
    health: Arc<Health>,
    failed: Arc<AtomicU64>,
}

impl Pushed {
    /// What reads the instruments, and how often they could not be sent.
    pub(in crate::telemetry) fn reader(
        collector: &Collector,
        interval: Duration,
    ) -> Result<(PeriodicReader<Self>, Arc<AtomicU64>), OtlpError> {
        let failed = Arc::new(AtomicU64::new(0));
        let pushed = Self {
            exporter: collector.connection.metrics()?,
            runtime: collector.runtime.clone(),
            health: Arc::clone(&collector.health),
            failed: Arc::clone(&failed),
        };
        Ok((PeriodicReader::builder(pushed).with_interval(interval).build(), failed))
    }
}

impl PushMetricExporter for Pushed {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        // The reader's own thread polls, and knows nothing of the runtime that sends.
        let mut sending = Box::pin(self.health.send(self.exporter.export(metrics)));
        let sent = poll_fn(|context| {
            let _within = self.runtime.enter();
            sending.as_mut().poll(context)
        });
        if sent.await {
            return Ok(());
        }
        self.failed.fetch_add(1, Ordering::Relaxed);
        Err(OTelSdkError::InternalFailure("the collector did not take the metrics".to_owned()))
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, within: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(within)
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}
