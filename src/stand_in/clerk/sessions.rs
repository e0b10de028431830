//! Browsers known to the instance, and the sessions they are in.

use crate::core::{clock::Timestamp, id::SessionId};
use crate::stand_in::{
    people::{NotAMember, Person},
    tokens::{SessionFacts, Status, random_hex},
};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use thiserror::Error;

/// A session of one person in one browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `sess_` and what tells when it began, as Clerk's do.
    pub id: String,
    /// Whose it is.
    pub person: Person,
    /// The slug of the active organization.
    pub organization: Option<String>,
    /// What the refresh cookie holds.
    pub refresh_token: String,
    /// Replaces [`Person::factor_ages`].
    pub factor_ages: [i64; 2],
    /// Whether tasks are left.
    pub status: Status,
    /// Who acts as the person (claim `act`).
    pub actor: Option<Value>,
}

impl Session {
    /// What a token says about it.
    #[must_use]
    pub fn facts(&self) -> SessionFacts {
        let facts = self
            .person
            .facts(&self.id, self.organization.as_deref())
            .or_else(|NotAMember| self.person.facts(&self.id, None))
            .unwrap_or_else(|NotAMember| SessionFacts::new(&self.person.user_id, &self.id));
        SessionFacts {
            factor_ages: Some(self.factor_ages),
            status: self.status,
            actor: self.actor.clone(),
            ..facts
        }
    }
}

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The secret by which the instance knows the browser again: the client cookie on production
    /// instances, the development browser's token on the others.
    pub browser: String,
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

/// Who signs in, and how.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'s> {
    /// Who.
    pub person: &'s Person,
    /// The organization (id or slug) to be active.
    pub organization: Option<&'s str>,
    /// Minutes since the factors were verified.
    pub factor_ages: [i64; 2],
}

impl<'s> SignIn<'s> {
    /// As the person usually does.
    #[must_use]
    pub fn usual(person: &'s Person) -> Self {
        let organization = person.starts_in.as_deref();
        Self { person, organization, factor_ages: person.factor_ages }
    }
}

/// Every browser, and the session it is in, if it is.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<String, Browser>>);

#[derive(Debug)]
struct Browser {
    client_uat: i64,
    session: Option<Session>,
}

impl Sessions {
    /// A browser that is not signed in.
    pub fn meet(&self) -> String {
        let browser = new_browser();
        self.lock().insert(browser.clone(), Browser { client_uat: 0, session: None });
        browser
    }

    /// Whether there is such a browser.
    #[must_use]
    pub fn knows(&self, browser: &str) -> bool {
        self.lock().contains_key(browser)
    }

    /// Signs a person in, in that browser or in a new one. Ends the session that the browser was in.
    /// `now` is in Unix seconds.
    ///
    /// # Errors
    /// [`NotAMember`].
    pub fn sign_in(
        &self,
        browser: Option<&str>,
        who: &SignIn<'_>,
        now: i64,
    ) -> Result<SignedIn, NotAMember> {
        let session = Session {
            id: SessionId::make(Timestamp::from_unix_seconds(now), &random_hex()).to_string(),
            person: who.person.clone(),
            organization: active_slug(who.person, who.organization)?,
            refresh_token: format!("rt_{}", random_hex()),
            factor_ages: who.factor_ages,
            status: Status::Active,
            actor: None,
        };
        let browser = browser.map_or_else(new_browser, str::to_owned);
        let entry = Browser { client_uat: now, session: Some(session.clone()) };
        self.lock().insert(browser.clone(), entry);
        Ok(SignedIn { browser, client_uat: now, session })
    }

    /// Ends the session of a browser, if it is in one.
    pub fn sign_out(&self, browser: &str) {
        if let Some(browser) = self.lock().get_mut(browser) {
            browser.session = None;
        }
    }

    /// Forgets a browser.
    pub fn forget(&self, browser: &str) {
        self.lock().remove(browser);
    }

    /// Ends a session wherever it is, as revoking it in Clerk's dashboard does. Whether there was one.
    pub fn revoke(&self, session_id: &str) -> bool {
        let mut browsers = self.lock();
        let found = browsers.values_mut().find(|browser| browser.is_in(session_id));
        found.is_some_and(|browser| browser.session.take().is_some())
    }

    /// Changes a session, as an operator or another tab might: its status, a role, the factors. Whether
    /// there is one.
    pub fn change(&self, session_id: &str, change: impl FnOnce(&mut Session)) -> bool {
        let mut browsers = self.lock();
        let mut sessions = browsers.values_mut().filter_map(|browser| browser.session.as_mut());
        sessions.find(|session| session.id == session_id).map(change).is_some()
    }

    /// Makes another organization (id or slug) active, or none.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn activate(
        &self,
        browser: &str,
        organization: Option<&str>,
    ) -> Result<SignedIn, SessionError> {
        {
            let mut browsers = self.lock();
            let entry = browsers.get_mut(browser).and_then(|entry| entry.session.as_mut());
            let session = entry.ok_or(SessionError::SignedOut)?;
            session.organization = active_slug(&session.person, organization)?;
        }
        self.of_browser(browser).ok_or(SessionError::SignedOut)
    }

    /// The session of a browser.
    #[must_use]
    pub fn of_browser(&self, browser: &str) -> Option<SignedIn> {
        self.lock().get(browser).and_then(|entry| entry.signed_in(browser))
    }

    /// A session by its identifier.
    #[must_use]
    pub fn by_id(&self, session_id: &str) -> Option<SignedIn> {
        let browsers = self.lock();
        let (browser, entry) = browsers.iter().find(|(_, entry)| entry.is_in(session_id))?;
        entry.signed_in(browser)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Browser>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Browser {
    fn is_in(&self, session_id: &str) -> bool {
        self.session.as_ref().is_some_and(|session| session.id == session_id)
    }

    fn signed_in(&self, browser: &str) -> Option<SignedIn> {
        let session = self.session.clone()?;
        Some(SignedIn { browser: browser.to_owned(), client_uat: self.client_uat, session })
    }
}

fn new_browser() -> String {
    format!("browser_{}", random_hex())
}

fn active_slug(person: &Person, asked: Option<&str>) -> Result<Option<String>, NotAMember> {
    let Some(id_or_slug) = asked else { return Ok(None) };
    let membership = person.membership(id_or_slug).ok_or(NotAMember)?;
    Ok(Some(membership.organization.slug.clone()))
}
