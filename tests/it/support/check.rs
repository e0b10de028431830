//! `Check` as a proxy would ask it, without a proxy that settles or refuses anything beforehand.

use super::{PATIENCE, grpc, sidecar::Sidecar, tokens::HOST};
use envoy_types::{
    ext_authz::v3::pb::{CheckRequest, CheckResponse, HeaderValue, HttpResponse},
    pb::{
        envoy::{
            config::core::v3::HeaderMap,
            service::auth::v3::{
                AttributeContext,
                attribute_context::{HttpRequest, Request},
            },
        },
        google::protobuf::value::Kind,
    },
};
use std::collections::HashMap;

/// How the proxy sends headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Line by line, byte for byte: `encode_raw_headers`.
    Raw,
    /// As a map, repeated names joined with a comma.
    Joined,
}

/// Both of them.
pub(crate) const ENCODINGS: [Encoding; 2] = [Encoding::Raw, Encoding::Joined];

/// A request that a proxy asks about.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    pub(crate) target: &'a str,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) encoding: Encoding,
    /// What the operator set for the route.
    pub(crate) extensions: Vec<(&'a str, &'a str)>,
}

impl<'a> Asked<'a> {
    /// A GET of nobody at the shop's host.
    pub(crate) const fn get(target: &'a str) -> Self {
        Self {
            method: "GET",
            host: HOST,
            target,
            headers: Vec::new(),
            encoding: Encoding::Raw,
            extensions: Vec::new(),
        }
    }

    /// One header line more.
    pub(crate) fn header(mut self, name: &'a str, value: &'a str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The message.
    pub(crate) fn message(&self) -> CheckRequest {
        let pseudo = [
            (":method", self.method),
            (":authority", self.host),
            (":scheme", "http"),
            (":path", self.target),
        ];
        let lines = pseudo.iter().chain(&self.headers);
        let mut http = HttpRequest {
            id: "1".into(),
            method: self.method.into(),
            path: self.target.into(),
            host: self.host.into(),
            scheme: "http".into(),
            protocol: "HTTP/1.1".into(),
            ..Default::default()
        };
        match self.encoding {
            Encoding::Raw => {
                let line = |(name, value): &(&str, &str)| HeaderValue {
                    key: (*name).into(),
                    raw_value: value.as_bytes().to_vec(),
                    ..Default::default()
                };
                http.header_map = Some(HeaderMap { headers: lines.map(line).collect() });
            }
            Encoding::Joined => {
                for (name, value) in lines {
                    let join = |joined: &mut String| {
                        joined.push(',');
                        joined.push_str(value);
                    };
                    let entry = http.headers.entry((*name).into());
                    entry.and_modify(join).or_insert_with(|| (*value).into());
                }
            }
        }
        let extensions = self.extensions.iter().map(|&(key, value)| (key.into(), value.into()));
        message(http, extensions.collect())
    }

    /// Asks.
    pub(crate) async fn of(&self, sidecar: &Sidecar) -> Verdict {
        ask(sidecar, self.message()).await
    }
}

/// A message about `http`.
pub(crate) fn message(http: HttpRequest, extensions: HashMap<String, String>) -> CheckRequest {
    let request = Request { http: Some(http), ..Default::default() };
    CheckRequest {
        attributes: Some(AttributeContext {
            request: Some(request),
            context_extensions: extensions,
            ..Default::default()
        }),
    }
}

/// Asks with any message.
///
/// # Panics
/// When the call fails: a proxy may be set to let requests through then, so it never may.
pub(crate) async fn ask(sidecar: &Sidecar, message: CheckRequest) -> Verdict {
    let mut client = grpc::check_client(grpc::channel(sidecar.grpc()).await);
    let answer = tokio::time::timeout(PATIENCE, client.check(message)).await;
    let answer = answer.expect("an answer in time");
    Verdict::of(answer.expect("a refusal is an answer, not a failed call").into_inner())
}

/// What a proxy would make of an answer.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// The status the client gets; 200 is an allow.
    pub(crate) status: i32,
    /// The reason code.
    pub(crate) reason: String,
    /// The revision of the policy that decided.
    pub(crate) revision: String,
    /// Headers set for the service.
    pub(crate) set: Vec<(String, String)>,
    /// Headers removed.
    pub(crate) removed: Vec<String>,
}

impl Verdict {
    /// Of a whole answer.
    pub(crate) fn of(answer: CheckResponse) -> Self {
        let fields = answer.dynamic_metadata.map(|metadata| metadata.fields).unwrap_or_default();
        let text = |name| match fields.get(name).and_then(|value| value.kind.clone()) {
            Some(Kind::StringValue(text)) => text,
            _ => String::new(),
        };
        let (reason, revision) = (text("reason"), text("revision"));
        let code = answer.status.map_or(0, |status| status.code);
        let (status, set, removed) = match answer.http_response {
            Some(HttpResponse::OkResponse(ok)) if code == 0 => {
                let headers = ok.headers.into_iter().filter_map(|option| option.header);
                let set = headers.map(|header| (header.key, header.value)).collect();
                (200, set, ok.headers_to_remove)
            }
            Some(HttpResponse::DeniedResponse(denied)) if code != 0 => {
                (denied.status.map_or(403, |status| status.code), Vec::new(), Vec::new())
            }
            None if code == 0 => (200, Vec::new(), Vec::new()),
            other => panic!("code {code} with {other:?}"),
        };
        Self { status, reason, revision, set, removed }
    }

    /// `200`, or the status and the reason.
    pub(crate) fn told(&self) -> String {
        if self.status == 200 {
            "200".to_owned()
        } else {
            format!("{} {}", self.status, self.reason)
        }
    }
}
