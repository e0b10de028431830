//! How each door is asked a case, and the verdict in its answer.

use super::case::{Action, Request, Wanted};
use crate::support::{
    check::{Asked, Encoding},
    envoy::Envoy,
    grpc::{authorization_client, channel, unix_channel, with_token},
    http::{self, Answer},
    proxy::Proxy,
    sidecar::{Sidecar, bailiff},
};
use bailiff::pb::v1::{
    self, AuthorizeRequest, AuthorizeResponse, BatchAuthorizeRequest, Credential, Effect,
    HttpHeader, Resource, authorization_service_client::AuthorizationServiceClient,
    authorize_request::Question, credential::Source,
};
use serde_json::{Map, Value, json};
use std::{
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};
use tonic::transport::Channel;

/// Keeps a proxy running.
pub(super) enum Kept {
    Envoy(#[expect(dead_code, reason = "ends when it is dropped")] Envoy),
    Proxy(#[expect(dead_code, reason = "ends when it is dropped")] Proxy),
}

/// Where a call to `Authorize` has the credential.
#[derive(Clone, Copy, Debug)]
pub(super) enum AuthorizeWay {
    Token,
    Headers,
    Metadata,
    Batch,
    UnixSocket,
}

pub(super) const AUTHORIZE_WAYS: [AuthorizeWay; 5] = [
    AuthorizeWay::Token,
    AuthorizeWay::Headers,
    AuthorizeWay::Metadata,
    AuthorizeWay::Batch,
    AuthorizeWay::UnixSocket,
];

/// How an evaluation is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuthzenWay {
    Token,
    Header,
    Several,
}

pub(super) const AUTHZEN_WAYS: [AuthzenWay; 3] =
    [AuthzenWay::Token, AuthzenWay::Header, AuthzenWay::Several];

/// Everything that can be asked.
pub(super) struct Doors<'s> {
    sidecar: &'s Sidecar,
    client: AuthorizationServiceClient<Channel>,
    over_unix: AuthorizationServiceClient<Channel>,
    folder: PathBuf,
}

/// What a browser sends when it loads a page.
const PAGE: [(&str, &str); 2] =
    [("accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("sec-fetch-dest", "document")];

fn headers<'a>(request: &Request, bearer: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let page = if request.browser { &PAGE[..] } else { &[] };
    let bearer = bearer.map(|value| ("authorization", value));
    page.iter().copied().chain(bearer).collect()
}

fn bearer(token: Option<&str>) -> Option<String> {
    token.map(|token| format!("Bearer {token}"))
}

/// The verdict in an HTTP answer.
fn told(answer: &Answer, status: u16) -> String {
    let reason = answer.header("x-bailiff-reason").unwrap_or("no reason");
    match status {
        200 => "allow".to_owned(),
        302 => format!("redirect {reason}"),
        _ => format!("deny {reason}"),
    }
}

/// Asks through a proxy.
pub(super) async fn through(proxy: SocketAddr, request: &Request, token: Option<&str>) -> String {
    let bearer = bearer(token);
    let mut lines = format!(
        "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
        request.method, request.target, request.host
    );
    for (name, value) in headers(request, bearer.as_deref()) {
        lines.extend([name, ": ", value, "\r\n"]);
    }
    if request.method != "GET" && request.method != "HEAD" {
        lines.push_str("Content-Length: 0\r\n");
    }
    let answer = http::raw_bytes(proxy, format!("{lines}\r\n").as_bytes()).await;
    told(&answer, answer.status)
}

impl<'s> Doors<'s> {
    /// The doors of a sidecar; `folder` holds its policy and the instance's key.
    pub(super) async fn of(sidecar: &'s Sidecar, folder: &Path) -> Self {
        Self {
            sidecar,
            client: authorization_client(channel(sidecar.grpc()).await),
            over_unix: authorization_client(unix_channel(&sidecar.socket()).await),
            folder: folder.to_owned(),
        }
    }

    pub(super) async fn check(
        &self,
        request: &Request,
        token: Option<&str>,
        encoding: Encoding,
    ) -> String {
        let bearer = bearer(token);
        let asked = Asked {
            method: &request.method,
            host: &request.host,
            encoding,
            headers: headers(request, bearer.as_deref()),
            ..Asked::get(&request.target)
        };
        let verdict = asked.of(self.sidecar).await;
        match verdict.status {
            200 => "allow".to_owned(),
            302 => format!("redirect {}", verdict.reason),
            _ => format!("deny {}", verdict.reason),
        }
    }

    pub(super) async fn forward_auth(
        &self,
        profile: &str,
        request: &Request,
        token: Option<&str>,
    ) -> String {
        let family = if matches!(profile, "nginx" | "haproxy") { "original" } else { "forwarded" };
        let names = ["method", "uri", "host", "proto"].map(|part| format!("x-{family}-{part}"));
        let values = [&request.method, &request.target, &request.host, "http"];
        let bearer = bearer(token);
        let mut lines = headers(request, bearer.as_deref());
        lines.extend(names.iter().map(String::as_str).zip(values));
        let url = format!("http://{}/forward-auth/{profile}", self.sidecar.http());
        let answer = http::get(&url, &lines).await;
        let status = answer.header("x-bailiff-status").and_then(|status| status.parse().ok());
        told(&answer, status.unwrap_or(answer.status))
    }

    pub(super) async fn authorize(
        &mut self,
        wanted: &Wanted,
        token: Option<&str>,
        way: AuthorizeWay,
    ) -> String {
        let header = |(name, value): (&str, &str)| HttpHeader {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let bearer = bearer(token);
        let authorization = bearer.as_deref().map(|value| ("Authorization", value));
        let question = match wanted {
            Wanted::Request(request) => {
                let in_request = bearer.as_deref().filter(|_| matches!(way, AuthorizeWay::Headers));
                Question::Http(v1::HttpRequest {
                    method: request.method.clone(),
                    scheme: "http".into(),
                    host: request.host.clone(),
                    path: request.target.clone(),
                    headers: headers(request, in_request).into_iter().map(header).collect(),
                })
            }
            Wanted::Action(action) => Question::Action(v1::Action {
                name: action.name.clone(),
                resource: Some(Resource {
                    r#type: "invoice".into(),
                    id: "7".into(),
                    attributes: Some(to_struct(&action.attributes)),
                }),
                context: Some(to_struct(&action.context)),
            }),
        };
        let source = match way {
            AuthorizeWay::Headers => Some(Source::Headers(v1::HttpHeaders {
                headers: authorization.into_iter().map(header).collect(),
            })),
            AuthorizeWay::Metadata => None,
            AuthorizeWay::Token | AuthorizeWay::Batch | AuthorizeWay::UnixSocket => {
                Some(Source::Token(token.unwrap_or_default().to_owned()))
            }
        };
        // A browser's headers are headers: the call's own metadata is then not looked at.
        let by_metadata = matches!(way, AuthorizeWay::Metadata)
            && matches!(
                wanted,
                Wanted::Action(_) | Wanted::Request(Request { browser: false, .. })
            );
        let source = match source {
            None if !by_metadata => Some(Source::Token(token.unwrap_or_default().to_owned())),
            source => source,
        };
        let message = AuthorizeRequest {
            credential: source.map(|source| Credential { source: Some(source) }),
            question: Some(question),
            ..AuthorizeRequest::default()
        };
        let answer = match way {
            AuthorizeWay::Batch => {
                let batch = BatchAuthorizeRequest { requests: vec![message] };
                let answers = self.client.batch_authorize(batch).await.expect("an answer");
                answers.into_inner().responses.pop().expect("one answer")
            }
            AuthorizeWay::UnixSocket => {
                self.over_unix.authorize(message).await.expect("an answer").into_inner()
            }
            AuthorizeWay::Token | AuthorizeWay::Headers | AuthorizeWay::Metadata => {
                let message = with_token(message, token.filter(|_| by_metadata));
                self.client.authorize(message).await.expect("an answer").into_inner()
            }
        };
        decided(answer)
    }

    pub(super) async fn authzen(
        &self,
        action: &Action,
        subject: &str,
        token: Option<&str>,
        way: AuthzenWay,
    ) -> String {
        let mut evaluation = json!({
            "subject": { "type": "user", "id": subject, "properties": {} },
            "action": { "name": action.name },
            "resource": { "type": "invoice", "id": "7", "properties": action.attributes },
            "context": action.context,
        });
        let bearer = bearer(token).filter(|_| way == AuthzenWay::Header);
        if let Some(token) = token.filter(|_| way != AuthzenWay::Header) {
            evaluation["subject"]["properties"]["token"] = token.into();
        }
        let (path, message) = match way {
            AuthzenWay::Token | AuthzenWay::Header => ("evaluation", evaluation),
            AuthzenWay::Several => ("evaluations", json!({ "evaluations": [evaluation] })),
        };
        let url = format!("http://{}/access/v1/{path}", self.sidecar.http());
        let authorization = bearer.as_deref().map(|value| ("authorization", value));
        let headers: Vec<_> = authorization.into_iter().collect();
        let mut answer = http::post_json(&url, &headers, &message).await.json();
        if way == AuthzenWay::Several {
            answer = answer["evaluations"][0].take();
        }
        let reason = answer["context"]["reason"].as_str().unwrap_or("no reason");
        match answer["decision"].as_bool() {
            Some(true) => "allow".to_owned(),
            Some(false) => format!("deny {reason}"),
            None => format!("{answer}"),
        }
    }

    /// What the command line says; `None` where it cannot be asked: it reads no token that is none,
    /// and explains an expired one as if it were valid, but not a person of the tests who is late. It
    /// redirects nobody, so that a redirect is the refusal that it is for.
    pub(super) fn explain(
        &self,
        who: &str,
        wanted: &Wanted,
        token: Option<&str>,
    ) -> Option<String> {
        if who == "garbage" {
            return None;
        }
        let mut command = bailiff();
        command.arg("explain").arg(self.folder.join("policy.yaml"));
        command.args(["--format", "json"]);
        match wanted {
            Wanted::Request(request) => {
                let asked = format!("{} {}", request.method, request.target);
                command.args(["--request", &asked, "--host", &request.host]);
                if request.browser {
                    command.arg("--browser");
                }
            }
            Wanted::Action(action) => {
                let mut resource = action.attributes.clone();
                resource.insert("type".into(), "invoice".into());
                resource.insert("id".into(), "7".into());
                command.args(["--action", &action.name]);
                command.args(["--resource", &Value::Object(resource).to_string()]);
                command.args(["--context", &Value::Object(action.context.clone()).to_string()]);
            }
        }
        if who == "late" {
            command.args(["--as", who]);
        } else if token.is_some() {
            let key = self.folder.join("key.pem");
            command.args(["--token", "-"]).arg("--jwt-key-file").arg(key);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        if let Some(mut input) = process.stdin.take() {
            // A command that does not read its input closes it.
            let _ = input.write_all(token.unwrap_or_default().as_bytes());
        }
        let output = process.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let Ok(shown) = serde_json::from_str::<Value>(&text) else {
            return Some(format!("{text}{}", String::from_utf8_lossy(&output.stderr)));
        };
        let verdict = &shown["explanation"]["verdict"];
        let effect = verdict["effect"].as_str().unwrap_or_default();
        if effect == "allow" {
            return Some("allow".to_owned());
        }
        let goes_elsewhere = |request: &Request, reason: &str| {
            request.browser && matches!(reason, "signed_out" | "organization_required")
        };
        let reason = verdict["reason"].as_str().unwrap_or_default();
        match wanted {
            Wanted::Request(request) if effect == "deny" && goes_elsewhere(request, reason) => {
                Some(format!("redirect {reason}"))
            }
            Wanted::Request(_) | Wanted::Action(_) => Some(format!("{effect} {reason}")),
        }
    }
}

fn decided(answer: AuthorizeResponse) -> String {
    let decision = answer.decision.expect("a decision");
    match decision.effect() {
        Effect::Allow => "allow".to_owned(),
        Effect::Deny => format!("deny {}", decision.reason),
        Effect::Redirect => format!("redirect {}", decision.reason),
        Effect::Unspecified => "unspecified".to_owned(),
    }
}

fn to_struct(object: &Map<String, Value>) -> prost_types::Struct {
    let kind = |value: &Value| match value {
        Value::String(text) => prost_types::value::Kind::StringValue(text.clone()),
        Value::Number(number) => {
            prost_types::value::Kind::NumberValue(number.as_f64().expect("a number"))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            panic!("{value} is in no case")
        }
    };
    let fields = object
        .iter()
        .map(|(name, value)| (name.clone(), prost_types::Value { kind: Some(kind(value)) }));
    prost_types::Struct { fields: fields.collect() }
}
