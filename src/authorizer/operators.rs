//! What operators order by hand. Every use is written to the audit log.

use super::order::{Order, OrderTarget};
use crate::{
    core::{
        clock::{SharedClock, Timestamp},
        id::InstanceName,
    },
    revocation::log::EventLog,
};
use aws_lc_rs::{constant_time, digest, rand};
use secrecy::{ExposeSecret as _, SecretString};
use std::{fmt, time::Duration};
use thiserror::Error;

/// The shortest credential that may open this door.
pub const MIN_TOKEN_BYTES: usize = 24;

/// Takes orders.
pub struct Operators {
    token: [u8; 32],
    instances: Vec<InstanceName>,
    log: EventLog,
    clock: SharedClock,
    longest: Duration,
}

/// The credential in the settings is too short to keep anybody out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the operator token has at least {MIN_TOKEN_BYTES} bytes")]
pub struct WeakToken;

/// Why an order was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OrderRefused {
    /// Not an operator.
    #[error("the call carries no operator credential")]
    Stranger,
    /// No such instance.
    #[error("no Clerk instance of this name is configured")]
    UnknownInstance,
    /// For no time, or for longer than orders are kept.
    #[error("an order holds for at least a second and at most {} days", .0.as_secs() / 86_400)]
    Duration(Duration),
    /// It could not be kept for all replicas. Here it is in force.
    #[error(
        "the order is in force in this replica and cannot be passed on to the others right now"
    )]
    NotStored,
}

/// An order that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its name in the audit log.
    pub id: String,
    /// Until when it holds; `None` for one that takes another back.
    pub until: Option<Timestamp>,
}

/// What an operator asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The instance; the first one if absent.
    pub instance: Option<String>,
    /// Whom it is about.
    pub target: OrderTarget,
    /// For how long; `None` takes an earlier order back.
    pub lasting: Option<Duration>,
    /// Why.
    pub why: String,
}

/// Somebody who has shown the credential.
#[derive(Debug)]
pub struct Operator<'a> {
    operators: &'a Operators,
    by: String,
}

impl Operators {
    /// Takes orders from whoever knows `token`, for blocks of at most `longest`.
    ///
    /// # Errors
    /// [`WeakToken`] if it could be guessed.
    pub fn new(
        token: &SecretString,
        instances: Vec<InstanceName>,
        log: EventLog,
        clock: SharedClock,
        longest: Duration,
    ) -> Result<Self, WeakToken> {
        let token = token.expose_secret().trim();
        if token.len() < MIN_TOKEN_BYTES {
            return Err(WeakToken);
        }
        Ok(Self { token: hash(token), instances, log, clock, longest })
    }

    /// Lets an operator in who carries the credential. `by`: who calls, as far as the door can tell.
    ///
    /// # Errors
    /// [`OrderRefused::Stranger`] for everybody else.
    pub fn admit(&self, token: Option<&str>, by: String) -> Result<Operator<'_>, OrderRefused> {
        let known = token.is_some_and(|token| {
            constant_time::verify_slices_are_equal(&hash(token), &self.token).is_ok()
        });
        if known {
            return Ok(Operator { operators: self, by });
        }
        tracing::warn!(target: "bailiff::audit", outcome = "stranger", by, "operator");
        Err(OrderRefused::Stranger)
    }
}

impl Operator<'_> {
    /// Gives an order.
    ///
    /// # Errors
    /// [`OrderRefused`] says why it was not taken.
    pub async fn order(self, asked: Asked) -> Result<Taken, OrderRefused> {
        let outcome = self.take(&asked).await;
        let (Self { by, .. }, Asked { instance, target, lasting, why }) = (self, asked);
        let seconds = lasting.map(|lasting| lasting.as_secs());
        match &outcome {
            Ok(taken) => tracing::info!(
                target: "bailiff::audit",
                operation = if lasting.is_some() { "revoke" } else { "reinstate" },
                outcome = "taken", id = taken.id, instance, ?target, seconds, why, by,
                "operator"
            ),
            Err(error) => tracing::warn!(
                target: "bailiff::audit",
                operation = if lasting.is_some() { "revoke" } else { "reinstate" },
                outcome = %error, instance, ?target, seconds, why, by,
                "operator"
            ),
        }
        outcome
    }

    async fn take(&self, asked: &Asked) -> Result<Taken, OrderRefused> {
        let Operators { instances, log, clock, longest, .. } = self.operators;
        let instance = match &asked.instance {
            None => instances.first(),
            Some(name) => instances.iter().find(|known| known.as_str() == name),
        };
        let instance = instance.ok_or(OrderRefused::UnknownInstance)?;
        let fitting = Duration::from_secs(1)..=*longest;
        if asked.lasting.is_some_and(|lasting| !fitting.contains(&lasting)) {
            return Err(OrderRefused::Duration(*longest));
        }
        let now = clock.now();
        let until = asked.lasting.map(|lasting| now.plus(lasting));
        let order = Order {
            target: asked.target.clone(),
            until: until.map(Timestamp::unix_millis),
            why: asked.why.clone(),
            by: self.by.clone(),
        };
        let id = order_id();
        let event = order.to_event(&id, instance, now).map_err(|_| OrderRefused::NotStored)?;
        log.append(event, now).await.map_err(|_| OrderRefused::NotStored)?;
        Ok(Taken { id, until })
    }
}

fn order_id() -> String {
    let mut bytes = [0_u8; 8];
    // Only a name: should the system have no randomness, two orders share one and the second counts
    // as the first come again, so fall back to something else.
    if rand::fill(&mut bytes).is_err() {
        bytes = fastrand::u64(..).to_be_bytes();
    }
    format!("order_{:016x}", u64::from_be_bytes(bytes))
}

fn hash(token: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    bytes
}

impl fmt::Debug for Operators {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Operators")
    }
}

#[cfg(test)]
mod tests;
