use super::{Jwk, Key, KeyError};
use crate::clerk::fixture::{JWKS_DEV, PUBLIC_A, PUBLIC_B, token};
use aws_lc_rs::{
    encoding::AsDer as _,
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

fn body() -> String {
    PUBLIC_A.lines().filter(|line| !line.starts_with("-----")).collect()
}

fn jwk(changes: &[(&str, Value)]) -> Jwk {
    let set: Value = serde_json::from_str(JWKS_DEV).unwrap();
    let mut key = set["keys"][0].clone();
    for (name, value) in changes {
        key[*name] = value.clone();
    }
    serde_json::from_value(key).unwrap()
}

/// A PKCS#1 PEM of a fresh key.
fn pkcs1(size: KeySize) -> String {
    let pair = KeyPair::generate(size).unwrap();
    let body = STANDARD.encode(pair.public_key().as_ref());
    format!("-----BEGIN RSA PUBLIC KEY-----\n{body}\n-----END RSA PUBLIC KEY-----")
}

#[test]
fn a_pem_is_read_in_every_spelling_that_settings_give_it() {
    let plain = Key::from_pem(PUBLIC_A).unwrap();
    let one_line = format!("-----BEGIN PUBLIC KEY-----{}-----END PUBLIC KEY-----", body());
    for pem in [
        PUBLIC_A.replace('\n', "\r\n"),
        PUBLIC_A.replace('\n', "\n  "),
        format!("\n\n  {PUBLIC_A}\n\n"),
        PUBLIC_A.replace('\n', "\n\n"),
        one_line,
        body(),
        format!("  {}\n", body()),
    ] {
        assert_eq!(Key::from_pem(&pem).as_ref(), Ok(&plain), "{pem}");
    }
}

#[test]
fn keys_of_2048_to_8192_bits_are_taken_and_verify() {
    for size in [KeySize::Rsa2048, KeySize::Rsa3072, KeySize::Rsa4096] {
        let pair = KeyPair::generate(size).unwrap();
        let spki = pair.public_key().as_der().unwrap();
        let key = Key::from_pem(&STANDARD.encode(spki.as_ref())).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        let random = aws_lc_rs::rand::SystemRandom::new();
        pair.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &random, b"a.b", &mut signature)
            .unwrap();
        let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(signature);
        assert!(key.verifies("a.b", &signature));
        assert!(!key.verifies("a.c", &signature));
    }
    assert!(Key::from_pem(&pkcs1(KeySize::Rsa2048)).is_ok());
}

#[test]
fn a_key_that_could_be_broken_is_refused_at_load() {
    // 1024 bits: an odd modulus with the top bit set.
    let modulus = [&[0x02, 0x81, 0x81, 0x00][..], &[0xc1; 128]].concat();
    let rest = [modulus.as_slice(), &[0x02, 0x03, 0x01, 0x00, 0x01]].concat();
    let length = u8::try_from(rest.len()).unwrap();
    let der = [&[0x30, 0x81, length][..], &rest].concat();
    assert_eq!(Key::from_pem(&STANDARD.encode(der)), Err(KeyError::Size));
}

#[test]
fn whatever_is_no_public_key_is_refused() {
    for (pem, error) in [
        ("", KeyError::Empty),
        (" \n ", KeyError::Empty),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", KeyError::Label),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", KeyError::Label),
        ("-----BEGIN PUBLIC KEY-----\nAAAA", KeyError::Label),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----", KeyError::Label),
        ("-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----", KeyError::Encoding),
        ("sk_test_abc", KeyError::Encoding),
        ("AAAA", KeyError::NotRsa),
        // An Ed25519 key.
        ("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=", KeyError::NotRsa),
    ] {
        assert_eq!(Key::from_pem(pem), Err(error), "{pem}");
    }
}

#[test]
fn a_jwk_must_be_for_rs256_signatures() {
    assert!(Key::from_jwk(&jwk(&[])).is_ok());
    for (name, value) in [
        ("kty", json!("EC")),
        ("kty", json!("oct")),
        ("use", json!("enc")),
        ("alg", json!("RS512")),
        ("alg", json!("PS256")),
        ("alg", json!("HS256")),
    ] {
        let found = Key::from_jwk(&jwk(&[(name, value.clone())]));
        assert_eq!(found, Err(KeyError::Purpose), "{name} {value}");
    }
    for (name, value) in [("n", json!("")), ("n", json!("AQAB")), ("n", json!(null))] {
        assert!(Key::from_jwk(&jwk(&[(name, value.clone())])).is_err(), "{name} {value}");
    }
    for (name, value) in [
        ("n", json!("!")),
        ("e", json!("")),
        ("e", json!("AA")),
        ("e", json!("Ag")),
        ("e", json!("AQ")),
    ] {
        let found = Key::from_jwk(&jwk(&[(name, value.clone())]));
        assert_eq!(found, Err(KeyError::NotRsa), "{name} {value}");
    }
}

#[test]
fn a_signature_counts_for_its_own_key_and_message_only() {
    let token = token(&json!({}));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let key = Key::from_pem(PUBLIC_A).unwrap();
    assert!(key.verifies(signed, signature));
    assert!(!key.verifies(&format!("{signed}x"), signature));
    assert!(!key.verifies(signed, &signature[4..]));
    assert!(!key.verifies(signed, ""));
    assert!(!key.verifies(signed, "!"));
    assert!(!Key::from_pem(PUBLIC_B).unwrap().verifies(signed, signature));
}

#[test]
fn the_debug_form_shows_no_modulus() {
    assert_eq!(format!("{:?}", Key::from_pem(PUBLIC_A).unwrap()), "Key(None, 2048 bits)");
}
