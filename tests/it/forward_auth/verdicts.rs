//! Allow, deny and redirect as clients of each proxy see them.

use crate::support::{
    proxied::Proxied,
    proxy::Kind,
    tokens::Person::{Boss, Loner, Reader},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_reaches_the_service_as_it_was_sent() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        for (person, method, path) in [
            (None, "GET", "/docs/a?b=c&d=%2f"),
            (Some(Loner), "POST", "/dashboard/a"),
            (Some(Reader), "GET", "/orgs/acme/invoices/7?x=1"),
            (Some(Boss), "PUT", "/orgs/acme/invoices/7"),
            (Some(Boss), "GET", "/admin/users?q=a%26b"),
        ] {
            let answer = shop.send(person, method, path, &[]).await;
            assert_eq!(answer.status, 200, "{kind:?} {method} {path}: {answer:?}");
            let received = shop.received();
            assert_eq!(received["method"], method, "{kind:?} {path}");
            assert_eq!(received["target"], path, "{kind:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_keeps_its_status_its_reason_and_its_body() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        for (person, method, path, status, reason) in [
            (None, "GET", "/dashboard", 401, "signed_out"),
            (None, "POST", "/dashboard", 401, "signed_out"),
            (None, "GET", "/nowhere", 403, "no_route"),
            (Some(Loner), "GET", "/team/a", 403, "organization_required"),
            (Some(Reader), "GET", "/admin/a?b=c", 403, "role"),
            (Some(Reader), "DELETE", "/danger/a", 403, "reverification"),
            (Some(Reader), "PUT", "/orgs/acme/invoices/7", 403, "permission"),
            (Some(Boss), "GET", "/docs/a;b", 400, "ambiguous_path"),
        ] {
            let answer = shop.send(person, method, path, &[]).await;
            assert_eq!(answer.status, status, "{kind:?} {method} {path}: {answer:?}");
            assert_eq!(answer.header("x-bailiff-reason"), Some(reason), "{kind:?} {path}");
            assert_eq!(answer.every("content-type"), ["application/problem+json"], "{kind:?}");
            assert_eq!(answer.reason(), reason, "{kind:?}");
            assert_eq!(answer.json()["status"], status, "{kind:?}");
            assert_eq!(answer.every("www-authenticate").len(), usize::from(status == 401));
            assert_eq!(answer.every("cache-control"), ["no-store"], "{kind:?}");
        }
        let answer = shop.send(Some(Reader), "POST", "/danger/a", &[]).await;
        assert_eq!(answer.json()["clerk_error"]["reason"], "reverification-error", "{kind:?}");
        shop.upstream.saw_nothing();
    }
}

const PAGE: [(&str, &str); 2] =
    [("accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("sec-fetch-dest", "document")];

#[tokio::test(flavor = "multi_thread")]
async fn a_page_load_of_nobody_goes_to_the_sign_in_page_and_knows_the_way_back() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        let answer = shop.send(None, "GET", "/dashboard/sales?year=2026&q=a%26b", &PAGE).await;
        assert_eq!(answer.status, 302, "{kind:?}: {answer:?}");
        assert_eq!(
            answer.every("location"),
            ["https://accounts.shop.test/sign-in?redirect_url=\
              http%3A%2F%2Fshop.test%2Fdashboard%2Fsales%3Fyear%3D2026%26q%3Da%2526b"],
            "{kind:?}"
        );
        let mut forged = PAGE.to_vec();
        forged.extend([
            ("x-forwarded-host", "evil.test"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-uri", "/evil"),
            ("x-original-host", "evil.test"),
            ("x-original-uri", "/evil"),
            ("x-original-proto", "https"),
            ("forwarded", "host=evil.test;proto=https"),
        ]);
        let answer = shop.send(None, "GET", "/dashboard", &forged).await;
        let location = answer.header("location").unwrap_or_default();
        let back = "?redirect_url=http%3A%2F%2Fshop.test%2Fdashboard";
        assert!(location.ends_with(back), "{kind:?}: {location}");
        shop.upstream.saw_nothing();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_load_that_is_refused_shows_a_page() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        let session = format!("__session={}", shop.instance.token(Reader));
        let mut headers = PAGE.to_vec();
        headers.push(("cookie", &session));
        let answer = shop.send(None, "GET", "/admin/users", &headers).await;
        assert_eq!(answer.status, 403, "{kind:?}: {answer:?}");
        assert_eq!(answer.every("content-type"), ["text/html; charset=utf-8"], "{kind:?}");
        assert!(answer.body.starts_with("<!doctype html>"), "{kind:?}: {answer:?}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("default-src 'none'"), "{kind:?}: {answer:?}");
        shop.upstream.saw_nothing();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grpc_call_is_refused_in_terms_that_its_client_understands() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        let headers = [("content-type", "application/grpc"), ("accept", "text/html")];
        for (person, path, status, code) in [
            (None, "/grpc.health.v1.Health/Check", 401, "16"),
            (Some(Reader), "/shop.v1.Admin/Purge", 403, "7"),
        ] {
            let answer = shop.send(person, "POST", path, &headers).await;
            assert_eq!(answer.status, status, "{kind:?}: {answer:?}");
            assert_eq!(answer.header("grpc-status"), Some(code), "{kind:?}: {answer:?}");
            assert_eq!(answer.header("content-type"), Some("application/grpc"), "{kind:?}");
            assert_eq!(answer.header("location"), None, "{kind:?}");
        }
        shop.upstream.saw_nothing();
    }
}

const HIDDEN: &str = r#"
version: 1
routes:
  /admin/{**}: { role: org:admin }
  /limits/{**}: { plan: pro }
responses:
  forbidden: { status: 404 }
  signed_out:
    api: { status: 429, content_type: text/plain, body: "{reason} \u00e9." }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_words_and_the_status_of_the_policy_are_kept() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start_with(kind, HIDDEN, |text| text).await else { continue };
        let answer = shop.get(Some(Reader), "/admin/a").await;
        assert_eq!(answer.status, 404, "{kind:?}: {answer:?}");
        assert_eq!(answer.header("x-bailiff-reason"), None, "{kind:?}");
        let answer = shop.get(None, "/limits/a").await;
        assert_eq!(answer.status, 429, "{kind:?}: {answer:?}");
        assert_eq!(answer.body, "signed_out \u{e9}.", "{kind:?}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_reach_the_service_and_not_bailiff() {
    for kind in Kind::ALL {
        let Some(shop) = Proxied::start(kind).await else { continue };
        let bearer = shop.bearer(Loner);
        let body = "x".repeat(100_000);
        let request = format!(
            "POST /dashboard HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\
             Authorization: {bearer}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer =
            crate::support::http::raw_bytes(shop.proxy.address(), request.as_bytes()).await;
        assert_eq!(answer.status, 200, "{kind:?}: {answer:?} {}", shop.proxy.log());
        let received = shop.received();
        assert_eq!(
            crate::support::upstream::received(&received, "content-length"),
            ["100000"],
            "{kind:?}"
        );
    }
}
