//! What every page and endpoint of one instance shares.

use super::{
    Setup,
    cookies::CookieNames,
    faults::Faults,
    handshake::Handshakes,
    machines::Machines,
    requests::RequestLog,
    sessions::{Session, Sessions},
};
use crate::{
    core::clock::{SharedClock, Timestamp},
    stand_in::{
        keys::{PublishedKeys, SigningKey},
        people::Person,
        tokens::{Minting, Token, random_hex},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use url::Url;

/// The kind of instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// `pk_test_`: handshakes go through the address, and browsers are known by a development token.
    Development,
    /// `pk_live_`: handshakes go through cookies.
    Production,
}

impl Environment {
    /// `test` or `live`, as in Clerk's keys.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Development => "test",
            Self::Production => "live",
        }
    }
}

/// One instance.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) environment: Environment,
    pub(super) publishable_key: String,
    pub(super) secret_key: String,
    pub(super) issuer: String,
    /// `http://localhost:<port>`.
    pub(super) browser_url: String,
    pub(super) cookie_names: CookieNames,
    pub(super) keys: PublishedKeys,
    pub(super) people: Vec<Person>,
    pub(super) sessions: Sessions,
    pub(super) machines: Machines,
    pub(super) handshakes: Handshakes,
    pub(super) faults: Faults,
    pub(super) requests: RequestLog,
    clock: SharedClock,
    token_lifetime: Duration,
    allowed_origins: RwLock<Vec<String>>,
}

impl Instance {
    pub(super) fn new(setup: Setup, address: SocketAddr, key: Arc<SigningKey>) -> Self {
        let host = &setup.frontend_api_host;
        let word = setup.environment.word();
        let publishable_key = format!("pk_{word}_{}", STANDARD_NO_PAD.encode(format!("{host}$")));
        Self {
            cookie_names: CookieNames::new(&publishable_key),
            publishable_key,
            secret_key: format!("sk_{word}_{}", random_hex()),
            issuer: format!("https://{host}"),
            browser_url: format!("http://localhost:{}", address.port()),
            keys: PublishedKeys::new(key),
            people: setup.people,
            environment: setup.environment,
            sessions: Sessions::default(),
            machines: Machines::default(),
            handshakes: Handshakes::default(),
            faults: Faults::default(),
            requests: RequestLog::default(),
            clock: setup.clock,
            token_lifetime: setup.token_lifetime,
            allowed_origins: RwLock::new(setup.allowed_origins),
        }
    }

    pub(super) fn person(&self, handle: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.handle == handle)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn now_seconds(&self) -> i64 {
        self.now().unix_seconds()
    }

    pub(super) fn minting(&self, authorized_party: Option<String>) -> Minting {
        Minting {
            issuer: self.issuer.clone(),
            issued_at: self.clock.now(),
            lifetime: self.token_lifetime,
            authorized_party,
        }
    }

    /// A session token for the session as it stands.
    pub(super) fn session_token(
        &self,
        session: &Session,
        authorized_party: Option<String>,
    ) -> String {
        Token::session(&session.facts(), &self.minting(authorized_party)).sign(&self.keys.current())
    }

    pub(super) fn allow_origin(&self, origin: &str) {
        let mut origins = self.allowed_origins.write().unwrap_or_else(PoisonError::into_inner);
        origins.push(origin.to_owned());
    }

    /// The address, if browsers may be sent there: one of the allowed origins, or this server.
    pub(super) fn allowed_return(&self, address: &str) -> Option<Url> {
        let url = Url::parse(address).ok()?;
        let origin = url.origin().ascii_serialization();
        let origins = self.allowed_origins.read().unwrap_or_else(PoisonError::into_inner);
        let allowed = origin == self.browser_url || origins.contains(&origin);
        let plain = url.username().is_empty() && url.password().is_none();
        (allowed && plain).then_some(url)
    }

    /// Where a browser goes that did not say where it came from: the first allowed origin.
    pub(super) fn default_return(&self) -> String {
        format!("{}/", self.default_origin())
    }

    /// The first allowed origin; this server where there is none.
    pub(super) fn default_origin(&self) -> String {
        let origins = self.allowed_origins.read().unwrap_or_else(PoisonError::into_inner);
        origins.first().unwrap_or(&self.browser_url).clone()
    }
}
