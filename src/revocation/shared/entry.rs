//! An event as an entry of the stream.

use crate::{
    core::{clock::Timestamp, event::Event, id::InstanceName},
    revocation::log::{Cursor, Record},
};
use redis::streams::StreamId;

pub(super) const ID: &str = "id";
pub(super) const INSTANCE: &str = "instance";
pub(super) const KIND: &str = "kind";
pub(super) const OCCURRED_AT: &str = "occurred_at";
pub(super) const PAYLOAD: &str = "payload";

/// Reads an entry. `None` where it is none of ours.
pub(super) fn record(entry: &StreamId) -> Option<Record> {
    let text = |field| entry.get::<String>(field);
    let event = Event {
        id: text(ID)?.into(),
        instance: InstanceName::new(&text(INSTANCE)?),
        kind: text(KIND)?.into(),
        occurred_at: Timestamp::from_unix_millis(entry.get(OCCURRED_AT)?),
        payload: text(PAYLOAD)?.into(),
    };
    Some(Record { cursor: cursor(entry)?, event })
}

pub(super) fn cursor(entry: &StreamId) -> Option<Cursor> {
    entry.id.parse().ok()
}
