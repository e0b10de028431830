//! Page loads: a refusal becomes a redirect to a place from the settings, or a page.

use crate::support::{
    stack::Stack,
    tokens::Person::{Boss, Loner, Reader},
};
use url::Url;

const SIGN_IN: &str = "https://accounts.shop.test/sign-in";

/// What a page load that sends the browser to the sign-in page gives it to come back to.
#[track_caller]
fn return_address(location: &str) -> String {
    let location = Url::parse(location).expect("an absolute address");
    assert_eq!(&location[..url::Position::AfterPath], SIGN_IN);
    let parameters: Vec<_> = location.query_pairs().collect();
    assert_eq!(parameters.len(), 1, "{location}");
    assert_eq!(parameters[0].0, "redirect_url");
    parameters[0].1.clone().into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_load_of_nobody_goes_to_the_sign_in_page_and_knows_the_way_back() {
    let Some(shop) = Stack::start().await else { return };
    let answer = shop.browse("/dashboard/sales?year=2026&q=a%26b", "").await;
    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let location = answer.header("location").expect("a location");
    assert_eq!(return_address(location), "http://shop.test/dashboard/sales?year=2026&q=a%26b");
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_host_is_never_the_way_back() {
    let Some(shop) = Stack::start().await else { return };
    for host in ["evil.test", "shop.test.evil.test", "evil.test:80", "shop.test:8080"] {
        let request = format!(
            "GET /dashboard HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAccept: text/html\r\n\
             Sec-Fetch-Dest: document\r\n\r\n"
        );
        let address = shop.envoy.address();
        let answer = crate::support::http::raw_bytes(address, request.as_bytes()).await;
        let location = answer.header("location").unwrap_or_default();
        assert!(!location.contains("evil"), "{host}: {location}");
        assert!(!location.contains("8080"), "{host}: {location}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_the_client_do_not_change_the_way_back() {
    let Some(shop) = Stack::start().await else { return };
    let headers = [
        ("accept", "text/html"),
        ("x-forwarded-host", "evil.test"),
        ("forwarded", "host=evil.test;proto=https"),
        ("x-original-uri", "/evil"),
        ("x-forwarded-uri", "/evil"),
        ("referer", "https://evil.test/"),
        ("origin", "https://evil.test"),
    ];
    let answer = shop.send(None, "GET", "/dashboard", &headers).await;
    let location = answer.header("location").expect("a location");
    assert_eq!(return_address(location), "http://shop.test/dashboard");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_page_loads_are_redirected() {
    let Some(shop) = Stack::start().await else { return };
    for (method, headers) in [
        ("GET", &[("accept", "application/json")][..]),
        ("GET", &[("accept", "*/*")]),
        ("GET", &[("accept", "text/html"), ("sec-fetch-dest", "empty")]),
        ("GET", &[("accept", "text/html"), ("sec-fetch-dest", "image")]),
        ("POST", &[("accept", "text/html"), ("sec-fetch-dest", "document")]),
        ("DELETE", &[("accept", "text/html")]),
    ] {
        let answer = shop.send(None, method, "/dashboard", headers).await;
        assert_eq!(answer.status, 401, "{method} {headers:?}");
        assert_eq!(answer.header("location"), None, "{method} {headers:?}");
    }
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_without_an_organization_is_sent_to_choose_one() {
    let Some(shop) = Stack::start().await else { return };
    let session = format!("__session={}", shop.instance.token(Loner));
    let answer = shop.browse("/team/plans", &session).await;
    assert_eq!(answer.status, 302);
    let location = answer.header("location").expect("a location");
    assert!(location.starts_with("https://accounts.shop.test/org-selection?"), "{location}");
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_may_not_is_told_so_rather_than_sent_round_in_circles() {
    let Some(shop) = Stack::start().await else { return };
    let session = format!("__session={}", shop.instance.token(Reader));
    let answer = shop.browse("/admin/users", &session).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.header("location"), None);
    let content_type = answer.header("content-type").unwrap_or_default();
    assert!(content_type.starts_with("text/html"), "{content_type}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_cookie_opens_the_page() {
    let Some(shop) = Stack::start().await else { return };
    let session = format!("theme=dark; __session={}; lang=en", shop.instance.token(Boss));
    let answer = shop.browse("/admin/users", &session).await;
    assert_eq!(answer.status, 200);
    assert_eq!(shop.upstream.seen().len(), 1);
}
