//! Whether the collector takes what it is sent: told once when that changes, not once a message.

use super::{LAST_TIMEOUT, TIMEOUT};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::{
    select,
    sync::watch,
    time::{sleep, timeout},
};

/// The state of one collector.
#[derive(Debug)]
pub(in crate::telemetry) struct Health {
    endpoint: String,
    failing: AtomicBool,
    /// Whether the process is about to end.
    ending: watch::Sender<bool>,
}

impl Health {
    pub(super) fn new(endpoint: String) -> Self {
        Self { endpoint, failing: AtomicBool::new(false), ending: watch::Sender::new(false) }
    }

    /// From now on the collector is given little time, and none once it has wasted that.
    pub(in crate::telemetry) fn end(&self) {
        self.ending.send_replace(true);
    }

    /// Sends a message, in bounded time, and returns whether it was taken.
    pub(super) async fn send(&self, sending: impl Future<Output = OTelSdkResult>) -> bool {
        let mut ending = self.ending.subscribe();
        if *ending.borrow_and_update() && self.failing.load(Ordering::Relaxed) {
            return false;
        }
        let too_late = async {
            // The sender is `self`, and lives.
            let _ = ending.wait_for(|ending| *ending).await;
            sleep(LAST_TIMEOUT).await;
        };
        let late = "it does not answer in time";
        let problem = select! {
            sent = timeout(TIMEOUT, sending) => match sent {
                Ok(Ok(())) => {
                    self.good();
                    return true;
                }
                Ok(Err(OTelSdkError::InternalFailure(problem))) => problem,
                Ok(Err(OTelSdkError::AlreadyShutdown)) => "it has been shut down".to_owned(),
                Ok(Err(OTelSdkError::Timeout(_))) | Err(_) => late.to_owned(),
            },
            () = too_late => late.to_owned(),
        };
        self.bad(&problem);
        false
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
