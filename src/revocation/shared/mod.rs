//! The log that replicas share: a Redis stream, appended to by whoever hears of an event and copied
//! by everybody.
//!
//! Nothing is lost where Redis is: what could not be appended is in force here at once, is offered
//! again as soon as Redis is back, and is not acknowledged meanwhile. What was appended is in force once
//! it is read back, or once it is known that it cannot be. Whatever this replica took in lately is
//! offered again after every interruption too, since a Redis that was killed may have lost its last
//! moments, and all of it where Redis has lost the log; an event that is there already is recognised by
//! its id. What was handed in here is kept until it has been read back.

mod connections;
mod continuity;
mod entry;
mod offers;
mod reader;
mod tally;
mod trouble;
mod unread;
mod writer;

pub use connections::{RedisAddressError, RedisSettings};
pub use trouble::Trouble;

use super::log::{AppendError, Appended, LocalLog, SharedState, SharedStatus};
use crate::core::{
    clock::{SharedClock, Timestamp},
    event::Event,
};
use connections::Connections;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tally::Tally;
use tokio::{sync::watch, task::AbortHandle};
use unread::Unread;
use writer::Writer;

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
        /// Why, as of the last attempt.
        why: Trouble,
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
    /// Handed in here, and not read back yet.
    unread: Unread,
    tally: Tally,
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
        let shared = Arc::new(Shared::new(settings, local, clock, current)?);
        let reader = tokio::spawn(reader::follow(Arc::clone(&shared))).abort_handle();
        Ok(Self { shared, reader })
    }

    /// Appends an event. Where that fails, or where Redis takes it but cannot be read, it is in force in
    /// this process all the same.
    ///
    /// # Errors
    /// [`AppendError`] if Redis did not say that it has it.
    pub async fn append(&self, event: Event) -> Result<Appended, AppendError> {
        self.shared.unread.keep(event.clone(), self.shared.clock.now());
        match self.shared.writer.append(&event).await {
            Ok(appended) => {
                if self.shared.local.knows(&event.id) {
                    self.shared.unread.forget(&event.id);
                } else if self.shared.is_away() {
                    self.shared.local.put_in_force(&event);
                }
                Ok(appended)
            }
            Err(error) => {
                let why = Trouble::of(&error);
                tracing::warn!(event = %event.id, %why, "an event cannot be stored in Redis");
                self.shared.tally.appends_failed.one_more();
                self.shared.local.put_in_force(&event);
                Err(AppendError)
            }
        }
    }

    /// How it stands, as that changes.
    #[must_use]
    pub fn link(&self) -> watch::Receiver<Link> {
        self.shared.link.subscribe()
    }

    /// How it stands now, with what happened on the way.
    #[must_use]
    pub fn status(&self) -> SharedStatus {
        let Shared { clock, link, unread, tally, .. } = &*self.shared;
        let (state, lag) = match *link.borrow() {
            Link::CatchingUp => {
                (SharedState::CatchingUp, Duration::from_millis(tally.behind_millis()))
            }
            Link::Current => (SharedState::Current, Duration::ZERO),
            Link::Away { since, why } => {
                (SharedState::Away { since, why: why.as_str() }, clock.now().since(since))
            }
        };
        let newest = tally.newest_read().and_then(|millis| i64::try_from(millis).ok());
        SharedStatus {
            state,
            entries_applied: tally.applied.get(),
            entries_known: tally.known.get(),
            interruptions: tally.interruptions.get(),
            connections: tally.connections.get(),
            appends_failed: tally.appends_failed.get(),
            pending: unread.len(),
            newest: newest.map(Timestamp::from_unix_millis),
            lag,
        }
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
    fn new(
        settings: &RedisSettings,
        local: Arc<LocalLog>,
        clock: SharedClock,
        current: Arc<AtomicBool>,
    ) -> Result<Self, RedisAddressError> {
        let connections = Connections::new(settings)?;
        let writer = Writer::new(&connections, settings);
        Ok(Self {
            local,
            connections,
            writer,
            clock,
            link: watch::Sender::new(Link::CatchingUp),
            current,
            unread: Unread::default(),
            tally: Tally::default(),
        })
    }

    /// Redis cannot be read any more.
    fn interrupted(&self, why: Trouble) {
        self.tally.interruptions.one_more();
        self.stands(Link::Away { since: self.clock.now(), why });
    }

    /// Whether events that Redis takes are not read back for now.
    fn is_away(&self) -> bool {
        matches!(*self.link.borrow(), Link::Away { .. })
    }

    /// Says once when Redis goes, once more whenever there is another reason, and once when it is
    /// back.
    ///
    /// What Redis has taken from here and was not read back counts from the moment that it goes: it has
    /// been acknowledged, so nobody will send it again. That happens before anybody can see that it is
    /// away, so that whatever is handed in too late for it is seen to be by whoever hands it in.
    fn stands(&self, link: Link) {
        self.current.store(link == Link::Current, Ordering::Release);
        self.link.send_if_modified(|known| {
            // It is away since it went, however often it has been tried since.
            let link = match (*known, link) {
                (Link::Away { since, .. }, Link::Away { why, .. }) => Link::Away { since, why },
                (_, link) => link,
            };
            if *known == link {
                return false;
            }
            if matches!((*known, link), (Link::CatchingUp | Link::Current, Link::Away { .. })) {
                for event in self.unread.waiting_for(Duration::ZERO, self.clock.now()) {
                    self.local.put_in_force(&event);
                }
            }
            match link {
                Link::CatchingUp => tracing::info!("reading the shared event log"),
                Link::Current => tracing::info!("the shared event log is known to its end"),
                Link::Away { why, .. } => tracing::warn!(
                    %why,
                    "Redis cannot be reached: revocations that other replicas hear of are not known \
                     here until it is back"
                ),
            }
            *known = link;
            true
        });
    }
}

#[cfg(test)]
mod tests;
