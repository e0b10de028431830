use super::{
    AuthorizeLayer, Connection, Decision,
    answer::{self, Refusal},
    question::{Setting, is_grpc, question},
};
use crate::pb::v1::{
    AuthorizeResponse, Effect, HttpAnswer, HttpHeader, UpstreamHeaders, authorize_request::Question,
};
use http::{HeaderMap, Request, Response};
use std::{convert::Infallible, time::Duration};
use tokio::net::TcpListener;
use tonic::body::Body;
use tower::{Layer as _, ServiceExt as _};

fn line(name: &str, value: &str) -> HttpHeader {
    HttpHeader { name: name.to_owned(), value: value.to_owned() }
}

fn refusal(status: u32, headers: Vec<HttpHeader>) -> Refusal {
    Refusal::Decided(HttpAnswer { status, headers, body: "no".to_owned() })
}

/// What becomes of a request in front of a service that answers everything with 200.
async fn through(layer: AuthorizeLayer, content_type: &str) -> Response<Body> {
    let open = tower::service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new("in".to_owned()))
    });
    let request =
        Request::get("/").header("host", "shop.test").header("content-type", content_type);
    let answer = layer.layer(open).oneshot(request.body(()).unwrap()).await;
    answer.unwrap_or_else(|never| match never {})
}

#[test]
fn a_question_holds_every_header_in_its_order() {
    let request = Request::post("/a%20b?c=d")
        .header("host", "shop.test:8080")
        .header("x-a", "1")
        .header("x-b", "2")
        .header("x-a", "3")
        .body(());
    let (parts, ()) = request.unwrap().into_parts();
    let asked = question(&parts, &Setting { scheme: "http".into(), instance: "shop".into() });
    assert_eq!(asked.instance, "shop");
    let Some(Question::Http(http)) = asked.question else { panic!("{asked:?}") };
    assert_eq!((&*http.method, &*http.scheme), ("POST", "http"));
    assert_eq!((&*http.host, &*http.path), ("shop.test:8080", "/a%20b?c=d"));
    let values = http.headers.iter().filter(|header| header.name == "x-a");
    assert_eq!(values.map(|header| &*header.value).collect::<Vec<_>>(), ["1", "3"]);
}

#[test]
fn two_hosts_name_none() {
    let request = Request::get("/").header("host", "a.test").header("host", "b.test").body(());
    let (parts, ()) = request.unwrap().into_parts();
    let Some(Question::Http(http)) = question(&parts, &Setting::default()).question else {
        panic!("not about a request")
    };
    assert_eq!(http.host, "");
}

#[test]
fn grpc_is_known_by_its_content_type() {
    let grpc = |kind: &str| {
        is_grpc(&Request::get("/").header("content-type", kind).body(()).unwrap().into_parts().0)
    };
    for kind in ["application/grpc", "application/grpc+proto", "Application/GRPC; a=b"] {
        assert!(grpc(kind), "{kind}");
    }
    for kind in ["", "application/json", "application/grpc-web", "text/html"] {
        assert!(!grpc(kind), "{kind}");
    }
}

#[test]
fn whatever_does_not_allow_refuses() {
    let decided = |effect: Effect, http_answer| AuthorizeResponse {
        decision: Some(Decision { effect: effect.into(), http_answer, ..Decision::default() }),
        ..AuthorizeResponse::default()
    };
    assert!(answer::verdict(decided(Effect::Allow, None)).is_ok());
    for answer in [
        AuthorizeResponse::default(),
        decided(Effect::Unspecified, None),
        decided(Effect::Deny, None),
        decided(Effect::Redirect, None),
    ] {
        let response = answer::verdict(answer).unwrap_err().response(false);
        assert_eq!(response.status(), 503);
    }
    let teapot = HttpAnswer { status: 418, ..HttpAnswer::default() };
    let response =
        answer::verdict(decided(Effect::Deny, Some(teapot))).unwrap_err().response(false);
    assert_eq!(response.status(), 418);
}

#[test]
fn identity_headers_are_those_of_bailiff() {
    let mut headers = HeaderMap::new();
    headers.append("x-user-id", "user_root".parse().unwrap());
    headers.append("x-user-id", "user_toor".parse().unwrap());
    headers.append("x-org-id", "org_root".parse().unwrap());
    let upstream =
        UpstreamHeaders { set: vec![line("x-user-id", "user_1")], remove: vec!["X-Org-Id".into()] };
    answer::apply(&upstream, &mut headers).unwrap();
    assert_eq!(headers.get_all("x-user-id").iter().collect::<Vec<_>>(), ["user_1"]);
    assert!(!headers.contains_key("x-org-id"));
    let broken = UpstreamHeaders { set: vec![line("x-user-id", "a\nb")], remove: Vec::new() };
    assert!(answer::apply(&broken, &mut headers).is_err());
}

#[test]
fn a_refusal_keeps_its_cookies_and_never_looks_like_a_success() {
    let cookies = vec![line("set-cookie", "a=1"), line("set-cookie", "b=2")];
    let response = refusal(302, cookies).response(false);
    assert_eq!(response.status(), 302);
    assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
    for status in [0, 99, 200, 204, 100_000] {
        assert_eq!(refusal(status, Vec::new()).response(false).status(), 503, "{status}");
    }
}

#[test]
fn a_grpc_client_gets_a_status_that_matches() {
    for (status, named, code) in [
        (400, None, "3"),
        (401, None, "16"),
        (403, None, "7"),
        (403, Some("8"), "8"),
        (401, Some("0"), "16"),
        (503, None, "14"),
        (200, None, "14"),
    ] {
        let headers = named.map(|code| line("grpc-status", code)).into_iter().collect();
        let response = refusal(status, headers).response(true);
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["grpc-status"], code, "{status} {named:?}");
    }
}

#[tokio::test]
async fn nobody_gets_past_a_bailiff_that_is_not_there() {
    // Bound and dropped: nothing listens there.
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for address in [address.to_string(), "unix:/nowhere/at/all.sock".to_owned()] {
        let layer = AuthorizeLayer::new(Connection::to(&address).unwrap());
        assert_eq!(through(layer.clone(), "").await.status(), 503, "{address}");
        let response = through(layer, "application/grpc").await;
        assert_eq!(response.headers()["grpc-status"], "14", "{address}");
    }
}

#[tokio::test]
async fn nobody_gets_past_a_bailiff_that_says_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connection = Connection::to(&silent.local_addr().unwrap().to_string()).unwrap();
    let layer = AuthorizeLayer::new(connection).deadline(Duration::from_millis(50));
    assert_eq!(through(layer, "").await.status(), 503);
}

#[tokio::test]
async fn what_is_no_address_is_said_to_be_none() {
    for address in ["", "over there", "localhost", "unix:", "http://a:1/b", "https://a:1", ":1"] {
        let error = Connection::to(address).unwrap_err().to_string();
        assert!(error.contains(address), "{error}");
    }
}
