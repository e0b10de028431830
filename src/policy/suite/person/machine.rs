//! Callers that are no person.

use super::super::{super::document::Node, reader::Reader};
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
    fn named(kind: MachineKind, name: &str) -> Self {
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
pub(in crate::policy) const fn keys(kind: MachineKind) -> &'static [&'static str] {
    match kind {
        MachineKind::ApiKey => &["id", "subject", "scopes", "name", "actor", "claims"],
        MachineKind::M2mToken => &["id", "subject", "scopes", "claims"],
        MachineKind::OauthToken => {
            &["id", "subject", "scopes", "client", "organization", "actor", "claims"]
        }
    }
}

/// Reads what is said of a machine.
pub(super) fn read(
    reader: &mut Reader<'_>,
    kind: MachineKind,
    name: &str,
    node: &Node,
) -> Option<MachineFacts> {
    let mut facts = MachineFacts::named(kind, name);
    for entry in reader.map(node, "a machine")? {
        let node = &entry.value;
        match (&*entry.key, kind) {
            ("id", _) => facts.id = reader.name(node, "`id`").unwrap_or(facts.id),
            ("subject", _) => {
                facts.subject = reader.name(node, "`subject`").unwrap_or(facts.subject);
            }
            ("scopes", _) => facts.scopes = scopes(reader, node),
            ("claims", _) => facts.claims = reader.object(node, "`claims`").unwrap_or_default(),
            ("name", MachineKind::ApiKey) => {
                facts.name = reader.text(node, "`name`").map(Into::into);
            }
            ("actor", MachineKind::ApiKey | MachineKind::OauthToken) => {
                facts.actor = reader.name(node, "`actor`");
            }
            ("organization", MachineKind::OauthToken) => {
                facts.organization = reader.name(node, "`organization`");
            }
            ("client", MachineKind::OauthToken) => facts.client = reader.name(node, "`client`"),
            _ => reader.unknown_key(entry, "a machine of this kind", keys(kind)),
        }
    }
    Some(facts)
}

fn scopes(reader: &mut Reader<'_>, node: &Node) -> Vec<Box<str>> {
    let list = reader.list(node, "`scopes`").unwrap_or_default();
    list.iter().filter_map(|node| reader.name(node, "a scope")).collect()
}
