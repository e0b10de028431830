use super::{KeySource, read};
use crate::clerk::{
    backend_api::{Answer, ApiBase, NoAnswer, PlainHttp},
    fixture::JWKS_DEV,
    token_error::FetchFailure,
};
use http::Method;
use secrecy::{ExposeSecret as _, SecretString};

fn answer(status: u16, body: &str) -> Result<usize, FetchFailure> {
    let body = body.as_bytes().to_vec();
    read(Ok(Answer { status, content_type: None, retry_after: None, body })).map(|set| set.len())
}

#[test]
fn a_key_set_is_read_whatever_its_content_type() {
    assert_eq!(answer(200, JWKS_DEV), Ok(1));
    assert_eq!(answer(200, r#"{"keys":[{"kty":"EC"}]}"#), Ok(0));
}

#[test]
fn everything_else_is_a_failure_of_its_own_kind() {
    for (status, body, failure) in [
        (200, "", FetchFailure::Transport),
        (200, "<html>", FetchFailure::Transport),
        (200, "null", FetchFailure::Transport),
        (200, "{}", FetchFailure::Answer),
        (200, "[]", FetchFailure::Answer),
        (200, r#"{"keys":[]}"#, FetchFailure::Answer),
        (200, r#"{"keys":{}}"#, FetchFailure::Answer),
        (302, JWKS_DEV, FetchFailure::Answer),
        (404, "{}", FetchFailure::Answer),
        (500, JWKS_DEV, FetchFailure::Answer),
        (500, "upstream broke", FetchFailure::Transport),
        (401, r#"{"errors":[{"code":"clerk_key_invalid"}]}"#, FetchFailure::SecretKey),
        (401, r#"{"errors":[{"code":"x"},{"code":"clerk_key_invalid"}]}"#, FetchFailure::SecretKey),
        (401, r#"{"errors":[{"code":"other"}]}"#, FetchFailure::Answer),
        (401, r#"{"errors":"clerk_key_invalid"}"#, FetchFailure::Answer),
    ] {
        assert_eq!(answer(status, body), Err(failure), "{status} {body}");
    }
    for nothing in [NoAnswer::Connect, NoAnswer::Timeout, NoAnswer::BrokenOff, NoAnswer::TooLarge] {
        assert_eq!(read(Err(nothing)).map(|_| ()), Err(FetchFailure::Transport));
    }
}

#[test]
fn the_public_set_is_asked_for_without_the_secret_key() {
    let base = ApiBase::frontend_api("clerk.shop.test").unwrap();
    let source = KeySource::frontend_api(&base).unwrap();
    let request = source.request();
    assert_eq!(request.url.as_str(), "https://clerk.shop.test/.well-known/jwks.json");
    assert!(request.secret_key.is_none() && request.json.is_none());
}

#[test]
fn the_backend_api_is_asked_with_the_secret_key_which_no_debug_form_shows() {
    let base = ApiBase::parse(ApiBase::BACKEND_API, PlainHttp::LoopbackOnly).unwrap();
    let source = KeySource::backend_api(&base, SecretString::from("sk_test_hidden")).unwrap();
    let request = source.request();
    assert_eq!(
        (request.method.clone(), request.url.as_str()),
        (Method::GET, "https://api.clerk.com/v1/jwks")
    );
    assert_eq!(request.secret_key.unwrap().expose_secret(), "sk_test_hidden");
    assert!(!format!("{source:?} {request:?}").contains("hidden"));
}
