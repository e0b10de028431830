//! Whether the collector takes what it is sent: told once when that changes, not once a message.

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::error::Elapsed;

/// The state of one collector.
#[derive(Debug)]
pub(in crate::telemetry) struct Health {
    endpoint: String,
    failing: AtomicBool,
}

impl Health {
    pub(super) const fn new(endpoint: String) -> Self {
        Self { endpoint, failing: AtomicBool::new(false) }
    }

    /// Notes what became of a message, and returns whether it was taken.
    pub(super) fn settle(&self, result: Result<OTelSdkResult, Elapsed>) -> bool {
        match result {
            Ok(Ok(())) => {
                self.good();
                true
            }
            Ok(Err(OTelSdkError::InternalFailure(problem))) => {
                self.bad(&problem);
                false
            }
            Ok(Err(OTelSdkError::AlreadyShutdown)) => {
                self.bad("it has been shut down");
                false
            }
            Ok(Err(OTelSdkError::Timeout(_))) | Err(_) => {
                self.bad("it does not answer in time");
                false
            }
        }
    }

    /// A message was taken.
    fn good(&self) {
        if self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!(endpoint = self.endpoint, "the collector takes telemetry again");
        }
    }

    /// A message was lost. `problem` says why, without anything of the message or its headers.
    fn bad(&self, problem: &str) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                endpoint = self.endpoint,
                problem,
                "the collector takes no telemetry: decisions go on, what is lost is counted"
            );
        }
    }
}
