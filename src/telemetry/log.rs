//! Log lines on standard error, written by a thread of their own.
//!
//! A decision must not wait for whoever reads the log. Lines go through a bounded queue; when that is
//! full they are dropped and counted.

use std::io;
use thiserror::Error;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

/// Lines that may wait to be written.
const QUEUE_LINES: usize = 65_536;

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

/// Keeps the writing thread alive; what is queued is written when this is dropped.
#[derive(Debug)]
pub struct Log {
    dropped: ErrorCounter,
    _writer: WorkerGuard,
}

impl Log {
    /// Starts logging for the whole process.
    ///
    /// # Errors
    /// [`LogError`] for a malformed filter, or when logging was started before.
    pub fn start(filter: &str, format: LogFormat) -> Result<Self, LogError> {
        let filter = EnvFilter::try_new(filter)
            .map_err(|source| LogError::Filter { filter: filter.to_owned(), source })?;
        let (writer, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(QUEUE_LINES)
            .lossy(true)
            .thread_name("bailiff-log")
            .finish(io::stderr());
        let dropped = writer.error_counter();
        let registry = tracing_subscriber::registry().with(filter);
        let lines = tracing_subscriber::fmt::layer().with_writer(writer);
        match format {
            LogFormat::Json => registry
                .with(
                    lines.json().with_current_span(false).with_span_list(false).flatten_event(true),
                )
                .try_init()?,
            LogFormat::Text => registry.with(lines).try_init()?,
        }
        Ok(Self { dropped, _writer: guard })
    }

    /// Lines that were dropped because the queue was full.
    #[must_use]
    pub fn dropped_lines(&self) -> usize {
        self.dropped.dropped_lines()
    }
}
