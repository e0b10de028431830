//! Whether Redis still has the log that was read so far.
//!
//! A Redis that comes back empty, or with an older copy of what it had, may have been written to by
//! somebody else before anybody looks, so that its newest entry says nothing. Two things do: the log
//! has a name that is lost together with it, and the entry that was read last is where it was.

use super::{connections::Connections, entry};
use crate::revocation::log::Cursor;
use redis::{
    FromRedisValue, ParsingError, RedisResult, Value,
    aio::MultiplexedConnection,
    streams::{StreamId, StreamRangeReply},
};
use std::collections::HashMap;

/// A function that gives the log `stream` a name under `key` unless it has one: when it began, by
/// Redis's clock, and something that no other log of the same moment has. Whoever appends calls it
/// first, so that only a log from elsewhere has entries and no name: that one began nobody knows when.
pub(super) const NAMED: &str = "\
    local function named(stream, key, unique) \
        local name = redis.call('GET', key) \
        if name then return name end \
        local begun = '0' \
        if redis.call('EXISTS', stream) == 0 then \
            local now = redis.call('TIME') \
            begun = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000)) \
        end \
        name = begun .. '-' .. unique \
        redis.call('SET', key, name) \
        return name \
    end ";

/// The key of the name of the log `stream`.
pub(super) fn name_key(stream: &str) -> String {
    format!("{stream}:name")
}

/// What no other log of the same moment has in its name.
pub(super) fn unique() -> String {
    format!("{:016x}", fastrand::u64(..))
}

/// The log as it is found.
pub(super) struct Found {
    /// Its name.
    pub(super) name: String,
    /// Nothing of it is kept up to here.
    pub(super) begins: Cursor,
    /// The place of the newest entry, whether it is still there or not.
    pub(super) newest: Cursor,
    /// Whether the entry at the place that was asked about is gone with what came before or after it.
    pub(super) lost: bool,
}

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

/// Looks at the log. `position`: the entry that was read last.
pub(super) async fn look(
    connections: &Connections,
    connection: &mut MultiplexedConnection,
    position: Cursor,
) -> RedisResult<Found> {
    let stream = &connections.stream;
    let name: String = redis::cmd("EVAL")
        .arg(format!("{NAMED} return named(KEYS[1], KEYS[2], ARGV[1])"))
        .arg(2)
        .arg(stream)
        .arg(name_key(stream))
        .arg(unique())
        .query_async(connection)
        .await?;
    let begun = name.split('-').next().and_then(|millis| millis.parse().ok()).unwrap_or(0);
    let begun = Cursor { millis: begun, sequence: 0 };
    let exists: bool = redis::cmd("EXISTS").arg(stream).query_async(connection).await?;
    if !exists {
        return Ok(Found {
            name,
            begins: begun,
            newest: Cursor::START,
            lost: position > Cursor::START,
        });
    }
    let about: StreamInfo =
        redis::cmd("XINFO").arg("STREAM").arg(stream).query_async(connection).await?;
    let StreamInfo { last_generated_id, entries_added, length, first_entry } = about;
    let first = first_entry.as_ref().and_then(entry::cursor);
    let shortened = entries_added.is_none_or(|added| added > length);
    let oldest = first.filter(|_| shortened).map_or(Cursor::START, Cursor::before);
    let newest = last_generated_id.parse().unwrap_or(Cursor::START);
    let should_be_there = first.is_some_and(|first| first <= position);
    let lost = newest < position || (should_be_there && !has(stream, connection, position).await?);
    Ok(Found { name, begins: begun.max(oldest), newest, lost })
}

async fn has(
    stream: &str,
    connection: &mut MultiplexedConnection,
    place: Cursor,
) -> RedisResult<bool> {
    let place = place.to_string();
    let found: StreamRangeReply =
        redis::cmd("XRANGE").arg(stream).arg(&place).arg(&place).query_async(connection).await?;
    Ok(!found.ids.is_empty())
}
