//! When to stop.

use std::io;
use tokio::signal::unix::{SignalKind, signal};

/// Listens for the signals that ask the process to stop. Call it before serving begins, so that none
/// is missed; the future ends at the first.
///
/// # Errors
/// The system refuses to deliver signals.
pub fn requested() -> io::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM received, stopping"),
            _ = interrupt.recv() => tracing::info!("SIGINT received, stopping"),
        }
    })
}
