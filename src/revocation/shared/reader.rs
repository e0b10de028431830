//! Copies the stream into this process, from its beginning, and goes on wherever it was interrupted.

use super::{
    Link, Shared, Trouble,
    connections::{READ_MOST, READ_WAIT},
    entry,
};
use crate::revocation::log::{Appended, Cursor, Record};
use redis::{
    FromRedisValue, ParsingError, RedisError, RedisResult, Value,
    aio::MultiplexedConnection,
    streams::{StreamId, StreamReadReply},
};
use std::{collections::HashMap, convert::Infallible, sync::Arc, time::Duration};

/// The wait before the first new attempt, which doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// What was taken in within this time is offered again after an interruption: Redis may write its
/// files a second or so late.
const LATELY: Duration = Duration::from_secs(60);

/// What Redis says about the stream. Before version 7 it does not count what was ever added.
struct StreamInfo {
    last_generated_id: String,
    entries_added: Option<u64>,
    length: u64,
    first_entry: Option<StreamId>,
}

impl FromRedisValue for StreamInfo {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let mut fields: HashMap<String, Value> = redis::from_redis_value(value)?;
        let mut field = |name: &str| fields.remove(name).unwrap_or(Value::Nil);
        let first: Option<(String, HashMap<String, Value>)> =
            redis::from_redis_value(field("first-entry"))?;
        Ok(Self {
            last_generated_id: redis::from_redis_value(field("last-generated-id"))?,
            entries_added: redis::from_redis_value(field("entries-added"))?,
            length: redis::from_redis_value(field("length"))?,
            first_entry: first.map(|(id, map)| StreamId { id, map, ..StreamId::default() }),
        })
    }
}

/// Never ends by itself.
pub(super) async fn follow(shared: Arc<Shared>) {
    let mut reader = Reader { shared, position: Cursor::START, wait: FIRST_WAIT };
    loop {
        let Err(error) = reader.read_on().await;
        let why = Trouble::of(&error);
        tracing::debug!(%why, "reading the shared event log was interrupted");
        reader.shared.tally.interruptions.one_more();
        reader.shared.stands(Link::Away { since: reader.shared.clock.now(), why });
        tokio::time::sleep(reader.wait).await;
        reader.wait = (reader.wait * 2).min(LONGEST_WAIT);
    }
}

struct Reader {
    shared: Arc<Shared>,
    /// The entry read last.
    position: Cursor,
    wait: Duration,
}

impl Reader {
    async fn read_on(&mut self) -> Result<Infallible, RedisError> {
        let mut connection = self.shared.connections.for_reading().await?;
        let newest = self.newest(&mut connection).await?;
        self.shared.tally.connections.one_more();
        self.shared.tally.ends_at(newest);
        self.shared.stands(Link::CatchingUp);
        let lost = newest < self.position;
        if lost {
            tracing::warn!("Redis has lost its event log: it is written again from here");
            self.position = Cursor::START;
        }
        self.offer(lost).await?;
        loop {
            let entries = self.read(&mut connection).await?;
            let is_end = entries.len() < READ_MOST;
            for entry in &entries {
                self.take_in(entry);
            }
            if is_end {
                self.wait = FIRST_WAIT;
                self.shared.stands(Link::Current);
            }
        }
    }

    /// The place of the newest entry, whether it is still there or not. Tells the copy here where it
    /// begins, should older entries have been dropped.
    async fn newest(&self, connection: &mut MultiplexedConnection) -> RedisResult<Cursor> {
        let stream = &self.shared.connections.stream;
        let exists: bool = redis::cmd("EXISTS").arg(stream).query_async(connection).await?;
        if !exists {
            return Ok(Cursor::START);
        }
        let about: StreamInfo =
            redis::cmd("XINFO").arg("STREAM").arg(stream).query_async(connection).await?;
        let StreamInfo { last_generated_id, entries_added, length, first_entry } = about;
        if entries_added.is_none_or(|added| added > length)
            && let Some(first) = first_entry.as_ref().and_then(entry::cursor)
        {
            self.shared.local.begin_at(first.before());
        }
        Ok(last_generated_id.parse().unwrap_or(Cursor::START))
    }

    /// Offers again what Redis may not have: all of it, or what came lately.
    async fn offer(&self, all: bool) -> Result<(), RedisError> {
        let since = if all {
            Cursor::START
        } else {
            let lately = self.shared.clock.now().unix_millis();
            let lately = u64::try_from(lately).unwrap_or(0);
            let window = u64::try_from(LATELY.as_millis()).unwrap_or(u64::MAX);
            Cursor { millis: lately.saturating_sub(window), sequence: 0 }
        };
        for event in self.shared.to_offer(self.shared.local.since(since)) {
            self.shared.writer.append(&event).await?;
            self.shared.offered(&event);
        }
        Ok(())
    }

    async fn read(&self, connection: &mut MultiplexedConnection) -> RedisResult<Vec<StreamId>> {
        let reply: Option<StreamReadReply> = redis::cmd("XREAD")
            .arg("COUNT")
            .arg(READ_MOST)
            .arg("BLOCK")
            .arg(READ_WAIT.as_millis().to_string())
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
            Some(record @ Record { .. }) => match self.shared.local.follow(record) {
                Appended::New => self.shared.tally.applied.one_more(),
                Appended::Known => self.shared.tally.known.one_more(),
            },
            None => {
                tracing::warn!(entry = entry.id, "an entry of the shared event log is no event");
            }
        }
    }
}
