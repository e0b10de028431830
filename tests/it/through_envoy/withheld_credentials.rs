//! A service that must not see what callers prove themselves with.

use crate::support::{
    stack::Stack,
    tokens::Person::{Boss, Reader},
    upstream::received,
};

const WITHHELD: &str = "
version: 1
routes:
  /public: public
  /admin/{**}: { role: org:admin }
upstream:
  headers: { x-user-id: identity.user.id }
  keep_credentials: false
";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_stops_at_the_proxy() {
    let Some(shop) = Stack::start_with(WITHHELD).await else { return };
    assert_eq!(shop.get(Some(Boss), "/admin/users").await.status, 200);
    let request = shop.received_once();
    assert_eq!(received(&request, "authorization"), Vec::<&str>::new());
    assert_eq!(received(&request, "cookie"), Vec::<&str>::new());
    assert_eq!(received(&request, "x-user-id"), [Boss.id()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_of_clerk_stop_at_the_proxy_and_others_go_on_as_they_were() {
    let Some(shop) = Stack::start_with(WITHHELD).await else { return };
    let token = shop.instance.token(Boss);
    let cookies = format!(
        "Cookie: theme=dark%20; __session={token}; cart=\"a,b\"; __session_8NbDzl9K=x; \
         __client_uat=1; __clerk_db_jwt_8NbDzl9K=y; caf\u{e9}=\u{1f600}"
    );
    let second = "Cookie: __refresh=z; lang=en";
    let answer = shop.raw("GET /admin/users HTTP/1.1", &[&cookies, second]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let request = shop.received_once();
    assert_eq!(
        received(&request, "cookie"),
        ["theme=dark%20; cart=\"a,b\"; caf\u{e9}=\u{1f600}; lang=en"]
    );
    assert_eq!(received(&request, "x-user-id"), [Boss.id()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_header_that_holds_only_cookies_of_clerk() {
    let Some(shop) = Stack::start_with(WITHHELD).await else { return };
    let cookie = format!("__session={}; __client_uat=1", shop.instance.token(Boss));
    let answer = shop.send(None, "GET", "/admin/users", &[("cookie", &cookie)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(received(&shop.received_once(), "cookie"), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_nobody_who_they_are_gets_no_credentials_either() {
    let Some(shop) = Stack::start_with(WITHHELD).await else { return };
    let bearer = format!("Authorization: {}", shop.bearer(Reader));
    for authorization in [bearer.as_str(), "Authorization: Basic dXNlcjpwYXNz"] {
        let cookie = "Cookie: a=1; \"__session\"=x; =__session=y; b=2";
        let answer = shop.raw("GET /public HTTP/1.1", &[authorization, cookie]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let request = shop.upstream.seen().pop().expect("a request");
        assert_eq!(received(&request, "authorization"), Vec::<&str>::new());
        assert_eq!(received(&request, "cookie"), ["a=1; b=2"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_of_others_alone_are_not_touched() {
    let Some(shop) = Stack::start_with(WITHHELD).await else { return };
    let lines = ["Cookie: a=1;b=\"2\" ;; c", "Cookie: d=4"];
    assert_eq!(shop.raw("GET /public HTTP/1.1", &lines).await.status, 200);
    assert_eq!(received(&shop.received_once(), "cookie"), ["a=1;b=\"2\" ;; c", "d=4"]);
}
