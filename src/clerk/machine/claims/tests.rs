use super::{is_id, is_subject_of, m2m, oauth};
use crate::{
    clerk::{
        fixture::{NOW, Signer, claims, header, sign},
        jwt::Jwt,
        token_error::{RequiredClaim, TokenError},
        verify::RegisteredClaims,
    },
    core::{
        id::{InstanceName, OrganizationId, UserId},
        machine::{Machine, MachineKind},
    },
};
use serde_json::{Value, json};

fn read(kind: MachineKind, changes: &Value) -> Result<Machine, TokenError> {
    let token = sign(&header(), &claims(changes), Signer::B);
    let jwt = Jwt::decode(&token).unwrap();
    let registered = RegisteredClaims::read(&jwt);
    let instance = InstanceName::new("main");
    match kind {
        MachineKind::M2mToken => m2m(&jwt, &instance, &registered),
        MachineKind::OauthToken | MachineKind::ApiKey => oauth(&jwt, &instance, &registered),
    }
}

fn scopes(machine: &Machine) -> Vec<&str> {
    machine.scopes.iter().map(|scope| &**scope).collect()
}

#[test]
fn a_machine_to_machine_token_is_read_whole() {
    let claims = json!({"sub": "mch_1", "jti": "mt_1", "scopes": "mch_a  mch_b", "aud": ["mch_c"]});
    let machine = read(MachineKind::M2mToken, &claims).unwrap();
    assert_eq!((&*machine.id, &*machine.subject), ("mt_1", "mch_1"));
    assert_eq!(scopes(&machine), ["mch_a", "mch_b"]);
    assert!(machine.user.is_none() && machine.organization.is_none() && machine.client.is_none());
    assert_eq!(machine.expires_at.unwrap().unix_seconds(), NOW + 60);
    assert!(machine.claims.as_json().contains(r#""scopes":"mch_a  mch_b""#));
}

#[test]
fn the_audience_stands_in_for_scopes_that_a_machine_to_machine_token_does_not_name() {
    for (claims, expected) in [
        (json!({"aud": ["mch_a", "mch_b"]}), &["mch_a", "mch_b"][..]),
        (json!({"aud": ["mch_a"], "scopes": ""}), &[]),
        (json!({"aud": ["mch_a", 7]}), &[]),
        (json!({}), &[]),
    ] {
        let mut changes = claims.clone();
        changes["sub"] = "mch_1".into();
        assert_eq!(scopes(&read(MachineKind::M2mToken, &changes).unwrap()), expected, "{claims}");
    }
}

#[test]
fn an_access_token_is_read_whole() {
    let claims = json!({
        "jti": "oat_1", "client_id": "client_1", "scope": "profile email", "org_id": "org_1",
        "act": {"sub": "user_support"},
    });
    let machine = read(MachineKind::OauthToken, &claims).unwrap();
    assert_eq!((&*machine.id, machine.client.as_deref()), ("oat_1", Some("client_1")));
    assert_eq!(machine.user, Some(UserId::new("user_2zZ9y8X7")));
    assert_eq!(machine.organization, Some(OrganizationId::new("org_1")));
    assert_eq!(scopes(&machine), ["profile", "email"]);
    assert_eq!(machine.actor.unwrap().subject, Some(UserId::new("user_support")));

    let claims = json!({"scp": ["a", "b"], "scope": "ignored"});
    assert_eq!(scopes(&read(MachineKind::OauthToken, &claims).unwrap()), ["a", "b"]);
}

#[test]
fn a_subject_of_another_kind_makes_no_machine() {
    for (kind, subject) in [
        (MachineKind::M2mToken, "user_1"),
        (MachineKind::M2mToken, "mch_"),
        (MachineKind::OauthToken, "org_1"),
        (MachineKind::OauthToken, "mch_1"),
        (MachineKind::OauthToken, "user_1 "),
    ] {
        let found = read(kind, &json!({ "sub": subject })).map(|machine| machine.subject);
        assert_eq!(found, Err(TokenError::Claim(RequiredClaim::Subject)), "{subject}");
    }
    assert!(["user_1", "org_1", "mch_1"].iter().all(|id| is_subject_of(MachineKind::ApiKey, id)));
    assert!(!is_subject_of(MachineKind::ApiKey, "sess_1"));
}

#[test]
fn identifiers_are_plain_and_short() {
    assert!(is_id("ak_aZ0_-", "ak_"));
    for id in
        ["ak_", "mt_1", "ak_a b", "ak_a\n", "ak_é", "ak_\u{0}", &format!("ak_{}", "x".repeat(126))]
    {
        assert!(!is_id(id, "ak_"), "{id:?}");
    }
}
