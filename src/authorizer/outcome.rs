//! A decision together with what logs, metrics and callers want to know about it.

use crate::core::{decision::Decision, id::InstanceName, identity::Identity};

/// The door a question came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Envoy's `Check`.
    ExtAuthz,
    /// Bailiff's own gRPC service.
    Authorize,
    /// A proxy's sub-request over HTTP.
    ForwardAuth,
    /// The `AuthZEN` API.
    Authzen,
}

impl Door {
    /// Every door.
    pub const ALL: &'static [Self] =
        &[Self::ExtAuthz, Self::Authorize, Self::ForwardAuth, Self::Authzen];

    /// The name used in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ExtAuthz => "ext_authz",
            Self::Authorize => "authorize",
            Self::ForwardAuth => "forward_auth",
            Self::Authzen => "authzen",
        }
    }
}

/// The answer to one question.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was decided.
    pub decision: Decision,
    /// Who asked, as far as that was looked at.
    pub identity: Identity,
    /// The Clerk instance that was asked about the identity.
    pub instance: Option<InstanceName>,
}
