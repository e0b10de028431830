use super::read;
use crate::{
    clerk::{
        Instance, MachineError, OpaqueToken,
        backend_api::Answer,
        fixture::{NOW, instance, now},
    },
    core::machine::Machine,
};
use serde_json::{Value, json};

const API_KEY: &str = "ak_secretsecret";
const M2M: &str = "mt_secretsecret";
const OAUTH: &str = "oat_secretsecret";

fn api_key(changes: &Value) -> Value {
    changed(
        json!({
            "object": "api_key", "id": "ak_1", "subject": "user_1", "name": "CI",
            "scopes": ["a", "b"], "claims": {"region": "eu"}, "revoked": false, "expired": false,
            "expiration": null, "created_at": NOW * 1000,
        }),
        changes,
    )
}

fn changed(mut body: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn read_for(
    instance: &Instance,
    token: &str,
    status: u16,
    body: &str,
) -> Result<Machine, MachineError> {
    let answer = Answer {
        status,
        content_type: Some("application/json".into()),
        retry_after: None,
        body: body.as_bytes().to_vec(),
    };
    read(&answer, OpaqueToken::new(token).unwrap(), instance, now())
}

fn about(token: &str, body: &Value) -> Result<Machine, MachineError> {
    read_for(&instance(), token, 200, &body.to_string())
}

#[test]
fn an_api_key_is_read_whole() {
    let machine = about(API_KEY, &api_key(&json!({}))).unwrap();
    assert_eq!((&*machine.id, &*machine.subject), ("ak_1", "user_1"));
    assert_eq!(machine.name.as_deref(), Some("CI"));
    assert_eq!(machine.claims.as_json(), r#"{"region":"eu"}"#);
    assert!(machine.has_scope("a") && machine.has_scope("b") && !machine.has_scope("A"));
    assert_eq!((machine.expires_at, machine.as_of), (None, Some(now())));
    assert!(machine.user.is_some() && machine.organization.is_none());
    let of_organization = about(API_KEY, &api_key(&json!({"subject": "org_1"}))).unwrap();
    assert!(of_organization.user.is_none() && of_organization.organization.is_some());
    let of_machine = about(API_KEY, &api_key(&json!({"subject": "mch_1"}))).unwrap();
    assert!(of_machine.user.is_none() && of_machine.organization.is_none());
}

#[test]
fn a_yes_that_says_no_is_a_no() {
    for (changes, error) in [
        (json!({"revoked": true}), MachineError::Revoked),
        (json!({"expired": true}), MachineError::Expired),
        (json!({"expiration": NOW * 1000}), MachineError::Expired),
        (json!({"expiration": NOW}), MachineError::Expired),
        (json!({"expiration": 0}), MachineError::Expired),
        (json!({"expiration": -1}), MachineError::Expired),
        (json!({"active": false}), MachineError::Expired),
        (json!({"revoked": true, "expired": true}), MachineError::Revoked),
    ] {
        let found = about(API_KEY, &api_key(&changes)).map(|machine| machine.id);
        assert_eq!(found, Err(error), "{changes}");
    }
    let inactive = read_for(&instance(), OAUTH, 200, r#"{"active":false}"#).map(|found| found.id);
    assert_eq!(inactive, Err(MachineError::Expired));
}

#[test]
fn an_end_is_understood_in_seconds_and_in_milliseconds() {
    for end in [json!((NOW + 1) * 1000), json!(NOW + 1), json!(1_770_000_001.5)] {
        let machine = about(API_KEY, &api_key(&json!({ "expiration": end }))).unwrap();
        assert_eq!(machine.expires_at.unwrap().unix_seconds(), NOW + 1, "{end}");
    }
}

#[test]
fn what_cannot_be_read_the_documented_way_is_not_relied_on() {
    for changes in [
        json!({"id": null}),
        json!({"id": ""}),
        json!({"id": 7}),
        json!({"id": "mt_1"}),
        json!({"id": "ak_a b"}),
        json!({"id": API_KEY}),
        json!({"subject": null}),
        json!({"subject": ""}),
        json!({"subject": "sess_1"}),
        json!({"subject": "user_"}),
        json!({"subject": "user_1\r\nx: y"}),
        json!({"subject": ["user_1"]}),
        json!({"revoked": "false"}),
        json!({"revoked": 0}),
        json!({"expired": "no"}),
        json!({"expiration": "2030-01-01"}),
        json!({"active": "true"}),
        json!({"scopes": "a b", "name": 7}),
        json!({"scopes": [1]}),
        json!({"scopes": {"a": true}}),
    ] {
        let found = about(API_KEY, &api_key(&changes)).map(|machine| machine.id);
        assert_eq!(found, Err(MachineError::Answer), "{changes}");
    }
    for body in ["", "null", "[]", "{", "\"x\"", "{\"id\":\"ak_1\"}", "<html>"] {
        let found = read_for(&instance(), API_KEY, 200, body).map(|machine| machine.id);
        assert_eq!(found, Err(MachineError::Answer), "{body}");
    }
}

#[test]
fn credentials_act_for_subjects_of_their_kind_alone() {
    let m2m = |subject: &str| json!({"id": "mt_1", "subject": subject, "scopes": ["mch_a"]});
    assert!(about(M2M, &m2m("mch_1")).is_ok());
    for subject in ["user_1", "org_1"] {
        assert_eq!(about(M2M, &m2m(subject)).map(|found| found.id), Err(MachineError::Answer));
    }
    let oauth = |subject: &str| json!({"id": "oat_1", "subject": subject, "client_id": "c"});
    assert_eq!(about(OAUTH, &oauth("user_1")).unwrap().client.as_deref(), Some("c"));
    for subject in ["mch_1", "org_1"] {
        assert_eq!(about(OAUTH, &oauth(subject)).map(|found| found.id), Err(MachineError::Answer));
    }
}

#[test]
fn a_token_for_another_machine_is_refused_where_the_settings_name_one() {
    let mut instance = instance();
    instance.machines.id = Some("mch_us".into());
    for (scopes, expected) in [
        (json!(["mch_a", "mch_us"]), Ok(())),
        (json!(["mch_a"]), Err(MachineError::OtherMachine)),
        (json!(["mch_us2", "mch_"]), Err(MachineError::OtherMachine)),
        (json!([]), Err(MachineError::OtherMachine)),
        (json!(null), Err(MachineError::OtherMachine)),
    ] {
        let body = json!({"id": "mt_1", "subject": "mch_1", "scopes": scopes}).to_string();
        assert_eq!(read_for(&instance, M2M, 200, &body).map(drop), expected, "{scopes}");
    }
}

#[test]
fn an_access_token_must_name_an_audience_where_the_settings_list_any() {
    let mut instance = instance();
    instance.audiences = vec!["https://api.test".into()];
    for (audience, expected) in [
        (json!(["https://other.test", "https://api.test"]), Ok(())),
        (json!("https://api.test"), Ok(())),
        (json!(["https://other.test"]), Err(MachineError::Audience)),
        (json!(["", "https://api.test"]), Err(MachineError::Audience)),
        (json!([]), Err(MachineError::Audience)),
        (json!(null), Err(MachineError::Audience)),
        (json!(7), Err(MachineError::Answer)),
    ] {
        let body = json!({"id": "oat_1", "subject": "user_1", "aud": audience}).to_string();
        assert_eq!(read_for(&instance, OAUTH, 200, &body).map(drop), expected, "{audience}");
    }
    let key = api_key(&json!({"aud": ["https://other.test"]})).to_string();
    assert!(read_for(&instance, API_KEY, 200, &key).is_ok(), "an API key has no audience");
}

#[test]
fn every_other_status_is_a_refusal_of_its_own() {
    for (status, error) in [
        (400, MachineError::Unreadable),
        (401, MachineError::SecretKey),
        (403, MachineError::Status(403)),
        (404, MachineError::Unknown),
        (422, MachineError::Unreadable),
        (429, MachineError::Status(429)),
        (500, MachineError::Status(500)),
        (302, MachineError::Status(302)),
    ] {
        let body = api_key(&json!({})).to_string();
        let found = read_for(&instance(), API_KEY, status, &body).map(|machine| machine.id);
        assert_eq!(found, Err(error), "{status}");
    }
}
