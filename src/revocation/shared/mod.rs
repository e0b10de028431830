//! The log that replicas share: a Redis stream, appended to by whoever hears of an event and copied
//! by everybody.
//!
//! Nothing is lost where Redis is: what could not be appended is in force here at once, is offered
//! again as soon as Redis is back, and is not acknowledged meanwhile. Whatever this replica took in
//! lately is offered again after every interruption too, since a Redis that was killed may have lost
//! its last moments; an event that is there already is recognised by its id.

mod connections;
mod entry;
mod reader;
mod writer;

pub use connections::{RedisAddressError, RedisSettings};

use super::log::{AppendError, Appended, LocalLog, Record};
use crate::core::{
    clock::{SharedClock, Timestamp},
    event::Event,
};
use connections::Connections;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{sync::watch, task::AbortHandle};
use writer::Writer;

/// How many events are kept for when Redis is back. Clerk sends each again anyway.
const MOST_PENDING: usize = 10_000;

/// How this replica stands to the shared log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// It has not been read to its end yet.
    CatchingUp,
    /// Everything in it is known here.
    Current,
    /// It cannot be reached.
    Away {
        /// Since when.
        since: Timestamp,
    },
}

/// The shared log and the copy of it in this process.
#[derive(Debug)]
pub struct RedisLog {
    shared: Arc<Shared>,
    reader: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    local: Arc<LocalLog>,
    connections: Connections,
    writer: Writer,
    clock: SharedClock,
    link: watch::Sender<Link>,
    /// Whether it is [`Link::Current`], for whoever must know at once.
    current: Arc<AtomicBool>,
    /// In force here, and not safe yet.
    pending: Mutex<VecDeque<Event>>,
}

impl RedisLog {
    /// Follows the shared log into `local` until it is dropped. Must be called within a Tokio
    /// runtime; Redis need not be there. `current` is true while everything in it is known here.
    ///
    /// # Errors
    /// [`RedisAddressError`] where the settings name no Redis.
    pub fn follow(
        settings: &RedisSettings,
        local: Arc<LocalLog>,
        clock: SharedClock,
        current: Arc<AtomicBool>,
    ) -> Result<Self, RedisAddressError> {
        let connections = Connections::new(settings)?;
        let writer = Writer::new(&connections, settings);
        let (link, pending) = (watch::Sender::new(Link::CatchingUp), Mutex::default());
        let shared = Arc::new(Shared { local, connections, writer, clock, link, current, pending });
        let reader = tokio::spawn(reader::follow(Arc::clone(&shared))).abort_handle();
        Ok(Self { shared, reader })
    }

    /// Appends an event. Where that fails it is in force in this process all the same.
    ///
    /// # Errors
    /// [`AppendError`] if Redis did not say that it has it.
    pub async fn append(&self, event: Event) -> Result<Appended, AppendError> {
        match self.shared.writer.append(&event).await {
            Ok(appended) => Ok(appended),
            Err(error) => {
                tracing::warn!(event = %event.id, %error, "an event cannot be stored in Redis");
                self.shared.local.put_in_force(&event);
                self.shared.keep(event);
                Err(AppendError)
            }
        }
    }

    /// How it stands, as that changes.
    #[must_use]
    pub fn link(&self) -> watch::Receiver<Link> {
        self.shared.link.subscribe()
    }

    /// The copy in this process.
    #[must_use]
    pub fn local(&self) -> &Arc<LocalLog> {
        &self.shared.local
    }
}

impl Drop for RedisLog {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Shared {
    fn keep(&self, event: Event) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.iter().any(|kept| kept.id == event.id) {
            return;
        }
        if pending.len() == MOST_PENDING {
            pending.pop_front();
        }
        pending.push_back(event);
    }

    /// What should be offered once more: what is pending, and what was taken in lately.
    fn to_offer(&self, lately: Vec<Arc<Record>>) -> Vec<Event> {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = lately.into_iter().map(|record| record.event.clone());
        lately.chain(pending.iter().cloned()).collect()
    }

    fn offered(&self, event: &Event) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.retain(|kept| kept.id != event.id);
    }

    /// Says once when Redis goes, and once when it is back.
    fn stands(&self, link: Link) {
        self.current.store(link == Link::Current, Ordering::Release);
        self.link.send_if_modified(|known| {
            if *known == link || matches!((*known, link), (Link::Away { .. }, Link::Away { .. })) {
                return false;
            }
            match link {
                Link::CatchingUp => tracing::info!("reading the shared event log"),
                Link::Current => tracing::info!("the shared event log is known to its end"),
                Link::Away { .. } => tracing::warn!(
                    "Redis cannot be reached: revocations that other replicas hear of are not known \
                     here until it is back"
                ),
            }
            *known = link;
            true
        });
    }
}
