//! Takes in what Clerk tells by webhook: verified, told apart by instance, kept before it is
//! acknowledged.

pub use crate::revocation::log::Appended;

use super::order::ORDER_KIND;
use crate::{
    clerk::webhook::{Message, MessageError, SignatureError, Signed, SigningSecret},
    core::{clock::Timestamp, id::InstanceName},
    revocation::log::{AppendError, EventLog},
};
use thiserror::Error;

/// The webhook endpoint of one Clerk instance.
#[derive(Debug)]
pub struct Endpoint {
    /// The instance, by its name in the settings.
    pub instance: InstanceName,
    /// Its id at Clerk, `ins_...`, where the settings name it: messages about others are not taken.
    pub instance_id: Option<Box<str>>,
    /// Its signing secrets; while one replaces another there are two.
    pub secrets: Vec<SigningSecret>,
}

/// Takes messages in.
#[derive(Debug)]
pub struct Intake {
    endpoints: Vec<Endpoint>,
    log: EventLog,
}

/// Why a message was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IntakeError {
    /// No such endpoint.
    #[error("no webhook is configured for this instance")]
    NoEndpoint,
    /// It is not Clerk's.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It is Clerk's, and cannot be read.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// It is not safe yet; Clerk must send it again.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl IntakeError {
    /// The name used in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoEndpoint => "no_endpoint",
            Self::Signature(SignatureError::Id) => "malformed_id",
            Self::Signature(SignatureError::Timestamp) => "malformed_timestamp",
            Self::Signature(SignatureError::TooOld) => "too_old",
            Self::Signature(SignatureError::TooNew) => "too_new",
            Self::Signature(SignatureError::NoMatch) => "invalid_signature",
            Self::Message(MessageError::Malformed) => "malformed",
            Self::Message(MessageError::OtherInstance) => "other_instance",
            Self::Append(AppendError) => "not_stored",
        }
    }
}

impl Intake {
    /// Takes in messages for these endpoints.
    #[must_use]
    pub const fn new(endpoints: Vec<Endpoint>, log: EventLog) -> Self {
        Self { endpoints, log }
    }

    /// The endpoint of the instance of that name; without a name, the only one there is.
    fn endpoint(&self, name: Option<&str>) -> Option<&Endpoint> {
        match (name, &*self.endpoints) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(name), endpoints) => {
                endpoints.iter().find(|endpoint| endpoint.instance.as_str() == name)
            }
        }
    }

    /// Whether messages for the instance of that name are expected at all.
    #[must_use]
    pub fn expects(&self, name: Option<&str>) -> bool {
        self.endpoint(name).is_some()
    }

    /// Takes a message in. When this succeeds the event is safe.
    ///
    /// # Errors
    /// [`IntakeError`] says why it was not taken in.
    pub async fn receive(
        &self,
        name: Option<&str>,
        signed: Signed<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Appended, IntakeError> {
        let Endpoint { instance, instance_id, secrets } =
            self.endpoint(name).ok_or(IntakeError::NoEndpoint)?;
        signed.verify(body, secrets, now)?;
        let message = Message::read(signed.id, body, instance, instance_id.as_deref())?;
        // Operators' orders travel in the same log. Whoever knows the secret of a webhook is no
        // operator, and could take back what one has ordered.
        if *message.event.kind == *ORDER_KIND {
            return Err(MessageError::Malformed.into());
        }
        Ok(self.log.append(message.event, now).await?)
    }
}
