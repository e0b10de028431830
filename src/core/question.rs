//! What can be asked of Bailiff, whichever door it came by.

use super::{
    credential::CredentialKinds, header::Headers, http_request::HttpRequest, identity::Caller,
    peer::Peer, reverification::Reverification,
};
use serde_json::{Map, Value};

/// A JSON object.
pub type JsonObject = Map<String, Value>;

/// One question.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Where the caller's credential is.
    pub credential: CredentialSource<'a>,
    /// The Clerk instance asked for by name; otherwise the one that serves the host, else the first.
    pub instance: Option<&'a str>,
    /// What is wanted.
    pub wanted: Wanted<'a>,
    /// What must hold besides, set by the operator of the proxy. It can only tighten.
    pub also: Also<'a>,
    /// Who is at the other ends, as far as certificates tell.
    pub peer: Peer<'a>,
}

/// Where the caller's credential is.
#[derive(Clone, Debug)]
pub enum CredentialSource<'a> {
    /// In the headers of the HTTP request that is asked about.
    Request,
    /// In these headers.
    Headers(Headers<'a>),
    /// This token, without a `Bearer` prefix.
    Token(&'a str),
}

/// What the caller wants to do.
#[derive(Clone, Debug)]
pub enum Wanted<'a> {
    /// Send an HTTP request: decided by the policy's routes.
    Http(HttpRequest<'a>),
    /// Do a named action: decided by the policy's actions.
    Action(Action<'a>),
    /// Have this requirement checked: no policy entry takes part.
    Requirement(AskedRequirement<'a>),
}

/// A named action on a resource.
#[derive(Clone, Debug)]
pub struct Action<'a> {
    /// The name under `actions`.
    pub name: &'a str,
    /// What it is done to, where that was said.
    pub resource: Option<Resource<'a>>,
    /// What else conditions may read; empty where nothing was said.
    pub context: JsonObject,
}

/// The thing an action is done to. What is said of it is the asking service's word.
#[derive(Clone, Debug)]
pub struct Resource<'a> {
    /// Its kind, for instance `invoice`; empty where that was not said.
    pub kind: &'a str,
    /// Its identifier; empty where that was not said.
    pub id: &'a str,
    /// What conditions may read about it.
    pub attributes: JsonObject,
}

/// A requirement asked ad hoc, in the words of Clerk's `has()`. Every element of every list must
/// hold; with nothing asked, a signed-in user is.
#[derive(Clone, Debug, Default)]
pub struct AskedRequirement<'a> {
    /// Organization roles.
    pub roles: Vec<&'a str>,
    /// Custom permissions.
    pub permissions: Vec<&'a str>,
    /// Features.
    pub features: Vec<&'a str>,
    /// Plans.
    pub plans: Vec<&'a str>,
    /// `required`, an organization id or a slug.
    pub organization: Option<&'a str>,
    /// A reverification.
    pub reverification: Option<Reverification>,
    /// Scopes of a machine credential.
    pub scopes: Vec<&'a str>,
    /// The kinds of credential that may be presented; `None`: sessions.
    pub credentials: Option<CredentialKinds>,
}

/// What the proxy's configuration adds to a question (Envoy: `context_extensions`).
#[derive(Clone, Copy, Debug, Default)]
pub struct Also<'a> {
    /// A requirement as the policy writes it, for instance `{ role: org:admin }`.
    pub require: Option<&'a str>,
    /// The name of an action whose requirement must hold as well.
    pub action: Option<&'a str>,
    /// Whose credential it must be, where the question names somebody. It proves nothing by itself.
    pub subject: Option<NamedSubject<'a>>,
}

/// Somebody named in a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedSubject<'a> {
    /// A person, by their user id.
    User(&'a str),
    /// A machine, by the subject of its credential.
    Machine(&'a str),
}

impl NamedSubject<'_> {
    /// Whether this is who was identified.
    #[must_use]
    pub fn is(self, caller: Caller<'_>) -> bool {
        match (self, caller) {
            (Self::User(id), Caller::User(user)) => user.id.as_str() == id,
            (Self::Machine(id), Caller::Machine(machine)) => &*machine.subject == id,
            (Self::User(_), Caller::Machine(_)) | (Self::Machine(_), Caller::User(_)) => false,
        }
    }
}
