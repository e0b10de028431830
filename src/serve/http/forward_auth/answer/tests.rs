use super::{refusal, render};
use crate::{
    core::{
        asker::Asker,
        decision::{Decision, Denial, Effect},
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        peer::Peer,
        question::{Also, CredentialSource, Question, Wanted},
        reason::Reason,
    },
    serve::{
        fixtures::{allow, decision, deny, nobody, redirect},
        http::forward_auth::profile::Profile::{self, Caddy, Haproxy, Nginx, Traefik},
        respond::Disclosure,
    },
};
use axum::body::to_bytes;
use proptest::prelude::*;

const SILENT: Disclosure = Disclosure { rule: false };

fn question<'a>(cookies: &[&'a [u8]]) -> Question<'a> {
    let lines = cookies.iter().map(|&value| Header { name: "cookie", value }).collect();
    Question {
        credential: CredentialSource::Request,
        instance: None,
        wanted: Wanted::Http(HttpRequest {
            method: "GET",
            scheme: Scheme::Https,
            authority: "shop.test",
            target: "/",
            headers: Headers::new(lines, Repeats::Separate),
            peer: None,
        }),
        also: Also::default(),
        peer: Peer::UNKNOWN,
    }
}

/// Status, the values of headers by name, and body.
struct Said(http::response::Parts, String);

impl Said {
    fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.0.headers.get_all(name).iter();
        let first = all.next().map(|value| value.to_str().unwrap());
        assert!(all.next().is_none(), "`{name}` is there twice");
        first
    }

    fn every(&self, name: &str) -> Vec<&str> {
        self.0.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }
}

async fn said_to(profile: Profile, question: &Question<'_>, decision: Decision) -> Said {
    let (head, body) = render(profile, Some(question), nobody(decision), SILENT).into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    Said(head, String::from_utf8(body.into()).unwrap())
}

async fn said(profile: Profile, decision: Decision) -> Said {
    said_to(profile, &question(&[]), decision).await
}

#[tokio::test]
async fn an_allow_tells_the_identity_in_headers() {
    for profile in Profile::ALL {
        let changes = allow(&[("x-user-id", "user_ada")], &["x-org-id", "x_user_id"]);
        let answer = said(profile, changes).await;
        assert_eq!(answer.0.status, 200, "{profile}");
        assert_eq!(answer.header("x-user-id"), Some("user_ada"));
        assert_eq!(answer.header("x-org-id"), None);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.1, "");
        let listed = profile == Haproxy;
        assert_eq!(answer.header("x-bailiff-set"), listed.then_some("x-user-id"));
        assert_eq!(answer.header("x-bailiff-remove"), listed.then_some("x-org-id,x_user_id"));
    }
}

#[tokio::test]
async fn what_remains_of_the_cookies_is_told_only_where_credentials_are_withheld() {
    let sent = question(&[b"a=1", b"b=2"]);
    for (changes, cookie) in [
        (allow(&[], &["x-org-id"]), None),
        (allow(&[], &["authorization"]), Some("a=1; b=2")),
        (allow(&[("cookie", "b=2")], &["authorization"]), Some("b=2")),
        (allow(&[], &["authorization", "cookie"]), None),
    ] {
        assert_eq!(said_to(Nginx, &sent, changes.clone()).await.header("cookie"), cookie);
        assert_eq!(said(Nginx, allow(&[], &["authorization"])).await.header("cookie"), None);
    }
    let garbled = question(&[b"a=\xff"]);
    let answer = said_to(Nginx, &garbled, allow(&[], &["authorization"])).await;
    assert_eq!(answer.header("cookie"), None);
}

#[tokio::test]
async fn cookies_of_an_allowed_request_reach_every_proxy_in_its_own_way() {
    for profile in Profile::ALL {
        let mut changes = allow(&[], &[]);
        changes.set_cookies = vec!["a=1; Path=/".into(), "b=2".into(), "c=\r\nx: y".into()];
        let answer = said(profile, changes).await;
        let numbered = [1, 2, 3].map(|number| format!("x-bailiff-set-cookie-{number}"));
        let [first, second, third] = numbered.each_ref().map(|name| answer.header(name));
        match profile {
            Nginx | Caddy => {
                assert_eq!((first, second, third), (Some("a=1; Path=/"), Some("b=2"), None));
                assert!(answer.every("set-cookie").is_empty());
            }
            Traefik | Haproxy => {
                assert_eq!(answer.every("set-cookie"), ["a=1; Path=/", "b=2"]);
                assert_eq!(first, None);
            }
        }
    }
}

#[tokio::test]
async fn more_cookies_than_the_proxy_can_set_are_a_refusal() {
    let mut changes = allow(&[("x-user-id", "user_ada")], &[]);
    changes.set_cookies = (0..17).map(|number| format!("c{number}=1").into()).collect();
    assert_eq!(said(Caddy, changes.clone()).await.0.status, 503);
    let answer = said(Nginx, changes.clone()).await;
    assert_eq!((answer.0.status.as_u16(), answer.header("x-user-id")), (403, None));
    assert_eq!(said(Traefik, changes.clone()).await.every("set-cookie").len(), 17);
    changes.set_cookies.pop();
    assert_eq!(said(Caddy, changes).await.header("x-bailiff-set-cookie-16"), Some("c15=1"));
}

#[tokio::test]
async fn most_proxies_carry_a_refusal_as_it_is() {
    for profile in [Traefik, Caddy, Haproxy] {
        for (reason, status) in [
            (Reason::SignedOut, 401),
            (Reason::Role, 403),
            (Reason::AmbiguousPath, 400),
            (Reason::KeysUnavailable, 503),
        ] {
            let answer = said(profile, deny(reason, Asker::Api)).await;
            assert_eq!(answer.0.status, status, "{profile} {reason:?}");
            assert_eq!(answer.header("x-bailiff-reason"), Some(reason.code()));
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            assert!(answer.1.contains(reason.code()), "{}", answer.1);
            assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
        }
        let mut away = redirect(Asker::Browser);
        away.set_cookies = vec!["a=1".into(), "b=2".into()];
        let answer = said(profile, away).await;
        assert_eq!(answer.0.status, 302, "{profile}");
        assert!(answer.header("location").is_some_and(|to| to.starts_with("https://shop.test/")));
        assert_eq!(answer.every("set-cookie"), ["a=1", "b=2"]);
    }
}

#[tokio::test]
async fn nginx_gets_401_or_403_and_the_rest_in_headers() {
    for (reason, carried, status) in [
        (Reason::SignedOut, 401, "401"),
        (Reason::Role, 403, "403"),
        (Reason::AmbiguousPath, 403, "400"),
        (Reason::KeysUnavailable, 403, "503"),
    ] {
        let answer = said(Nginx, deny(reason, Asker::Api)).await;
        assert_eq!(answer.0.status, carried, "{reason:?}");
        assert_eq!(answer.header("x-bailiff-status"), Some(status));
        assert_eq!(answer.header("x-bailiff-content-type"), Some("application/problem+json"));
        assert!(answer.header("x-bailiff-body").is_some_and(|body| body.contains(reason.code())));
        assert_eq!(answer.header("x-bailiff-authenticate").is_some(), status == "401");
        assert_eq!(answer.header("www-authenticate"), None);
        assert_eq!((answer.header("content-type"), answer.1.as_str()), (None, ""));
    }
    let mut away = redirect(Asker::Browser);
    away.set_cookies = vec!["a=1".into(), "b=2".into()];
    let answer = said(Nginx, away).await;
    assert_eq!((answer.0.status.as_u16(), answer.header("x-bailiff-status")), (401, Some("302")));
    assert!(answer.header("location").is_some_and(|to| to.starts_with("https://shop.test/")));
    assert_eq!(answer.header("x-bailiff-set-cookie-1"), Some("a=1"));
    assert_eq!(answer.header("x-bailiff-set-cookie-2"), Some("b=2"));
}

#[tokio::test]
async fn a_page_is_one_line_in_a_header() {
    let answer = said(Nginx, deny(Reason::Role, Asker::Browser)).await;
    let body = answer.header("x-bailiff-body").unwrap();
    assert!(body.starts_with("<!doctype html>") && body.ends_with("</html>"), "{body}");
}

#[tokio::test]
async fn a_grpc_client_is_told_in_its_own_terms() {
    for (reason, status, code) in [
        (Reason::SignedOut, 401, "16"),
        (Reason::Role, 403, "7"),
        (Reason::AmbiguousPath, 400, "3"),
        (Reason::KeysUnavailable, 503, "14"),
    ] {
        let answer = said(Haproxy, deny(reason, Asker::Grpc)).await;
        assert_eq!((answer.0.status.as_u16(), answer.header("grpc-status")), (status, Some(code)));
        assert_eq!(answer.header("content-type"), Some("application/grpc"));
        assert_eq!(answer.header("grpc-message"), Some(reason.meaning()));
        assert_eq!(answer.1, "");
    }
    assert_eq!(said(Traefik, redirect(Asker::Grpc)).await.0.status, 401);
}

fn any_decision() -> impl Strategy<Value = Decision> {
    let reason = proptest::sample::select(Reason::ALL);
    let asker = proptest::sample::select(&[Asker::Grpc, Asker::Browser, Asker::Api][..]);
    let text = "(\\PC|[\r\n\0\t<>\"'&;,%])*";
    (reason, asker, text, any::<bool>()).prop_map(|(reason, asker, text, away)| {
        let effect = if away { redirect(asker).effect } else { Effect::Deny(Denial::plain()) };
        let mut decision = decision(effect, reason, asker);
        decision.message = text.clone().into();
        decision.set_cookies = vec![text.into()];
        decision
    })
}

proptest! {
    #[test]
    fn a_refusal_never_lets_a_request_through(decision in any_decision()) {
        for profile in Profile::ALL {
            let outcome = nobody(decision.clone());
            let answer = render(profile, None, outcome, SILENT);
            let status = answer.status().as_u16();
            prop_assert!(!(200..300).contains(&status), "{profile} {status}");
            if profile == Nginx {
                prop_assert!(matches!(status, 401 | 403));
            }
            let unasked = refusal(profile, decision.reason, decision.asker);
            prop_assert!(unasked.status().as_u16() >= 400);
        }
    }
}
