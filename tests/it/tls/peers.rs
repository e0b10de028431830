//! What a certificate says is available to the policy.

use super::house::{ANY, House, mutual};
use crate::support::{
    certificates::Certified,
    check::{Asked, Verdict},
    grpc,
    tokens::Person,
};
use bailiff::pb::v1::{
    Action, AuthorizeRequest, Credential, Effect, authorize_request::Question, credential::Source,
};
use envoy_types::pb::envoy::service::auth::v3::attribute_context::Peer;
use serde_json::json;

async fn house() -> House {
    let mut tls = mutual();
    tls["client_auth"] = json!("optional");
    House::start(tls).await
}

/// What is told of a page, asked over a connection that shows this; `principal` as the proxy says.
async fn told(house: &House, shown: Option<&Certified>, path: &str, principal: &str) -> String {
    let bearer = format!("Bearer {}", house.instance.token(Person::Boss));
    let mut message = Asked::get(path).header("authorization", &bearer).message();
    if let Some(attributes) = &mut message.attributes {
        attributes.source = Some(Peer { principal: principal.to_owned(), ..Peer::default() });
    }
    let channel = house.connect(shown, ANY).await.expect("a connection");
    let answer = grpc::check_client(channel).check(message).await.expect("an answer");
    Verdict::of(answer.into_inner()).told()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_tells_proxies_apart_by_their_certificates() {
    let house = house().await;
    let gateway = house.gateway();
    let other = house.clients.certify(&["spiffe://shop.test/other", "other.shop.test"]);
    let ambiguous = house.clients.certify(&["spiffe://shop.test/gateway", "spiffe://shop.test/b"]);
    for (shown, path, expected) in [
        (Some(&gateway), "/gateway", "200"),
        (Some(&gateway), "/named", "200"),
        (Some(&gateway), "/other", "403 condition"),
        (Some(&other), "/gateway", "403 condition"),
        (Some(&other), "/named", "403 condition"),
        (Some(&other), "/other", "200"),
        (Some(&ambiguous), "/gateway", "403 condition"),
        (None, "/gateway", "403 condition"),
        (None, "/named", "403 condition"),
        // What is not there is neither the same nor another.
        (None, "/other", "403 condition"),
        (None, "/private", "200"),
    ] {
        assert_eq!(told(&house, shown, path, "").await, expected, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_proxy_names_is_something_else_than_the_proxy() {
    let house = house().await;
    let gateway = house.gateway();
    let web = "spiffe://shop.test/web";
    assert_eq!(told(&house, Some(&gateway), "/web", web).await, "200");
    assert_eq!(told(&house, Some(&gateway), "/web", "spiffe://shop.test/x").await, "403 condition");
    assert_eq!(told(&house, Some(&gateway), "/web", "").await, "403 condition");
    // What a proxy says of its client makes nobody a peer.
    let gateways = "spiffe://shop.test/gateway";
    assert_eq!(told(&house, None, "/gateway", gateways).await, "403 condition");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_ask_themselves_are_told_apart_too() {
    let house = house().await;
    let gateway = house.gateway();
    let token = house.instance.token(Person::Boss);
    for (shown, effect) in [(Some(&gateway), Effect::Allow), (None, Effect::Deny)] {
        let channel = house.connect(shown, ANY).await.expect("a connection");
        let request = AuthorizeRequest {
            credential: Some(Credential { source: Some(Source::Token(token.clone())) }),
            question: Some(Question::Action(Action { name: "order".into(), ..Action::default() })),
            ..AuthorizeRequest::default()
        };
        let answer = grpc::authorization_client(channel).authorize(request).await;
        let decision = answer.expect("an answer").into_inner().decision.expect("a decision");
        assert_eq!(decision.effect(), effect);
    }
}
