//! Questions that a proxy asks.

use crate::Failure;
use envoy_types::pb::{
    envoy::service::auth::v3::{
        AttributeContext, CheckRequest, CheckResponse,
        attribute_context::{HttpRequest, Request},
        authorization_client::AuthorizationClient,
    },
    google::protobuf::value::Kind,
};
use std::net::SocketAddr;
use tonic::transport::{Channel, Endpoint};

pub(crate) const PRIVATE: &str = "/private";
pub(crate) const OAUTH: &str = "/oauth";

/// One connection to a sidecar.
#[derive(Clone)]
pub(crate) struct Asking(AuthorizationClient<Channel>);

impl Asking {
    pub(crate) async fn connect(to: SocketAddr) -> Result<Self, Failure> {
        let channel = Endpoint::from_shared(format!("http://{to}"))?.connect().await?;
        Ok(Self(AuthorizationClient::new(channel)))
    }

    /// `None` if the request is let through, otherwise the reason why not.
    pub(crate) async fn refusal(&self, path: &str, token: &str) -> Result<Option<String>, Failure> {
        let answer = self.0.clone().check(question(path, token)).await?.into_inner();
        if answer.status.as_ref().is_none_or(|status| status.code == 0) {
            return Ok(None);
        }
        Ok(Some(reason(answer)))
    }
}

fn reason(answer: CheckResponse) -> String {
    let mut fields = answer.dynamic_metadata.map(|metadata| metadata.fields).unwrap_or_default();
    match fields.remove("reason").and_then(|value| value.kind) {
        Some(Kind::StringValue(reason)) => reason,
        _ => String::new(),
    }
}

fn question(path: &str, token: &str) -> CheckRequest {
    let authorization = format!("Bearer {token}");
    let headers = [
        (":authority", "shop.test"),
        (":method", "GET"),
        (":path", path),
        (":scheme", "https"),
        ("accept", "application/json, text/plain, */*"),
        ("authorization", &authorization),
        ("cookie", "theme=dark; locale=en; consent=all"),
        ("origin", "https://shop.test"),
    ];
    let http = HttpRequest {
        method: "GET".into(),
        path: path.into(),
        host: "shop.test".into(),
        scheme: "https".into(),
        protocol: "HTTP/2".into(),
        headers: headers.map(|(name, value)| (name.into(), value.into())).into(),
        ..HttpRequest::default()
    };
    CheckRequest {
        attributes: Some(AttributeContext {
            request: Some(Request { http: Some(http), ..Request::default() }),
            ..AttributeContext::default()
        }),
    }
}
