//! gRPC services behind the proxy: refusals have a gRPC status, never a redirect.

use crate::support::{
    grpc, http,
    stack::Stack,
    tokens::Person::{Loner, Reader},
};
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_somebody_signed_in_reaches_the_service() {
    let Some(shop) = Stack::start().await else { return };
    let token = shop.instance.token(Loner);
    let answer = grpc::call_service_behind(shop.envoy.address(), Some(&token)).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(shop.received_once()["target"], "/grpc.health.v1.Health/Check");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_nobody_is_unauthenticated() {
    let Some(shop) = Stack::start().await else { return };
    let refused = grpc::call_service_behind(shop.envoy.address(), None).await;
    assert_eq!(refused.expect_err("a refusal").code(), Code::Unauthenticated);
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_somebody_who_may_not_is_a_denied_permission() {
    let Some(shop) = Stack::start().await else { return };
    let bearer = shop.bearer(Reader);
    // Envoy answers gRPC with status 200 and says the rest in `grpc-status`, whatever the protocol.
    let headers = [
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("authorization", bearer.as_str()),
        ("accept", "text/html"),
        ("host", "shop.test"),
    ];
    let answer = http::send("POST", &shop.envoy.url("/shop.v1.Admin/Purge"), &headers).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("grpc-status"), Some("7"));
    assert_eq!(answer.header("location"), None);
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grpc_call_that_looks_like_a_page_load_is_not_redirected() {
    let Some(shop) = Stack::start().await else { return };
    let headers = [
        ("content-type", "application/grpc+proto"),
        ("accept", "text/html"),
        ("sec-fetch-dest", "document"),
    ];
    let answer = shop.send(None, "GET", "/dashboard", &headers).await;
    assert_eq!(answer.header("grpc-status"), Some("16"), "{answer:?}");
    assert_eq!(answer.header("location"), None);
    shop.upstream.saw_nothing();
}
