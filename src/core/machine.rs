//! Callers that are no person with a session: API keys, machines, and applications with a grant.

use super::{
    clock::Timestamp,
    credential::CredentialKind,
    id::{InstanceName, OrganizationId, UserId},
    identity::{Actor, SignedClaims},
};

/// The kind of a machine credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MachineKind {
    /// An API key.
    ApiKey,
    /// A machine-to-machine token.
    M2mToken,
    /// An OAuth access token.
    OauthToken,
}

impl MachineKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::ApiKey, Self::M2mToken, Self::OauthToken];

    /// The name used in policies and on every wire, that of the [`CredentialKind`].
    #[must_use]
    pub fn as_str(self) -> &'static str {
        CredentialKind::from(self).as_str()
    }
}

impl From<MachineKind> for CredentialKind {
    fn from(kind: MachineKind) -> Self {
        match kind {
            MachineKind::ApiKey => Self::ApiKey,
            MachineKind::M2mToken => Self::M2mToken,
            MachineKind::OauthToken => Self::OauthToken,
        }
    }
}

/// Whoever a verified machine credential stands for.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The instance that vouches for it.
    pub instance: InstanceName,
    /// The kind of its credential.
    pub kind: MachineKind,
    /// The credential's own id, `ak_...`, `mt_...`, `oat_...`. Not the credential.
    pub id: Box<str>,
    /// Whom it acts for: `user_...`, `org_...` or `mch_...`.
    pub subject: Box<str>,
    /// The user it acts for, where the subject is one.
    pub user: Option<UserId>,
    /// The organization it acts for: an API key's subject, or an OAuth token's `org_id`.
    pub organization: Option<OrganizationId>,
    /// The OAuth application.
    pub client: Option<Box<str>>,
    /// The name an API key was given.
    pub name: Option<Box<str>>,
    /// What it was granted.
    pub scopes: Box<[Box<str>]>,
    /// Who acts as the subject, where somebody does.
    pub actor: Option<Actor>,
    /// The claims of a JWT as they were signed, or the custom claims of an opaque credential; `{}` where
    /// there are none.
    pub claims: SignedClaims,
    /// Of when what is known of it is: when a JWT was issued, when Clerk vouched for an opaque
    /// credential.
    pub as_of: Option<Timestamp>,
    /// When it ends; `None` for one that does not.
    pub expires_at: Option<Timestamp>,
}

impl Machine {
    /// Whether the scope was granted, spelt exactly so.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| **granted == *scope)
    }
}
