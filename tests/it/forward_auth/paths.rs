//! Every spelling of a path gets the verdict of what the service would read, or none; and nothing that
//! a client says beside its request line changes what is decided about.

use crate::support::{
    http,
    proxied::Proxied,
    proxy::Kind,
    tokens::Person::{Boss, Loner},
};

/// Spellings of `/admin/users` that some server would serve as that.
const SPELLINGS: [&str; 28] = [
    "/docs/../admin/users",
    "/docs/%2e%2e/admin/users",
    "/docs/%2E%2E/admin/users",
    "/docs/.%2e/admin/users",
    "/docs/..;/admin/users",
    "/docs/%2e%2e;x/admin/users",
    "/docs/..%2fadmin/users",
    "/docs/..%5cadmin/users",
    "/docs/..\\admin/users",
    "/docs%2f..%2fadmin/users",
    "/docs/%252e%252e/admin/users",
    "/docs/..%252fadmin/users",
    "//admin/users",
    "/docs//../admin/users",
    "/./admin/users",
    "/docs/./../admin/users",
    "/admin;x=1/users",
    "/docs;/../admin/users",
    "/%61dmin/users",
    "/admin%2fusers",
    "/docs/..%c0%afadmin/users",
    "/docs/%c0%ae%c0%ae/admin/users",
    "/docs/%ef%bc%8e%ef%bc%8e/admin/users",
    "/docs/a%00/../../admin/users",
    "/docs/..%09/admin/users",
    "/docs/.. /admin/users",
    "/docs/..#/../admin/users",
    "/docs/%2e%2e%2fadmin/users",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_closed_page_opens_it() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        let bearer = format!("Authorization: {}", shop.bearer(Loner));
        for spelling in SPELLINGS {
            for headers in [&[][..], &[bearer.as_str()]] {
                let answer = shop.raw(&format!("GET {spelling} HTTP/1.1"), headers).await;
                let refused = matches!(answer.status, 400 | 401 | 403);
                assert!(refused, "{kind:?} {spelling}: {answer:?}");
            }
        }
        shop.upstream.saw_nothing();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_reaches_the_service_is_the_very_path_that_was_decided_about() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        for target in [
            "/docs/a",
            "/docs/a%20b",
            "/docs/%c3%a9",
            "/docs/a?x=/../admin/users&y=%2f%00",
            "/docs/a?b?c",
            "/docs/",
            "/docs/~a!b$c&d'e(f)g*h+i,j=k:l@m",
        ] {
            let answer = shop.raw(&format!("GET {target} HTTP/1.1"), &[]).await;
            assert_eq!(answer.status, 200, "{kind:?} {target}: {answer:?}");
            // Traefik writes escapes in capitals before anybody decides.
            let received = match kind {
                Kind::Traefik => target.replace("%c3%a9", "%C3%A9"),
                Kind::Nginx | Kind::Caddy | Kind::Haproxy => target.to_owned(),
            };
            assert_eq!(shop.received()["target"], received, "{kind:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn traefik_asks_about_the_path_that_it_has_rewritten_and_sends_that_one_on() {
    let Some(shop) = Proxied::start(Kind::Traefik).await else { return };
    let bearer = format!("Authorization: {}", shop.bearer(Boss));
    for target in ["/docs/../admin/users", "/docs//../admin/users", "/%61dmin//users"] {
        let line = format!("GET {target} HTTP/1.1");
        assert_eq!(shop.raw(&line, &[]).await.status, 401, "{target}");
        let before = shop.upstream.seen().len();
        let answer = shop.raw(&line, &[&bearer]).await;
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        assert_eq!(shop.received()["target"], "/admin/users", "{target}");
        assert_eq!(shop.upstream.seen().len(), before + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_name_another_request_are_ignored() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        for header in [
            "X-Original-URI: /docs/a",
            "X-Original-Url: http://shop.test/docs/a",
            "X-Original-Method: OPTIONS",
            "X-Original-Host: open.test",
            "X-Forwarded-Uri: /docs/a",
            "X-Forwarded-Method: HEAD",
            "X-Forwarded-Host: open.test",
            "X-Forwarded-Prefix: /docs",
            "X-Rewrite-Url: /docs/a",
            "X-Http-Method-Override: OPTIONS",
            "x_original_uri: /docs/a",
            "Forwarded: for=127.0.0.1;host=open.test",
        ] {
            let answer = shop.raw("GET /admin/users HTTP/1.1", &[header]).await;
            assert_eq!(answer.status, 401, "{kind:?} {header}: {answer:?}");
            // Twice is no better than once.
            let answer = shop.raw("GET /admin/users HTTP/1.1", &[header, header]).await;
            assert_eq!(answer.status, 401, "{kind:?} {header}: {answer:?}");
            // An open page stays open: the client cannot make our own source appear twice.
            let closed = header.replace("/docs/a", "/admin/users");
            let answer = shop.raw("GET /docs/a HTTP/1.1", &[&closed]).await;
            assert_eq!(answer.status, 200, "{kind:?} {closed}: {answer:?}");
        }
        assert!(shop.upstream.seen().iter().all(|request| request["target"] == "/docs/a"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_method_that_is_decided_about_is_the_one_that_the_service_gets() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        let reader = crate::support::tokens::Person::Reader;
        let bearer = format!("Authorization: {}", shop.bearer(reader));
        let override_ = "X-HTTP-Method-Override: GET";
        for (method, status) in [("GET", 200), ("HEAD", 200), ("PUT", 403), ("POST", 403)] {
            let line = format!("{method} /orgs/acme/invoices/7 HTTP/1.1");
            let answer = shop.raw(&line, &[&bearer, override_, "Content-Length: 0"]).await;
            assert_eq!(answer.status, status, "{kind:?} {method}: {answer:?}");
        }
        let methods: Vec<_> =
            shop.upstream.seen().iter().map(|seen| seen["method"].clone()).collect();
        assert_eq!(methods, ["GET", "HEAD"], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_with_two_readings_is_refused() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        let bearer = shop.bearer(Boss);
        for hosts in ["Host: shop.test\r\nHost: evil.test", "Host: user@shop.test", "Host: a,b"] {
            let request = format!(
                "GET /admin/users HTTP/1.1\r\n{hosts}\r\nConnection: close\r\n\
                 Authorization: {bearer}\r\n\r\n"
            );
            let answer = http::raw_bytes(shop.proxy.address(), request.as_bytes()).await;
            assert!(matches!(answer.status, 400 | 401), "{kind:?} {hosts}: {answer:?}");
        }
        shop.upstream.saw_nothing();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absolute_request_target_is_judged_by_its_own_host_and_path() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        let answer = shop.raw("GET http://shop.test/admin/users HTTP/1.1", &[]).await;
        assert_eq!(answer.status, 401, "{kind:?}: {answer:?}");
        let answer = shop.raw("GET http://evil.test/admin/users HTTP/1.1", &[]).await;
        assert!(matches!(answer.status, 400 | 401), "{kind:?}: {answer:?}");
        shop.upstream.saw_nothing();
        let answer = shop.raw("GET http://shop.test/docs/a HTTP/1.1", &[]).await;
        assert_eq!(answer.status, 200, "{kind:?}: {answer:?}");
        assert_eq!(shop.received()["target"], "/docs/a", "{kind:?}");
    }
}

const HOSTS: &str = "
version: 1
routes:
  /{**}: { role: org:admin }
hosts:
  open.test:
    routes:
      /{**}: public
";

#[tokio::test(flavor = "multi_thread")]
async fn the_host_that_is_decided_about_is_the_one_that_the_service_gets() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start_with(kind, HOSTS, |text| text).await else { continue };
        for (line, host) in [
            ("GET /a HTTP/1.1", "open.test"),
            ("GET http://open.test/a HTTP/1.1", "closed.test"),
            ("GET http://closed.test/a HTTP/1.1", "open.test"),
        ] {
            let request = format!("{line}\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            let before = shop.upstream.seen().len();
            let answer = http::raw_bytes(shop.proxy.address(), request.as_bytes()).await;
            if answer.status == 200 {
                let received = shop.received();
                let told = crate::support::upstream::received(&received, "host");
                assert_eq!(told, ["open.test"], "{kind:?} {line} {host}");
            } else {
                assert!(matches!(answer.status, 400 | 401), "{kind:?} {line}: {answer:?}");
                assert_eq!(shop.upstream.seen().len(), before);
            }
        }
        assert!(!shop.upstream.seen().is_empty(), "{kind:?}");
    }
}
