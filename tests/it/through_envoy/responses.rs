//! Refusals in the words of the policy.

use crate::support::{
    grpc, http,
    stack::Stack,
    tokens::Person::{Boss, Loner, Reader},
};
use tonic::Code;

const WORDS: &str = r#"
version: 1
routes:
  /dashboard: signed_in
  /admin/{**}: { role: org:admin }
  /danger/{**}: { reverification: strict }
  /grpc.health.v1.Health/{**}: { role: org:admin }
responses:
  signed_out:
    api:
      content_type: application/json
      body: '{{ "error": "{reason}", "status": {status}, "request": "{request_id}" }}'
  forbidden:
    status: 404
  ambiguous:
    status: 422
    browser: { body: "<h1>{status}</h1><p title='{reason}'>{message}</p>" }
    grpc: { message: "no: {reason}" }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_answered_in_the_words_of_the_policy() {
    let Some(shop) = Stack::start_with(WORDS).await else { return };
    let answer = shop.get(None, "/dashboard").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("www-authenticate").is_some());
    let body = answer.json();
    assert_eq!((&body["error"], &body["status"]), (&"signed_out".into(), &401.into()));
    // Envoy gives every request from outside a new name.
    assert_eq!(body["request"].as_str().map(str::len), Some(36), "{body}");
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_shown_a_page_of_the_policy() {
    let Some(shop) = Stack::start_with(WORDS).await else { return };
    let answer = shop.browse("/Dashboard", "").await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(answer.body.starts_with("<h1>422</h1><p title='ambiguous_path'>"), "{answer:?}");
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_tell_what_is_hidden_from_what_is_not_there() {
    let Some(shop) = Stack::start_with(WORDS).await else { return };
    let varying = ["date", "server", "x-envoy-upstream-service-time"];
    let nowhere = shop.get(Some(Reader), "/nowhere").await;
    assert_eq!(nowhere.status, 404);
    assert!(!format!("{nowhere:?}").contains("bailiff"), "{nowhere:?}");
    for (person, path) in [(Reader, "/admin/users"), (Loner, "/admin"), (Reader, "/danger/zone")] {
        let hidden = shop.get(Some(person), path).await;
        assert_eq!(hidden.without(&varying), nowhere.without(&varying), "{path}");
    }
    assert_eq!(shop.get(Some(Boss), "/admin/users").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_grpc_service_is_not_found() {
    let Some(shop) = Stack::start_with(WORDS).await else { return };
    let call = async |person| {
        let token = shop.instance.token(person);
        grpc::call_service_behind(shop.envoy.address(), Some(&token)).await
    };
    let refused = call(Reader).await.expect_err("a refusal");
    assert_eq!((refused.code(), refused.message()), (Code::NotFound, "Not Found"));
    assert_eq!(refused.metadata().get("x-bailiff-reason"), None);
    shop.upstream.saw_nothing();
    assert!(call(Boss).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grpc_client_is_told_in_the_words_of_the_policy() {
    let Some(shop) = Stack::start_with(WORDS).await else { return };
    let headers = [("content-type", "application/grpc"), ("te", "trailers"), ("host", "shop.test")];
    let answer = http::send("POST", &shop.envoy.url("/Dashboard"), &headers).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("grpc-status"), Some("3"));
    assert_eq!(answer.header("grpc-message"), Some("no: ambiguous_path"));
}
