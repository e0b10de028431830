//! Without an answer, nothing passes.

use crate::support::{
    PATIENCE, http,
    proxied::Proxied,
    proxy::{Kind, Proxy, free},
    tokens::Person::Boss,
    upstream::Upstream,
};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_sidecar_closes_every_page_public_ones_too() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        assert_eq!(shop.get(Some(Boss), "/admin/users").await.status, 200, "{kind:?}");
        let bearer = shop.bearer(Boss);
        let Proxied { proxy, sidecar, upstream, .. } = shop;
        sidecar.signal("KILL");
        assert_eq!(sidecar.exit_code().await, None);
        let before = upstream.seen().len();
        for path in ["/admin/users", "/docs/a", "/healthz"] {
            let answer = http::get(&proxy.url(path), &[("authorization", &bearer)]).await;
            assert_eq!(answer.status, kind.when_away(), "{kind:?} {path}: {answer:?}");
        }
        assert_eq!(upstream.seen().len(), before, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_hangs_closes_every_page_and_opens_them_again() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        assert_eq!(shop.get(Some(Boss), "/admin/users").await.status, 200, "{kind:?}");
        let before = shop.upstream.seen().len();
        shop.sidecar.signal("STOP");
        let request = http::raw(shop.proxy.address(), "GET /docs/a HTTP/1.1", &[]);
        match tokio::time::timeout(Duration::from_secs(12), request).await {
            Ok(answer) => assert!(matches!(answer.status, 502..=504), "{kind:?}: {answer:?}"),
            // It waits for half a minute, and nothing can be set about it.
            Err(_) => assert_eq!(kind, Kind::Traefik),
        }
        assert_eq!(shop.upstream.seen().len(), before, "{kind:?}");
        shop.sidecar.signal("CONT");
        let open_again = async {
            while shop.get(Some(Boss), "/admin/users").await.status != 200 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, open_again).await.expect("it recovers");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_is_told_to_end_does_so_in_order() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        assert_eq!(shop.get(Some(Boss), "/admin/users").await.status, 200, "{kind:?}");
        let Proxied { proxy, sidecar, .. } = shop;
        sidecar.signal("TERM");
        assert_eq!(sidecar.exit_code().await, Some(0), "{kind:?}");
        let status = http::get(&proxy.url("/docs/a"), &[]).await.status;
        assert_eq!(status, kind.when_away(), "{kind:?}");
    }
}

/// Whatever answers in Bailiff's place: nothing but 200 opens a page, and 200 says nothing of a caller.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_in_bailiffs_place_opens_nothing_with_any_other_status() {
    for kind in Kind::ALL {
        for status in [301, 302, 304, 400, 404, 418, 429, 500, 503] {
            let stranger = stranger(status).await;
            let upstream = Upstream::start().await;
            let Some(proxy) = Proxy::start(kind, stranger, upstream.address()).await else { break };
            let answer = http::get(&proxy.url("/docs/a"), &[]).await;
            assert_ne!(answer.status, 200, "{kind:?} {status}: {answer:?}");
            upstream.saw_nothing();
        }
    }
}

/// A server that answers everything with this status.
async fn stranger(status: u16) -> std::net::SocketAddr {
    let address = free();
    let listener = tokio::net::TcpListener::bind(address).await.expect("a free port");
    let status = axum::http::StatusCode::from_u16(status).expect("a status");
    let app = axum::Router::new().fallback(move || async move { status });
    tokio::spawn(async move {
        let _ = axum::serve(listener, app).await;
    });
    address
}
