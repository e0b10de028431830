//! Browsers known to the instance, and the sessions they are in.

use crate::stand_in::{
    people::{NotAMember, Person},
    tokens::{SessionFacts, random_hex},
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use thiserror::Error;

/// A session of one person in one browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `sess_` and 32 hexadecimal digits.
    pub id: String,
    /// Whose it is.
    pub person: Person,
    /// The slug of the active organization.
    pub organization: Option<String>,
    /// What the refresh cookie holds.
    pub refresh_token: String,
    /// Replaces [`Person::factor_ages`].
    pub factor_ages: [i64; 2],
}

impl Session {
    /// What a token says about it.
    #[must_use]
    pub fn facts(&self) -> SessionFacts {
        // Only organizations that the person belongs to become active.
        let mut facts = self
            .person
            .facts(&self.id, self.organization.as_deref())
            .unwrap_or_else(|NotAMember| SessionFacts::new(&self.person.user_id, &self.id));
        facts.factor_ages = Some(self.factor_ages);
        facts
    }
}

/// A browser that signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The secret by which the instance knows the browser again.
    pub client: String,
    /// When the browser's sign-in last changed, in Unix seconds; goes into `__client_uat`.
    pub client_uat: i64,
    /// Its session.
    pub session: Session,
}

/// Why a session cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SessionError {
    /// The browser is not signed in.
    #[error("the browser is not signed in")]
    SignedOut,
    /// The person does not belong there.
    #[error(transparent)]
    NotAMember(#[from] NotAMember),
}

/// Every browser and its session, if it is in one.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<String, Client>>);

#[derive(Debug)]
struct Client {
    updated_at: i64,
    session: Session,
}

impl Sessions {
    /// Signs a person in, in a browser of their own, with that organization (id or slug) active.
    /// `now` is in Unix seconds.
    ///
    /// # Errors
    /// [`NotAMember`].
    pub fn sign_in(
        &self,
        person: &Person,
        organization: Option<&str>,
        factor_ages: [i64; 2],
        now: i64,
    ) -> Result<SignedIn, NotAMember> {
        let session = Session {
            id: format!("sess_{}", random_hex()),
            person: person.clone(),
            organization: active_slug(person, organization)?,
            refresh_token: format!("rt_{}", random_hex()),
            factor_ages,
        };
        let client = format!("client_{}", random_hex());
        let entry = Client { updated_at: now, session: session.clone() };
        self.lock().insert(client.clone(), entry);
        Ok(SignedIn { client, client_uat: now, session })
    }

    /// Ends the session of a browser, if there is one.
    pub fn sign_out(&self, client: &str) {
        self.lock().remove(client);
    }

    /// Ends a session wherever it is, as revoking it in Clerk's dashboard does. Whether there was one.
    pub fn revoke(&self, session_id: &str) -> bool {
        let mut clients = self.lock();
        let before = clients.len();
        clients.retain(|_, client| client.session.id != session_id);
        clients.len() < before
    }

    /// Makes another organization (id or slug) active, or none.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn activate(
        &self,
        client: &str,
        organization: Option<&str>,
    ) -> Result<SignedIn, SessionError> {
        let mut clients = self.lock();
        let entry = clients.get_mut(client).ok_or(SessionError::SignedOut)?;
        entry.session.organization = active_slug(&entry.session.person, organization)?;
        Ok(SignedIn {
            client: client.to_owned(),
            client_uat: entry.updated_at,
            session: entry.session.clone(),
        })
    }

    /// The session of a browser.
    #[must_use]
    pub fn of_client(&self, client: &str) -> Option<SignedIn> {
        self.lock().get(client).map(|entry| SignedIn {
            client: client.to_owned(),
            client_uat: entry.updated_at,
            session: entry.session.clone(),
        })
    }

    /// A session by its identifier.
    #[must_use]
    pub fn by_id(&self, session_id: &str) -> Option<SignedIn> {
        let clients = self.lock();
        let found = clients.iter().find(|(_, entry)| entry.session.id == session_id);
        found.map(|(client, entry)| SignedIn {
            client: client.clone(),
            client_uat: entry.updated_at,
            session: entry.session.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Client>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn active_slug(person: &Person, asked: Option<&str>) -> Result<Option<String>, NotAMember> {
    let Some(id_or_slug) = asked else { return Ok(None) };
    let membership = person.membership(id_or_slug).ok_or(NotAMember)?;
    Ok(Some(membership.organization.slug.clone()))
}
