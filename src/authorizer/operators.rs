//! What operators order by hand. Every use is written to the audit log.

use super::order::{Order, OrderTarget};
use crate::{
    core::{
        clock::{SharedClock, Timestamp},
        id::InstanceName,
        peer::PeerNames,
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
    /// Of the token, where there is one.
    token: Option<[u8; 32]>,
    clients: Box<[Box<str>]>,
    instances: Vec<InstanceName>,
    log: EventLog,
    clock: SharedClock,
    longest: Duration,
}

/// Who is an operator: whoever shows the one, or comes as one of the others.
#[derive(Clone, Debug)]
pub struct Admitted<'a> {
    /// What they show.
    pub token: Option<&'a SecretString>,
    /// Names of which their certificate has one.
    pub clients: &'a [Box<str>],
}

/// Who calls.
#[derive(Clone, Debug, Default)]
pub struct Calling<'a> {
    /// What they show.
    pub token: Option<&'a str>,
    /// The names in the certificate that their connection was made with.
    pub names: Option<&'a PeerNames>,
    /// Where they call from, as far as the door can tell.
    pub from: String,
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
    /// Takes orders from whoever is `admitted`, for blocks of at most `longest`.
    ///
    /// # Errors
    /// [`WeakToken`] if it could be guessed.
    pub fn new(
        Admitted { token, clients }: Admitted<'_>,
        instances: Vec<InstanceName>,
        log: EventLog,
        clock: SharedClock,
        longest: Duration,
    ) -> Result<Self, WeakToken> {
        let token = token.map(|token| token.expose_secret().trim());
        if token.is_some_and(|token| token.len() < MIN_TOKEN_BYTES) {
            return Err(WeakToken);
        }
        let (token, clients) = (token.map(hash), clients.into());
        Ok(Self { token, clients, instances, log, clock, longest })
    }

    /// Lets an operator in: by the credential, or by a name in their certificate. A credential that is
    /// shown must be right, whatever the certificate says.
    ///
    /// # Errors
    /// [`OrderRefused::Stranger`] for everybody else.
    pub fn admit(&self, calling: Calling<'_>) -> Result<Operator<'_>, OrderRefused> {
        let Calling { token, names, from } = calling;
        let by = match names {
            None => from,
            Some(names) => format!("{from} with the certificate of {names:?}"),
        };
        let known = match (token, self.token) {
            (Some(token), Some(right)) => {
                constant_time::verify_slices_are_equal(&hash(token), &right).is_ok()
            }
            (Some(_), None) => false,
            (None, _) => {
                names.is_some_and(|names| self.clients.iter().any(|name| names.contains(name)))
            }
        };
        if known {
            return Ok(Operator { operators: self, by });
        }
        tracing::warn!(target: "bailiff::audit", outcome = "stranger", by, "operator");
        Err(OrderRefused::Stranger)
    }
}

impl Operator<'_> {
    /// Writes down that what was asked for could not be understood.
    pub fn misspoke(self, problem: &str) {
        let by = self.by;
        tracing::warn!(target: "bailiff::audit", outcome = "malformed", problem, by, "operator");
    }

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
