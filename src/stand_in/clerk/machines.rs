//! Opaque machine credentials: issued, revoked and ended at will, and the machines that may ask.

use crate::{
    core::{clock::Timestamp, machine::MachineKind},
    stand_in::tokens::random_hex,
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What a credential is issued for.
#[derive(Clone, Debug)]
pub struct Grant {
    kind: MachineKind,
    subject: String,
    client: Option<String>,
    /// What it may be used for; for a machine-to-machine token, the machines it is meant for.
    pub scopes: Vec<String>,
    /// Claims that whoever made it gave it.
    pub claims: Option<Value>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// Whom an OAuth access token is meant for.
    pub audience: Vec<String>,
}

impl Grant {
    /// An API key of a user, an organization or a machine.
    #[must_use]
    pub fn api_key(subject: &str, scopes: &[&str]) -> Self {
        Self::new(MachineKind::ApiKey, subject, None, scopes)
    }

    /// A token of a machine for other machines.
    #[must_use]
    pub fn m2m_token(machine: &str, for_machines: &[&str]) -> Self {
        Self::new(MachineKind::M2mToken, machine, None, for_machines)
    }

    /// An access token that a user has granted an application.
    #[must_use]
    pub fn oauth_token(user: &str, client: &str, scopes: &[&str]) -> Self {
        Self::new(MachineKind::OauthToken, user, Some(client), scopes)
    }

    fn new(kind: MachineKind, subject: &str, client: Option<&str>, scopes: &[&str]) -> Self {
        Self {
            kind,
            subject: subject.to_owned(),
            client: client.map(str::to_owned),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            claims: None,
            expires_at: None,
            audience: Vec::new(),
        }
    }
}

/// A credential that was issued.
#[derive(Clone)]
pub struct Issued {
    /// Its id.
    pub id: String,
    /// The credential: what a caller presents.
    pub secret: String,
}

impl fmt::Debug for Issued {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Issued({})", self.id)
    }
}

/// Every credential of one instance.
#[derive(Default)]
pub struct Machines(Mutex<State>);

#[derive(Default)]
struct State {
    by_secret: HashMap<String, Held>,
    /// From the secret keys of machines to their ids.
    secret_keys: HashMap<String, String>,
}

struct Held {
    id: String,
    grant: Grant,
    issued_at: Timestamp,
    revoked: bool,
}

impl fmt::Debug for Machines {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Machines")
    }
}

impl Machines {
    pub(super) fn issue(&self, grant: Grant, issued_at: Timestamp) -> Issued {
        let prefix = match grant.kind {
            MachineKind::ApiKey => "ak",
            MachineKind::M2mToken => "mt",
            MachineKind::OauthToken => "oat",
        };
        let id = format!("{prefix}_{}", random_hex());
        let secret = format!("{prefix}_{}{}", random_hex(), random_hex());
        let held = Held { id: id.clone(), grant, issued_at, revoked: false };
        self.lock().by_secret.insert(secret.clone(), held);
        Issued { id, secret }
    }

    /// A new secret key for the machine of that id. Whoever asks with it learns of nothing but tokens
    /// that are meant for this machine.
    #[must_use]
    pub fn secret_key(&self, machine: &str) -> String {
        let key = format!("ak_{}", random_hex());
        self.lock().secret_keys.insert(key.clone(), machine.to_owned());
        key
    }

    /// Revokes a credential.
    pub fn revoke(&self, issued: &Issued) {
        if let Some(held) = self.lock().by_secret.get_mut(&issued.secret) {
            held.revoked = true;
        }
    }

    /// Forgets a credential, as if it had never been issued.
    pub fn forget(&self, issued: &Issued) {
        self.lock().by_secret.remove(&issued.secret);
    }

    /// The machine that a secret key belongs to.
    pub(super) fn of_secret_key(&self, key: &str) -> Option<String> {
        self.lock().secret_keys.get(key).cloned()
    }

    /// What is said of a credential of that kind to `asking`, a machine, or to the instance itself.
    /// Clerk does not say whether it tells of credentials that are revoked or have ended; this does,
    /// since those who ask must not take it for a yes.
    pub(super) fn verify(
        &self,
        kind: MachineKind,
        secret: &str,
        asking: Option<&str>,
        now: Timestamp,
    ) -> Option<Value> {
        let state = self.lock();
        let held = state.by_secret.get(secret).filter(|held| held.grant.kind == kind)?;
        let meant = |machine: &str| held.grant.scopes.iter().any(|scope| scope == machine);
        asking.is_none_or(meant).then(|| held.told(now))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn told(&self, now: Timestamp) -> Value {
        let Self { id, grant, issued_at, revoked } = self;
        let Grant { kind, subject, client, scopes, claims, expires_at, audience } = grant;
        let mut told = json!({
            "id": id,
            "subject": subject,
            "scopes": scopes,
            "revoked": revoked,
            "revocation_reason": revoked.then_some("revoked"),
            "expired": expires_at.is_some_and(|end| end <= now),
            "expiration": expires_at.map(Timestamp::unix_millis),
            "created_at": issued_at.unix_millis(),
            "updated_at": issued_at.unix_millis(),
        });
        match kind {
            MachineKind::ApiKey => {
                told["object"] = "api_key".into();
                told["type"] = "api_key".into();
                told["name"] = "a key".into();
                told["claims"] = json!(claims);
            }
            MachineKind::M2mToken => {
                told["object"] = "machine_to_machine_token".into();
                told["claims"] = json!(claims);
            }
            MachineKind::OauthToken => {
                told["object"] = "clerk_idp_oauth_access_token".into();
                told["client_id"] = json!(client);
                if !audience.is_empty() {
                    told["aud"] = json!(audience);
                }
            }
        }
        told
    }
}
