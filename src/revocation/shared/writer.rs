//! Appends to the stream, each event once.

use super::{
    connections::{Connections, RedisSettings},
    continuity::{NAMED, name_key, unique},
    entry::{ID, INSTANCE, KIND, OCCURRED_AT, PAYLOAD},
};
use crate::{core::event::Event, revocation::log::Appended};
use redis::{RedisError, RedisResult, aio::ConnectionManager};
use std::{fmt, time::Duration};

/// Looks for the id, sees that the log has a name, appends, then remembers the id: in one step, and in
/// an order in which a failure leaves nothing remembered that is not there.
const APPEND: &str = "\
    if redis.call('EXISTS', KEYS[2]) == 1 then return false end \
    named(KEYS[1], KEYS[3], ARGV[3]) \
    local place = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', unpack(ARGV, 4)) \
    redis.call('SET', KEYS[2], place, 'EX', ARGV[2]) \
    return place";

pub(super) struct Writer {
    connection: RedisResult<ConnectionManager>,
    prefix: String,
    stream: String,
    script: String,
    records: usize,
    ids: Duration,
}

impl Writer {
    pub(super) fn new(connections: &Connections, settings: &RedisSettings) -> Self {
        Self {
            connection: connections.for_writing(),
            prefix: settings.prefix.clone(),
            stream: connections.stream.clone(),
            script: format!("{NAMED} {APPEND}"),
            records: settings.records,
            ids: settings.ids,
        }
    }

    pub(super) async fn append(&self, event: &Event) -> Result<Appended, RedisError> {
        let mut connection = self.connection.clone()?;
        let place: Option<String> = redis::cmd("EVAL")
            .arg(&self.script)
            .arg(3)
            .arg(&self.stream)
            .arg(format!("{{{}}}:seen:{}", self.prefix, event.id))
            .arg(name_key(&self.stream))
            .arg(self.records)
            .arg(self.ids.as_secs().max(1))
            .arg(unique())
            .arg(ID)
            .arg(&*event.id)
            .arg(INSTANCE)
            .arg(event.instance.as_str())
            .arg(KIND)
            .arg(&*event.kind)
            .arg(OCCURRED_AT)
            .arg(event.occurred_at.unix_millis())
            .arg(PAYLOAD)
            .arg(&*event.payload)
            .query_async(&mut connection)
            .await?;
        Ok(if place.is_some() { Appended::New } else { Appended::Known })
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Writer").field("stream", &self.stream).finish_non_exhaustive()
    }
}
