//! One line of a decision log, as far as deciding anew needs it.

use super::RecordedIdentity;
use crate::{
    core::{
        clock::Timestamp,
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        identity::{Caller, Identity},
        peer::Peer,
        question::{Action, AskedRequirement, JsonObject, Wanted},
        reason::{Category, Reason},
    },
    policy::{
        inquiry::{Inquiry, Who},
        requirement::Requirement,
        source::Source,
    },
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;
use thiserror::Error;

/// What the log calls its decisions.
const TARGET: &str = "bailiff::decision";

/// What must be percent-encoded in a path that was decoded. Nothing that has two readings is in it.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The headers of a preflight, whatever they held.
const PREFLIGHT: [Header<'static>; 2] = [
    Header { name: "origin", value: b"null" },
    Header { name: "access-control-request-method", value: b"GET" },
];

/// A decision as it was logged.
#[derive(Clone, Debug)]
pub struct LoggedDecision {
    /// What came of it.
    pub effect: LoggedEffect,
    /// Why.
    pub reason: Reason,
    /// The entry that decided, where one did.
    pub rule: Option<String>,
    /// Whether a browser asked, which can be sent elsewhere.
    pub(super) browser: bool,
    asked: bool,
    /// What was asked; `None` where the line does not tell.
    subject: Option<Subject>,
    identity: Identity,
    also_action: Option<String>,
    also_require: Option<Requirement>,
    at: Option<Timestamp>,
}

/// What was asked.
#[derive(Clone, Debug)]
enum Subject {
    Request {
        method: String,
        host: String,
        path: Option<String>,
        scheme: Scheme,
        preflight: bool,
    },
    Action(String),
    /// A requirement that came with the question.
    Requirement,
}

/// What became of a request.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum LoggedEffect {
    /// It went on.
    Allow,
    /// It was stopped.
    Deny,
    /// The browser was sent elsewhere.
    Redirect,
}

impl LoggedEffect {
    /// The name used in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Redirect => "redirect",
        }
    }
}

/// Why a line of a decision log cannot be read.
#[derive(Debug, Error)]
pub enum LineError {
    /// It is not JSON, or not of the form that decisions have.
    #[error("the line is no decision as Bailiff logs it: {0}")]
    Form(#[from] serde_json::Error),
    /// A reason that this version does not know.
    #[error("the line gives a reason that is not known")]
    Reason,
    /// An identity that is none.
    #[error("the line holds an identity that cannot be read")]
    Identity,
    /// A requirement of the proxy's configuration that is none.
    #[error("the line holds a requirement that cannot be read")]
    Requirement,
}

#[derive(Deserialize)]
struct Target {
    target: Option<String>,
}

#[derive(Deserialize)]
struct Fields {
    effect: LoggedEffect,
    reason: String,
    rule: Option<String>,
    asker: Option<String>,
    instance: Option<String>,
    method: Option<String>,
    host: Option<String>,
    path: Option<String>,
    scheme: Option<String>,
    preflight: Option<bool>,
    action: Option<String>,
    also_action: Option<String>,
    also_require: Option<String>,
    at_ms: Option<i64>,
    identity: Option<IdentityField>,
}

/// The object, or the text of one: log lines cannot nest.
#[derive(Deserialize)]
#[serde(untagged)]
enum IdentityField {
    Text(String),
    Object(Box<RecordedIdentity>),
}

impl IdentityField {
    fn identity(self) -> Result<Identity, LineError> {
        let recorded = match self {
            Self::Text(text) => serde_json::from_str(&text)?,
            Self::Object(recorded) => *recorded,
        };
        recorded.identity().ok_or(LineError::Identity)
    }
}

impl LoggedDecision {
    /// Reads a line; `None` for one that is about something else.
    ///
    /// # Errors
    /// [`LineError`] for what is no line of a log in JSON, or a decision that cannot be read.
    pub fn parse(text: &str) -> Result<Option<Self>, LineError> {
        let Target { target } = serde_json::from_str(text)?;
        if target.as_deref() != Some(TARGET) {
            return Ok(None);
        }
        let fields: Fields = serde_json::from_str(text)?;
        let known = Reason::ALL.iter().find(|reason| reason.code() == fields.reason);
        let scheme = match fields.scheme.as_deref() {
            Some("http") => Scheme::Http,
            Some(_) | None => Scheme::Https,
        };
        let subject = match (fields.at_ms, fields.action, fields.method, fields.host) {
            (None, ..) => None,
            (Some(_), Some(action), ..) => Some(Subject::Action(action)),
            (Some(_), None, Some(method), Some(host)) => Some(Subject::Request {
                method,
                host,
                path: fields.path.map(|path| utf8_percent_encode(&path, ENCODED).to_string()),
                scheme,
                preflight: fields.preflight == Some(true),
            }),
            (Some(_), None, ..) => Some(Subject::Requirement),
        };
        let require = |text: String| {
            Requirement::parse(&Source::new("also_require", &text))
                .map_err(|_| LineError::Requirement)
        };
        Ok(Some(Self {
            effect: fields.effect,
            reason: *known.ok_or(LineError::Reason)?,
            rule: fields.rule,
            browser: fields.asker.as_deref() == Some("browser"),
            asked: fields.instance.is_some(),
            subject,
            identity: fields.identity.map_or(Ok(Identity::Nobody), IdentityField::identity)?,
            also_action: fields.also_action,
            also_require: fields.also_require.map(require).transpose()?,
            at: fields.at_ms.map(Timestamp::from_unix_millis),
        }))
    }

    /// Whether the line holds what deciding anew needs.
    #[must_use]
    pub const fn is_replayable(&self) -> bool {
        self.subject.is_some()
    }

    /// Whether anybody was asked who they are.
    #[must_use]
    pub const fn was_anybody_asked(&self) -> bool {
        self.asked
    }

    /// Whether the outcome hangs on no policy: nothing that one could decide about was asked, or
    /// Bailiff itself failed.
    #[must_use]
    pub fn is_settled_without_a_policy(&self) -> bool {
        let never_decided = matches!(
            self.reason,
            Reason::AmbiguousHost
                | Reason::AmbiguousHeader
                | Reason::MalformedRequest
                | Reason::SubjectMismatch
                | Reason::UntrustedPeer
                | Reason::InternalError
                | Reason::Misconfigured
        );
        match &self.subject {
            None => false,
            Some(Subject::Requirement) => true,
            // A path that has one reading is logged.
            Some(Subject::Request { path, .. }) => never_decided || path.is_none(),
            Some(Subject::Action(_)) => never_decided,
        }
    }

    /// Who asked; nobody, for the reason they were refused for.
    pub(super) fn who(&self) -> Who<'_> {
        let unidentified = || match self.reason.category() {
            Category::Unauthenticated | Category::Unavailable => self.reason,
            Category::Allowed | Category::Forbidden | Category::Ambiguous => Reason::SignedOut,
        };
        self.identity.caller().map_or_else(|| Who::Nobody(unidentified()), Who::Caller)
    }

    /// Whoever was identified.
    pub(super) fn caller(&self) -> Option<Caller<'_>> {
        self.identity.caller()
    }

    /// What was asked; `None` where the line does not tell.
    #[must_use]
    pub fn wanted(&self) -> Option<Wanted<'_>> {
        Some(match self.subject.as_ref()? {
            Subject::Request { method, host, path, scheme, preflight } => {
                let headers = if *preflight { PREFLIGHT.to_vec() } else { Vec::new() };
                Wanted::Http(HttpRequest {
                    method,
                    scheme: *scheme,
                    authority: host,
                    target: path.as_deref()?,
                    headers: Headers::new(headers, Repeats::Separate),
                    peer: None,
                })
            }
            Subject::Action(name) => {
                Wanted::Action(Action { name, resource: None, context: JsonObject::new() })
            }
            Subject::Requirement => Wanted::Requirement(AskedRequirement::default()),
        })
    }

    /// The question and who asked it.
    #[must_use]
    pub fn inquiry<'q>(&'q self, wanted: &'q Wanted<'q>) -> Inquiry<'q> {
        Inquiry {
            wanted,
            who: self.who(),
            also_action: self.also_action.as_deref(),
            also_require: self.also_require.as_ref(),
            peer: Peer::UNKNOWN,
            now: self.at.unwrap_or(Timestamp::from_unix_seconds(0)),
        }
    }

    /// What was asked, for a person: `GET shop.test/a`.
    #[must_use]
    pub fn question(&self) -> String {
        match &self.subject {
            Some(Subject::Request { method, host, path, .. }) => {
                format!("{method} {host}{}", path.as_deref().unwrap_or_default())
            }
            Some(Subject::Action(name)) => format!("action {name}"),
            Some(Subject::Requirement) => "a requirement".to_owned(),
            None => "something".to_owned(),
        }
    }

    /// Who asked, for a person.
    #[must_use]
    pub fn asker(&self) -> String {
        match self.caller() {
            None => "nobody".to_owned(),
            Some(Caller::User(user)) => user.id.as_str().to_owned(),
            Some(Caller::Machine(machine)) => machine.id.to_string(),
        }
    }
}
