//! The envelope that every event comes in.

use crate::core::{clock::Timestamp, event::Event, id::InstanceName};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::str;
use thiserror::Error;

/// The largest message, in bytes. Clerk's are a few kilobytes.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// The longest name of a kind of event, in bytes.
const MAX_KIND_BYTES: usize = 128;

/// Dates from here on are milliseconds; smaller ones are seconds. Clerk writes both.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// A message whose signature has been checked.
#[derive(Clone, Debug)]
pub struct Message {
    /// The event.
    pub event: Event,
    /// What it is about.
    pub data: Map<String, Value>,
}

/// Why a signed message is no event of the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MessageError {
    /// Not JSON, or not the envelope.
    #[error("the message is no event")]
    Malformed,
    /// It is about another Clerk instance.
    #[error("the message is about another Clerk instance")]
    OtherInstance,
}

#[derive(Deserialize)]
struct Envelope {
    object: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    instance_id: Option<String>,
    timestamp: i64,
    data: Map<String, Value>,
}

impl Message {
    /// Reads a body.
    ///
    /// `instance_id`: the id of the Clerk instance, `ins_...`, where it is known; a message that names
    /// another one, or none, is then not taken.
    ///
    /// # Errors
    /// [`MessageError`] says why it is no event of that instance.
    pub fn read(
        id: &str,
        body: &[u8],
        instance: &InstanceName,
        instance_id: Option<&str>,
    ) -> Result<Self, MessageError> {
        let text = str::from_utf8(body).map_err(|_| MessageError::Malformed)?;
        let Envelope { object, kind, instance_id: named, timestamp, data } =
            serde_json::from_str(text).map_err(|_| MessageError::Malformed)?;
        let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let sound = !kind.is_empty() && kind.len() <= MAX_KIND_BYTES && kind.bytes().all(word);
        if object != "event" || !sound || timestamp < 0 {
            return Err(MessageError::Malformed);
        }
        if instance_id.is_some_and(|known| named.as_deref() != Some(known)) {
            return Err(MessageError::OtherInstance);
        }
        let occurred_at = if timestamp >= MILLISECONDS_FROM {
            Timestamp::from_unix_millis(timestamp)
        } else {
            Timestamp::from_unix_seconds(timestamp)
        };
        let event = Event {
            id: id.into(),
            instance: instance.clone(),
            kind: kind.into(),
            occurred_at,
            payload: text.into(),
        };
        Ok(Self { event, data })
    }
}

#[cfg(test)]
mod tests;
