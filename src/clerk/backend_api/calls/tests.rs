use super::{BackendApi, read_refresh};
use crate::clerk::{
    backend_api::{Answer, ApiBase, NoAnswer, PlainHttp},
    fixture::{Script, ok, run},
    request::refresh::{RefreshCall, RefreshFailure, SafeSessionId},
};
use secrecy::SecretString;
use serde_json::json;
use std::sync::Arc;

fn api(script: &Arc<Script>) -> BackendApi {
    let base = ApiBase::parse("https://api.test/base", PlainHttp::LoopbackOnly).unwrap();
    BackendApi::new(base, SecretString::from("sk_test_hidden"), Arc::clone(script) as _)
}

fn call(suffixed_cookies: bool) -> RefreshCall<'static> {
    RefreshCall {
        session_id: SafeSessionId::new("sess_1").unwrap(),
        suffixed_cookies,
        expired_token: "a.b.c",
        refresh_token: "rt",
        request_origin: "https://shop.test".into(),
        request_headers: vec![("host", "shop.test")],
    }
}

fn answer(status: u16, content_type: &str, body: &str) -> Result<usize, String> {
    let answer = Answer {
        status,
        content_type: Some(content_type.into()),
        retry_after: None,
        body: body.as_bytes().to_vec(),
    };
    read_refresh(&answer).map(|lines| lines.len()).map_err(|failure| failure.code().to_owned())
}

#[test]
fn a_nonce_is_escaped_and_brings_lines() {
    let script = Script::new([ok(&json!({"directives": ["a=1", 7, "b=2"]}))]);
    let lines = run(api(&script).handshake_payload("x&y=../z"));
    assert_eq!(lines, ["a=1".into(), "b=2".into()] as [Box<str>; 2]);
    let calls = script.calls.lock().unwrap().clone();
    assert_eq!(calls, ["GET /base/v1/clients/handshake_payload?nonce=x%26y%3D..%2Fz"]);
}

#[test]
fn every_failure_of_a_nonce_means_no_lines() {
    for failing in [
        Err(NoAnswer::Timeout),
        Ok((404, r#"{"directives":["a=1"]}"#.to_owned())),
        Ok((200, "{".to_owned())),
        Ok((200, "null".to_owned())),
        Ok((200, r#"{"directives":"a=1"}"#.to_owned())),
    ] {
        assert!(run(api(&Script::new([failing])).handshake_payload("n")).is_empty());
    }
}

#[test]
fn a_nonce_too_long_for_an_address_is_not_sent() {
    let script = Script::new([ok(&json!({"directives": ["a=1"]}))]);
    assert_eq!(run(api(&script).handshake_payload(&"n".repeat(1024))).len(), 1);
    assert!(run(api(&script).handshake_payload(&"n".repeat(1025))).is_empty());
    assert_eq!(script.count(), 1);
}

#[test]
fn a_renewal_names_the_session_in_its_path_and_the_family_in_its_query() {
    let script = Script::new([ok(&json!({"cookies": ["__session=t"]}))]);
    let api = api(&script);
    assert!(run(api.refresh(call(true))).is_ok());
    assert!(run(api.refresh(call(false))).is_ok());
    let calls = script.calls.lock().unwrap().clone();
    let path = "POST /base/v1/sessions/sess_1/refresh?";
    assert_eq!(calls, [format!("{path}suffixed_cookies=true"), path.to_owned()]);
}

#[test]
fn a_renewal_that_gets_no_answer_says_so() {
    let found = run(api(&Script::silent()).refresh(call(false)));
    assert_eq!(found, Err(RefreshFailure::Fetch));
}

#[test]
fn what_comes_back_is_told_apart_as_clerks_package_does() {
    let json = "application/json";
    for (status, content_type, body, expected) in [
        (200, json, r#"{"cookies":["a=1","b=2"]}"#, Ok(2)),
        (200, json, r#"{"cookies":[]}"#, Err("unexpected-sdk-error")),
        (200, json, "{}", Err("unexpected-sdk-error")),
        (200, "text/plain", r#"{"cookies":["a=1"]}"#, Err("unexpected-sdk-error")),
        (200, json, "{", Err("fetch-error")),
        (204, json, "", Err("unexpected-bapi-error")),
        (500, json, r#"{"errors":[{"code":"unexpected_error"}]}"#, Err("fetch-error")),
        (401, json, r#"{"errors":[{"code":"session_gone"}]}"#, Err("session_gone")),
        (401, json, r#"{"errors":[]}"#, Err("unexpected-bapi-error")),
        (401, json, r#"{"errors":[{"code":"a\r\nb"}]}"#, Err("unexpected-bapi-error")),
        (502, "text/html", "<html>", Err("unexpected-bapi-error")),
    ] {
        let found = answer(status, content_type, body);
        assert_eq!(found, expected.map_err(str::to_owned), "{status} {content_type} {body}");
    }
}

#[test]
fn no_debug_form_shows_a_secret() {
    let script = Script::silent();
    let shown = format!("{:?} {:?}", api(&script), call(true));
    for secret in ["hidden", "a.b.c", "rt"] {
        assert!(!shown.contains(&format!("{secret}\"")) && !shown.contains("hidden"), "{shown}");
    }
}
