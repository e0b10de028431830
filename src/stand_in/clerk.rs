//! The instance as a running server: Frontend API, Backend API and the pages for people, all on one
//! port of 127.0.0.1.
//!
//! Browsers are sent to it as `localhost`, like everything else in the demo. Cookies are kept per
//! host name whatever the port, so those it sets reach the proxy on another port of `localhost`, as
//! the cookies of a real instance reach an application on the same site.

mod backend;
mod cookies;
mod faults;
mod handshake;
mod instance;
mod machine_api;
mod machines;
mod pages;
mod requests;
mod server;
mod sessions;
mod visitor;

pub use cookies::{CookieNames, cookie_suffix};
pub use faults::{Endpoint, Fault, Faults};
pub use instance::Environment;
pub use machines::{Grant, Issued, Machines};
pub use requests::{RequestLog, SeenRequest};
pub use sessions::{Session, SessionError, Sessions, SignIn, SignedIn};

use super::{
    keys::{PublishedKeys, SigningKey, SigningKeyError},
    people::{self, NotAMember, Person},
    tokens::{Minting, SessionFacts, Token, random_hex},
};
use crate::core::clock::{SharedClock, SystemClock};
use instance::Instance;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use thiserror::Error;
use tokio::{net::TcpListener, task::JoinHandle};

/// What to start.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Development or production; decides the kind of publishable key and how a handshake goes.
    pub environment: Environment,
    /// The host encoded in the publishable key and named by the issuer. It must contain a dot. It is
    /// a name only: the server is reached under [`StandIn::browser_url`].
    pub frontend_api_host: String,
    /// The identifier of the first signing key.
    pub key_id: String,
    /// The port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// Who can sign in.
    pub people: Vec<Person>,
    /// How long session tokens live. Clerk's live for 60 seconds, because a script in the page renews
    /// them; nothing of the kind runs here, so the usual value is longer.
    pub token_lifetime: Duration,
    /// Whose time tokens and sessions go by.
    pub clock: SharedClock,
    /// The origins that a browser may be sent back to, as browsers write them:
    /// `http://localhost:10000`.
    pub allowed_origins: Vec<String>,
}

impl Setup {
    /// A production instance with the three [`people`], tokens of ten minutes and any free port.
    #[must_use]
    pub fn new() -> Self {
        Self {
            environment: Environment::Production,
            frontend_api_host: "clerk.demo.localhost".to_owned(),
            key_id: "ins_demo".to_owned(),
            port: 0,
            people: people::everyone(),
            token_lifetime: Duration::from_secs(600),
            clock: Arc::new(SystemClock),
            allowed_origins: Vec::new(),
        }
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self::new()
    }
}

/// Why the stand-in does not run.
#[derive(Debug, Error)]
pub enum StartError {
    /// No signing key.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
    /// The port is taken, or 127.0.0.1 is not there.
    #[error("the stand-in Clerk instance cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port asked for.
        port: u16,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// A running stand-in. Dropping it stops the server and cuts every connection.
#[derive(Debug)]
pub struct StandIn {
    instance: Arc<Instance>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl StandIn {
    /// Makes keys and starts serving. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(setup: Setup) -> Result<Self, StartError> {
        let port = setup.port;
        let listen = |source| StartError::Listen { port, source };
        let key = Arc::new(SigningKey::generate(&setup.key_id)?);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let instance = Arc::new(Instance::new(setup, address, key));
        let server = tokio::spawn(server::serve(listener, Arc::clone(&instance)));
        Ok(Self { instance, address, server })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The publishable key: `pk_live_` or `pk_test_` and the encoded Frontend API host.
    #[must_use]
    pub fn publishable_key(&self) -> &str {
        &self.instance.publishable_key
    }

    /// The secret key that the Backend API asks for.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.instance.secret_key
    }

    /// What tokens carry as `iss`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.instance.issuer
    }

    /// The base address for browsers, also to be used as `CLERK_PROXY_URL`:
    /// `http://localhost:<port>`.
    #[must_use]
    pub fn browser_url(&self) -> &str {
        &self.instance.browser_url
    }

    /// The base address of the Backend API, to be used as `CLERK_API_URL`.
    #[must_use]
    pub fn backend_api_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The Frontend API's key set, which asks for no key.
    #[must_use]
    pub fn jwks_url(&self) -> String {
        format!("http://{}/.well-known/jwks.json", self.address)
    }

    /// The sign-in page.
    #[must_use]
    pub fn sign_in_url(&self) -> String {
        format!("{}/sign-in", self.browser_url())
    }

    /// The page that ends the session.
    #[must_use]
    pub fn sign_out_url(&self) -> String {
        format!("{}/sign-out", self.browser_url())
    }

    /// The page on which an organization is chosen.
    #[must_use]
    pub fn organization_selection_url(&self) -> String {
        format!("{}/organization-selection", self.browser_url())
    }

    /// Where one person's fresh token can be fetched as plain text; `?organization=` names another
    /// organization than the usual one, or none if it is empty.
    #[must_use]
    pub fn token_url(&self, handle: &str) -> String {
        format!("{}/tokens/{handle}", self.browser_url())
    }

    /// The names of this instance's cookies.
    #[must_use]
    pub fn cookie_names(&self) -> &CookieNames {
        &self.instance.cookie_names
    }

    /// The keys, to be rotated at will.
    #[must_use]
    pub fn keys(&self) -> &PublishedKeys {
        &self.instance.keys
    }

    /// Who is signed in where.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.instance.sessions
    }

    /// The people who can sign in.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.instance.people
    }

    /// What goes wrong.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.instance.faults
    }

    /// What was asked.
    #[must_use]
    pub fn requests(&self) -> &RequestLog {
        &self.instance.requests
    }

    /// The opaque machine credentials, to be revoked at will.
    #[must_use]
    pub fn machines(&self) -> &Machines {
        &self.instance.machines
    }

    /// Issues an opaque machine credential.
    #[must_use]
    pub fn issue(&self, grant: Grant) -> Issued {
        self.machines().issue(grant, self.instance.now())
    }

    /// Lets browsers be sent back to one more origin.
    pub fn allow_origin(&self, origin: &str) {
        self.instance.allow_origin(origin);
    }

    /// Signs a person in, in a browser that is not there: for tests that need no pages.
    ///
    /// # Errors
    /// [`NotAMember`].
    pub fn sign_in(&self, who: &SignIn<'_>) -> Result<SignedIn, NotAMember> {
        self.sessions().sign_in(None, who, self.instance.now_seconds())
    }

    /// A token for a session as it stands, minted for the application at that origin.
    #[must_use]
    pub fn session_token(&self, session: &Session, authorized_party: Option<&str>) -> String {
        self.instance.session_token(session, authorized_party.map(str::to_owned))
    }

    /// The `Cookie` header of a browser that is signed in and holds this token.
    #[must_use]
    pub fn cookie_header(&self, signed_in: &SignedIn, token: &str) -> String {
        let SignedIn { client_uat, session, .. } = signed_in;
        let lines = self.cookie_names().signed_in(token, *client_uat, &session.refresh_token);
        let pairs: Vec<_> = lines.iter().filter_map(|line| line.split(';').next()).collect();
        pairs.join("; ")
    }

    /// Minting as this instance does it at this moment, for no particular application.
    #[must_use]
    pub fn minting(&self) -> Minting {
        self.instance.minting(None)
    }

    /// A signed session token with these facts.
    #[must_use]
    pub fn token(&self, facts: &SessionFacts) -> String {
        Token::session(facts, &self.minting()).sign(&self.keys().current())
    }

    /// A machine-to-machine token in JWT form, for other machines.
    #[must_use]
    pub fn m2m_jwt(&self, machine: &str, for_machines: &[&str]) -> String {
        Token::machine(machine, for_machines, &self.minting()).sign(&self.keys().current())
    }

    /// An OAuth access token in JWT form.
    #[must_use]
    pub fn oauth_jwt(&self, user: &str, client: &str, scopes: &[&str]) -> String {
        Token::oauth(user, client, scopes, &self.minting()).sign(&self.keys().current())
    }

    /// A signed session token of a person in the organization they start in, with a session of its
    /// own.
    #[must_use]
    pub fn token_of(&self, person: &Person) -> String {
        self.token(&person.starting_facts(&format!("sess_{}", random_hex())))
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[cfg(test)]
mod tests;
