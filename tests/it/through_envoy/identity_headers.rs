//! What the service behind is told about the caller, and what a caller cannot make it believe.

use crate::support::{
    stack::Stack,
    tokens::{
        ORGANIZATION,
        Person::{Boss, Loner},
    },
    upstream::received,
};

const OURS: [&str; 3] = ["x-user-id", "x-org-id", "x-org-role"];

#[tokio::test(flavor = "multi_thread")]
async fn the_service_is_told_who_calls() {
    let Some(shop) = Stack::start().await else { return };
    assert_eq!(shop.get(Some(Boss), "/admin/users").await.status, 200);
    let request = shop.received_once();
    assert_eq!(received(&request, "x-user-id"), [Boss.id()]);
    assert_eq!(received(&request, "x-org-id"), [ORGANIZATION]);
    assert_eq!(received(&request, "x-org-role"), ["org:admin"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_identity_headers_are_replaced() {
    let Some(shop) = Stack::start().await else { return };
    let host = format!("Authorization: {}", shop.bearer(Boss));
    let forged =
        ["X-User-Id: user_2root", "x-user-id: user_2toor", "X-ORG-ROLE: org:root", host.as_str()];
    assert_eq!(shop.raw("GET /admin/users HTTP/1.1", &forged).await.status, 200);
    let request = shop.received_once();
    assert_eq!(received(&request, "x-user-id"), [Boss.id()]);
    assert_eq!(received(&request, "x-org-role"), ["org:admin"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_identity_headers_are_removed_where_there_is_nothing_to_say() {
    let Some(shop) = Stack::start().await else { return };
    let forged = ["X-User-Id: user_2root", "X-Org-Id: org_2root", "X-Org-Role: org:admin"];
    for path in ["/docs/a", "/healthz", "/"] {
        assert_eq!(shop.raw(&format!("GET {path} HTTP/1.1"), &forged).await.status, 200);
        let request = shop.upstream.seen().pop().expect("a request");
        for name in OURS {
            assert_eq!(received(&request, name), Vec::<&str>::new(), "{path} {name}");
        }
    }
    let bearer = format!("Authorization: {}", shop.bearer(Loner));
    let forged = [forged[0], forged[1], forged[2], bearer.as_str()];
    assert_eq!(shop.raw("GET /dashboard HTTP/1.1", &forged).await.status, 200);
    let request = shop.upstream.seen().pop().expect("a request");
    assert_eq!(received(&request, "x-user-id"), [Loner.id()]);
    assert_eq!(received(&request, "x-org-id"), Vec::<&str>::new());
    assert_eq!(received(&request, "x-org-role"), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_does_not_count_names_nobody_on_an_open_page() {
    let Some(shop) = Stack::start().await else { return };
    let headers = [("authorization", "Bearer garbage"), ("x-user-id", "user_2root")];
    assert_eq!(shop.send(None, "GET", "/", &headers).await.status, 200);
    assert_eq!(received(&shop.received_once(), "x-user-id"), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn underscore_spellings_of_our_headers_do_not_come_through() {
    let Some(shop) = Stack::start().await else { return };
    for spelling in ["x_user_id", "X_USER_ID", "x-user_id", "x_org-role"] {
        let forged = format!("{spelling}: user_2root");
        let answer = shop.raw("GET /docs/a HTTP/1.1", &[&forged]).await;
        assert_eq!(answer.status, 400, "{spelling}");
    }
    shop.upstream.saw_nothing();
}
