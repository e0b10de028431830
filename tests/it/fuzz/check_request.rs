//! `CheckRequest`: no message, however odd, is an allow where the policy is closed, and every answer is
//! one that a proxy can act on.

use super::{Corpus, corpus::Bytes, search};
use crate::support::{
    check::{Asked, ENCODINGS},
    house::House,
    stack::SHOP,
    tokens::Instance,
};
use bailiff::pb::envoy::{CheckRequest, HttpRequest};
use envoy_types::ext_authz::v3::pb::{CheckResponse, HeaderValueOption, HttpResponse};
use prost::Message as _;

const WORDS: &[&str] = &[
    "GET",
    "OPTIONS",
    "CONNECT",
    "HEAD",
    "\n",
    "\n\n",
    ": ",
    "authorization: ",
    "cookie: ",
    "host: ",
    ":path: /docs/a",
    ":method: GET",
    "x-user-id: root",
    "x_user_id: root",
    "/docs/a",
    "/healthz",
    "/admin",
    "..",
    "%2e%2e",
    "?",
    "#",
    "shop.test",
    "bailiff.require",
    "bailiff.action",
    "bailiff.instance",
    "\0",
    "\r\n",
    "\u{e9}",
    "content-type: application/grpc",
    "Bearer a.b.c",
    "accept: text/html",
    "sec-fetch-dest: document",
    "__session=a.b.c",
    "x-request-id: ",
];

/// Everything needs somebody.
const CLOSED: &str = "
version: 1
unlisted: signed_in
routes:
  /admin/{**}: { role: org:admin }
  /docs/{**}: signed_in
  /{a}/{b}: { permission: org:invoices:read, if: request.method == 'GET' }
responses:
  sign_in: https://accounts.shop.test/sign-in
  forbidden: { status: 404 }
";

#[test]
fn no_message_without_a_credential_opens_anything_closed() {
    let instance = Instance::new();
    let [closed, shop] = [CLOSED, SHOP].map(|policy| House::of(&instance, policy));
    search!(Corpus::of("check_request", WORDS), |input: &[u8]| {
        let text = String::from_utf8_lossy(input);
        for message in messages(input, &text) {
            let answer = closed.check(message.clone());
            sound(&answer);
            assert!(!allows(&answer), "{message:?}");
            let answer = shop.check(message.clone());
            sound(&answer);
            if allows(&answer) {
                let http = message.attributes.and_then(|all| all.request).and_then(|all| all.http);
                let path = http.map(|http| path(&http)).unwrap_or_default();
                let open = path == "/" || path == "/healthz" || path == "/healthz/";
                assert!(open || path == "/docs" || path.starts_with("/docs/"), "{path:?}");
            }
        }
    });
}

/// The input as the bytes of a message; and as a request that is written down, both ways of sending
/// headers, changed once more as bytes.
fn messages(input: &[u8], text: &str) -> Vec<CheckRequest> {
    let mut messages: Vec<_> = CheckRequest::decode(input).into_iter().collect();
    let mut lines = text.split('\n');
    let mut start = lines.next().unwrap_or_default().splitn(3, ' ');
    let mut part = || start.next().unwrap_or_default();
    let (method, host, target) = (part(), part(), part());
    let pairs = lines.filter_map(|line| line.split_once(": "));
    let (extensions, headers): (Vec<_>, Vec<_>) =
        pairs.partition(|(name, _)| name.starts_with("bailiff"));
    for encoding in ENCODINGS {
        let (headers, extensions) = (headers.clone(), extensions.clone());
        let message = Asked { method, host, target, headers, encoding, extensions }.message();
        let mut bytes = message.encode_to_vec();
        messages.push(CheckRequest::decode(bytes.as_slice()).expect("what Envoy would send"));
        let mut how = Bytes(input);
        let at = how.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte = how.byte();
        }
        messages.extend(CheckRequest::decode(bytes.as_slice()));
    }
    messages
}

/// The path that the service would see, without its query.
fn path(http: &HttpRequest) -> String {
    let raw = http.header_map.iter().flat_map(|map| &map.headers);
    let raw = raw.filter(|line| line.key.eq_ignore_ascii_case(b":path"));
    let mut raw =
        raw.map(|line| if line.raw_value.is_empty() { &line.value } else { &line.raw_value });
    let target = String::from_utf8_lossy(raw.next_back().unwrap_or(&http.path));
    target.split('?').next().unwrap_or_default().to_owned()
}

fn allows(answer: &CheckResponse) -> bool {
    answer.status.as_ref().is_none_or(|status| status.code == 0)
}

/// Whether a proxy can act on an answer: it is one thing or the other, and every header is one.
fn sound(answer: &CheckResponse) {
    let headers: Vec<&HeaderValueOption> = match &answer.http_response {
        Some(HttpResponse::OkResponse(ok)) => {
            assert!(allows(answer), "{answer:?}");
            for removed in &ok.headers_to_remove {
                assert!(is_name(removed), "{removed:?}");
                let set = ok.headers.iter().filter_map(|option| option.header.as_ref());
                assert!(
                    !set.clone().any(|set| set.key.eq_ignore_ascii_case(removed)),
                    "{answer:?}"
                );
            }
            ok.headers.iter().chain(&ok.response_headers_to_add).collect()
        }
        Some(HttpResponse::DeniedResponse(denied)) => {
            assert!(!allows(answer), "{answer:?}");
            let status = denied.status.as_ref().map_or(0, |status| status.code);
            assert!(matches!(status, 302 | 400..=599), "{answer:?}");
            denied.headers.iter().collect()
        }
        other => panic!("{other:?}"),
    };
    for header in headers.iter().filter_map(|option| option.header.as_ref()) {
        assert!(is_name(&header.key), "{header:?}");
        assert!(header.raw_value.is_empty(), "{header:?}");
        assert!(!header.value.contains(['\r', '\n', '\0']), "{header:?}");
    }
}

fn is_name(name: &str) -> bool {
    http::HeaderName::from_bytes(name.as_bytes()).is_ok()
}
