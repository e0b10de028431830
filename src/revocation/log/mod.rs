//! The log of events: in memory for one replica; where there are several, a shared one that each
//! replica copies.

mod cursor;
mod local;
mod shared;

pub use cursor::{Cursor, CursorError};
pub use local::{Appended, Gap, LocalLog, LogLimits, Record, Sink};
pub use shared::{SharedState, SharedStatus};

#[cfg(feature = "redis")]
use super::shared::{Link, RedisLog};
use crate::core::{clock::Timestamp, event::Event};
use std::{sync::Arc, time::Duration};
use thiserror::Error;
#[cfg(feature = "redis")]
use tokio::time::timeout;

/// Where events are kept.
#[derive(Clone, Debug)]
pub enum EventLog {
    /// In this process alone: what it has heard is gone when it ends.
    Local(Arc<LocalLog>),
    /// In Redis, for all replicas.
    #[cfg(feature = "redis")]
    Redis(Arc<RedisLog>),
}

/// The event is not safe: whoever sent it must send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the event cannot be kept right now")]
pub struct AppendError;

impl EventLog {
    /// Keeps an event. When this returns, it is safe, and in force here at the latest when its record
    /// can be read.
    ///
    /// # Errors
    /// [`AppendError`] if it is not safe.
    #[cfg_attr(
        not(feature = "redis"),
        expect(clippy::unused_async, reason = "only a shared log waits for anybody")
    )]
    pub async fn append(&self, event: Event, now: Timestamp) -> Result<Appended, AppendError> {
        match self {
            Self::Local(log) => Ok(log.append(event, now)),
            #[cfg(feature = "redis")]
            Self::Redis(log) => log.append(event).await,
        }
    }

    /// Waits until everything in a shared log is known here, or it turns out that it cannot be
    /// reached, or for `patience`.
    #[cfg_attr(
        not(feature = "redis"),
        expect(clippy::unused_async, reason = "only a shared log is waited for")
    )]
    pub async fn caught_up(&self, patience: Duration) {
        match self {
            Self::Local(_) => {
                let _ = patience;
            }
            #[cfg(feature = "redis")]
            Self::Redis(log) => {
                let mut link = log.link();
                // Either way out is as good: what matters is that there is one.
                let _ = timeout(patience, link.wait_for(|link| *link != Link::CatchingUp)).await;
            }
        }
    }

    /// How this process stands to the log that it shares with others; `None` where it shares none.
    #[must_use]
    pub fn shared_status(&self) -> Option<SharedStatus> {
        match self {
            Self::Local(_) => None,
            #[cfg(feature = "redis")]
            Self::Redis(log) => Some(log.status()),
        }
    }

    /// The records that this process holds.
    #[must_use]
    pub fn local(&self) -> &Arc<LocalLog> {
        match self {
            Self::Local(log) => log,
            #[cfg(feature = "redis")]
            Self::Redis(log) => log.local(),
        }
    }
}
