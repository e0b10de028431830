//! Headers: what a client may claim, and what reaches the service.

use crate::support::{
    check::{Asked, ENCODINGS, ask},
    http,
    sidecar::{self, Sidecar},
    stack::{SHOP, Stack},
    tokens::{
        HOST, Instance,
        Person::{Boss, Loner, Reader},
        seconds_from_now,
    },
    upstream::received,
};
use envoy_types::ext_authz::v3::pb::CheckRequest;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use tempfile::TempDir;

async fn shop() -> (Sidecar, Instance) {
    let instance = Instance::new();
    (Sidecar::start(&instance, SHOP).await, instance)
}

/// The client's own `X-Forwarded-Uri` believed: oauth2-proxy CVE-2026-40575, Oathkeeper
/// GHSA-vhr5, Traefik CVE-2026-35051 and CVE-2026-54764.
#[tokio::test(flavor = "multi_thread")]
async fn forwarded_headers_of_a_client_choose_no_rule() {
    let (sidecar, _) = shop().await;
    for (name, value) in [
        ("x-forwarded-uri", "/docs/a"),
        ("x-original-uri", "/docs/a"),
        ("x-original-url", "/docs/a"),
        ("x-rewrite-url", "/docs/a"),
        ("x-envoy-original-path", "/docs/a"),
        ("x-forwarded-method", "OPTIONS"),
        ("x-http-method-override", "OPTIONS"),
        ("x-forwarded-prefix", "/docs"),
        ("x-forwarded-host", "docs.test"),
        ("x-forwarded-proto", "https"),
    ] {
        let verdict = Asked::get("/admin/users").header(name, value).of(&sidecar).await;
        assert_eq!(verdict.told(), "401 signed_out", "{name}");
    }
}

/// Identity headers spelt with underscores: Traefik CVE-2026-39858, oauth2-proxy CVE-2025-64484.
#[tokio::test(flavor = "multi_thread")]
async fn every_spelling_of_our_headers_is_removed() {
    let (sidecar, instance) = shop().await;
    let bearer = format!("Bearer {}", instance.token(Boss));
    for encoding in ENCODINGS {
        for spelling in ["x_user_id", "x_user-id", "x-user_id", "X_User_Id"] {
            for (target, credential) in [("/docs/a", None), ("/admin/users", Some(&bearer))] {
                let mut asked = Asked { encoding, ..Asked::get(target).header(spelling, "root") };
                asked.headers.extend(credential.map(|value| ("authorization", value.as_str())));
                let verdict = asked.of(&sidecar).await;
                assert_eq!(verdict.status, 200);
                let lower = spelling.to_ascii_lowercase();
                let removed = verdict.removed.iter().any(|name| name.eq_ignore_ascii_case(&lower));
                assert!(removed, "{spelling} on {target}: {verdict:?}");
                for ours in ["x-user-id", "x-org-id", "x-org-role"] {
                    let set = verdict.set.iter().filter(|(name, _)| name == ours).count();
                    let removed = verdict.removed.iter().filter(|name| *name == ours).count();
                    assert_eq!(set + removed, 1, "{ours} on {target}: {verdict:?}");
                }
            }
        }
    }
}

/// A health check's `User-Agent` passed on any path: oauth2-proxy CVE-2026-34457, GHSA-5hvv-m4w4-gf6v.
#[tokio::test(flavor = "multi_thread")]
async fn no_user_agent_opens_anything() {
    let (sidecar, _) = shop().await;
    for agent in ["GoogleHC/1.0", "ELB-HealthChecker/2.0", "kube-probe/1.31", "Envoy/HC", "bailiff"]
    {
        let verdict = Asked::get("/admin/users").header("user-agent", agent).of(&sidecar).await;
        assert_eq!(verdict.told(), "401 signed_out", "{agent}");
    }
}

/// `Connection: X-User` removed a trusted header on the way up: Oathkeeper GHSA-w9mr.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_cannot_have_our_headers_dropped_as_hop_by_hop() {
    let Some(shop) = Stack::start().await else { return };
    let request = format!(
        "GET /admin/users HTTP/1.1\r\nHost: {HOST}\r\nConnection: close, x-user-id, x-org-role\r\n\
         Authorization: {}\r\n\r\n",
        shop.bearer(Boss)
    );
    let answer = http::raw_bytes(shop.envoy.address(), request.as_bytes()).await;
    // Either nothing comes through, or it comes through with who it is.
    if answer.status == 200 {
        let request = shop.received_once();
        assert_eq!(received(&request, "x-user-id"), [Boss.id()]);
        assert_eq!(received(&request, "x-org-role"), ["org:admin"]);
    } else {
        shop.upstream.saw_nothing();
    }
}

/// Crafted requests got wrong verdicts: Pomerium CVE-2023-33189. Only the last of several values
/// was seen: Envoy CVE-2021-32777.
#[tokio::test(flavor = "multi_thread")]
async fn repeated_credentials_and_odd_names_open_nothing() {
    let (sidecar, instance) = shop().await;
    let [boss, reader] = [Boss, Reader].map(|who| format!("Bearer {}", instance.token(who)));
    for encoding in ENCODINGS {
        for headers in [
            &[("authorization", boss.as_str()), ("authorization", reader.as_str())][..],
            &[("authorization", reader.as_str()), ("authorization", boss.as_str())],
            &[("authorization", "Bearer x"), ("authorization", boss.as_str())],
            &[("Authorization", reader.as_str()), ("AUTHORIZATION", boss.as_str())],
            &[("authorization ", boss.as_str())],
            &[("x-authorization", boss.as_str())],
            &[(":authorization", boss.as_str())],
            &[("proxy-authorization", boss.as_str())],
        ] {
            let asked = Asked { encoding, headers: headers.to_vec(), ..Asked::get("/admin/users") };
            let verdict = asked.of(&sidecar).await;
            let names: Vec<_> = headers.iter().map(|(name, _)| name).collect();
            assert_eq!(verdict.status, 401, "{names:?} {encoding:?}: {verdict:?}");
        }
    }
}

/// The same incident, searched for: whatever a client without a credential sends, closed pages stay
/// closed, and the call never fails.
#[test]
fn no_request_without_a_credential_opens_a_closed_page() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (sidecar, _) = runtime.block_on(shop());
    let part = prop::sample::select(vec![
        "/", "//", "\\", "..", ".", "%2e", "%2E%2E", "%2f", "%5c", "%252e", ";", ";a=b", "?", "#",
        "%00", "%", "docs", "a", "admin", "users", "healthz", "\u{e9}", " ", "@", ":", "http:",
    ]);
    let target = prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat());
    let name = prop::sample::select(vec![
        "authorization",
        "cookie",
        "host",
        ":path",
        ":method",
        ":authority",
        "x-forwarded-uri",
        "x-user-id",
        "connection",
        "content-type",
        "sec-fetch-dest",
        "origin",
        "upgrade",
        "",
    ]);
    let value = prop_oneof![
        prop::sample::select(vec!["Bearer", "Bearer a.b.c", "/docs/a", "__session=a.b.c", "", ","])
            .prop_map(str::to_owned),
        "\\PC{0,40}",
    ];
    let headers = prop::collection::vec((name, value), 0..5);
    let host = prop::sample::select(vec![HOST, "", "a,b", "evil.test", "SHOP.TEST."]);
    let method = prop::sample::select(vec!["GET", "HEAD", "OPTIONS", "POST", "", "get", "CONNECT"]);
    let encoding = prop::sample::select(ENCODINGS.to_vec());
    let closed = ["/admin/", "/dashboard/", "/team/"];
    let case = (prop::sample::select(closed.to_vec()), target, headers, host, method, encoding);
    let mut runner = TestRunner::new(Config { cases: 300, ..Config::default() });
    let outcome = runner.run(&case, |(base, tail, headers, host, method, encoding)| {
        let target = format!("{base}{tail}");
        let headers = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let asked =
            Asked { method, host, target: &target, headers, encoding, extensions: Vec::new() };
        let verdict = runtime.block_on(asked.of(&sidecar));
        prop_assert!(matches!(verdict.status, 302 | 400 | 401 | 403), "{:?}: {:?}", asked, verdict);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

/// An empty result read as success: Authorino. Here, an empty question.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_question_is_refused() {
    let (sidecar, _) = shop().await;
    let verdict = ask(&sidecar, CheckRequest::default()).await;
    assert_eq!(verdict.told(), "400 malformed_request");
    let mut without_method = Asked::get("/docs/a");
    without_method.method = "";
    assert_eq!(without_method.of(&sidecar).await.told(), "400 malformed_request");
}

/// What another part of the program said about the request was believed: Clerk's own JavaScript
/// packages, clerk/javascript#8804.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_signed_in_by_a_header_that_says_so() {
    let (sidecar, _) = shop().await;
    for (name, value) in [
        ("x-clerk-auth-status", "signed-in"),
        ("x-clerk-auth-token", "a.b.c"),
        ("x-clerk-auth-reason", "ok"),
        ("x-clerk-user-id", "user_2root"),
        ("x-user-id", "user_2root"),
        ("x-bailiff-identity", "user_2root"),
    ] {
        let verdict = Asked::get("/dashboard").header(name, value).of(&sidecar).await;
        assert_eq!(verdict.told(), "401 signed_out", "{name}");
    }
    let signed_in = Asked::get("/").header("x-user-id", "user_2root").of(&sidecar).await;
    assert!(signed_in.set.is_empty(), "{signed_in:?}");
}

/// Verdicts cached across contexts and conditions: `OpenFGA` CVE-2025-46331, GHSA-32q6; cached
/// introspection that ignored the scope asked for: Oathkeeper CVE-2021-32701.
#[tokio::test(flavor = "multi_thread")]
async fn a_known_token_gets_each_verdict_anew() {
    let (sidecar, instance) = shop().await;
    let bearer = format!("Bearer {}", instance.token(Loner));
    let admin = ("bailiff.require", "{ role: org:admin }");
    for _ in 0..3 {
        for (target, extensions, expected) in [
            ("/dashboard", vec![], "200"),
            ("/admin/users", vec![], "403 organization_required"),
            ("/team/a", vec![], "403 organization_required"),
            ("/dashboard", vec![admin], "403 organization_required"),
            ("/dashboard", vec![], "200"),
        ] {
            let asked = Asked::get(target).header("authorization", &bearer);
            let asked = Asked { extensions, ..asked };
            assert_eq!(asked.of(&sidecar).await.told(), expected, "{target}");
        }
    }
}

/// A step of signing in was skipped by a `Referer`: clerk/javascript#9145. Whatever page a browser says
/// it comes from, a session that has been replaced since is not taken.
#[tokio::test(flavor = "multi_thread")]
async fn no_referer_makes_a_stale_session_count() {
    let instance = Instance::new();
    let directory = TempDir::new().expect("a temporary directory");
    std::fs::write(directory.path().join("secret"), "sk_test_made_up").expect("it is written");
    let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
    settings["instances"][0]["secret_key_file"] = json!("secret");
    settings["instances"][0]["handshake"] = json!("on");
    let sidecar = Sidecar::start_in(directory, SHOP, &settings).await;
    let old = instance.token_with(Loner, |token| token.claim("iat", seconds_from_now(-60)));
    let expired = instance.token_with(Loner, |token| token.claim("exp", seconds_from_now(-60)));
    for token in [old, expired] {
        let cookie = format!(
            "__session={token}; __client_uat={}; __clerk_db_jwt=dvb_1",
            seconds_from_now(-30)
        );
        for referer in [
            "",
            "http://shop.test/",
            "https://clerk.shop.test/v1/client/handshake",
            "https://accounts.shop.test/sign-in",
            "https://x.accounts.dev/",
            "https://evil.test/",
            "\0",
        ] {
            let asked = Asked::get("/dashboard")
                .header("cookie", &cookie)
                .header("sec-fetch-dest", "document")
                .header("referer", referer);
            assert_eq!(asked.of(&sidecar).await.status, 302, "{referer:?}");
        }
    }
}
