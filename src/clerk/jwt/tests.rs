use super::{Class, Jwt, MAX_TOKEN_BYTES};
use crate::clerk::{
    fixture::{Signer, claims, header, sign, token},
    token_error::TokenError,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};

fn refusal(token: &str) -> Option<TokenError> {
    Jwt::decode(token).err()
}

fn with_header(changed: &[(&str, Value)]) -> String {
    let mut header = header();
    for (name, value) in changed {
        header[*name] = value.clone();
    }
    sign(&header, &claims(&json!({})), Signer::A)
}

#[test]
fn a_token_comes_apart_into_what_was_put_in() {
    let token = token(&json!({"name": "\u{540d}"}));
    let jwt = Jwt::decode(&token).unwrap();
    assert_eq!(jwt.claim("name"), Some(&json!("\u{540d}")));
    assert_eq!(jwt.key_id(), Some("ins_2zDev01"));
    assert_eq!(jwt.algorithm(), Some("RS256"));
    assert_eq!(jwt.payload_text(), claims(&json!({"name": "\u{540d}"})).to_string());
    assert_eq!(format!("{}.{}", jwt.signed(), jwt.signature()), token);
}

#[test]
fn only_three_strict_base64url_parts_are_a_token() {
    let token = token(&json!({}));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    for malformed in [
        String::new(),
        "abc".into(),
        "a.b".into(),
        "a.b.c".into(),
        "...".into(),
        signed.into(),
        format!("{token}."),
        format!("{token}.x"),
        format!(".{token}"),
        format!("{token}=="),
        format!("{token} "),
        format!(" {token}"),
        format!("\"{token}\""),
        format!("{signed}.!{signature}"),
        token.replace('_', "/"),
        format!("{signed}.A"),
        format!("{signed}.AB"),
    ] {
        assert_eq!(refusal(&malformed), Some(TokenError::Malformed), "{malformed}");
    }
}

#[test]
fn header_and_payload_must_be_json_text() {
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    for (header, payload) in [
        (&b"{"[..], &b"{}"[..]),
        (b"{}", b"{"),
        (b"{}", b""),
        (b"", b"{}"),
        (b"\xef\xbb\xbf{}", b"{}"),
        (b"{}", b"{\"sub\":\"\xff\"}"),
        (b"{}", b"{} x"),
    ] {
        let token = format!("{}.{}.", part(header), part(payload));
        assert_eq!(refusal(&token), Some(TokenError::Malformed), "{payload:?}");
    }
    let deep = format!("{}.{}.", part(b"{}"), part("[".repeat(5000).as_bytes()));
    assert_eq!(refusal(&deep), Some(TokenError::Malformed));
}

#[test]
fn a_token_longer_than_any_cookie_is_not_even_split() {
    let long = token(&json!({"filler": "x".repeat(MAX_TOKEN_BYTES)}));
    assert_eq!(refusal(&long), Some(TokenError::TooLong));
    assert!(Jwt::decode(&token(&json!({"filler": "x".repeat(8000)}))).is_ok());
}

#[test]
fn the_class_tells_sessions_from_everything_else_the_same_key_signs() {
    for (class, expected, other_kind) in [
        (json!("cl_B7d4PD111AAA"), Class::Session, false),
        (json!("cl_I7d4PD111III"), Class::Unstated, false),
        (json!("cl_B7d4PD222AAA"), Class::Other, true),
        (json!("cl_B7d4PD333AAA"), Class::Machine, true),
        (json!("cl_unknown"), Class::Other, true),
        (json!(""), Class::Other, true),
        (json!(null), Class::Other, true),
        (json!(1), Class::Other, true),
    ] {
        let token = with_header(&[("cat", class.clone())]);
        let jwt = Jwt::decode(&token).unwrap();
        assert_eq!(jwt.class(), expected, "{class}");
        assert_eq!(jwt.is_of_another_kind(), other_kind, "{class}");
    }
}

#[test]
fn oauth_and_machine_tokens_are_recognised_by_type_and_subject() {
    for kind in ["at+jwt", "application/at+jwt"] {
        let token = with_header(&[("typ", json!(kind))]);
        assert!(Jwt::decode(&token).unwrap().is_of_another_kind(), "{kind}");
    }
    let machine = token(&json!({"sub": "mch_1"}));
    assert!(Jwt::decode(&machine).unwrap().is_of_another_kind());
}

#[test]
fn the_debug_form_shows_nothing_of_the_token() {
    let token = token(&json!({}));
    assert_eq!(
        format!("{:?}", Jwt::decode(&token).unwrap()),
        format!("Jwt({} bytes)", token.len())
    );
}

proptest! {
    #[test]
    fn no_text_makes_decoding_panic(text in "\\PC{0,200}") {
        let _ = Jwt::decode(&text);
    }

    #[test]
    fn no_json_makes_the_questions_panic(
        header in "[\\[\\]{}\":,a-z0-9]{0,40}",
        payload in "[\\[\\]{}\":,a-z0-9]{0,40}",
    ) {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let token = format!("{}.{}.", part(&header), part(&payload));
        if let Ok(jwt) = Jwt::decode(&token) {
            let _ = (jwt.class(), jwt.is_of_another_kind(), jwt.key_id(), jwt.has_plain_type());
        }
    }
}
