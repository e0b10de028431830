use super::{SignatureError, Signed, SigningSecret, SigningSecretError};
use crate::core::clock::Timestamp;
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The published vector.
const SECRET: &str = "whsec_bWFkZS11cC1zaWduaW5nLWtleS1mb3ItZG9jcw==";
const BODY: &[u8] = br#"{"type":"session.revoked"}"#;
const VECTOR: Signed<'static> = Signed {
    id: "msg_docs_0001",
    timestamp: "1764000000",
    signatures: "v1,O0P7e7hkpEJUoHAputlX859Yhgp7xmMYyJhnidyfGiE=",
};
const SENT: i64 = 1_764_000_000;

fn secret(text: &str) -> SigningSecret {
    SigningSecret::parse(text).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(SENT + seconds)
}

fn check(signed: Signed<'_>, body: &[u8]) -> Result<(), SignatureError> {
    signed.verify(body, &[secret(SECRET)], at(0))
}

/// Signs as Svix does.
fn sign(id: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"made-up-signing-key-for-docs");
    let content = [id.as_bytes(), b".1764000000.", body].concat();
    format!("v1,{}", STANDARD.encode(hmac::sign(&key, &content)))
}

#[test]
fn the_published_vector_holds() {
    assert_eq!(check(VECTOR, BODY), Ok(()));
    assert_eq!(VECTOR.signatures, sign(VECTOR.id, BODY));
}

#[test]
fn nothing_of_a_message_can_be_changed() {
    let other_body = br#"{"type":"session.created"}"#;
    assert_eq!(check(VECTOR, other_body), Err(SignatureError::NoMatch));
    assert_eq!(check(VECTOR, b""), Err(SignatureError::NoMatch));
    let id = Signed { id: "msg_docs_0002", ..VECTOR };
    assert_eq!(check(id, BODY), Err(SignatureError::NoMatch));
    let timestamp = Signed { timestamp: "1764000001", ..VECTOR };
    assert_eq!(check(timestamp, BODY), Err(SignatureError::NoMatch));
    let other_secret = secret("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(VECTOR.verify(BODY, &[other_secret], at(0)), Err(SignatureError::NoMatch));
    assert_eq!(VECTOR.verify(BODY, &[], at(0)), Err(SignatureError::NoMatch));
}

/// The parts are joined by dots, so an id with a dot could move the border between them.
#[test]
fn the_border_between_id_and_body_cannot_be_moved() {
    let moved = Signed { id: "msg_docs_0001.1764000000", ..VECTOR };
    assert_eq!(check(moved, BODY), Err(SignatureError::Id));
}

#[test]
fn signatures_of_other_versions_and_forms_do_not_count() {
    let good = VECTOR.signatures;
    let tag = good.strip_prefix("v1,").unwrap();
    for signatures in [
        "",
        " ",
        "v1",
        "v1,",
        "v1,AAAA",
        "v1,not base64",
        tag,
        &format!("v1a,{tag}"),
        &format!("v2,{tag}"),
        &format!("V1,{tag}"),
        &format!("v1,{}", &tag[..tag.len() - 4]),
        &format!("{}{good}", "v1,AAAA ".repeat(16)),
    ] {
        let signed = Signed { signatures, ..VECTOR };
        assert_eq!(check(signed, BODY), Err(SignatureError::NoMatch), "{signatures}");
    }
}

#[test]
fn one_match_among_several_signatures_and_secrets_is_enough() {
    let signatures = format!("v1a,AAAA v1,AAAA {}", VECTOR.signatures);
    let signed = Signed { signatures: &signatures, ..VECTOR };
    let secrets = [secret("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), secret(SECRET)];
    assert_eq!(signed.verify(BODY, &secrets, at(0)), Ok(()));
}

#[test]
fn five_minutes_either_way_are_tolerated_to_the_second() {
    let secrets = [secret(SECRET)];
    for (seconds, outcome) in [
        (-301, Err(SignatureError::TooNew)),
        (-300, Ok(())),
        (300, Ok(())),
        (301, Err(SignatureError::TooOld)),
    ] {
        assert_eq!(VECTOR.verify(BODY, &secrets, at(seconds)), outcome, "{seconds}");
    }
}

#[test]
fn a_timestamp_is_a_whole_number() {
    for timestamp in [
        "",
        " ",
        "now",
        "1764000000.0",
        "-1764000000",
        "+1764000000",
        "0x10",
        "99999999999999999999",
    ] {
        let signed = Signed { timestamp, ..VECTOR };
        assert_eq!(check(signed, BODY), Err(SignatureError::Timestamp), "{timestamp}");
    }
    // Beyond what milliseconds can count.
    let signed = Signed { timestamp: "9223372036854775807", ..VECTOR };
    assert_eq!(check(signed, BODY), Err(SignatureError::TooNew));
}

#[test]
fn an_id_is_short_and_visible() {
    let long = "m".repeat(257);
    for id in ["", " ", "msg 1", "msg\n1", "m\u{e9}", &long] {
        let signatures = sign(id, BODY);
        let signed = Signed { id, signatures: &signatures, ..VECTOR };
        assert_eq!(check(signed, BODY), Err(SignatureError::Id), "{id}");
    }
}

#[test]
fn secrets_come_with_and_without_prefix_and_padding() {
    for text in [
        SECRET,
        "bWFkZS11cC1zaWduaW5nLWtleS1mb3ItZG9jcw==",
        " whsec_bWFkZS11cC1zaWduaW5nLWtleS1mb3ItZG9jcw \n",
    ] {
        assert_eq!(VECTOR.verify(BODY, &[secret(text)], at(0)), Ok(()));
    }
    for (text, error) in [
        ("", SigningSecretError::Empty),
        ("whsec_", SigningSecretError::Empty),
        ("whsec_!!!", SigningSecretError::NotBase64),
        ("whsec_AAAA", SigningSecretError::TooShort),
    ] {
        assert_eq!(SigningSecret::parse(text).unwrap_err(), error);
    }
    assert_eq!(format!("{:?}", secret(SECRET)), "SigningSecret(…)");
}
