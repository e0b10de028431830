use super::{identity, response, whole_minutes};
use crate::{
    core::{asker::Asker, identity::Caller, reason::Reason},
    pb::v1::{AuthorizeResponse, Decision, Effect, HttpHeader},
    serve::{
        fixtures::{ada, allow, api_key, deny, nobody, redirect, somebody},
        respond::Disclosure,
    },
};

const SILENT: Disclosure = Disclosure { rule: false };

fn decided(response: AuthorizeResponse) -> Decision {
    response.decision.expect("there is always a decision")
}

fn header(name: &str, value: &str) -> HttpHeader {
    HttpHeader { name: name.into(), value: value.into() }
}

#[test]
fn an_allow_carries_what_to_pass_on() {
    let mut allowed = allow(&[("x-user-id", "user_ada"), ("x-odd", "a\nb")], &["x-org-id"]);
    allowed.set_cookies = vec!["a=1".into(), "b=2\r\n".into()];
    let decision = decided(response(somebody(allowed), SILENT));
    assert_eq!(decision.effect(), Effect::Allow);
    assert_eq!(decision.reason, "allowed");
    assert_eq!(decision.rule, "GET /invoices/{id}");
    assert_eq!(decision.policy_revision, "r1");
    let upstream = decision.upstream.unwrap();
    assert_eq!(upstream.set, [header("x-user-id", "user_ada")]);
    assert_eq!(upstream.remove, ["x-org-id", "x-odd"]);
    assert_eq!(decision.set_cookies, ["a=1"]);
    assert_eq!((decision.http_answer, &*decision.redirect), (None, ""));
    let until = decision.valid_until.unwrap();
    assert_eq!((until.seconds, until.nanos), (1_800_000_060, 500_000_000));
}

#[test]
fn a_refusal_carries_what_to_answer() {
    let response = response(nobody(deny(Reason::Role, Asker::Api)), SILENT);
    assert_eq!(response.identity, None);
    let decision = decided(response);
    assert_eq!(decision.effect(), Effect::Deny);
    assert_eq!((&*decision.reason, &*decision.message), ("role", Reason::Role.meaning()));
    assert_eq!((decision.upstream, decision.valid_until), (None, None));
    let answer = decision.http_answer.unwrap();
    assert_eq!(answer.status, 403);
    assert!(answer.headers.contains(&header("content-type", "application/problem+json")));
    assert!(answer.body.contains(r#""reason":"role""#), "{}", answer.body);
}

#[test]
fn a_redirect_carries_where_to() {
    let decision = decided(response(nobody(redirect(Asker::Browser)), SILENT));
    assert_eq!(decision.effect(), Effect::Redirect);
    assert_eq!(decision.redirect, "https://shop.test/sign-in?redirect_url=x%0Dy");
    let answer = decision.http_answer.unwrap();
    assert_eq!(answer.status, 302);
    assert!(answer.headers.contains(&header("location", &decision.redirect)));
}

#[test]
fn nobody_but_a_browser_is_redirected() {
    for asker in [Asker::Grpc, Asker::Api] {
        let decision = decided(response(nobody(redirect(asker)), SILENT));
        assert_eq!((decision.effect(), &*decision.redirect), (Effect::Deny, ""), "{asker:?}");
        assert_eq!(decision.http_answer.unwrap().status, 401, "{asker:?}");
    }
}

#[test]
fn no_reason_of_a_refusal_is_sent_as_an_allow() {
    for &reason in Reason::ALL {
        let decision = decided(response(nobody(deny(reason, Asker::Api)), SILENT));
        assert_eq!(decision.effect(), Effect::Deny, "{reason:?}");
        assert!(decision.http_answer.is_some(), "{reason:?}");
    }
}

#[test]
fn an_identity_is_told_whole() {
    let told = identity(Caller::User(&ada()));
    assert_eq!((&*told.user_id, &*told.session_id), ("user_ada", "sess_1"));
    assert_eq!(told.instance, "shop");
    let organization = told.organization.unwrap();
    assert_eq!((&*organization.id, &*organization.slug), ("org_acme", "acme"));
    assert_eq!(organization.role, "org:admin");
    assert_eq!(organization.permissions, ["org:invoices:read", "org:invoices:manage"]);
    assert_eq!(
        (told.features, told.plans),
        (vec!["o:reports".to_owned(), "u:beta".to_owned()], vec!["o:pro".to_owned()],)
    );
    let ages = told.factor_ages.unwrap();
    assert_eq!((ages.first_minutes, ages.second_minutes), (Some(5), None));
    let actor = told.actor.unwrap();
    assert_eq!(actor.subject, "user_support");
    assert_eq!(actor.claims.unwrap().fields.len(), 2);
    assert_eq!(told.expires_at.unwrap().seconds, 1_800_000_060);
}

#[test]
fn a_machine_is_told_as_one_and_never_as_a_user() {
    let told = identity(Caller::Machine(&api_key()));
    let machine = told.machine.clone().unwrap();
    assert_eq!((&*machine.kind, &*machine.id), ("api_key", "ak_1"));
    assert_eq!((&*machine.subject, &*machine.user_id), ("user_ada", "user_ada"));
    assert_eq!((&*machine.organization_id, &*machine.client_id), ("", ""));
    assert_eq!((&*machine.name, machine.scopes), ("CI", vec!["events:write".to_owned()]));
    assert_eq!((&*told.user_id, &*told.session_id, &*told.instance), ("", "", "shop"));
    assert!(told.organization.is_none() && told.expires_at.is_none());
}

#[test]
fn ages_never_look_fresher_than_they_are() {
    for (age, minutes) in [(0.0, 0), (0.1, 1), (9.0, 9), (9.999, 10), (1e300, u32::MAX)] {
        assert_eq!(whole_minutes(age), minutes, "{age}");
    }
}
