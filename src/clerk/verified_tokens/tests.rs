use crate::clerk::{
    Authenticator, ClockSkew, VerifiedTokens,
    backend_api::{ApiBase, PlainHttp, Transport},
    counters::Counters,
    fixture::{
        JWKS_DEV, JWKS_OTHER, JWKS_WRONG, NOW, PRODUCTION, PUBLIC_A, PUBLIC_B, Script, Signer, at,
        authenticator, authenticator_with, claims, header, instance, instance_of, run, sign, token,
    },
    keys::{Key, KeySource, Keys, RotationPolicy},
    request::{Authentication, SignedOutReason},
    token_error::TokenError,
};
use crate::core::{clock::ManualClock, credential::CredentialKinds, location::Origin};
use serde_json::json;
use std::{sync::Arc, time::Duration};

fn verdict(authenticator: &Authenticator, token: &str, millis: i64) -> Result<(), TokenError> {
    let found = run(authenticator.authenticate_token(token, CredentialKinds::SESSION, at(millis)));
    if matches!(found, Authentication::SignedIn(_)) { Ok(()) } else { Err(refusal(found)) }
}

fn refusal(result: Authentication) -> TokenError {
    let Authentication::SignedOut(out) = result else { panic!("{result:?}") };
    let SignedOutReason::Token(error) = out.reason else { panic!("{out:?}") };
    error
}

fn pinned(pem: &str) -> Keys {
    Keys::pinned(Key::from_pem(pem).unwrap())
}

fn store() -> Arc<VerifiedTokens> {
    Arc::new(VerifiedTokens::new(VerifiedTokens::STANDARD_BYTES))
}

#[test]
fn a_token_is_verified_once_and_found_after() {
    let authenticator = authenticator(instance(), &Script::silent());
    let token = token(&json!({}));
    for _ in 0..3 {
        assert_eq!(verdict(&authenticator, &token, 0), Ok(()));
    }
    let counters = authenticator.counters();
    assert_eq!((counters.cache_miss.get(), counters.cache_hit.get()), (1, 2));
}

#[test]
fn a_known_signature_under_another_payload_is_another_token() {
    let authenticator = authenticator(instance(), &Script::silent());
    let good = token(&json!({}));
    assert_eq!(verdict(&authenticator, &good, 0), Ok(()));
    let (_, signature) = good.rsplit_once('.').unwrap();
    let other = sign(&header(), &claims(&json!({"sub": "user_boss"})), Signer::B);
    let (signed, _) = other.rsplit_once('.').unwrap();
    assert_eq!(
        verdict(&authenticator, &format!("{signed}.{signature}"), 0),
        Err(TokenError::Signature)
    );
    let (header, rest) = good.split_once('.').unwrap();
    for changed in [format!("{good}A"), format!("{header}A.{rest}"), format!("{good} ")] {
        assert!(verdict(&authenticator, &changed, 0).is_err(), "{changed}");
    }
}

#[test]
fn a_known_token_dies_at_its_expiry_to_the_millisecond() {
    let authenticator = authenticator(instance(), &Script::silent());
    let token = token(&json!({}));
    assert_eq!(verdict(&authenticator, &token, 0), Ok(()));
    assert_eq!(verdict(&authenticator, &token, 64_999), Ok(()));
    assert_eq!(verdict(&authenticator, &token, 65_000), Err(TokenError::Expired));
    assert_eq!(
        verdict(&authenticator, &token, -16_000),
        Err(TokenError::NotActiveYet),
        "a clock set back"
    );
}

#[test]
fn settings_that_have_changed_count_for_known_tokens_too() {
    let (tokens, script) = (store(), Script::silent());
    let build =
        |instance| authenticator_with(instance, pinned(PUBLIC_A), &script, Arc::clone(&tokens));
    let token = token(&json!({}));
    assert_eq!(verdict(&build(instance()), &token, 0), Ok(()));

    let mut other_party = instance();
    other_party.authorized_parties = vec![Origin::new("https://x.test")];
    assert_eq!(verdict(&build(other_party), &token, 0), Err(TokenError::AzpMismatch));
    let mut other_issuer = instance();
    other_issuer.issuers = vec!["https://x.test".into()];
    assert_eq!(verdict(&build(other_issuer), &token, 0), Err(TokenError::Issuer));
    let mut audience = instance();
    audience.audiences = vec!["api".into()];
    assert_eq!(verdict(&build(audience), &token, 0), Err(TokenError::AudienceMissing));
    let mut early = instance();
    early.clock_skew = ClockSkew::from_millis(-60_000);
    assert_eq!(verdict(&build(early), &token, 0), Err(TokenError::Expired));
}

#[test]
fn a_token_known_to_one_instance_is_unknown_to_another() {
    let (tokens, script) = (store(), Script::silent());
    let a = authenticator_with(instance(), pinned(PUBLIC_A), &script, Arc::clone(&tokens));
    let b = instance_of(PRODUCTION, "other");
    let b = authenticator_with(b, pinned(PUBLIC_B), &script, tokens);
    let token = token(&json!({}));
    assert_eq!(verdict(&a, &token, 0), Ok(()));
    assert_eq!(verdict(&b, &token, 0), Err(TokenError::Signature));
    let of_b = sign(&header(), &claims(&json!({})), Signer::B);
    assert_eq!(verdict(&b, &of_b, 0), Ok(()));
    assert_eq!(verdict(&a, &of_b, 0), Err(TokenError::Signature));
}

#[test]
fn a_pinned_key_that_was_exchanged_takes_its_tokens_along() {
    let (tokens, script) = (store(), Script::silent());
    let before = authenticator_with(instance(), pinned(PUBLIC_A), &script, Arc::clone(&tokens));
    let after = authenticator_with(instance(), pinned(PUBLIC_B), &script, tokens);
    let token = token(&json!({}));
    assert_eq!(verdict(&before, &token, 0), Ok(()));
    assert_eq!(verdict(&after, &token, 0), Err(TokenError::Signature));
}

#[test]
fn a_key_that_leaves_the_set_takes_its_tokens_along() {
    for (next, expected) in
        [(JWKS_OTHER, TokenError::UnknownKey), (JWKS_WRONG, TokenError::Signature)]
    {
        run(async {
            let script = Script::new([Ok((200, JWKS_DEV.to_owned())), Ok((200, next.to_owned()))]);
            let transport: Arc<dyn Transport> = Arc::clone(&script) as _;
            let base = ApiBase::parse("http://127.0.0.1:1", PlainHttp::LoopbackOnly).unwrap();
            let clock = Arc::new(ManualClock::at(at(0)));
            let keys = Keys::fetched(
                KeySource::frontend_api(&base).unwrap(),
                transport,
                clock,
                RotationPolicy { cool_down: Duration::ZERO, ..RotationPolicy::STANDARD },
                Arc::new(Counters::default()),
            );
            let authenticator = authenticator_with(instance(), keys, &script, store());
            let token = token(&json!({}));
            for _ in 0..2 {
                let found =
                    authenticator.authenticate_token(&token, CredentialKinds::SESSION, at(0)).await;
                assert!(matches!(found, Authentication::SignedIn(_)), "{found:?}");
            }
            // Somebody asks for a key that is not there, and a round brings the next set.
            let mut unknown = header();
            unknown["kid"] = json!("ins_unknown");
            let unknown = sign(&unknown, &claims(&json!({})), Signer::A);
            authenticator.authenticate_token(&unknown, CredentialKinds::SESSION, at(0)).await;
            let found =
                authenticator.authenticate_token(&token, CredentialKinds::SESSION, at(0)).await;
            assert_eq!(refusal(found), expected);
        });
    }
}

#[test]
fn refusals_are_not_kept() {
    let tokens = store();
    let script = Script::silent();
    let authenticator =
        authenticator_with(instance(), pinned(PUBLIC_A), &script, Arc::clone(&tokens));
    for refused in [
        token(&json!({"exp": NOW - 60})),
        token(&json!({"sid": null})),
        token(&json!({"fea": "x"})),
        sign(&header(), &claims(&json!({})), Signer::B),
        "garbage".to_owned(),
    ] {
        assert!(verdict(&authenticator, &refused, 0).is_err());
    }
    assert_eq!(tokens.bytes(), 0);
}

#[test]
fn the_store_stays_within_its_bytes() {
    let tokens = Arc::new(VerifiedTokens::new(64 * 1024));
    let authenticator =
        authenticator_with(instance(), pinned(PUBLIC_A), &Script::silent(), Arc::clone(&tokens));
    for number in 0..60 {
        let token = token(&json!({"jti": number, "filler": "x".repeat(1000)}));
        assert_eq!(verdict(&authenticator, &token, 0), Ok(()));
    }
    let bytes = tokens.bytes();
    assert!(bytes > 0 && bytes <= 64 * 1024, "{bytes}");
}
