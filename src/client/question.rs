//! What Bailiff is asked about a request: all that was received but the body.

use crate::pb::v1::{
    AuthorizeRequest, HttpHeader, HttpRequest, authorize_request::Question as Asked,
};
use http::{header, request::Parts};

/// What the service knows and a request does not say.
#[derive(Clone, Debug, Default)]
pub(super) struct Setting {
    /// `http` or `https`, as the user sees it; empty: `https`.
    pub(super) scheme: String,
    /// The Clerk instance by its name; empty: the one that serves the host.
    pub(super) instance: String,
}

/// The question about a request.
pub(super) fn question(parts: &Parts, setting: &Setting) -> AuthorizeRequest {
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| HttpHeader {
        name: name.as_str().to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let request = HttpRequest {
        method: parts.method.as_str().to_owned(),
        scheme: setting.scheme.clone(),
        host: host(parts),
        path: path.to_owned(),
        headers: parts.headers.iter().map(header).collect(),
    };
    AuthorizeRequest {
        instance: setting.instance.clone(),
        question: Some(Asked::Http(request)),
        ..AuthorizeRequest::default()
    }
}

/// The authority of HTTP/2, or the one `Host` of HTTP/1.1. Two of them name no host: a service and
/// Bailiff might each believe another one.
fn host(parts: &Parts) -> String {
    let mut named = parts.headers.get_all(header::HOST).iter();
    match (parts.uri.authority(), named.next(), named.next()) {
        (_, _, Some(_)) => String::new(),
        (Some(authority), _, None) => authority.as_str().to_owned(),
        (None, host, None) => {
            let text = host.and_then(|value| value.to_str().ok());
            text.unwrap_or_default().to_owned()
        }
    }
}

/// Whether a gRPC client waits for the answer.
pub(super) fn is_grpc(parts: &Parts) -> bool {
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let kind = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/grpc" || kind.starts_with("application/grpc+")
}
