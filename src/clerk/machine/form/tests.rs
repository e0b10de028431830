use super::{Form, OpaqueToken};
use crate::{
    clerk::{
        fixture::{Signer, claims, header, sign, token},
        jwt::Jwt,
        verifier::Presented,
    },
    core::{
        credential::CredentialKind::{self, ApiKey, M2mToken, OauthToken, SessionToken},
        machine::MachineKind,
    },
};
use serde_json::json;

fn kind(token: &str) -> CredentialKind {
    Form::of(token, |token| Jwt::decode(token).map(Presented::Decoded)).kind()
}

#[test]
fn the_prefix_tells_opaque_credentials_apart_and_letter_case_counts() {
    for (token, expected) in [
        ("mt_x", M2mToken),
        ("oat_x", OauthToken),
        ("ak_x", ApiKey),
        ("ak_a.b.c", ApiKey),
        ("MT_x", SessionToken),
        ("mtx", SessionToken),
        ("m2m_x", SessionToken),
        ("sk_test_x", SessionToken),
        ("", SessionToken),
        (" ak_x", SessionToken),
    ] {
        assert_eq!(kind(token), expected, "{token}");
    }
}

#[test]
fn a_jwt_is_told_by_its_subject_then_by_its_type() {
    let jwt = |kind: &str, subject: &str| {
        let mut header = header();
        header["typ"] = kind.into();
        sign(&header, &claims(&json!({"sub": subject})), Signer::B)
    };
    for (token, expected) in [
        (token(&json!({})), SessionToken),
        (jwt("JWT", "mch_1"), M2mToken),
        (jwt("at+jwt", "mch_1"), M2mToken),
        (jwt("at+jwt", "user_1"), OauthToken),
        (jwt("application/at+jwt", "user_1"), OauthToken),
        (jwt("AT+JWT", "user_1"), SessionToken),
        (jwt("JWT", "xmch_1"), SessionToken),
    ] {
        assert_eq!(kind(&token), expected);
    }
}

#[test]
fn nobody_is_asked_about_what_clerk_cannot_have_issued() {
    for token in ["ak_12345678", "mt_ab+/=_-.z", "oat_0123456789abcdef", "ak_a..bcdefgh"] {
        assert!(OpaqueToken::new(token).is_some(), "{token}");
    }
    let longest = format!("oat_{}", "x".repeat(508));
    assert!(OpaqueToken::new(&longest).is_some());
    for token in [
        "ak_",
        "ak_1234567",
        "ak_1234 5678",
        "ak_1234\"5678",
        "ak_1234\n5678",
        "ak_1234%205678",
        "ak_12345678é",
        "ak_a.bcdefgh.c",
        "session_12345678",
        &format!("{longest}x"),
    ] {
        assert!(OpaqueToken::new(token).is_none(), "{token}");
    }
}

#[test]
fn a_credential_is_not_shown() {
    let token = OpaqueToken::new("ak_verysecret").unwrap();
    assert_eq!(token.kind(), MachineKind::ApiKey);
    assert_eq!(format!("{token:?}"), "OpaqueToken(api_key)");
}
