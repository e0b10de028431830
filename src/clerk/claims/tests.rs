use super::{Session, Standing};
use crate::{
    clerk::{
        fixture::{NOW, claims, now, token},
        jwt::Jwt,
        token_error::{RequiredClaim, TokenError},
    },
    core::{
        id::{InstanceName, OrganizationSlug, UserId},
        identity::User,
    },
};
use serde_json::{Value, json};

fn session(changes: &Value) -> Result<Session, TokenError> {
    let token = token(changes);
    let jwt = Jwt::decode(&token).unwrap();
    Session::read(&jwt, &InstanceName::new("main"), now(), None)
}

fn user(changes: &Value) -> User {
    session(changes).unwrap().user
}

#[test]
fn a_plain_token_names_user_and_session_and_keeps_the_claims_as_signed() {
    let user = user(&json!({}));
    assert_eq!((user.id.as_str(), user.session.as_str()), ("user_2zZ9y8X7", "sess_2zA1b2C3"));
    assert_eq!(user.instance.as_str(), "main");
    assert!(user.organization.is_none() && user.actor.is_none() && user.factor_ages.is_none());
    assert_eq!(user.claims.as_json(), claims(&json!({})).to_string());
}

#[test]
fn version_1_reads_the_organization_as_it_stands() {
    let organization = user(&json!({
        "org_id": "org_1", "org_slug": "acme", "org_role": "org:admin",
        "org_permissions": ["org:a:read", 7, "org:b:read"],
        "o": {"id": "org_2", "rol": "owner"},
    }))
    .organization
    .unwrap();
    assert_eq!(organization.id.as_str(), "org_1");
    assert_eq!(organization.slug.as_ref().map(OrganizationSlug::as_str), Some("acme"));
    assert_eq!(organization.role.as_deref(), Some("org:admin"));
    let permissions: Vec<&str> =
        organization.permissions.iter().flatten().map(|permission| &**permission).collect();
    assert_eq!(permissions, ["org:a:read", "org:b:read"]);
}

#[test]
fn version_2_prefixes_the_role_and_decodes_the_masks() {
    let organization = user(&json!({
        "v": 2, "fea": "o:reports,u:badge", "pla": "o:pro,u:free",
        "o": {"id": "org_1", "slg": "acme", "rol": "admin", "per": "view,export", "fpm": "2"},
        "org_id": "org_old", "org_role": "org:owner",
    }));
    let reports = crate::core::entitlement::EntitlementKey::parse("org:reports").unwrap();
    assert!(organization.features.has(&reports));
    let organization = organization.organization.unwrap();
    assert_eq!(
        (organization.id.as_str(), organization.role.as_deref()),
        ("org_1", Some("org:admin"))
    );
    let permissions: Vec<&str> =
        organization.permissions.iter().flatten().map(|permission| &**permission).collect();
    assert_eq!(permissions, ["org:reports:export"]);
}

#[test]
fn only_the_number_2_selects_version_2() {
    let organization = |version: Value| {
        let claims = json!({"v": version, "org_id": "org_1", "o": {"id": "org_2"}});
        user(&claims).organization.map(|organization| organization.id.as_str().to_owned())
    };
    for version in [json!(2), json!(2.0)] {
        assert_eq!(organization(version).as_deref(), Some("org_2"));
    }
    for version in [json!("2"), json!(1), json!(3), json!(null), json!([2]), json!(true)] {
        assert_eq!(organization(version.clone()).as_deref(), Some("org_1"), "{version}");
    }
}

#[test]
fn an_organization_without_an_id_is_none() {
    for changes in [
        json!({"org_role": "org:admin", "org_permissions": ["org:a:read"]}),
        json!({"org_id": "", "org_role": "org:admin"}),
        json!({"org_id": 7, "org_role": "org:admin"}),
        json!({"v": 2, "o": {"rol": "admin"}}),
        json!({"v": 2, "o": {"id": ["org_1"], "rol": "admin"}}),
        json!({"v": 2, "o": "org_1"}),
        json!({"v": 2, "org_id": "org_1"}),
    ] {
        assert!(user(&changes).organization.is_none(), "{changes}");
    }
}

#[test]
fn a_pending_session_and_one_that_names_nobody_are_no_signed_in_users() {
    for (changes, expected) in [
        (json!({}), Standing::SignedIn),
        (json!({"sts": "active"}), Standing::SignedIn),
        (json!({"sts": "pending"}), Standing::Pending),
        (json!({"sub": ""}), Standing::Nobody),
        (json!({"sub": "", "sts": "pending"}), Standing::Pending),
    ] {
        assert_eq!(session(&changes).unwrap().standing, expected, "{changes}");
    }
}

#[test]
fn what_makes_the_identity_must_be_well_formed() {
    for (changes, claim) in [
        (json!({"sub": null}), RequiredClaim::Subject),
        (json!({"sub": 7}), RequiredClaim::Subject),
        (json!({"sid": null}), RequiredClaim::SessionId),
        (json!({"sid": ""}), RequiredClaim::SessionId),
        (json!({"sid": 7}), RequiredClaim::SessionId),
        (json!({"fea": "reports"}), RequiredClaim::Entitlements),
        (json!({"fea": "o:a,reports"}), RequiredClaim::Entitlements),
        (json!({"fea": 7}), RequiredClaim::Entitlements),
        (json!({"pla": "pro"}), RequiredClaim::Entitlements),
        (json!({"pla": ["o:pro"]}), RequiredClaim::Entitlements),
    ] {
        assert_eq!(session(&changes).map(|_| ()), Err(TokenError::Claim(claim)), "{changes}");
    }
}

#[test]
fn factor_ages_are_known_or_fail_every_reverification() {
    let ages = |claim: Value| user(&json!({"fva": claim})).factor_ages;
    let known = ages(json!([5, -1])).unwrap();
    assert_eq!((known.first, known.second), (Some(5.0), None));
    for malformed in
        [json!("x"), json!([5]), json!([5, -1, 0]), json!([5, "0"]), json!([-2, 0]), json!({})]
    {
        assert_eq!(ages(malformed.clone()), None, "{malformed}");
    }
}

#[test]
fn whoever_acts_as_the_user_is_kept_whole() {
    let actor = user(&json!({"act": {"sub": "user_boss", "type": "agent"}})).actor.unwrap();
    assert_eq!(actor.subject.as_ref().map(UserId::as_str), Some("user_boss"));
    assert_eq!(serde_json::from_str::<Value>(&actor.claims).unwrap()["type"], "agent");
    for odd in [json!(true), json!("user_boss"), json!({}), json!([])] {
        let actor = user(&json!({"act": odd})).actor;
        assert!(
            actor.is_some_and(|actor| actor.subject.is_none()),
            "{odd}: still an impersonation"
        );
    }
}

#[test]
fn the_times_of_the_token_are_handed_on() {
    assert_eq!(user(&json!({})).expires_at.unix_seconds(), NOW);
}
