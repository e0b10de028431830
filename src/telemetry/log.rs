//! Log lines on standard error, written by a thread of their own.
//!
//! A decision must not wait for whoever reads the log, nor pay a system call for its line. Lines are
//! gathered in memory for a few milliseconds and written together; when more have gathered than may
//! wait, they are dropped and counted.

mod gathered;

use gathered::{Entrance, Gathered, Writing};
use std::{io, sync::Arc};
use thiserror::Error;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

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
    /// The writing thread cannot be started.
    #[error("the thread that writes the log cannot be started: {0}")]
    Thread(#[source] io::Error),
    /// Something else in this process logs already.
    #[error("logging has been started before")]
    Started(#[from] tracing_subscriber::util::TryInitError),
}

/// Keeps the writing thread alive; what has gathered is written when this is dropped.
#[derive(Debug)]
pub struct Log {
    lines: Arc<Gathered>,
    _writing: Writing,
}

impl Log {
    /// Starts logging for the whole process.
    ///
    /// # Errors
    /// [`LogError`] for a malformed filter, or when logging was started before.
    pub fn start(filter: &str, format: LogFormat) -> Result<Self, LogError> {
        let filter = EnvFilter::try_new(filter)
            .map_err(|source| LogError::Filter { filter: filter.to_owned(), source })?;
        let lines = Arc::new(Gathered::new());
        let writing = Writing::start(Arc::clone(&lines), io::stderr()).map_err(LogError::Thread)?;
        let registry = tracing_subscriber::registry().with(filter);
        let layer = tracing_subscriber::fmt::layer().with_writer(Entrance(Arc::clone(&lines)));
        match format {
            LogFormat::Json => registry
                .with(
                    layer.json().with_current_span(false).with_span_list(false).flatten_event(true),
                )
                .try_init()?,
            LogFormat::Text => registry.with(layer).try_init()?,
        }
        Ok(Self { lines, _writing: writing })
    }

    /// Lines that were dropped because too many were waiting.
    #[must_use]
    pub fn dropped_lines(&self) -> usize {
        self.lines.dropped()
    }
}
