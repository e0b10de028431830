//! The Clerk instances, and which of them a question is about.

use crate::{
    clerk::{Authenticator, keys::Readiness, request::Authentication},
    core::{
        clock::Timestamp,
        credential::CredentialKinds,
        header::Headers,
        host::Host,
        host_table::{HostPattern, HostTable},
        id::InstanceName,
        location::Origin,
        question::{CredentialSource, Question, Wanted},
    },
};
use thiserror::Error;
use tokio::sync::watch;

/// One Clerk instance as the pipeline sees it.
#[derive(Debug)]
pub struct InstanceEntry {
    /// Its name in the settings.
    pub name: InstanceName,
    /// Says who a credential of this instance stands for.
    pub authenticator: Authenticator,
    /// The hosts it serves; the first instance serves all others as well.
    pub hosts: Vec<HostPattern>,
    /// Origins that may be returned to after signing in; empty: the one a request came from.
    pub authorized_parties: Vec<Origin>,
}

/// Every instance, at least one.
#[derive(Debug)]
pub struct Instances {
    entries: Vec<InstanceEntry>,
    /// From hosts to places in `entries`.
    by_host: HostTable<usize>,
}

/// Why instances cannot be told apart.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InstancesError {
    /// There are none.
    #[error("no Clerk instance is configured")]
    None,
    /// Two of them claim one host.
    #[error("the instances `{one}` and `{other}` both claim the host `{host}`")]
    SharedHost {
        /// One instance.
        one: InstanceName,
        /// The other.
        other: InstanceName,
        /// The host as it is written.
        host: String,
    },
}

impl InstanceEntry {
    /// Finds out who a question's credential stands for, if it is of an accepted kind.
    pub(super) async fn authenticate(
        &self,
        question: &Question<'_>,
        accepts: CredentialKinds,
        now: Timestamp,
    ) -> Authentication {
        match (&question.credential, &question.wanted) {
            (CredentialSource::Token(token), _) => {
                self.authenticator.authenticate_token(token, accepts, now).await
            }
            (CredentialSource::Headers(headers), _) => {
                self.authenticator.authenticate_headers(headers, accepts, now).await
            }
            (CredentialSource::Request, Wanted::Http(request)) => {
                self.authenticator.authenticate(request, accepts, now).await
            }
            (CredentialSource::Request, Wanted::Action(_) | Wanted::Requirement(_)) => {
                self.authenticator.authenticate_headers(&Headers::none(), accepts, now).await
            }
        }
    }
}

impl Instances {
    /// Takes the instances; the first serves every host that no other claims.
    ///
    /// # Errors
    /// [`InstancesError`] if there are none or two claim the same host.
    pub fn new(entries: Vec<InstanceEntry>) -> Result<Self, InstancesError> {
        if entries.is_empty() {
            return Err(InstancesError::None);
        }
        let mut by_host = HostTable::new(0);
        for (place, entry) in entries.iter().enumerate() {
            for pattern in &entry.hosts {
                let before = by_host.insert(pattern.clone(), place);
                if let Some(one) = before.and_then(|before| entries.get(before)) {
                    return Err(InstancesError::SharedHost {
                        one: one.name.clone(),
                        other: entry.name.clone(),
                        host: pattern.to_string(),
                    });
                }
            }
        }
        Ok(Self { entries, by_host })
    }

    /// The instance that a question names, else the one that serves the host it is about, else the
    /// first. `None` if it names one that there is not.
    pub(super) fn of(&self, question: &Question<'_>) -> Option<&InstanceEntry> {
        if let Some(name) = question.instance {
            return self.named(name);
        }
        let place = match &question.wanted {
            // A host that cannot be read is refused later, whichever instance would be asked.
            Wanted::Http(request) => {
                Host::parse(request.authority).map_or(0, |host| *self.by_host.select(&host))
            }
            Wanted::Action(_) | Wanted::Requirement(_) => 0,
        };
        self.entries.get(place)
    }

    pub(super) fn named(&self, name: &str) -> Option<&InstanceEntry> {
        self.entries.iter().find(|entry| entry.name.as_str() == name)
    }

    /// What cannot be answered about at the moment, in words: instances without keys.
    pub(super) fn missing(&self) -> Vec<String> {
        self.entries
            .iter()
            .filter(|entry| *entry.authenticator.readiness().borrow() == Readiness::NotReady)
            .map(|entry| format!("no keys for the instance `{}`", entry.name))
            .collect()
    }

    /// The readiness of each instance.
    #[must_use]
    pub fn readiness(&self) -> Vec<watch::Receiver<Readiness>> {
        self.entries.iter().map(|entry| entry.authenticator.readiness()).collect()
    }
}
