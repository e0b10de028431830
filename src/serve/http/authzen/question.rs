//! An evaluation to [`Question`], borrowing from the message.

use crate::core::{
    header::{Header, Headers, Repeats},
    peer::{Peer, PeerNames},
    question::{
        Action, Also, CredentialSource, JsonObject, NamedSubject, Question, Resource, Wanted,
    },
};
use http::{HeaderMap, header};
use serde_json::{Map, Value};
use std::borrow::Cow;
use thiserror::Error;

/// The longest type, id or name.
const MAX_TEXT_BYTES: usize = 1024;
/// The longest token.
const MAX_TOKEN_BYTES: usize = 64 * 1024;
/// The most evaluations in a message.
const MAX_EVALUATIONS: usize = 100;

/// What is wrong with a message, and where. It holds nothing of the message but names of fields.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{problem}", if field.is_empty() { String::new() } else { format!("`{field}` ") })]
pub(super) struct Malformed {
    pub(super) field: String,
    pub(super) problem: Cow<'static, str>,
}

impl Malformed {
    pub(super) fn new(field: impl Into<String>, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }

    pub(super) fn whole(problem: &'static str) -> Self {
        Self::new("", problem)
    }
}

/// The four parts of an evaluation, as far as they are given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuple<'a> {
    subject: Option<&'a Value>,
    action: Option<&'a Value>,
    resource: Option<&'a Value>,
    context: Option<&'a Value>,
}

impl<'a> Tuple<'a> {
    pub(super) fn read(object: &'a Map<String, Value>) -> Self {
        Self {
            subject: object.get("subject"),
            action: object.get("action"),
            resource: object.get("resource"),
            context: object.get("context"),
        }
    }

    /// The same with `defaults` for what is not given. A part is taken whole.
    pub(super) fn or(self, defaults: Self) -> Self {
        Self {
            subject: self.subject.or(defaults.subject),
            action: self.action.or(defaults.action),
            resource: self.resource.or(defaults.resource),
            context: self.context.or(defaults.context),
        }
    }
}

/// When several evaluations are settled before the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Semantic {
    ExecuteAll,
    DenyOnFirstDeny,
    PermitOnFirstPermit,
}

impl Semantic {
    pub(super) fn read(message: &Map<String, Value>) -> Result<Self, Malformed> {
        let Some(options) = message.get("options") else { return Ok(Self::ExecuteAll) };
        match object(options, "options")?.get("evaluations_semantic").map(Value::as_str) {
            None | Some(Some("execute_all")) => Ok(Self::ExecuteAll),
            Some(Some("deny_on_first_deny")) => Ok(Self::DenyOnFirstDeny),
            Some(Some("permit_on_first_permit")) => Ok(Self::PermitOnFirstPermit),
            Some(_) => Err(Malformed::new(
                "options.evaluations_semantic",
                "must be `execute_all`, `deny_on_first_deny` or `permit_on_first_permit`",
            )),
        }
    }

    /// Whether nothing more needs to be asked.
    pub(super) const fn is_settled_by(self, allowed: bool) -> bool {
        match self {
            Self::ExecuteAll => false,
            Self::DenyOnFirstDeny => !allowed,
            Self::PermitOnFirstPermit => allowed,
        }
    }
}

/// The evaluations of a message; `None` where it is one itself.
pub(super) fn evaluations(message: &Map<String, Value>) -> Result<Option<&[Value]>, Malformed> {
    match message.get("evaluations") {
        None => Ok(None),
        Some(Value::Array(list)) if list.is_empty() => Ok(None),
        Some(Value::Array(list)) if list.len() > MAX_EVALUATIONS => {
            Err(Malformed::new("evaluations", format!("has more than {MAX_EVALUATIONS}")))
        }
        Some(Value::Array(list)) => Ok(Some(list)),
        Some(_) => Err(Malformed::new("evaluations", "must be a list")),
    }
}

/// Reads the question of a service whose certificate has these names.
pub(super) fn question<'a>(
    tuple: Tuple<'a>,
    headers: &'a HeaderMap,
    names: Option<&'a PeerNames>,
) -> Result<Question<'a>, Malformed> {
    let subject = part(tuple.subject, "subject")?;
    let (kind, id) = (text(subject, "subject", "type")?, text(subject, "subject", "id")?);
    let named = match kind {
        "user" => NamedSubject::User(id),
        "machine" => NamedSubject::Machine(id),
        _ => return Err(Malformed::new("subject.type", "must be `user` or `machine`")),
    };
    let credential = credential(subject, headers)?;
    let action = part(tuple.action, "action")?;
    properties(action, "action")?;
    let resource = part(tuple.resource, "resource")?;
    let context = match tuple.context {
        None => JsonObject::new(),
        Some(context) => object(context, "context")?.clone(),
    };
    Ok(Question {
        credential,
        instance: None,
        wanted: Wanted::Action(Action {
            name: text(action, "action", "name")?,
            resource: Some(Resource {
                kind: text(resource, "resource", "type")?,
                id: text(resource, "resource", "id")?,
                attributes: properties(resource, "resource")?.cloned().unwrap_or_default(),
            }),
            context,
        }),
        also: Also { subject: Some(named), ..Also::default() },
        peer: Peer { names, principal: None },
    })
}

/// The one place where the subject's credential is. An empty token is nobody's, and is not made up for
/// with the call's own.
fn credential<'a>(
    subject: &'a Map<String, Value>,
    headers: &'a HeaderMap,
) -> Result<CredentialSource<'a>, Malformed> {
    const FIELD: &str = "subject.properties.token";
    let of_call = || headers.get_all(header::AUTHORIZATION).iter();
    match properties(subject, "subject")?.and_then(|properties| properties.get("token")) {
        None => {
            let line = |value: &'a http::HeaderValue| Header {
                name: "authorization",
                value: value.as_bytes(),
            };
            let lines = of_call().map(line).collect();
            Ok(CredentialSource::Headers(Headers::new(lines, Repeats::Separate)))
        }
        Some(_) if of_call().next().is_some() => {
            Err(Malformed::new(FIELD, "and the `Authorization` header are both given: keep one"))
        }
        Some(Value::String(token)) if token.is_empty() => {
            Ok(CredentialSource::Headers(Headers::none()))
        }
        Some(Value::String(token)) if token.len() <= MAX_TOKEN_BYTES => {
            Ok(CredentialSource::Token(token))
        }
        Some(Value::String(_)) => Err(Malformed::new(FIELD, "is too long")),
        Some(_) => Err(Malformed::new(FIELD, "must be a text")),
    }
}

fn part<'a>(value: Option<&'a Value>, name: &str) -> Result<&'a Map<String, Value>, Malformed> {
    value.map_or_else(|| Err(Malformed::new(name, "is missing")), |value| object(value, name))
}

/// An object, where only one will do.
pub(super) fn object<'a>(
    value: &'a Value,
    field: &str,
) -> Result<&'a Map<String, Value>, Malformed> {
    let whole =
        if field.is_empty() { "an evaluation must be an object" } else { "must be an object" };
    value.as_object().ok_or_else(|| Malformed::new(field, whole))
}

fn text<'a>(object: &'a Map<String, Value>, of: &str, name: &str) -> Result<&'a str, Malformed> {
    let malformed = |problem| Malformed::new(format!("{of}.{name}"), problem);
    match object.get(name) {
        None => Err(malformed("is missing")),
        Some(Value::String(text)) if text.is_empty() => Err(malformed("is empty")),
        Some(Value::String(text)) if text.len() > MAX_TEXT_BYTES => Err(malformed("is too long")),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(malformed("must be a text")),
    }
}

fn properties<'a>(
    of: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a Map<String, Value>>, Malformed> {
    let field = format!("{name}.properties");
    of.get("properties").map(|properties| object(properties, &field)).transpose()
}
