//! Renewals and returns from a handshake.

use super::{
    DOCUMENT, UAT, decide, dev_token, development, handshake, is_signed_in, production, signed_out,
    visit,
};
use crate::{
    clerk::{
        fixture::{
            NOW, SUFFIX, Script, Signer, authenticator, claims, get, header, ok, sign, token,
        },
        request::{Authentication, RedirectCause, SignedOutReason, refresh::RefreshFailure},
        token_error::TokenError,
    },
    core::http_request::HttpRequest,
};
use serde_json::json;

#[test]
fn an_expired_session_is_renewed_when_clerk_agrees() {
    let fresh = token(&json!({"jti": "fresh"}));
    let lines = [
        format!("__session_{SUFFIX}={fresh}; Path=/; Secure"),
        "__client_uat=1; Path=/".to_owned(),
    ];
    let script = Script::new([ok(&json!({"cookies": lines}))]);
    let authenticator = authenticator(production(), &script);
    let expired = token(&json!({"exp": NOW - 60}));
    let cookie = format!("__session={expired}; {UAT}; __refresh_{SUFFIX}=rt");
    let found = decide(&authenticator, &get("/", &[("cookie", &cookie)]));
    let Authentication::SignedIn(session) = found else { panic!("{found:?}") };
    assert_eq!(session.response.set_cookies, lines.map(String::into_boxed_str));
    assert!(session.fresh_token.is_some());
    assert_eq!(script.calls.lock().unwrap()[0], "POST /v1/sessions/sess_2zA1b2C3/refresh?");
    assert_eq!(authenticator.counters().session_refreshed.get(), 1);
}

#[test]
fn what_clerk_sends_back_is_verified_before_it_counts() {
    let forged = sign(&header(), &claims(&json!({})), Signer::B);
    let dead = token(&json!({"exp": NOW - 60}));
    for line in [
        format!("__session={forged}"),
        format!("__session={dead}"),
        "x=y".into(),
        "__session=".into(),
    ] {
        let script = Script::new([ok(&json!({"cookies": [line]}))]);
        let authenticator = authenticator(production(), &script);
        let cookie = format!("__session={dead}; {UAT}; __refresh_{SUFFIX}=rt");
        let found = decide(&authenticator, &get("/", &[("cookie", &cookie)]));
        assert!(found.headers().iter().all(|(name, _)| *name != "set-cookie"), "{line}");
        assert_eq!(
            signed_out(found),
            SignedOutReason::Expired(RefreshFailure::InvalidSession),
            "{line}"
        );
    }
    let script = Script::new([ok(&json!({"cookies": ["__session=a\r\nset-cookie: evil=1"]}))]);
    let cookie = format!("__session={dead}; {UAT}; __refresh_{SUFFIX}=rt");
    let found = decide(&authenticator(production(), &script), &get("/", &[("cookie", &cookie)]));
    assert_eq!(signed_out(found), SignedOutReason::Expired(RefreshFailure::UnexpectedAnswer));
}

#[test]
fn no_token_that_the_instance_did_not_sign_is_sent_to_be_renewed() {
    let expired = token(&json!({"exp": NOW - 60}));
    let bearer = format!("Bearer {expired}");
    for (sid, signer, failure) in [
        ("sess_x", Signer::B, RefreshFailure::TokenNotAuthentic),
        ("sess_x/revoke?y=", Signer::B, RefreshFailure::SessionIdUnsafe),
        ("sess_x/revoke?y=", Signer::A, RefreshFailure::SessionIdUnsafe),
        ("sess_..", Signer::A, RefreshFailure::SessionIdUnsafe),
        ("", Signer::A, RefreshFailure::SessionIdMissing),
    ] {
        let script = Script::new([ok(&json!({"cookies": []}))]);
        let authenticator = authenticator(production(), &script);
        let planted = sign(&header(), &claims(&json!({"sid": sid})), signer);
        let cookie = format!("__session={planted}; {UAT}; __refresh_{SUFFIX}=rt");
        let headers = [("authorization", bearer.as_str()), ("cookie", &cookie)];
        let found = decide(&authenticator, &get("/", &headers));
        assert_eq!(signed_out(found), SignedOutReason::Expired(failure), "{sid}");
        assert_eq!(script.count(), 0, "{sid}");
    }
}

#[test]
fn only_get_is_renewed_and_only_with_a_refresh_token_of_the_instance() {
    let script = Script::new([ok(&json!({"cookies": []}))]);
    let authenticator = authenticator(production(), &script);
    let expired = token(&json!({"exp": NOW - 60}));
    let cookie = format!("__session={expired}; {UAT}; __refresh_{SUFFIX}=rt");
    let headers = [("cookie", cookie.as_str())];
    let post = HttpRequest { method: "POST", ..get("/", &headers) };
    assert_eq!(
        signed_out(decide(&authenticator, &post)),
        SignedOutReason::Expired(RefreshFailure::NotGet)
    );
    for refresh in ["__refresh=rt", "__refresh_ABCDEFGH=rt", &format!("__refresh_{SUFFIX}=")] {
        let cookie = format!("__session={expired}; {UAT}; {refresh}");
        let found = decide(&authenticator, &get("/", &[("cookie", &cookie)]));
        assert_eq!(signed_out(found), SignedOutReason::Expired(RefreshFailure::NoRefreshCookie));
    }
    assert_eq!(script.count(), 0);
}

#[test]
fn a_nonce_brings_cookies_and_a_session() {
    let fresh = token(&json!({}));
    let lines =
        [format!("__session={fresh}; Path=/"), "__client_uat=1770000000; Path=/".to_owned()];
    let script = Script::new([ok(&json!({"directives": lines}))]);
    let found = decide(
        &authenticator(production(), &script),
        &get("/p?__clerk_handshake_nonce=n", &[DOCUMENT]),
    );
    assert!(is_signed_in(&found));
    let cookies = found.headers().into_iter().filter(|(name, _)| *name == "set-cookie");
    assert_eq!(cookies.map(|(_, line)| line.into_owned()).collect::<Vec<_>>(), lines);
}

#[test]
fn a_handshake_token_must_be_the_instances_and_its_age_does_not_matter() {
    let line = format!("__session={}; Path=/", token(&json!({})));
    let payload = json!({"handshake": [line], "exp": 1});
    let target = |token: &str| format!("/p?__clerk_handshake={token}");
    let good = target(&sign(&header(), &payload, Signer::A));
    assert!(is_signed_in(&visit(production(), &good, &[DOCUMENT])));

    let forged = sign(&header(), &payload, Signer::B);
    let found = visit(production(), &target(&forged), &[DOCUMENT, ("cookie", UAT)]);
    assert_eq!(handshake(found).0, SignedOutReason::NoSessionCookie, "as if it were not there");
    let found = visit(development(), &target(&forged), &[DOCUMENT]);
    assert_eq!(signed_out(found), SignedOutReason::HandshakeToken(TokenError::Signature));
    let mut template = header();
    template["cat"] = json!("cl_B7d4PD222AAA");
    let template = sign(&template, &payload, Signer::A);
    let found = visit(development(), &target(&template), &[DOCUMENT]);
    assert_eq!(signed_out(found), SignedOutReason::HandshakeToken(TokenError::Type));
}

#[test]
fn a_development_instance_cleans_the_address_after_a_handshake() {
    let line = format!("__session={}; Path=/", dev_token(&json!({})));
    let script = Script::new([ok(&json!({"directives": [line]}))]);
    let target = "/p?x=1&__clerk_handshake_nonce=n&__clerk_help=h";
    let found = decide(&authenticator(development(), &script), &get(target, &[DOCUMENT]));
    let Authentication::Redirect(redirect) = found else { panic!("{found:?}") };
    assert_eq!(redirect.location.as_str(), "https://app.acme-widgets.com/p?x=1");
    assert_eq!(redirect.set_cookies, [Box::<str>::from(line)]);
    assert!(matches!(redirect.cause, RedirectCause::Returned(result) if is_signed_in(&result)));
}

#[test]
fn a_clock_that_is_a_day_off_only_counts_on_a_development_instance() {
    let late = |iss: &str| format!("__session={}", token(&json!({"iss": iss, "exp": NOW - 3600})));
    let dev = late("https://tidy-otter-42.clerk.accounts.dev");
    let script = Script::new([ok(&json!({"directives": [dev]}))]);
    let target = "/?__clerk_handshake_nonce=n";
    let found = decide(&authenticator(development(), &script), &get(target, &[DOCUMENT]));
    assert!(matches!(found, Authentication::Redirect(_)), "{found:?}");
    let live = late("https://clerk.acme-widgets.com");
    let script = Script::new([ok(&json!({"directives": [live]}))]);
    let found = decide(&authenticator(production(), &script), &get(target, &[]));
    assert_eq!(signed_out(found), SignedOutReason::NothingPresented);
}

#[test]
fn a_handshake_that_ends_without_a_session_signs_out_with_its_cookies() {
    let script =
        Script::new([ok(&json!({"directives": ["__session=; Max-Age=0", "__client_uat=0"]}))]);
    let found = decide(
        &authenticator(production(), &script),
        &get("/?__clerk_handshake_nonce=n", &[DOCUMENT]),
    );
    let Authentication::SignedOut(out) = found else { panic!("{found:?}") };
    assert_eq!(out.reason, SignedOutReason::HandshakeWithoutSession);
    assert_eq!(out.response.set_cookies.len(), 2);
}

#[test]
fn a_line_that_would_end_a_header_brings_nothing() {
    let line = format!("__session={}\r\nset-cookie: evil=1", token(&json!({})));
    let script = Script::new([ok(&json!({"directives": [line]}))]);
    let found =
        decide(&authenticator(production(), &script), &get("/?__clerk_handshake_nonce=n", &[]));
    assert!(found.headers().iter().all(|(name, _)| *name != "set-cookie"));
    assert_eq!(signed_out(found), SignedOutReason::NothingPresented);
}
