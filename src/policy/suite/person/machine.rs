//! Callers that are no person.

use crate::core::{machine::MachineKind, question::JsonObject};

/// A machine, as Clerk knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineFacts {
    /// What it presents.
    pub kind: MachineKind,
    /// The credential's id; `ak_`, `mt_` or `oat_` and the name unless it is written.
    pub id: Box<str>,
    /// Whom it acts for; `mch_` (machine-to-machine tokens) or `user_` and the name unless it is
    /// written.
    pub subject: Box<str>,
    /// What it was granted.
    pub scopes: Vec<Box<str>>,
    /// The name of an API key.
    pub name: Option<Box<str>>,
    /// The application of an OAuth token.
    pub client: Option<Box<str>>,
    /// The id of the organization that an OAuth token is for.
    pub organization: Option<Box<str>>,
    /// The id of whoever acts as the subject.
    pub actor: Option<Box<str>>,
    /// Custom claims.
    pub claims: JsonObject,
}

impl MachineFacts {
    pub(super) fn named(kind: MachineKind, name: &str) -> Self {
        let (credential, subject) = match kind {
            MachineKind::ApiKey => ("ak", "user"),
            MachineKind::M2mToken => ("mt", "mch"),
            MachineKind::OauthToken => ("oat", "user"),
        };
        Self {
            kind,
            id: format!("{credential}_{name}").into(),
            subject: format!("{subject}_{name}").into(),
            scopes: Vec::new(),
            name: None,
            client: None,
            organization: None,
            actor: None,
            claims: JsonObject::new(),
        }
    }
}

const KINDS: [MachineKind; 3] =
    [MachineKind::ApiKey, MachineKind::M2mToken, MachineKind::OauthToken];

/// The kind that a key of a person stands for.
pub(super) fn kind(word: &str) -> Option<MachineKind> {
    KINDS.into_iter().find(|kind| key(*kind) == word)
}

/// The key of a person that stands for a kind.
pub(super) const fn key(kind: MachineKind) -> &'static str {
    match kind {
        MachineKind::ApiKey => "api_key",
        MachineKind::M2mToken => "m2m_token",
        MachineKind::OauthToken => "oauth_token",
    }
}

/// What can be said of a kind.
pub(super) const fn keys(kind: MachineKind) -> &'static [&'static str] {
    match kind {
        MachineKind::ApiKey => &["id", "subject", "scopes", "name", "actor", "claims"],
        MachineKind::M2mToken => &["id", "subject", "scopes", "claims"],
        MachineKind::OauthToken => {
            &["id", "subject", "scopes", "client", "organization", "actor", "claims"]
        }
    }
}
