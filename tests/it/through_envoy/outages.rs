//! Without an answer, nothing passes.

use crate::support::{PATIENCE, http, stack::Stack, tokens::Person::Boss};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_sidecar_closes_every_page_public_ones_too() {
    let Some(shop) = Stack::start().await else { return };
    assert_eq!(shop.get(Some(Boss), "/admin/users").await.status, 200);
    let bearer = shop.bearer(Boss);
    let Stack { envoy, sidecar, upstream, .. } = shop;
    sidecar.signal("KILL");
    assert_eq!(sidecar.exit_code().await, None);
    let before = upstream.seen().len();
    for path in ["/admin/users", "/docs/a", "/healthz"] {
        let answer = http::get(&envoy.url(path), &[("authorization", &bearer)]).await;
        assert_eq!(answer.status, 503, "{path}");
    }
    assert_eq!(upstream.seen().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_hangs_closes_every_page_within_the_timeout_and_opens_them_again() {
    let Some(shop) = Stack::start().await else { return };
    assert_eq!(shop.get(Some(Boss), "/admin/users").await.status, 200);
    let before = shop.upstream.seen().len();
    shop.sidecar.signal("STOP");
    for path in ["/admin/users", "/docs/a"] {
        let answer = tokio::time::timeout(Duration::from_secs(5), shop.get(Some(Boss), path)).await;
        assert_eq!(answer.expect("an answer within the timeout").status, 503, "{path}");
    }
    assert_eq!(shop.upstream.seen().len(), before);
    shop.sidecar.signal("CONT");
    let open_again = async {
        while shop.get(Some(Boss), "/admin/users").await.status != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, open_again).await.expect("it recovers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_is_told_to_end_does_so_in_order() {
    let Some(shop) = Stack::start().await else { return };
    assert_eq!(shop.get(Some(Boss), "/admin/users").await.status, 200);
    let Stack { envoy, sidecar, .. } = shop;
    sidecar.signal("TERM");
    assert_eq!(sidecar.exit_code().await, Some(0));
    assert_eq!(http::get(&envoy.url("/docs/a"), &[]).await.status, 503);
}
