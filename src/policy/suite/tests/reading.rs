//! What people and cases come to.

use crate::{
    core::{clock::Timestamp, machine::MachineKind, reason::Reason},
    policy::{
        Source,
        suite::{Ask, Case, Client, Expectation, HttpAsk, Suite, UserFacts, Who},
    },
};
use serde_json::json;

fn suite(text: &str) -> Suite {
    Suite::load(&[], &[Source::new("policy.test.yaml", text)]).unwrap()
}

fn user(facts: &str) -> UserFacts {
    let suite = suite(&format!("people:\n  reader: {facts}\n"));
    let Who::User(user) = suite.person("reader").unwrap().who() else { panic!("a user") };
    (**user).clone()
}

fn case(text: &str) -> Case {
    let suite = suite(&format!("people: {{ reader: {{}} }}\ncases:\n  - {text}\n"));
    suite.cases()[0].clone()
}

fn http(text: &str) -> HttpAsk {
    let Ask::Http(request) = case(text).ask else { panic!("a request") };
    request
}

fn strings(texts: &[Box<str>]) -> Vec<&str> {
    texts.iter().map(|text| &**text).collect()
}

#[test]
fn nobody_is_there_without_being_described() {
    let suite = suite("{}");
    assert!(suite.is_empty());
    assert!(matches!(suite.person("nobody").unwrap().who(), Who::Nobody));
    assert!(suite.person("reader").is_none());
}

#[test]
fn a_policy_without_tests_has_an_empty_suite() {
    let policy = Source::new("policy.yaml", "version: 1\nroutes: { /a: public }\n");
    assert!(Suite::load(&[policy], &[]).unwrap().is_empty());
}

#[test]
fn somebody_of_whom_nothing_is_said_has_ids_and_nothing_else() {
    let user = user("{}");
    assert_eq!((&*user.id, &*user.session), ("user_reader", "sess_reader"));
    assert_eq!((user.organization, user.features, user.factors), (None, None, None));
    assert!(user.plans.is_empty() && user.claims.is_empty());
    assert!(!user.pending && !user.expired);
}

#[test]
fn an_organization_is_a_map_or_its_id_or_slug() {
    for (text, id, slug) in [
        ("acme", "org_acme", Some("acme")),
        ("org_7", "org_7", None),
        ("{ slug: acme }", "org_acme", Some("acme")),
        ("{ id: org_7, slug: acme, name: \"Acme & Sons\" }", "org_7", Some("acme")),
        ("{}", "org_1", None),
    ] {
        let active = user(&format!("{{ organization: {text} }}")).organization.unwrap();
        assert_eq!((&*active.id, active.slug.as_deref()), (id, slug), "{text}");
        assert_eq!(&*active.role, "org:member", "{text}");
    }
}

#[test]
fn roles_and_permissions_are_written_with_or_without_their_prefix() {
    let organization = "{ slug: acme, role: admin, permissions: [invoices:read, org:a:b:c] }";
    let active = user(&format!("{{ organization: {organization} }}")).organization.unwrap();
    assert_eq!(&*active.role, "org:admin");
    assert_eq!(strings(&active.permissions), ["org:invoices:read", "org:a:b:c"]);
}

#[test]
fn features_and_plans_without_a_scope_are_those_of_the_organization_or_else_of_the_user() {
    let scopes = "[free, user:a, u:b]";
    let alone = user(&format!("{{ plans: {scopes} }}"));
    assert_eq!(strings(&alone.plans), ["u:free", "u:a", "u:b"]);
    let scopes = "[free, u:b, org:c, o:d, uo:e]";
    let member = user(&format!("{{ plans: {scopes}, organization: acme }}"));
    assert_eq!(strings(&member.plans), ["o:free", "u:b", "o:c", "o:d", "uo:e"]);
}

#[test]
fn what_is_said_of_factors_status_and_time_is_read() {
    let user = user(
        "{ factors: [45, never], actor: user_support, status: pending, expired: true, issued: 5, \
         claims: { level: 3, tags: [a, null], low: -1.5 } }",
    );
    assert_eq!(user.factors, Some([Some(45), None]));
    assert_eq!(user.actor.as_deref(), Some("user_support"));
    assert!(user.pending && user.expired);
    assert_eq!(user.issued, 5);
    let claims = json!({ "level": 3, "tags": ["a", null], "low": -1.5 });
    assert_eq!(serde_json::Value::Object(user.claims), claims);
}

#[test]
fn machines_have_a_subject_of_their_kind() {
    for (key, kind, id, subject) in [
        ("api_key", MachineKind::ApiKey, "ak_robot", "user_robot"),
        ("m2m_token", MachineKind::M2mToken, "mt_robot", "mch_robot"),
        ("oauth_token", MachineKind::OauthToken, "oat_robot", "user_robot"),
    ] {
        let suite =
            suite(&format!("people:\n  robot: {{ {key}: {{ scopes: [events:write] }} }}\n"));
        let Who::Machine(machine) = suite.person("robot").unwrap().who() else { panic!("{key}") };
        assert_eq!((machine.kind, &*machine.id, &*machine.subject), (kind, id, subject));
        assert_eq!(strings(&machine.scopes), ["events:write"]);
    }
}

#[test]
fn a_request_is_what_its_client_sends() {
    for (text, client, method, target) in [
        ("request: PUT /a?b=c", Client::Api, "PUT", "/a?b=c"),
        ("browser: GET /a", Client::Browser, "GET", "/a"),
        ("grpc: /shop.v1.Invoices/Get", Client::Grpc, "POST", "/shop.v1.Invoices/Get"),
    ] {
        let request = http(&format!("{{ as: reader, {text}, expect: allow }}"));
        assert_eq!((request.client, &*request.method, &*request.target), (client, method, target));
        assert_eq!(&*request.host, "app.test");
    }
}

#[test]
fn headers_are_lower_case_and_may_be_repeated() {
    let request = http(
        "{ as: reader, request: GET /, host: shop.test, ip: \"::1\", headers: { X-A: [b, c] }, \
         expect: allow }",
    );
    let headers: Vec<_> = request.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(headers, [("x-a", "b"), ("x-a", "c")]);
    assert_eq!((&*request.host, request.ip), ("shop.test", "::1".parse().ok()));
}

#[test]
fn a_path_that_cannot_be_read_is_a_case_like_any_other() {
    let request =
        http("{ as: reader, request: GET /docs/%2e%2e/a;b, expect: deny ambiguous_path }");
    assert_eq!(&*request.target, "/docs/%2e%2e/a;b");
}

#[test]
fn an_action_tells_its_resource_and_context() {
    let case = case(
        "{ as: reader, action: invoice.refund, resource: { type: invoice, id: a, amount: 12.5, \
         paid: true }, context: { note: [1, -2] }, expect: allow }",
    );
    let Ask::Action(action) = case.ask else { panic!("an action") };
    let resource = action.resource.unwrap();
    assert_eq!((&*action.name, &*resource.kind, &*resource.id), ("invoice.refund", "invoice", "a"));
    let attributes = serde_json::Value::Object(resource.attributes);
    assert_eq!(attributes, json!({ "amount": 12.5, "paid": true }));
    assert_eq!(action.context["note"], json!([1, -2]));
}

#[test]
fn every_reason_but_allowed_can_be_expected() {
    for reason in Reason::ALL.iter().filter(|reason| **reason != Reason::Allowed) {
        let text = format!("{{ as: reader, request: GET /, expect: deny {} }}", reason.code());
        assert_eq!(case(&text).expect, Expectation::Deny(*reason));
    }
}

#[test]
fn a_case_takes_place_when_it_says() {
    for (at, seconds) in [
        ("2026-03-01T22:00:00Z", 1_772_402_400),
        ("2026-03-01T22:00:00+02:00", 1_772_395_200),
        ("1772402400", 1_772_402_400),
    ] {
        let case = case(&format!("{{ as: reader, request: GET /, at: {at}, expect: allow }}"));
        assert_eq!(case.at, Timestamp::from_unix_seconds(seconds), "{at}");
    }
    let usual = case("{ as: reader, request: GET /, at: 2026-01-15T12:00:00Z, expect: allow }").at;
    assert_eq!(usual, Case::USUAL_TIME);
}

#[test]
fn a_case_is_found_where_it_is_written() {
    let case = case("{ as: [nobody, reader], request: GET /, expect: allow }");
    assert_eq!(case.place.to_string(), "policy.test.yaml:3:5");
    assert_eq!(case.people.len(), 2);
}

#[test]
fn people_of_one_text_ask_in_the_cases_of_another() {
    let policy = "version: 1\ntests:\n  people: { reader: {} }\n";
    let tests = "cases: [ { as: reader, request: GET /, expect: allow } ]\n";
    let policy = Source::new("policy.yaml", policy);
    let suite = Suite::load(&[policy], &[Source::new("policy.test.yaml", tests)]).unwrap();
    assert_eq!(suite.cases()[0].people[0].name(), "reader");
}

#[test]
fn what_the_documentation_shows_is_read() {
    let page = include_str!("../../../../docs/testing.md");
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    let (sample, _) = rest.split_once("```").unwrap();
    let policy = Source::new("policy.yaml", &format!("version: 1\n{sample}"));
    let suite = Suite::load(&[policy], &[]).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!((suite.people().count(), suite.cases().len()), (4, 4));
}
