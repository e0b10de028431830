use crate::{
    clerk::{
        Authenticator, Standing,
        fixture::{
            NOW, PRODUCTION, PUBLIC_A, Script, Signer, authenticator, authenticator_with, browsing,
            claims, get, header, instance, now, ok, options, run, sign, token,
        },
        keys::{Key, Keys, Readiness},
        request::{Authentication, SignedOutReason},
        token_error::{FetchFailure, TokenError},
        verified_tokens::VerifiedTokens,
    },
    core::{
        credential::CredentialKinds,
        header::{Header, Headers, Repeats},
        reason::Reason,
    },
};
use serde_json::json;
use std::sync::Arc;

mod machine_outages;
mod machines;
mod outages;

fn reason(result: Authentication) -> SignedOutReason {
    let Authentication::SignedOut(out) = result else { panic!("{result:?}") };
    out.reason
}

fn by_token(authenticator: &Authenticator, token: &str) -> Authentication {
    run(authenticator.authenticate_token(token, CredentialKinds::SESSION, now()))
}

fn by_headers(authenticator: &Authenticator, headers: &[(&str, &str)]) -> Authentication {
    let lines = headers.iter().map(|&(name, value)| Header { name, value: value.as_bytes() });
    let headers = Headers::new(lines.collect(), Repeats::Separate);
    run(authenticator.authenticate_headers(&headers, CredentialKinds::SESSION, now()))
}

#[test]
fn a_bare_token_is_verified_and_nothing_else() {
    let script = Script::silent();
    let authenticator = authenticator(instance(), &script);
    let found = by_token(&authenticator, &token(&json!({})));
    let Authentication::SignedIn(session) = found else { panic!("{found:?}") };
    assert_eq!(session.user().id.as_str(), "user_2zZ9y8X7");
    assert!(session.fresh_token.is_none() && session.response.set_cookies.is_empty());
    let expired = by_token(&authenticator, &token(&json!({"exp": NOW - 60})));
    assert_eq!(reason(expired), SignedOutReason::Token(TokenError::Expired));
    assert_eq!(script.count(), 0);
}

#[test]
fn a_pending_session_is_never_signed_in_whichever_way_it_comes() {
    let authenticator = authenticator(instance(), &Script::silent());
    let pending = token(&json!({"sts": "pending"}));
    let bearer = format!("Bearer {pending}");
    for found in [
        by_token(&authenticator, &pending),
        by_token(&authenticator, &pending),
        by_headers(&authenticator, &[("authorization", &bearer)]),
        run(authenticator.authenticate(
            &get("/", &[("authorization", &bearer)]),
            CredentialKinds::SESSION,
            now(),
        )),
    ] {
        assert!(
            matches!(&found, Authentication::Pending(session) if session.token.standing() == Standing::Pending),
            "{found:?}"
        );
    }
}

#[test]
fn other_tokens_of_the_same_key_are_no_session_tokens() {
    let authenticator = authenticator(instance(), &Script::silent());
    let with = |name: &str, value: &str| {
        let mut header = header();
        header[name] = json!(value);
        sign(&header, &claims(&json!({})), Signer::A)
    };
    for other in [
        with("cat", "cl_B7d4PD222AAA"),
        with("cat", "cl_B7d4PD333AAA"),
        with("typ", "at+jwt"),
        token(&json!({"sub": "mch_1"})),
    ] {
        let kind = SignedOutReason::Token(TokenError::Kind);
        assert_eq!(reason(by_token(&authenticator, &other)), kind);
        let bearer = format!("Bearer {other}");
        assert_eq!(reason(by_headers(&authenticator, &[("authorization", &bearer)])), kind);
        assert_eq!(kind.reason(), Reason::TokenTypeMismatch);
    }
    for opaque in ["mt_abc", "oat_abc", "ak_abc", ""] {
        let malformed = SignedOutReason::Token(TokenError::Malformed);
        assert_eq!(reason(by_token(&authenticator, opaque)), malformed, "{opaque}");
    }
}

#[test]
fn headers_alone_never_lead_to_a_redirect_a_renewal_or_a_call() {
    let script = Script::new([ok(&json!({"directives": [], "cookies": []}))]);
    let authenticator = authenticator(browsing(PRODUCTION, options()), &script);
    let expired = token(&json!({"exp": NOW - 60}));
    let cookies = [
        "__client_uat=1769990000; __clerk_handshake_nonce=n".to_owned(),
        "__client_uat=1769990000; __clerk_handshake=x.y.z".to_owned(),
        format!("__session={expired}; __client_uat=1769990000; __refresh_GKT37j1e=rt"),
    ];
    for cookie in &cookies {
        let found = by_headers(
            &authenticator,
            &[("cookie", cookie), ("sec-fetch-dest", "document"), ("accept", "text/html")],
        );
        assert!(matches!(found, Authentication::SignedOut(_)), "{found:?}");
    }
    assert_eq!(script.count(), 0);
}

#[test]
fn without_keys_nobody_is_signed_in_and_the_reason_says_so() {
    run(async {
        let script = Script::silent();
        let base =
            crate::clerk::backend_api::ApiBase::frontend_api("clerk.acme-widgets.com").unwrap();
        let policy = crate::clerk::keys::RotationPolicy {
            backoff: std::time::Duration::ZERO,
            ..crate::clerk::keys::RotationPolicy::STANDARD
        };
        let keys = Keys::fetched(
            crate::clerk::keys::KeySource::frontend_api(&base).unwrap(),
            Arc::clone(&script) as _,
            Arc::new(crate::core::clock::ManualClock::at(now())),
            policy,
            Arc::default(),
        );
        let tokens = Arc::new(VerifiedTokens::new(1024));
        let authenticator = authenticator_with(instance(), keys, &script, tokens);
        let found = reason(
            authenticator
                .authenticate_token(&token(&json!({})), CredentialKinds::SESSION, now())
                .await,
        );
        assert_eq!(
            found,
            SignedOutReason::Token(TokenError::KeysUnavailable(FetchFailure::Transport))
        );
        assert_eq!(found.reason(), Reason::KeysUnavailable);
        assert_eq!(*authenticator.readiness().borrow(), Readiness::NotReady);
    });
}

#[test]
fn a_warm_cookie_session_asks_nobody_and_checks_no_signature() {
    let script = Script::silent();
    let authenticator = authenticator_with(
        browsing(PRODUCTION, options()),
        Keys::pinned(Key::from_pem(PUBLIC_A).unwrap()),
        &script,
        Arc::new(VerifiedTokens::new(1024 * 1024)),
    );
    let token = token(&json!({}));
    let cookie = format!(
        "__session={token}; __session_GKT37j1e={token}; __client_uat=1769990000; __client_uat_GKT37j1e=1769990000"
    );
    for _ in 0..5 {
        let found = run(authenticator.authenticate(
            &get("/a?b=c", &[("cookie", &cookie)]),
            CredentialKinds::SESSION,
            now(),
        ));
        assert!(matches!(found, Authentication::SignedIn(_)), "{found:?}");
    }
    let counters = authenticator.counters();
    assert_eq!((counters.cache_miss.get(), counters.cache_hit.get(), script.count()), (1, 4, 0));
}
