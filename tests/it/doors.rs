//! What each door adds of its own to the verdict that all of them share.

use crate::support::{
    check::{Asked, ENCODINGS},
    grpc::{authorization_client, channel, with_token},
    http,
    sidecar::Sidecar,
    stack::SHOP,
    tokens::{
        HOST, Instance,
        Person::{Boss, Loner, Reader},
    },
};
use bailiff::{
    core::{
        clock::{Clock as _, SystemClock},
        id::SessionId,
    },
    pb::v1::{
        Action, AuthorizeRequest, BatchAuthorizeRequest, Credential, Effect, GetClaimsRequest,
        HttpHeader, HttpHeaders, HttpRequest, Requirement,
        authorization_service_client::AuthorizationServiceClient, authorize_request::Question,
        credential::Source,
    },
};
use std::time::Duration;
use tonic::{Code, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

struct Shop {
    sidecar: Sidecar,
    instance: Instance,
    client: AuthorizationServiceClient<Channel>,
}

async fn shop() -> Shop {
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, SHOP).await;
    let client = authorization_client(channel(sidecar.grpc()).await);
    Shop { sidecar, instance, client }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ages_whatever_the_age_of_its_token() {
    let Shop { sidecar, instance, mut client } = shop().await;
    for (hours, expected) in [(0, "200"), (11, "200"), (12, "401 session_too_old")] {
        let began = SystemClock.now().minus(Duration::from_secs(hours * 3600));
        let session = SessionId::make(began, "a").to_string();
        let token = instance.token_with(Boss, |token| token.claim("sid", session));
        let bearer = format!("Bearer {token}");
        let asked = Asked::get("/payroll/a").header("authorization", &bearer);
        assert_eq!(asked.of(&sidecar).await.told(), expected, "{hours}");
        let request = ask(http_question("GET", "/payroll/a", &[]), Some(&token));
        let answer = client.authorize(request).await.expect("an answer").into_inner();
        assert_eq!(told(answer), expected, "{hours}");
        // A browser is told, and not sent to a page that would send it straight back.
        let page =
            [("authorization", &*bearer), ("sec-fetch-dest", "document"), ("accept", "text/html")];
        let mut asked = Asked::get("/payroll/a");
        asked.headers.extend(page);
        assert_eq!(asked.of(&sidecar).await.told(), expected, "{hours}");
    }
}

fn http_question(method: &str, path: &str, authorization: &[String]) -> Question {
    let header = |value: &String| HttpHeader { name: "Authorization".into(), value: value.clone() };
    http_question_with(method, path, &authorization.iter().map(header).collect::<Vec<_>>())
}

fn http_question_with(method: &str, path: &str, headers: &[HttpHeader]) -> Question {
    Question::Http(HttpRequest {
        method: method.into(),
        scheme: "http".into(),
        host: HOST.into(),
        path: path.into(),
        headers: headers.to_vec(),
    })
}

fn told(answer: bailiff::pb::v1::AuthorizeResponse) -> String {
    let decision = answer.decision.expect("a decision");
    match (decision.effect(), decision.http_answer) {
        (Effect::Allow, None) => "200".to_owned(),
        (Effect::Deny, Some(answer)) => format!("{} {}", answer.status, decision.reason),
        (effect, answer) => panic!("{effect:?} with {answer:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_is_asked_by_name() {
    let Shop { sidecar: _sidecar, instance, mut client } = shop().await;
    for (person, action, expected) in [
        (Boss, "invoice.refund", "200"),
        (Reader, "invoice.read", "200"),
        (Reader, "invoice.refund", "403 permission"),
        (Boss, "invoice.unheard", "403 unknown_action"),
        (Boss, "Invoice.Refund", "403 unknown_action"),
    ] {
        let named = Action { name: action.into(), ..Action::default() };
        let question = AuthorizeRequest {
            question: Some(Question::Action(named)),
            ..AuthorizeRequest::default()
        };
        // The call's own metadata is where the token is looked for in the end.
        let asked = with_token(question, Some(&instance.token(person)));
        let answer = client.authorize(asked).await.expect("an answer").into_inner();
        assert_eq!(told(answer), expected, "{person:?} {action:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_requirement_asks_for_somebody_signed_in() {
    let Shop { sidecar: _sidecar, instance, mut client } = shop().await;
    let question = || AuthorizeRequest {
        question: Some(Question::Requirement(Requirement::default())),
        ..AuthorizeRequest::default()
    };
    let somebody = with_token(question(), Some(&instance.token(Loner)));
    assert_eq!(told(client.authorize(somebody).await.expect("an answer").into_inner()), "200");
    let nobody = client.authorize(question()).await.expect("an answer").into_inner();
    assert_eq!(told(nobody), "401 signed_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_question_is_an_invalid_argument() {
    let Shop { sidecar: _sidecar, mut client, .. } = shop().await;
    let unknown = AuthorizeRequest {
        instance: "elsewhere".into(),
        question: Some(http_question("GET", "/docs/a", &[])),
        ..AuthorizeRequest::default()
    };
    let bare_http = AuthorizeRequest {
        question: Some(Question::Http(HttpRequest::default())),
        ..AuthorizeRequest::default()
    };
    for question in [AuthorizeRequest::default(), unknown, bare_http] {
        let refused = client.authorize(question.clone()).await.expect_err("an error");
        assert_eq!(refused.code(), Code::InvalidArgument, "{question:?}");
    }
    for count in [0, 101] {
        let question = AuthorizeRequest {
            question: Some(http_question("GET", "/docs/a", &[])),
            ..AuthorizeRequest::default()
        };
        let batch = BatchAuthorizeRequest { requests: vec![question; count] };
        let refused = client.batch_authorize(batch).await.expect_err("an error");
        assert_eq!(refused.code(), Code::InvalidArgument, "{count} questions");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_are_told_as_signed_and_as_understood() {
    let Shop { sidecar: _sidecar, instance, mut client } = shop().await;
    let token = instance.token(Boss);
    let cookie = HttpHeader { name: "Cookie".into(), value: format!("__session={token}") };
    let headers = Source::Headers(HttpHeaders { headers: vec![cookie] });
    for source in [Some(Source::Token(token.clone())), Some(headers), None] {
        let in_metadata = source.is_none().then_some(token.as_str());
        let asked =
            GetClaimsRequest { credential: Some(Credential { source }), ..Default::default() };
        let answer = client.get_claims(with_token(asked, in_metadata)).await.expect("an answer");
        let answer = answer.into_inner();
        let claims = answer.claims.expect("claims").fields;
        assert!(claims.contains_key("iss") && claims.contains_key("o"), "{claims:?}");
        let identity = answer.identity.expect("an identity");
        assert_eq!(identity.user_id, Boss.id());
        assert_eq!(identity.plans, ["o:pro"]);
        let organization = identity.organization.expect("an organization");
        assert_eq!((organization.slug.as_str(), organization.role.as_str()), ("acme", "org:admin"));
        let mut permissions = organization.permissions;
        permissions.sort();
        assert_eq!(permissions, ["org:invoices:manage", "org:invoices:read"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_of_nobody_are_unauthenticated_with_the_reason() {
    use tonic_types::StatusExt as _;
    let Shop { sidecar: _sidecar, mut client, .. } = shop().await;
    let garbage = Credential { source: Some(Source::Token("garbage".into())) };
    for (credential, reason) in [(None, "signed_out"), (Some(garbage), "token_invalid")] {
        let asked = GetClaimsRequest { credential, ..Default::default() };
        let refused = client.get_claims(asked).await.expect_err("an error");
        assert_eq!(refused.code(), Code::Unauthenticated);
        let details = refused.get_error_details();
        let info = details.error_info().expect("an ErrorInfo");
        assert!(info.reason.eq_ignore_ascii_case(reason), "{}", info.reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_served_to_proxies_and_to_probes() {
    let Shop { sidecar, .. } = shop().await;
    let mut health = HealthClient::new(channel(sidecar.grpc()).await);
    for service in ["", "envoy.service.auth.v3.Authorization", "bailiff.v1.AuthorizationService"] {
        let asked = HealthCheckRequest { service: service.into() };
        let answer = health.check(asked).await.expect("an answer").into_inner();
        assert_eq!(answer.status, 1, "{service}");
    }
    for page in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(http::get(&sidecar.admin(page), &[]).await.status, 200, "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_decision_is_one_line_of_the_log() {
    let Shop { sidecar, instance, .. } = shop().await;
    let bearer = format!("Bearer {}", instance.token(Reader));
    let asked = Asked::get("/admin/users?secret=hush").header("authorization", &bearer);
    assert_eq!(asked.of(&sidecar).await.told(), "403 role");
    let line = sidecar.logged(|fields| fields["reason"] == "role").await;
    assert_eq!(line["effect"], "deny", "{line}");
    assert!(!sidecar.log().contains("hush"), "{}", sidecar.log());
}

const WORDS: &str = r#"
version: 1
routes:
  /dashboard: signed_in
  /admin/{**}: { role: org:admin }
  /danger/{**}: { reverification: strict }
actions:
  invoice.refund: { permission: org:invoices:manage }
responses:
  signed_out:
    api: { content_type: text/plain, body: "{status} {reason} {request_id}." }
  forbidden:
    api: { message: "No: {message}", status: 409 }
upstream:
  headers: { x-user-id: identity.user.id }
  keep_credentials: false
"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_door_says_no_in_the_words_of_the_policy() {
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, WORDS).await;
    let mut client = authorization_client(channel(sidecar.grpc()).await);
    for (sent, named) in [
        ("req-1", "req-1"),
        ("", ""),
        ("<script>", ""),
        ("{reason}", ""),
        ("a b", ""),
        ("a\"", ""),
        ("a\\b", ""),
    ] {
        let headers = [HttpHeader { name: "X-Request-Id".into(), value: sent.into() }];
        let request = ask(http_question_with("GET", "/dashboard", &headers), None);
        let answer = client.authorize(request).await.expect("an answer").into_inner();
        let decision = answer.decision.expect("a decision");
        assert_eq!(decision.reason, "signed_out");
        let answer = decision.http_answer.expect("an answer for the caller");
        assert_eq!((answer.status, answer.body), (401, format!("401 signed_out {named}.")));
    }
    let token = instance.token(Reader);
    let named = Action { name: "invoice.refund".into(), ..Action::default() };
    for question in [http_question("GET", "/admin/a", &[]), Question::Action(named)] {
        let request = ask(question, Some(&token));
        let answer = client.authorize(request).await.expect("an answer").into_inner();
        let decision = answer.decision.expect("a decision");
        let answer = decision.http_answer.expect("an answer for the caller");
        assert_eq!(answer.status, 409);
        assert!(answer.body.contains(&format!("No: {}", decision.message)), "{}", answer.body);
    }
    let request = ask(http_question("POST", "/danger/a", &[]), Some(&token));
    let answer = client.authorize(request).await.expect("an answer").into_inner();
    let answer = answer.decision.and_then(|decision| decision.http_answer);
    assert!(answer.is_some_and(|answer| answer.body.contains("reverification-error")));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_withholds_credentials() {
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, WORDS).await;
    let mut client = authorization_client(channel(sidecar.grpc()).await);
    let cookie = format!("a=1; __session={}; b=2", instance.token(Boss));
    for encoding in ENCODINGS {
        let asked = Asked { encoding, ..Asked::get("/admin/a") }.header("cookie", &cookie);
        let verdict = asked.of(&sidecar).await;
        assert_eq!(verdict.status, 200, "{verdict:?}");
        assert!(verdict.set.contains(&("cookie".into(), "a=1; b=2".into())), "{verdict:?}");
        assert_eq!(verdict.removed, ["authorization"]);
    }
    let headers = [HttpHeader { name: "Cookie".into(), value: cookie }];
    let request = ask(http_question_with("GET", "/admin/a", &headers), None);
    let answer = client.authorize(request).await.expect("an answer").into_inner();
    let upstream = answer.decision.and_then(|decision| decision.upstream).expect("an allow");
    let set: Vec<_> = upstream.set.iter().map(|header| (&*header.name, &*header.value)).collect();
    assert_eq!(set, [("x-user-id", Boss.id()), ("cookie", "a=1; b=2")]);
    assert_eq!(upstream.remove, ["authorization"]);
    // No request goes on to anywhere when an action is asked about.
    let named = Action { name: "invoice.refund".into(), ..Action::default() };
    let request = ask(Question::Action(named), Some(&instance.token(Boss)));
    let answer = client.authorize(request).await.expect("an answer").into_inner();
    let upstream = answer.decision.and_then(|decision| decision.upstream).expect("an allow");
    assert_eq!(upstream.remove, Vec::<String>::new());
}

fn ask(question: Question, token: Option<&str>) -> AuthorizeRequest {
    AuthorizeRequest {
        credential: token.map(|token| Credential { source: Some(Source::Token(token.into())) }),
        question: Some(question),
        ..AuthorizeRequest::default()
    }
}
