//! What is asked: the request of a browser's script, with a session token.

use bailiff::{
    core::clock::{Clock as _, SystemClock},
    stand_in::{
        keys::SigningKey,
        people,
        tokens::{Minting, Token},
    },
};
use bytes::Bytes;
use envoy_types::pb::envoy::service::auth::v3::{
    AttributeContext, CheckRequest,
    attribute_context::{HttpRequest, Request},
};
use prost::Message as _;
use std::time::Duration;

pub(crate) const ISSUER: &str = "https://load.clerk.test";

/// A token that lives for an hour.
pub(crate) fn token(key: &SigningKey) -> String {
    token_of(key, "sess_2loadDemo")
}

/// The same for a session of that name.
pub(crate) fn token_of(key: &SigningKey, session: &str) -> String {
    let minting = Minting {
        issuer: ISSUER.to_owned(),
        issued_at: SystemClock.now(),
        lifetime: Duration::from_secs(3600),
        authorized_party: Some("https://shop.test".to_owned()),
    };
    Token::session(&people::boss().starting_facts(session), &minting).sign(key)
}

pub(crate) const HOST: &str = "shop.test";
pub(crate) const TARGET: &str = "/dashboard/reports?from=2026-01-01&to=2026-02-01";

/// The headers that a browser sends.
pub(crate) fn headers(authorization: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("accept", "application/json, text/plain, */*"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("accept-language", "en-GB,en;q=0.9,de;q=0.8"),
        ("authorization", authorization),
        ("cache-control", "no-cache"),
        ("cookie", "theme=dark; locale=en; _ga=GA1.1.1029384756.1700000000; consent=all"),
        ("dnt", "1"),
        ("origin", "https://shop.test"),
        ("pragma", "no-cache"),
        ("priority", "u=1, i"),
        ("referer", "https://shop.test/dashboard"),
        ("sec-ch-ua", "\"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\""),
        ("sec-ch-ua-mobile", "?0"),
        ("sec-ch-ua-platform", "\"Linux\""),
        ("sec-fetch-dest", "empty"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-site", "same-origin"),
        (
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        ),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-proto", "https"),
        ("x-request-id", "7f0b8a52-6f2b-4f0e-8d8c-3a3ff8e4d7c1"),
    ]
}

/// The same as Envoy asks about it, encoded.
pub(crate) fn check_request(token: &str) -> Bytes {
    check_message(token).encode_to_vec().into()
}

/// The same as Envoy asks about it.
pub(crate) fn check_message(token: &str) -> CheckRequest {
    let authorization = format!("Bearer {token}");
    let pseudo =
        [(":authority", HOST), (":method", "GET"), (":path", TARGET), (":scheme", "https")];
    let headers = pseudo.into_iter().chain(headers(&authorization));
    let http = HttpRequest {
        method: "GET".into(),
        path: TARGET.into(),
        host: HOST.into(),
        scheme: "https".into(),
        protocol: "HTTP/2".into(),
        headers: headers.map(|(name, value)| (name.into(), value.into())).collect(),
        ..HttpRequest::default()
    };
    let request = Some(Request { http: Some(http), ..Request::default() });
    let attributes = Some(AttributeContext { request, ..AttributeContext::default() });
    CheckRequest { attributes }
}
