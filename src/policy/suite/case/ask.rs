//! What a case asks: an HTTP request of some client, or an action.

use super::super::{
    super::{
        document::{Entry, Node},
        wording::Excerpt,
    },
    problem::SuiteProblem,
    reader::Reader,
};
use crate::core::question::JsonObject;
use std::{fmt, net::IpAddr};

/// The keys of which a case has exactly one.
pub(in crate::policy) const ASKED: [&str; 4] = ["request", "browser", "grpc", "action"];
pub(in crate::policy) const OF_REQUESTS: [&str; 4] = ["host", "headers", "ip", "principal"];
pub(in crate::policy) const OF_ACTIONS: [&str; 2] = ["resource", "context"];
/// The host of a request that does not say.
const HOST: &str = "app.test";

/// What is asked.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Whether a request may pass.
    Http(HttpAsk),
    /// Whether an action may be done.
    Action(Action),
}

/// The kind of program that sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// A program that presents its credential in `Authorization`.
    Api,
    /// A browser that loads a page, with its credential in cookies.
    Browser,
    /// A gRPC client, with its credential in `Authorization`.
    Grpc,
}

/// A request.
#[derive(Clone, Debug)]
pub struct HttpAsk {
    /// Who sends it.
    pub client: Client,
    /// The method.
    pub method: Box<str>,
    /// Path and query.
    pub target: Box<str>,
    /// The host, perhaps with a port; `app.test` unless it is written.
    pub host: Box<str>,
    /// Headers beside those that the client sends by itself, names in small letters.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// The peer's address.
    pub ip: Option<IpAddr>,
    /// Whom the proxy names as its client, by the certificate shown there.
    pub principal: Option<Box<str>>,
}

/// A named action.
#[derive(Clone, Debug)]
pub struct Action {
    /// The name under `actions`.
    pub name: Box<str>,
    /// What it is done to.
    pub resource: Option<Resource>,
    /// What else is said.
    pub context: JsonObject,
}

/// What an action is done to.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its `type`; empty where that is not written.
    pub kind: Box<str>,
    /// Its `id`; empty where that is not written.
    pub id: Box<str>,
    /// Everything else.
    pub attributes: JsonObject,
}

impl fmt::Display for Ask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(HttpAsk { client: Client::Grpc, target, .. }) => {
                write!(formatter, "grpc {target}")
            }
            Self::Http(HttpAsk { client: Client::Browser, method, target, .. }) => {
                write!(formatter, "browser {method} {target}")
            }
            Self::Http(HttpAsk { client: Client::Api, method, target, .. }) => {
                write!(formatter, "{method} {target}")
            }
            Self::Action(action) => write!(formatter, "action {}", action.name),
        }
    }
}

impl Reader<'_> {
    pub(super) fn http(
        &mut self,
        asked: &Entry,
        client: Client,
        entries: &[&Entry],
    ) -> Option<Ask> {
        self.none_of(&OF_ACTIONS, "a request", entries);
        let value = |key: &str| entries.iter().find(|entry| *entry.key == *key);
        let line = self.text(&asked.value, "what is asked")?;
        let (method, target) = match client {
            Client::Grpc => ("POST", self.grpc_method(&asked.value, line)?),
            Client::Api | Client::Browser => self.request_line(&asked.value, line)?,
        };
        let host = value("host").and_then(|entry| self.text(&entry.value, "`host`"));
        let headers = value("headers").map(|entry| self.headers(&entry.value));
        let ip = value("ip").and_then(|entry| self.ip(&entry.value));
        let principal = value("principal").and_then(|entry| self.text(&entry.value, "`principal`"));
        Some(Ask::Http(HttpAsk {
            client,
            method: method.into(),
            target: target.into(),
            host: host.unwrap_or(HOST).into(),
            headers: headers.unwrap_or_default(),
            ip,
            principal: principal.map(Into::into),
        }))
    }

    /// Nothing is said of the path here: whether it can be read is for the policy to decide.
    fn request_line<'l>(&mut self, node: &Node, line: &'l str) -> Option<(&'l str, &'l str)> {
        match line.split_once(' ') {
            Some((method, target))
                if !method.is_empty() && target.starts_with('/') && !target.contains(' ') =>
            {
                Some((method, target))
            }
            Some(_) | None => self.refuse(node.place, SuiteProblem::RequestLine(Excerpt::of(line))),
        }
    }

    fn grpc_method<'l>(&mut self, node: &Node, line: &'l str) -> Option<&'l str> {
        let parts = line.strip_prefix('/').and_then(|rest| rest.split_once('/'));
        match parts {
            Some((service, method))
                if !service.is_empty() && !method.is_empty() && !line.contains([' ', '?']) =>
            {
                Some(line)
            }
            Some(_) | None => self.refuse(node.place, SuiteProblem::GrpcMethod(Excerpt::of(line))),
        }
    }

    /// A list stands for several lines of one name.
    fn headers(&mut self, node: &Node) -> Vec<(Box<str>, Box<str>)> {
        let mut headers = Vec::new();
        for entry in self.map(node, "`headers`").unwrap_or_default() {
            if let Some(name) = header_name(self, entry) {
                for (value, _) in self.texts(&entry.value, "the value of a header") {
                    headers.push((name.clone(), value.into()));
                }
            }
        }
        headers
    }

    fn ip(&mut self, node: &Node) -> Option<IpAddr> {
        let text = self.text(node, "`ip`")?;
        match text.parse() {
            Ok(ip) => Some(ip),
            Err(_) => self.refuse(node.place, SuiteProblem::IpAddress(Excerpt::of(text))),
        }
    }

    pub(super) fn action(&mut self, asked: &Entry, entries: &[&Entry]) -> Option<Ask> {
        self.none_of(&OF_REQUESTS, "an action", entries);
        let value = |key: &str| entries.iter().find(|entry| *entry.key == *key);
        let name = self.text(&asked.value, "`action`")?;
        let resource = value("resource").and_then(|entry| self.resource(&entry.value));
        let context = value("context").and_then(|entry| self.object(&entry.value, "`context`"));
        let context = context.unwrap_or_default();
        Some(Ask::Action(Action { name: name.into(), resource, context }))
    }

    fn resource(&mut self, node: &Node) -> Option<Resource> {
        let mut resource =
            Resource { kind: "".into(), id: "".into(), attributes: JsonObject::new() };
        for entry in self.map(node, "`resource`")? {
            let node = &entry.value;
            match &*entry.key {
                "type" => resource.kind = self.text(node, "`type`")?.into(),
                "id" => resource.id = self.text(node, "`id`")?.into(),
                name => {
                    if let Some(value) = self.json(node) {
                        resource.attributes.insert(name.to_owned(), value);
                    }
                }
            }
        }
        Some(resource)
    }

    fn none_of(&mut self, keys: &[&'static str], asked: &'static str, entries: &[&Entry]) {
        for entry in entries {
            if let Some(key) = keys.iter().find(|key| **key == &*entry.key) {
                self.report(entry.place, SuiteProblem::Misplaced { key, asked });
            }
        }
    }
}

/// A header's name in small letters.
pub(super) fn header_name(reader: &mut Reader<'_>, entry: &Entry) -> Option<Box<str>> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if entry.key.is_empty() || !entry.key.bytes().all(token) {
        let name = Excerpt::of(&entry.key);
        return reader.refuse(entry.place, SuiteProblem::HeaderName(name));
    }
    Some(entry.key.to_ascii_lowercase().into())
}
