//! Copies the stream into this process, from its beginning, and goes on wherever it was interrupted.

use super::{
    Link, Shared, Trouble,
    connections::{READ_MOST, READ_WAIT},
    continuity, entry,
    offers::Offers,
};
use crate::revocation::log::{Appended, Cursor};
use redis::{
    RedisError, RedisResult,
    aio::MultiplexedConnection,
    streams::{StreamId, StreamReadReply},
};
use std::{convert::Infallible, sync::Arc, time::Duration};

/// The wait before the first new attempt, which doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How long a read waits while there is something to offer.
const SHORT_WAIT: Duration = Duration::from_millis(1);

/// Never ends by itself.
pub(super) async fn follow(shared: Arc<Shared>) {
    let offers = Offers::new(Arc::clone(&shared));
    let mut reader =
        Reader { shared, position: Cursor::START, name: None, offers, wait: FIRST_WAIT };
    loop {
        let Err(error) = reader.read_on().await;
        let why = Trouble::of(&error);
        tracing::debug!(%why, "reading the shared event log was interrupted");
        reader.shared.interrupted(why);
        tokio::time::sleep(reader.wait).await;
        reader.wait = (reader.wait * 2).min(LONGEST_WAIT);
    }
}

struct Reader {
    shared: Arc<Shared>,
    /// The entry read last.
    position: Cursor,
    /// The name of the log that it was read from.
    name: Option<String>,
    offers: Offers,
    wait: Duration,
}

impl Reader {
    async fn read_on(&mut self) -> Result<Infallible, RedisError> {
        let connections = &self.shared.connections;
        let mut connection = connections.for_reading().await?;
        let found = continuity::look(connections, &mut connection, self.position).await?;
        self.shared.local.begin_at(found.begins);
        self.shared.tally.connections.one_more();
        self.shared.tally.ends_at(found.newest);
        self.shared.stands(Link::CatchingUp);
        let is_other = self.name.as_ref().is_some_and(|name| *name != found.name);
        if is_other || found.lost {
            tracing::warn!("Redis has lost its event log: it is written again from here");
            self.position = Cursor::START;
            self.offers.owe_everything();
        }
        self.name = Some(found.name);
        self.offers.connected();
        loop {
            let wait = if self.offers.is_due() { SHORT_WAIT } else { READ_WAIT };
            let entries = self.read(&mut connection, wait).await?;
            let is_end = entries.len() < READ_MOST;
            for entry in &entries {
                self.take_in(entry);
            }
            self.offers.make_some().await;
            if is_end {
                self.wait = FIRST_WAIT;
                self.shared.stands(Link::Current);
            }
        }
    }

    async fn read(
        &self,
        connection: &mut MultiplexedConnection,
        wait: Duration,
    ) -> RedisResult<Vec<StreamId>> {
        let reply: Option<StreamReadReply> = redis::cmd("XREAD")
            .arg("COUNT")
            .arg(READ_MOST)
            .arg("BLOCK")
            .arg(wait.as_millis().to_string())
            .arg("STREAMS")
            .arg(&self.shared.connections.stream)
            .arg(self.position.to_string())
            .query_async(connection)
            .await?;
        let keys = reply.map(|reply| reply.keys).unwrap_or_default();
        Ok(keys.into_iter().flat_map(|key| key.ids).collect())
    }

    fn take_in(&mut self, entry: &StreamId) {
        if let Some(cursor) = entry::cursor(entry) {
            self.position = self.position.max(cursor);
            self.shared.tally.read_to(cursor);
        }
        match entry::record(entry) {
            Some(record) => {
                let id = Arc::clone(&record.event.id);
                match self.shared.local.follow(record) {
                    Appended::New => self.shared.tally.applied.one_more(),
                    Appended::Known => self.shared.tally.known.one_more(),
                }
                self.shared.unread.forget(&id);
            }
            None => {
                tracing::warn!(entry = entry.id, "an entry of the shared event log is no event");
            }
        }
    }
}
