//! Nothing that a client, a token or Clerk says ends a header, whichever door says it and however.

use crate::support::{
    check::Asked,
    grpc::{authorization_client, channel, check_client},
    sidecar::Sidecar,
    tokens::{HOST, Instance, Person::Boss},
};
use bailiff::pb::v1::{
    AuthorizeRequest, Credential, HttpRequest, authorize_request::Question, credential::Source,
};
use envoy_types::ext_authz::v3::pb::HttpResponse;
use serde_json::json;

const POLICY: &str = "
version: 1
routes:
  /open: optional
  /closed: signed_in
  /admin: { role: org:owner }
  /hidden: { role: org:owner, if: request.path == '/never' }
responses:
  sign_in: https://accounts.shop.test/sign-in
  forbidden:
    api: { message: 'no: {message} {rule} {request_id}' }
upstream:
  headers:
    x-user: identity.user.id
    x-org: identity.organization.id
    x-slug: identity.organization.slug
    x-role: identity.organization.role
    x-permissions: identity.organization.permissions
    x-actor: identity.actor.id
    x-custom: identity.claims.custom
    x-query: request.query.q
    x-agent: request.headers['user-agent']
";

const HOSTILE: [&str; 6] = [
    "a\r\nx-admin: 1",
    "a\nset-cookie: a=b",
    "a\r b",
    "\0",
    "a\u{85}\u{2028}b",
    "\u{e9}\u{1f600}\t",
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_said_no_header_ends_early() {
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, POLICY).await;
    let mut check = check_client(channel(sidecar.grpc()).await);
    let mut authorize = authorization_client(channel(sidecar.grpc()).await);
    let mut seen = 0;
    for hostile in HOSTILE {
        let token = instance.token_with(Boss, |token| {
            token
                .claim("sub", format!("user_{hostile}"))
                .claim("custom", json!([hostile, hostile]))
                .claim("fea", "o:a")
                .claim("act", json!({ "sub": hostile }))
                .claim(
                    "o",
                    json!({ "id": format!("org_{hostile}"), "slg": hostile, "rol": hostile,
                            "per": hostile, "fpm": "1" }),
                )
        });
        let bearer = format!("Bearer {token}");
        for target in ["/open", "/closed", "/admin", "/hidden", "/nowhere", "/open?q=a%0d%0ab"] {
            for credential in [None, Some(&bearer)] {
                for browser in [false, true] {
                    let mut asked = Asked::get(target);
                    asked = asked.header("user-agent", hostile).header("x-request-id", hostile);
                    asked.headers.extend(credential.map(|value| ("authorization", value.as_str())));
                    asked.headers.extend(browser.then_some(("sec-fetch-dest", "document")));
                    let answer = check.check(asked.message()).await.expect("an answer");
                    let headers = match answer.into_inner().http_response {
                        Some(HttpResponse::OkResponse(ok)) => {
                            ok.headers.into_iter().chain(ok.response_headers_to_add).collect()
                        }
                        Some(HttpResponse::DeniedResponse(denied)) => denied.headers,
                        other => panic!("{other:?}"),
                    };
                    for header in headers.into_iter().filter_map(|option| option.header) {
                        sound(&header.key, &header.value);
                        seen += 1;
                    }
                }
            }
            let request = AuthorizeRequest {
                credential: Some(Credential { source: Some(Source::Token(token.clone())) }),
                question: Some(Question::Http(HttpRequest {
                    method: "GET".to_owned(),
                    scheme: "http".to_owned(),
                    host: HOST.to_owned(),
                    path: target.to_owned(),
                    headers: Vec::new(),
                })),
                ..AuthorizeRequest::default()
            };
            let answer = authorize.authorize(request).await.expect("an answer").into_inner();
            let decision = answer.decision.expect("a decision");
            let denied = decision.http_answer.into_iter().flat_map(|answer| answer.headers);
            let passed_on = decision.upstream.into_iter().flat_map(|all| all.set);
            for header in denied.chain(passed_on) {
                sound(&header.name, &header.value);
                seen += 1;
            }
        }
    }
    assert!(seen > 200, "{seen}");
}

#[track_caller]
fn sound(name: &str, value: &str) {
    assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name:?}");
    let printable = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    assert!(printable, "{name}: {value:?}");
}
