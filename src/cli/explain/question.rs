//! What is asked, as the command line says it.

use super::Arguments;
use crate::core::{
    header::{Header, Headers, Repeats},
    http_request::{HttpRequest, Scheme},
    question::{Action, JsonObject, Resource, Wanted},
};
use serde_json::Value;
use thiserror::Error;

/// Why nothing is asked.
#[derive(Debug, Error)]
pub(super) enum QuestionError {
    /// Not `GET /path`.
    #[error("`--request`: `{0}` is no request: write for instance `GET /invoices/7`")]
    Request(String),
    /// Not `name: value`. What it holds may be a secret.
    #[error("`--header`: header {0} is none: write for instance `x-region: eu`")]
    Header(usize),
    /// Not a JSON object.
    #[error("`{argument}` is no JSON object: {source}")]
    Json {
        /// The argument.
        argument: &'static str,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Neither a request nor an action.
    #[error("nothing is asked: give `--request`, `--action` or `--line`")]
    Nothing,
}

/// What is asked.
#[derive(Debug)]
pub(super) enum Asked {
    Request { method: String, target: String, host: String, headers: Vec<(String, String)> },
    Action { name: String, resource: Option<ResourceGiven>, context: JsonObject },
}

/// What an action is done to.
#[derive(Debug)]
pub(super) struct ResourceGiven {
    kind: String,
    id: String,
    attributes: JsonObject,
}

impl Asked {
    pub(super) fn read(arguments: &Arguments) -> Result<Self, QuestionError> {
        if let Some(request) = &arguments.request {
            return Self::request(request, arguments);
        }
        let name = arguments.action.clone().ok_or(QuestionError::Nothing)?;
        let object = |argument, text: &Option<String>| {
            let read = |text: &String| {
                serde_json::from_str::<JsonObject>(text)
                    .map_err(|source| QuestionError::Json { argument, source })
            };
            text.as_ref().map(read).transpose()
        };
        let resource = object("--resource", &arguments.resource)?.map(ResourceGiven::of);
        let context = object("--context", &arguments.context)?.unwrap_or_default();
        Ok(Self::Action { name, resource, context })
    }

    fn request(request: &str, arguments: &Arguments) -> Result<Self, QuestionError> {
        let (method, target) = request
            .split_once(' ')
            .map(|(method, target)| (method, target.trim()))
            .filter(|(method, target)| !method.is_empty() && target.starts_with('/'))
            .ok_or_else(|| QuestionError::Request(request.to_owned()))?;
        let mut headers = Vec::with_capacity(arguments.header.len() + 1);
        for (number, line) in arguments.header.iter().enumerate() {
            let (name, value) = line.split_once(':').ok_or(QuestionError::Header(number + 1))?;
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
        if arguments.browser {
            headers.push(("sec-fetch-dest".to_owned(), "document".to_owned()));
        }
        Ok(Self::Request {
            method: method.to_owned(),
            target: target.to_owned(),
            host: arguments.host.clone(),
            headers,
        })
    }

    pub(super) fn wanted(&self) -> Wanted<'_> {
        match self {
            Self::Request { method, target, host, headers } => {
                let lines = headers
                    .iter()
                    .map(|(name, value)| Header { name, value: value.as_bytes() })
                    .collect();
                Wanted::Http(HttpRequest {
                    method,
                    scheme: Scheme::Https,
                    authority: host,
                    target,
                    headers: Headers::new(lines, Repeats::Separate),
                    peer: None,
                })
            }
            Self::Action { name, resource, context } => Wanted::Action(Action {
                name,
                resource: resource.as_ref().map(|given| Resource {
                    kind: &given.kind,
                    id: &given.id,
                    attributes: given.attributes.clone(),
                }),
                context: context.clone(),
            }),
        }
    }
}

impl ResourceGiven {
    /// `type` and `id` say what it is; the rest are its attributes.
    fn of(mut given: JsonObject) -> Self {
        let mut text = |name: &str| match given.get(name) {
            Some(Value::String(text)) => {
                let text = text.clone();
                given.remove(name);
                text
            }
            Some(_) | None => String::new(),
        };
        let (kind, id) = (text("type"), text("id"));
        Self { kind, id, attributes: given }
    }
}
