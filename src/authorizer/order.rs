//! An operator's order to refuse somebody, on its way through the log of events.

use crate::core::{
    clock::Timestamp,
    event::Event,
    id::{InstanceName, OrganizationId, SessionId, UserId},
    notice::{Measure, Notice, Target},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The kind of the event that an order travels as. Clerk names none like it.
pub const ORDER_KIND: &str = "bailiff.revocation";

/// Whom an order is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderTarget {
    /// A session.
    Session(String),
    /// A user.
    User(String),
    /// Everybody while that organization is active.
    Organization(String),
}

/// What an operator orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Whom it is about.
    pub target: OrderTarget,
    /// Until when it holds, in Unix milliseconds; absent where an earlier order is taken back.
    pub until: Option<i64>,
    /// Why, in the operator's words. For the log.
    pub why: String,
    /// Who gave it, as far as that is known. For the log.
    pub by: String,
}

/// A record in the log that calls itself an order and is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the record is no order")]
pub struct OrderError;

impl Order {
    /// The event that carries it.
    ///
    /// # Errors
    /// [`OrderError`] if it cannot be written.
    pub fn to_event(
        &self,
        id: &str,
        instance: &InstanceName,
        now: Timestamp,
    ) -> Result<Event, OrderError> {
        Ok(Event {
            id: id.into(),
            instance: instance.clone(),
            kind: ORDER_KIND.into(),
            occurred_at: now,
            payload: serde_json::to_string(self).map_err(|_| OrderError)?.into(),
        })
    }

    /// What it comes to.
    ///
    /// # Errors
    /// [`OrderError`] if the event is no order.
    pub fn notice(event: &Event) -> Result<Notice, OrderError> {
        let order: Self = serde_json::from_str(&event.payload).map_err(|_| OrderError)?;
        let target = match order.target {
            OrderTarget::Session(id) => Target::Session(SessionId::new(&id)),
            OrderTarget::User(id) => Target::User(UserId::new(&id)),
            OrderTarget::Organization(id) => Target::Organization(OrganizationId::new(&id)),
        };
        let measure = order.until.map_or(Measure::Unblocked, |until| Measure::Blocked {
            until: Timestamp::from_unix_millis(until),
        });
        Ok(Notice { target, measure, at: event.occurred_at })
    }
}
