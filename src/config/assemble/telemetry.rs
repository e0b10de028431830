//! What is told of everything else; it comes first, so that everything else can tell.

use crate::{
    config::settings::{LogSettings, Settings, TelemetrySettings},
    telemetry::{
        Telemetry, TelemetryError, TelemetryOptions, decision_log::DecisionLog, log::LogOptions,
    },
};
use std::{io, sync::Arc};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::AbortHandle,
};

/// Starts telling, for the whole process. Must be called within a Tokio runtime.
///
/// # Errors
/// [`TelemetryError`] names what does not hold.
pub fn telemetry(settings: &Settings) -> Result<Telemetry, TelemetryError> {
    // An error means that there is a provider already.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let LogSettings { filter, format, detail: _ } = &settings.log;
    let TelemetrySettings { otlp, sample_ratio, resource } = settings.telemetry.clone();
    Telemetry::start(TelemetryOptions {
        log: LogOptions { filter: filter.clone(), format: *format },
        decisions: settings.decision_log.clone(),
        otlp,
        sample_ratio,
        resource,
    })
}

/// Has the files of the decision log opened anew on SIGHUP, until it is dropped.
#[derive(Debug)]
pub(super) struct Reopening(AbortHandle);

impl Reopening {
    pub(super) fn on_hangup(decisions: Arc<DecisionLog>) -> io::Result<Self> {
        let mut hangup = signal(SignalKind::hangup())?;
        let task = tokio::spawn(async move {
            while hangup.recv().await.is_some() {
                decisions.reopen();
            }
        });
        Ok(Self(task.abort_handle()))
    }
}

impl Drop for Reopening {
    fn drop(&mut self) {
        self.0.abort();
    }
}
