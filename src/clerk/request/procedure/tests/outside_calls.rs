//! How often Clerk is asked, for each kind of request.

use super::{UAT, production};
use crate::{
    clerk::{
        Authenticator, Connected, Counters, VerifiedTokens,
        backend_api::{
            ApiBase, BackendApi, CallLimits, GuardedTransport, NoAnswer, PlainHttp, Transport,
        },
        fixture::{
            JWKS_DEV, NOW, SUFFIX, Script, Signer, at, claims, get, header, ok, run, sign, token,
        },
        keys::{KeySource, Keys, RotationPolicy},
        request::{Authentication, SignedOutReason, refresh::RefreshFailure},
        token_error::TokenError,
    },
    core::{clock::ManualClock, credential::CredentialKinds, reason::Reason},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// The time of the requests: the cool-down after the first keys is over.
const LATER: i64 = 60_000;

/// An instance whose keys have been fetched, and a Clerk whose calls count from there.
struct World {
    authenticator: Authenticator,
    clock: Arc<ManualClock>,
    script: Arc<Script>,
}

impl World {
    async fn new() -> Self {
        let script = Script::new([Ok((200, JWKS_DEV.to_owned()))]);
        let clock = Arc::new(ManualClock::at(at(0)));
        let counters = Arc::new(Counters::default());
        let transport: Arc<dyn Transport> = Arc::clone(&script) as _;
        let base = ApiBase::parse(ApiBase::BACKEND_API, PlainHttp::LoopbackOnly).unwrap();
        let keys = Keys::fetched(
            KeySource::frontend_api(&base).unwrap(),
            Arc::clone(&transport),
            Arc::clone(&clock) as _,
            RotationPolicy { backoff: Duration::ZERO, ..RotationPolicy::STANDARD },
            Arc::clone(&counters),
        );
        keys.find(Some("ins_2zDev01"), at(0)).await.unwrap();
        let guarded = GuardedTransport::new(
            transport,
            CallLimits::STANDARD,
            Arc::clone(&clock) as _,
            Arc::clone(&counters),
        );
        let secret_key = SecretString::from("sk_test_x");
        let backend_api = Some(BackendApi::new(base, secret_key, Arc::new(guarded)));
        let authenticator = Authenticator::new(
            production(),
            Connected { keys, backend_api, machine_tokens: None },
            Arc::new(VerifiedTokens::new(1024 * 1024)),
            counters,
        );
        clock.set(at(LATER));
        script.calls.lock().unwrap().clear();
        Self { authenticator, clock, script }
    }

    async fn ask(&self, target: &str, headers: &[(&str, &str)]) -> Authentication {
        use crate::core::clock::Clock as _;
        self.authenticator
            .authenticate(&get(target, headers), CredentialKinds::SESSION, self.clock.now())
            .await
    }

    /// What Clerk was asked since the last time.
    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.script.calls.lock().unwrap())
    }
}

fn lasting(changes: &Value) -> String {
    let mut all = json!({"exp": NOW + 3600});
    for (name, value) in changes.as_object().unwrap() {
        all[name] = value.clone();
    }
    token(&all)
}

/// The cookies of a browser whose session has expired and can be renewed.
fn renewable() -> String {
    format!("__session={}; {UAT}; __refresh_{SUFFIX}=rt", token(&json!({"exp": NOW})))
}

#[test]
fn a_valid_session_asks_nobody_cold_or_warm() {
    run(async {
        let world = World::new().await;
        let token = lasting(&json!({}));
        let (cookie, bearer) = (format!("__session={token}; {UAT}"), format!("Bearer {token}"));
        for headers in [("cookie", cookie.as_str()), ("authorization", &bearer)] {
            for _ in 0..3 {
                let found = world.ask("/", &[headers]).await;
                assert!(matches!(found, Authentication::SignedIn(_)), "{found:?}");
            }
        }
        assert_eq!(world.calls(), [""; 0]);
    });
}

#[test]
fn rubbish_asks_nobody() {
    run(async {
        let world = World::new().await;
        let machine = lasting(&json!({"sub": "mch_1"}));
        for credential in ["", "x", "a.b.c", "..", "mt_abc", "ak_abc", "\u{fffd}", &machine] {
            let bearer = format!("Bearer {credential}");
            let cookie = format!("__session={credential}; {UAT}; __refresh_{SUFFIX}=rt");
            let handshake = format!("__clerk_handshake={credential}; {UAT}");
            for headers in [("authorization", &bearer), ("cookie", &cookie), ("cookie", &handshake)]
            {
                let found = world.ask("/", &[(headers.0, headers.1)]).await;
                assert!(!matches!(found, Authentication::SignedIn(_)), "{found:?}");
            }
        }
        assert_eq!(world.calls(), [""; 0]);
    });
}

#[test]
fn a_forged_signature_asks_for_keys_once_however_often_it_comes() {
    run(async {
        let world = World::new().await;
        world.script.now_answers(Ok((200, JWKS_DEV.to_owned())));
        for session in 0..50 {
            let claims = claims(&json!({"exp": NOW, "sid": format!("sess_{session}")}));
            let forged = sign(&header(), &claims, Signer::B);
            let cookie = format!("__session={forged}; {UAT}; __refresh_{SUFFIX}=rt");
            let found = world.ask("/", &[("cookie", &cookie)]).await;
            assert!(!matches!(found, Authentication::SignedIn(_)), "{found:?}");
        }
        let calls = world.calls();
        assert!(calls.len() <= 1 && calls.iter().all(|call| call.contains("jwks")), "{calls:?}");
    });
}

#[test]
fn unknown_keys_ask_for_keys_once_within_the_cool_down_however_many() {
    run(async {
        let world = World::new().await;
        for round in 1..=2 {
            for name in 0..50 {
                let mut header = header();
                header["kid"] = json!(format!("ins_{round}_{name}"));
                let unknown = sign(&header, &claims(&json!({"exp": NOW + 3600})), Signer::B);
                let (bearer, cookie) =
                    (format!("Bearer {unknown}"), format!("__session={unknown}; {UAT}"));
                for headers in [("authorization", bearer.as_str()), ("cookie", &cookie)] {
                    let found = world.ask("/", &[headers]).await;
                    let Authentication::SignedOut(out) = found else { panic!("{found:?}") };
                    let asked_for = name == 0;
                    let expected =
                        if asked_for { TokenError::UnknownKey } else { TokenError::KeyPending };
                    assert_eq!(out.reason, SignedOutReason::Token(expected), "{name}");
                }
            }
            assert_eq!(world.calls(), ["GET /.well-known/jwks.json?"], "round {round}");
            world.clock.advance(RotationPolicy::STANDARD.cool_down);
        }
    });
}

#[test]
fn an_expired_session_with_a_refresh_token_asks_once() {
    run(async {
        let world = World::new().await;
        let line = format!("__session={}", lasting(&json!({"jti": "fresh"})));
        world.script.now_answers(ok(&json!({"cookies": [line]})));
        let found = world.ask("/", &[("cookie", &renewable())]).await;
        assert!(matches!(found, Authentication::SignedIn(_)), "{found:?}");
        assert_eq!(world.calls(), ["POST /v1/sessions/sess_2zA1b2C3/refresh?"]);
    });
}

#[test]
fn an_expired_session_without_a_refresh_token_asks_nobody() {
    run(async {
        let world = World::new().await;
        let expired = token(&json!({"exp": NOW}));
        for headers in [
            ("cookie", format!("__session={expired}; {UAT}")),
            ("authorization", format!("Bearer {expired}")),
        ] {
            world.ask("/", &[(headers.0, &headers.1)]).await;
        }
        assert_eq!(world.calls(), [""; 0]);
    });
}

#[test]
fn a_return_with_a_nonce_asks_once_whatever_comes_of_it() {
    run(async {
        let world = World::new().await;
        let line = format!("__session={}", lasting(&json!({})));
        for (answer, signed_in) in [
            (ok(&json!({"directives": [line]})), true),
            (Ok((404, "{}".to_owned())), false),
            (Ok((500, "{}".to_owned())), false),
            (Err(NoAnswer::Connect), false),
        ] {
            world.script.now_answers(answer);
            let found = world.ask("/?__clerk_handshake_nonce=n", &[]).await;
            assert_eq!(matches!(found, Authentication::SignedIn(_)), signed_in, "{found:?}");
            assert_eq!(world.calls(), ["GET /v1/clients/handshake_payload?nonce=n"]);
        }
    });
}

#[test]
fn an_open_circuit_asks_nobody_and_refuses_as_if_clerk_had_not_answered() {
    run(async {
        let world = World::new().await;
        world.script.now_answers(Err(NoAnswer::Timeout));
        let cookie = renewable();
        for _ in 0..CallLimits::STANDARD.circuit.failures {
            world.ask("/", &[("cookie", &cookie)]).await;
        }
        assert_eq!(world.calls().len(), 5);
        for _ in 0..20 {
            let found = world.ask("/", &[("cookie", &cookie)]).await;
            let Authentication::SignedOut(out) = found else { panic!("{found:?}") };
            assert_eq!(out.reason, SignedOutReason::Expired(RefreshFailure::Fetch));
            assert_eq!(out.reason.reason(), Reason::UpstreamUnavailable);
            let found = world.ask("/?__clerk_handshake_nonce=n", &[]).await;
            let Authentication::SignedOut(out) = found else { panic!("{found:?}") };
            assert_eq!(out.reason, SignedOutReason::HandshakeWithoutSession);
        }
        let good = format!("__session={}; {UAT}", lasting(&json!({})));
        let found = world.ask("/", &[("cookie", &good)]).await;
        assert!(matches!(found, Authentication::SignedIn(_)), "{found:?}");
        assert_eq!(world.calls(), [""; 0]);
        assert_eq!(world.authenticator.counters().call_refused_by_circuit.get(), 40);
    });
}

#[test]
fn a_browser_that_cannot_be_renewed_is_sent_to_the_handshake() {
    run(async {
        let world = World::new().await;
        world.script.now_answers(Err(NoAnswer::Connect));
        for _ in 0..10 {
            let headers = [("cookie", &*renewable()), ("sec-fetch-dest", "document")];
            let found = world.ask("/", &headers).await;
            assert!(found.starts_handshake(), "{found:?}");
        }
        assert_eq!(world.calls().len(), 5);
    });
}
