use super::{RegisteredClaims, check_class, check_header};
use crate::{
    clerk::{
        ClockSkew, Instance, WhenMissing,
        fixture::{NOW, Signer, at, claims, header, instance, now, sign, token},
        jwt::{Jwt, JwtKind},
        token_error::{RequiredClaim, TokenError},
    },
    core::location::Origin,
};
use serde_json::{Value, json};

fn check_at(instance: &Instance, changes: &Value, millis: i64) -> Result<(), TokenError> {
    let token = token(changes);
    let registered = RegisteredClaims::read(&Jwt::decode(&token).unwrap());
    registered.check(instance, instance.clock_skew, at(millis))
}

fn check(instance: &Instance, changes: &Value) -> Result<(), TokenError> {
    check_at(instance, changes, 0)
}

#[test]
fn a_sound_token_passes() {
    assert_eq!(check(&instance(), &json!({})), Ok(()));
}

#[test]
fn the_header_must_say_rs256_and_jwt() {
    let found = |name: &str, value: Value| {
        let mut header = header();
        header[name] = value;
        let token = sign(&header, &claims(&json!({})), Signer::A);
        check_header(&Jwt::decode(&token).unwrap(), JwtKind::Session)
    };
    assert_eq!(found("typ", json!("JWT")), Ok(()));
    for kind in [json!("jwt"), json!("at+jwt"), json!("application/jwt"), json!(null), json!(1)] {
        assert_eq!(found("typ", kind.clone()), Err(TokenError::Type), "{kind}");
    }
    for algorithm in [json!("RS384"), json!("RS512")] {
        assert_eq!(found("alg", algorithm.clone()), Err(TokenError::KeyUnusable), "{algorithm}");
    }
    for algorithm in ["none", "None", "HS256", "ES256", "PS256", "rs256", "EdDSA", ""] {
        assert_eq!(found("alg", json!(algorithm)), Err(TokenError::Algorithm), "{algorithm}");
    }
    for algorithm in [json!(null), json!(256), json!(["RS256"])] {
        assert_eq!(found("alg", algorithm.clone()), Err(TokenError::Algorithm), "{algorithm}");
    }
}

#[test]
fn a_machines_class_is_refused_before_anything_else() {
    let mut header = header();
    header["cat"] = json!("cl_B7d4PD333AAA");
    let token = sign(&header, &claims(&json!({})), Signer::A);
    assert_eq!(check_class(&Jwt::decode(&token).unwrap(), JwtKind::Session), Err(TokenError::Type));
}

#[test]
fn user_and_session_must_be_named() {
    for (changes, claim) in [
        (json!({"sub": null}), RequiredClaim::Subject),
        (json!({"sub": 7}), RequiredClaim::Subject),
        (json!({"sid": null}), RequiredClaim::SessionId),
        (json!({"sid": ""}), RequiredClaim::SessionId),
        (json!({"sid": ["sess_1"]}), RequiredClaim::SessionId),
    ] {
        assert_eq!(check(&instance(), &changes), Err(TokenError::Claim(claim)), "{changes}");
    }
}

#[test]
fn the_issuer_is_always_checked() {
    for issuer in [
        json!(null),
        json!(""),
        json!(7),
        json!(["https://clerk.acme-widgets.com"]),
        json!("https://clerk.other-company.io"),
        json!("https://clerk.acme-widgets.com.evil.test"),
        json!("https://clerk.acme-widgets.com/x"),
        json!("https://clerk.acme-widgets.com//"),
        json!("https://https://clerk.acme-widgets.com"),
        json!("https://CLERK.acme-widgets.com"),
        json!("https://evil.test/clerk.acme-widgets.com"),
    ] {
        let found = check(&instance(), &json!({"iss": issuer}));
        assert_eq!(found, Err(TokenError::Issuer), "{issuer}");
    }
}

#[test]
fn listed_issuers_take_the_place_of_the_keys_own_and_are_exact_text() {
    let mut listed = instance();
    listed.issuers = vec!["https://proxy.test/__clerk".into(), "https://b.test".into()];
    assert_eq!(check(&listed, &json!({"iss": "https://b.test"})), Ok(()));
    for issuer in ["https://b.test/", "http://b.test", "https://clerk.acme-widgets.com"] {
        assert_eq!(check(&listed, &json!({"iss": issuer})), Err(TokenError::Issuer), "{issuer}");
    }
}

#[test]
fn the_authorized_party_must_be_listed_exactly() {
    let mut strict = instance();
    strict.authorized_parties =
        vec![Origin::new("https://x.test"), Origin::new("https://app.acme-widgets.com")];
    assert_eq!(check(&strict, &json!({})), Ok(()));
    for party in [
        json!("https://app.acme-widgets.com/"),
        json!("https://APP.acme-widgets.com"),
        json!("app.acme-widgets.com"),
        json!("*"),
        json!(7),
        json!(["https://x.test"]),
    ] {
        let found = check(&strict, &json!({"azp": party}));
        assert_eq!(found, Err(TokenError::AzpMismatch), "{party}");
    }
    for absent in [json!(null), json!("")] {
        let found = check(&strict, &json!({"azp": absent}));
        assert_eq!(found, Err(TokenError::AzpMissing), "{absent}");
    }
    strict.missing_azp = WhenMissing::Accept;
    assert_eq!(check(&strict, &json!({"azp": null})), Ok(()));
    assert_eq!(check(&strict, &json!({"azp": "https://evil.test"})), Err(TokenError::AzpMismatch));
}

#[test]
fn without_authorized_parties_the_claim_is_not_looked_at() {
    for party in [json!(null), json!(7), json!("https://evil.test")] {
        assert_eq!(check(&instance(), &json!({"azp": party})), Ok(()), "{party}");
    }
}

#[test]
fn one_audience_must_match_where_audiences_are_listed() {
    let mut strict = instance();
    strict.audiences = vec!["api".into(), "web".into()];
    for audience in [json!("api"), json!(["x", "web"])] {
        assert_eq!(check(&strict, &json!({"aud": audience})), Ok(()), "{audience}");
    }
    for audience in [json!("x"), json!(["x", "y"]), json!("API")] {
        let found = check(&strict, &json!({"aud": audience}));
        assert_eq!(found, Err(TokenError::Audience), "{audience}");
    }
    let unstated = [json!(null), json!(""), json!([]), json!(7), json!(["api", 7]), json!({})];
    for audience in &unstated {
        let found = check(&strict, &json!({"aud": audience}));
        assert_eq!(found, Err(TokenError::AudienceMissing), "{audience}");
    }
    strict.missing_audience = WhenMissing::Accept;
    for audience in &unstated {
        assert_eq!(check(&strict, &json!({"aud": audience})), Ok(()), "{audience}");
    }
    assert_eq!(check(&strict, &json!({"aud": "x"})), Err(TokenError::Audience));
}

#[test]
fn the_expiry_fails_at_equality_and_the_others_pass_at_it() {
    let instance = instance();
    for (changes, millis, expected) in [
        (json!({}), 64_999, Ok(())),
        (json!({}), 65_000, Err(TokenError::Expired)),
        (json!({"nbf": NOW + 5}), 0, Ok(())),
        (json!({"nbf": NOW + 5}), -1, Err(TokenError::NotActiveYet)),
        (json!({"iat": NOW + 5}), 0, Ok(())),
        (json!({"iat": NOW + 5}), -1, Err(TokenError::IssuedInTheFuture)),
        (json!({"exp": 1_770_000_060.9}), 65_000, Err(TokenError::Expired)),
        (json!({"nbf": 1_770_000_005.9}), 0, Ok(())),
        (json!({"exp": -1}), 0, Err(TokenError::Expired)),
        (json!({"exp": 0}), 0, Err(TokenError::Expired)),
        (json!({"nbf": null, "iat": null}), 0, Ok(())),
        (json!({"nbf": 1e300}), 0, Err(TokenError::NotActiveYet)),
        (json!({"iat": 1e300}), 0, Err(TokenError::IssuedInTheFuture)),
        (json!({"exp": -1e300}), 0, Err(TokenError::Expired)),
    ] {
        assert_eq!(check_at(&instance, &changes, millis), expected, "{changes} {millis}");
    }
}

#[test]
fn the_skew_is_the_settings_and_may_be_none_or_less() {
    let mut strict = instance();
    strict.clock_skew = ClockSkew::from_millis(0);
    assert_eq!(check_at(&strict, &json!({}), 59_999), Ok(()));
    assert_eq!(check_at(&strict, &json!({}), 60_000), Err(TokenError::Expired));
    strict.clock_skew = ClockSkew::from_millis(-5000);
    assert_eq!(check_at(&strict, &json!({}), 55_000), Err(TokenError::Expired));
}

#[test]
fn times_must_be_numbers() {
    for (name, claim) in [
        ("exp", RequiredClaim::Expiry),
        ("nbf", RequiredClaim::NotBefore),
        ("iat", RequiredClaim::IssuedAt),
    ] {
        for value in [json!("1770000000"), json!([]), json!(true)] {
            let found = check(&instance(), &json!({name: value}));
            assert_eq!(found, Err(TokenError::Claim(claim)), "{name} {value}");
        }
    }
    assert_eq!(
        check(&instance(), &json!({"exp": null})),
        Err(TokenError::Claim(RequiredClaim::Expiry))
    );
    let mut null = claims(&json!({}));
    null["nbf"] = json!(null);
    let token = sign(&header(), &null, Signer::A);
    let registered = RegisteredClaims::read(&Jwt::decode(&token).unwrap());
    let found = registered.check(&instance(), ClockSkew::STANDARD, now());
    assert_eq!(found, Err(TokenError::Claim(RequiredClaim::NotBefore)));
}

#[test]
fn what_clerks_package_checks_first_is_told_first() {
    let mut strict = instance();
    strict.authorized_parties = vec![Origin::new("https://x.test")];
    strict.audiences = vec!["api".into()];
    let mut changes = json!({"sub": null, "aud": "x", "iss": "x", "exp": 0, "sid": null});
    for (fixed, error) in [
        (json!({"sub": "user_1"}), TokenError::Claim(RequiredClaim::Subject)),
        (json!({"aud": "api"}), TokenError::Audience),
        (json!({"azp": "https://x.test"}), TokenError::AzpMismatch),
        (json!({"iss": "https://clerk.acme-widgets.com"}), TokenError::Issuer),
        (json!({"exp": NOW + 60}), TokenError::Expired),
    ] {
        assert_eq!(check(&strict, &changes), Err(error), "{changes}");
        for (name, value) in fixed.as_object().unwrap() {
            changes[name] = value.clone();
        }
    }
    assert_eq!(check(&strict, &changes), Err(TokenError::Claim(RequiredClaim::SessionId)));
}
