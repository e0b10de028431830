use super::{Category, Minting, SessionFacts, Signer, Status, Token};
use crate::{
    core::clock::Timestamp,
    stand_in::{
        keys::{EllipticKey, SigningKey},
        people::{boss, newcomer, reader},
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, crypto, jwk::Jwk};
use serde_json::{Value, json};
use std::time::Duration;

fn minting() -> Minting {
    Minting {
        issuer: "https://clerk.demo.localhost".to_owned(),
        issued_at: Timestamp::from_unix_seconds(1_000),
        lifetime: Duration::from_secs(60),
        authorized_party: Some("http://localhost:10000".to_owned()),
    }
}

fn part(token: &str, index: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn verifies(token: &str, jwk: Value, algorithm: Algorithm) -> bool {
    let jwk: Jwk = serde_json::from_value(jwk).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let key = DecodingKey::from_jwk(&jwk).unwrap();
    crypto::verify(signature, message.as_bytes(), &key, algorithm).unwrap()
}

#[test]
fn a_session_token_of_version_2_says_everything_in_its_short_words() {
    let key = SigningKey::generate("ins_demo").unwrap();
    let token = Token::session(&boss().starting_facts("sess_1"), &minting()).sign(&key);
    assert_eq!(
        part(&token, 0),
        json!({ "alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": "ins_demo", "typ": "JWT" })
    );
    let mut claims = part(&token, 1);
    assert!(claims.as_object_mut().unwrap().remove("jti").is_some());
    assert_eq!(
        claims,
        json!({
            "azp": "http://localhost:10000", "iss": "https://clerk.demo.localhost",
            "iat": 1_000, "nbf": 990, "exp": 1_060,
            "sub": boss().user_id, "sid": "sess_1", "fva": [45, -1], "sts": "active", "v": 2,
            "pla": "o:pro", "fea": "o:invoices,o:exports",
            "o": {
                "id": "org_2globexDemo00000000000000000", "slg": "globex", "rol": "admin",
                "per": "read,manage,create", "fpm": "3,4",
            },
        })
    );
    assert!(verifies(&token, key.jwk(), Algorithm::RS256));
}

#[test]
fn a_session_token_of_version_1_spells_the_organization_out() {
    let key = SigningKey::generate("ins_demo").unwrap();
    let token = Token::session_v1(&reader().starting_facts("sess_1"), &minting()).sign(&key);
    assert_eq!(
        part(&token, 1),
        json!({
            "azp": "http://localhost:10000", "iss": "https://clerk.demo.localhost",
            "iat": 1_000, "nbf": 990, "exp": 1_060,
            "sub": reader().user_id, "sid": "sess_1", "fva": [5, -1],
            "org_id": "org_2acmeDemo0000000000000000000", "org_slug": "acme",
            "org_role": "org:member", "org_permissions": ["org:invoices:read"],
        })
    );
}

#[test]
fn without_an_organization_there_is_no_trace_of_one() {
    let facts = newcomer().starting_facts("sess_1");
    for token in [Token::session(&facts, &minting()), Token::session_v1(&facts, &minting())] {
        assert!(token.claims().keys().all(|name| name != "o" && !name.starts_with("org_")));
    }
}

#[test]
fn the_other_kinds_are_told_apart_as_clerk_tells_them() {
    let key = SigningKey::generate("ins_demo").unwrap();
    let template = Token::template("user_1", &minting()).sign(&key);
    assert_eq!(part(&template, 0)["cat"], Category::Template.code());
    assert!(part(&template, 1).get("sid").is_none());

    let machine = Token::machine("mch_1", &["mch_2", "mch_3"], &minting()).sign(&key);
    assert_eq!(part(&machine, 0)["cat"], Category::Machine.code());
    assert_eq!(part(&machine, 1)["sub"], "mch_1");
    assert_eq!(part(&machine, 1)["scopes"], "mch_2 mch_3");

    let oauth = Token::oauth("user_1", "client_1", &["profile", "email"], &minting()).sign(&key);
    assert_eq!(part(&oauth, 0)["typ"], "at+jwt");
    assert!(part(&oauth, 0).get("cat").is_none());
    assert_eq!(part(&oauth, 1)["scope"], "profile email");
}

#[test]
fn every_header_and_claim_can_be_replaced_or_left_out() {
    let key = SigningKey::generate("ins_demo").unwrap();
    let mut facts = SessionFacts::new("user_1", "sess_1");
    facts.status = Status::Pending;
    facts.actor = Some(json!({ "sub": "user_support" }));
    let token = Token::session(&facts, &minting())
        .header("alg", "none")
        .header("kid", json!(["a"]))
        .without_header("typ")
        .claim("exp", "soon")
        .without_claim("sub")
        .sign(&key);
    assert_eq!(part(&token, 0), json!({ "alg": "none", "cat": "cl_B7d4PD111AAA", "kid": ["a"] }));
    let claims = part(&token, 1);
    assert_eq!((&claims["exp"], claims.get("sub")), (&json!("soon"), None));
    assert_eq!(
        (&claims["sts"], &claims["act"]["sub"]),
        (&json!("pending"), &json!("user_support"))
    );
    assert!(verifies(&token, key.jwk(), Algorithm::RS256));
}

#[test]
fn a_payload_need_not_be_json() {
    let key = SigningKey::generate("ins_demo").unwrap();
    let token = Token::session(&SessionFacts::new("user_1", "sess_1"), &minting())
        .payload("{\"a\":1,\"a\":2}")
        .sign(&key);
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    assert_eq!(bytes, b"{\"a\":1,\"a\":2}");
    assert!(verifies(&token, key.jwk(), Algorithm::RS256));
}

#[test]
fn wrong_algorithms_are_signed_rightly() {
    let key = SigningKey::generate("ins_demo").unwrap();
    let p256 = EllipticKey::generate_p256("ec").unwrap();
    let ed25519 = EllipticKey::generate_ed25519("ed").unwrap();
    let token = Token::session(&SessionFacts::new("user_1", "sess_1"), &minting());
    for (signer, jwk, algorithm) in [
        (Signer::Rs384(&key), key.jwk(), Algorithm::RS384),
        (Signer::Rs512(&key), key.jwk(), Algorithm::RS512),
        (Signer::Ps256(&key), key.jwk(), Algorithm::PS256),
        (Signer::Elliptic(&p256), p256.jwk(), Algorithm::ES256),
        (Signer::Elliptic(&ed25519), ed25519.jwk(), Algorithm::EdDSA),
    ] {
        let signed = token.sign_as(&signer);
        assert!(verifies(&signed, jwk, algorithm), "{algorithm:?}");
        assert_eq!(part(&signed, 0)["alg"], format!("{algorithm:?}"));
    }
    let public = key.public_pem();
    let confused =
        token.clone().header("kid", "ins_demo").sign_as(&Signer::Hs256(public.as_bytes()));
    let (message, signature) = confused.rsplit_once('.').unwrap();
    let secret = DecodingKey::from_secret(public.as_bytes());
    assert!(crypto::verify(signature, message.as_bytes(), &secret, Algorithm::HS256).unwrap());
    assert!(token.sign_as(&Signer::Unsigned).ends_with('.'));
    assert_eq!(token.sign_as(&Signer::Bytes(b"\0")).rsplit('.').next(), Some("AA"));
}
