//! What Clerk told of: an event that has been verified.

use super::{clock::Timestamp, id::InstanceName};
use std::{fmt, sync::Arc};

/// One event.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// The message's own id; a message that is delivered again keeps it.
    pub id: Arc<str>,
    /// The Clerk instance it is about.
    pub instance: InstanceName,
    /// What happened: `user.updated`.
    pub kind: Arc<str>,
    /// When, by Clerk's clock.
    pub occurred_at: Timestamp,
    /// The whole message, JSON as it was signed.
    pub payload: Arc<str>,
}

impl fmt::Debug for Event {
    /// Without the payload, which holds people's data.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, instance, kind, occurred_at, payload } = self;
        formatter
            .debug_struct("Event")
            .field("id", id)
            .field("instance", instance)
            .field("kind", kind)
            .field("occurred_at", occurred_at)
            .field("payload", &format_args!("{} bytes", payload.len()))
            .finish()
    }
}
