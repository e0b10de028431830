use super::{EllipticKey, PublishedKeys, SigningKey, SigningKeyError};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls_pki_types::{SubjectPublicKeyInfoDer, pem::PemObject as _};
use serde_json::Value;
use std::sync::Arc;

fn bytes(jwk: &Value, member: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(jwk[member].as_str().unwrap()).unwrap()
}

fn identifiers(keys: &PublishedKeys) -> Vec<String> {
    let jwks = keys.jwks();
    let elements = jwks["keys"].as_array().unwrap();
    elements.iter().map(|element| element["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_jwk_verifies_what_the_key_signed() {
    let key = SigningKey::generate("ins_demo").unwrap();
    let signature = key.sign(&RSA_PKCS1_SHA256, b"message");
    let jwk = key.jwk();
    let public = RsaPublicKeyComponents { n: bytes(&jwk, "n"), e: bytes(&jwk, "e") };
    assert!(public.verify(&RSA_PKCS1_2048_8192_SHA256, b"message", &signature).is_ok());
    assert!(public.verify(&RSA_PKCS1_2048_8192_SHA256, b"massage", &signature).is_err());
    assert_eq!((jwk["kid"].as_str(), jwk["e"].as_str()), (Some("ins_demo"), Some("AQAB")));
}

#[test]
fn the_pem_holds_the_same_public_key() {
    let key = SigningKey::generate("ins_demo").unwrap();
    let pem = key.public_pem();
    assert!(pem.lines().all(|line| line.len() <= 64));
    let der = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).unwrap();
    let signature = key.sign(&RSA_PKCS1_SHA256, b"message");
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_ref());
    assert!(public.verify(b"message", &signature).is_ok());
}

#[test]
fn elliptic_keys_sign_what_their_jwk_verifies() {
    let p256 = EllipticKey::generate_p256("a").unwrap();
    let point = [vec![4], bytes(&p256.jwk(), "x"), bytes(&p256.jwk(), "y")].concat();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    assert!(public.verify(b"message", &p256.sign(b"message")).is_ok());

    let ed25519 = EllipticKey::generate_ed25519("b").unwrap();
    let public = UnparsedPublicKey::new(&ED25519, bytes(&ed25519.jwk(), "x"));
    assert!(public.verify(b"message", &ed25519.sign(b"message")).is_ok());
}

#[test]
fn a_text_that_is_no_private_key_is_refused() {
    let public = SigningKey::generate("a").unwrap().public_pem();
    for text in ["", "garbage", &public] {
        let refused = SigningKey::from_pkcs8_pem("a", text).map(|_| ());
        assert_eq!(refused, Err(SigningKeyError::Malformed));
    }
}

#[test]
fn rotation_shows_the_old_key_until_it_is_withdrawn() {
    let [first, second, third] =
        ["first", "second", "third"].map(|id| Arc::new(SigningKey::generate(id).unwrap()));
    let keys = PublishedKeys::new(first);
    keys.rotate_to(second);
    assert_eq!(
        (keys.current().id(), identifiers(&keys)),
        ("second", vec!["first".into(), "second".into()])
    );
    keys.withdraw("first");
    assert_eq!(identifiers(&keys), ["second"]);
    keys.replace_with(Arc::clone(&third));
    assert_eq!((keys.current().id(), identifiers(&keys)), ("third", vec!["third".into()]));
    keys.sign_unpublished(Arc::new(SigningKey::generate("hidden").unwrap()));
    assert_eq!((keys.current().id(), identifiers(&keys)), ("hidden", vec!["third".into()]));
    keys.publish(EllipticKey::generate_ed25519("odd").unwrap().jwk());
    assert_eq!(identifiers(&keys), ["third", "odd"]);
}

#[test]
fn private_keys_never_show_in_debug_output() {
    let key = SigningKey::generate("ins_demo").unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey(ins_demo)");
    let elliptic = EllipticKey::generate_p256("ins_demo").unwrap();
    assert_eq!(format!("{elliptic:?}"), "EllipticKey(ins_demo, ES256)");
}
