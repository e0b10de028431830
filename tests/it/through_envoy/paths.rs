//! Every spelling of a path gets the verdict of what the service would read, or none.

use crate::support::{
    stack::Stack,
    tokens::Person::{Boss, Loner},
};

/// Spellings of `/admin/users` that some server would serve as that.
const SPELLINGS: [&str; 31] = [
    "/docs/../admin/users",
    "/docs/%2e%2e/admin/users",
    "/docs/%2E%2E/admin/users",
    "/docs/.%2e/admin/users",
    "/docs/..;/admin/users",
    "/docs/%2e%2e;x/admin/users",
    "/docs/..%2fadmin/users",
    "/docs/..%2Fadmin/users",
    "/docs/..%5cadmin/users",
    "/docs/..\\admin/users",
    "/docs%2f..%2fadmin/users",
    "/docs/%252e%252e/admin/users",
    "/docs/..%252fadmin/users",
    "//admin/users",
    "/./admin/users",
    "/docs/./../admin/users",
    "/admin;x=1/users",
    "/docs;/../admin/users",
    "/%61dmin/users",
    "/%41dmin/users",
    "/admin%2fusers",
    "/docs/..%c0%afadmin/users",
    "/docs/%c0%ae%c0%ae/admin/users",
    "/docs/%u002e%u002e/admin/users",
    "/docs/%ef%bc%8e%ef%bc%8e/admin/users",
    "/docs/a%00/../../admin/users",
    "/docs/a%0a/../../admin/users",
    "/docs/..%09/admin/users",
    "/docs/.. /admin/users",
    "/docs/..#/../admin/users",
    "/docs/%2e%2e%2fadmin/users",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_closed_page_opens_it() {
    let Some(shop) = Stack::start().await else { return };
    let bearer = format!("Authorization: {}", shop.bearer(Loner));
    for spelling in SPELLINGS {
        for headers in [&[][..], &[bearer.as_str()]] {
            let answer = shop.raw(&format!("GET {spelling} HTTP/1.1"), headers).await;
            assert!(matches!(answer.status, 400 | 401 | 403), "{spelling}: {answer:?}");
        }
    }
    shop.upstream.saw_nothing();
}

/// Envoy resolves `//..` against the empty segment, so the closed page is not what the service is
/// asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_envoy_settles_on_an_open_page_reaches_that_page_alone() {
    let Some(shop) = Stack::start().await else { return };
    let answer = shop.raw("GET /docs//../admin/users HTTP/1.1", &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.contains(r#""target":"/docs/admin/users""#), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_envoy_leaves_and_servers_read_differently_is_refused_with_its_reason() {
    let Some(shop) = Stack::start().await else { return };
    let bearer = format!("Authorization: {}", shop.bearer(Boss));
    for path in [
        "/docs/%2e%2e;x/admin/users",
        "/docs/%252e%252e/admin",
        "/docs/a;b=c",
        "/docs/a%zz",
        "/docs/a%3Fb",
        "/docs/a%23b",
        "/docs/%c0%ae%c0%ae/a",
        "/docs/a.",
        "/docs/a%20",
    ] {
        let answer = shop.raw(&format!("GET {path} HTTP/1.1"), &[&bearer]).await;
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        assert_eq!(answer.reason(), "ambiguous_path", "{path}");
    }
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_has_no_part_in_the_choice_of_a_rule() {
    let Some(shop) = Stack::start().await else { return };
    for target in [
        "/admin/users?/docs/",
        "/admin/users?x=/../docs/a",
        "/admin/users?a=1?b=/docs",
        "/admin/users?path=%2fdocs%2fa",
    ] {
        let answer = shop.raw(&format!("GET {target} HTTP/1.1"), &[]).await;
        assert_eq!(answer.status, 401, "{target}");
    }
    shop.upstream.saw_nothing();
    let answer = shop.raw("GET /docs/a?x=/../admin/users&y=%2f%00 HTTP/1.1", &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(shop.received_once()["target"], "/docs/a?x=/../admin/users&y=%2f%00");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_name_another_path_or_method_are_ignored() {
    let Some(shop) = Stack::start().await else { return };
    for header in [
        "X-Original-URI: /docs/a",
        "X-Original-Url: /docs/a",
        "X-Forwarded-Uri: /docs/a",
        "X-Rewrite-Url: /docs/a",
        "X-Envoy-Original-Path: /docs/a",
        "X-Http-Method-Override: OPTIONS",
        "X-Forwarded-Prefix: /docs",
        "X-Forwarded-Method: HEAD",
    ] {
        let answer = shop.raw("GET /admin/users HTTP/1.1", &[header]).await;
        assert_eq!(answer.status, 401, "{header}");
    }
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_with_two_readings_is_refused() {
    let Some(shop) = Stack::start().await else { return };
    let bearer = shop.bearer(Boss);
    for hosts in ["Host: shop.test\r\nHost: evil.test", "Host: user@shop.test", "Host: a,b"] {
        let request = format!(
            "GET /admin/users HTTP/1.1\r\n{hosts}\r\nConnection: close\r\n\
             Authorization: {bearer}\r\n\r\n"
        );
        let address = shop.envoy.address();
        let answer = crate::support::http::raw_bytes(address, request.as_bytes()).await;
        assert_eq!(answer.status, 400, "{hosts}: {answer:?}");
    }
    shop.upstream.saw_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absolute_request_target_is_judged_by_its_own_host_and_path() {
    let Some(shop) = Stack::start().await else { return };
    let answer = shop.raw("GET http://shop.test/admin/users HTTP/1.1", &[]).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    shop.upstream.saw_nothing();
    assert_eq!(shop.raw("GET http://shop.test/docs/a HTTP/1.1", &[]).await.status, 200);
}
