mod random;
mod routes;

use super::{EntryAccess, EntryPart, Explanation, Outcome, Shown, Step};
use crate::{
    core::{
        clock::Timestamp,
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        identity::{Caller, User},
        peer::Peer,
        question::{Action, AskedRequirement, JsonObject, Resource, Wanted},
        reason::Reason,
    },
    policy::{
        Inquiry, Policy, Source, Who,
        explain::Colours,
        tests::people::{member, somebody, verified},
    },
};

const POLICY: &str = r#"
version: 1
unlisted: denied
routes:
  /docs/{**}: public
  /open/{**}: public
  /home: optional
  /closed: denied
  /admin/{**}: { role: org:admin }
  /orgs/{org}/invoices/{id}:
    GET: { permission: org:invoices:read }
    PUT: { any: [ { permission: org:invoices:manage }, { role: org:owner } ], not: { plan: free } }
  /orgs/{**}: signed_in
  /tried: { role: org:admin, mode: shadow }
hosts:
  admin.shop.test:
    routes:
      /{**}: { role: org:admin }
guards:
  fresh: { methods: [PUT], require: { reverification: strict } }
  seen: { paths: ["/open/{**}"], require: signed_in, even_public: true }
  idle: { paths: [/home], require: { role: org:owner }, mode: shadow }
actions:
  invoice.refund: { all: [ { permission: org:invoices:manage }, { plan: pro } ] }
responses:
  sign_in: https://shop.test/sign-in
"#;

fn policy(text: &str) -> Policy {
    Policy::load(Source::new("policy.yaml", text)).unwrap_or_else(|errors| panic!("{errors}"))
}

fn request<'a>(method: &'a str, target: &'a str, headers: &[(&'a str, &'a str)]) -> Wanted<'a> {
    let lines =
        headers.iter().map(|&(name, value)| Header { name, value: value.as_bytes() }).collect();
    Wanted::Http(HttpRequest {
        method,
        scheme: Scheme::Https,
        authority: "shop.test",
        target,
        headers: Headers::new(lines, Repeats::Separate),
        peer: None,
    })
}

fn explain(policy: &Policy, wanted: &Wanted<'_>, who: Who<'_>) -> Explanation {
    let now = Timestamp::from_unix_seconds(0);
    let peer = Peer::UNKNOWN;
    policy.explain(&Inquiry { wanted, who, also_action: None, also_require: None, peer, now })
}

fn of_user(wanted: &Wanted<'_>, user: &User) -> Explanation {
    explain(&policy(POLICY), wanted, Who::Caller(Caller::User(user)))
}

fn of_nobody(wanted: &Wanted<'_>) -> Explanation {
    explain(&policy(POLICY), wanted, Who::Nobody(Reason::SignedOut))
}

#[test]
fn a_refusal_is_shown_down_to_what_is_held() {
    let reader = verified(member("org:member", &["org:invoices:read"]), 45.0, -1.0);
    let explanation = of_user(&request("PUT", "/orgs/acme/invoices/7?x=secret", &[]), &reader);
    let explanation = Explanation { revision: "(digest)".to_owned(), ..explanation };
    insta::assert_snapshot!(explanation.render(Colours::Off));
}

#[test]
fn the_json_form_is_stable() {
    let reader = member("org:member", &["org:invoices:read"]);
    let explanation = of_user(&request("GET", "/orgs/acme/invoices/7", &[]), &reader);
    insta::assert_json_snapshot!(Explanation { revision: "(digest)".to_owned(), ..explanation });
}

#[test]
fn nobody_is_refused_without_any_requirement_being_looked_at() {
    let explanation = of_nobody(&request("PUT", "/orgs/acme/invoices/7", &[]));
    assert_eq!(explanation.verdict.reason, "signed_out");
    assert_eq!(explanation.entries.len(), 2);
    for entry in &explanation.entries {
        assert_eq!(entry.outcome, Outcome::fails(Reason::SignedOut));
        let step = entry.requirement.as_ref().unwrap();
        assert!(matches!(step.outcome, Outcome::NotLookedAt { .. }));
    }
}

#[test]
fn a_guard_over_a_public_route_is_the_entry_that_refuses() {
    let explanation = of_nobody(&request("GET", "/open/a", &[]));
    assert_eq!(explanation.verdict.rule.as_deref(), Some("guard seen"));
    assert_eq!(explanation.entries[0].access, EntryAccess::Public);
    assert_eq!(explanation.entries[0].outcome, Outcome::Holds);
    assert_eq!(explanation.entries[1].part, EntryPart::Guard);
    assert_eq!(explanation.entries[1].outcome, Outcome::fails(Reason::SignedOut));
}

#[test]
fn what_is_denied_to_everyone_is_put_to_nobody() {
    for explanation in [
        of_nobody(&request("PUT", "/closed", &[])),
        of_user(&request("PUT", "/closed", &[]), &somebody()),
    ] {
        assert_eq!(explanation.verdict.reason, "denied");
        assert_eq!(explanation.entries[0].outcome, Outcome::fails(Reason::Denied));
        assert!(matches!(explanation.entries[1].outcome, Outcome::NotLookedAt { .. }));
    }
}

#[test]
fn what_is_in_shadow_mode_is_tried_and_refuses_nothing() {
    let explanation = of_user(&request("GET", "/tried", &[]), &somebody());
    assert_eq!(explanation.verdict.effect, "allow");
    assert!(explanation.entries[0].shadow);
    assert_eq!(explanation.entries[0].outcome, Outcome::fails(Reason::OrganizationRequired));
    let nobody = of_nobody(&request("GET", "/tried", &[]));
    assert_eq!(nobody.verdict.reason, "signed_out");

    let guarded = of_user(&request("GET", "/home", &[]), &member("org:member", &[]));
    assert_eq!(guarded.verdict.effect, "allow");
    assert_eq!(guarded.entries[1].outcome, Outcome::fails(Reason::Role));
    let nobody = of_nobody(&request("GET", "/home", &[]));
    assert_eq!(nobody.verdict.effect, "allow");
    assert!(matches!(nobody.entries[1].outcome, Outcome::NotLookedAt { .. }));
}

#[test]
fn only_a_browser_that_loads_a_page_is_sent_elsewhere() {
    let page = [("sec-fetch-dest", "document")];
    assert_eq!(of_nobody(&request("GET", "/admin/a", &page)).verdict.effect, "redirect");
    assert_eq!(of_nobody(&request("GET", "/admin/a", &[])).verdict.effect, "deny");
    let lone = of_user(&request("GET", "/admin/a", &page), &somebody());
    assert_eq!((lone.verdict.effect, lone.verdict.reason), ("deny", "organization_required"));
}

/// What stands behind the names of the condition `text` over `/orgs/{org}`.
fn values(text: &str, user: &User) -> (Outcome, Vec<(String, Shown)>) {
    let policy = policy(&format!(
        "version: 1\nroutes:\n  /orgs/{{org}}: {{ role: org:member, if: \"{text}\" }}"
    ));
    let wanted = request("GET", "/orgs/acme?key=s3cret", &[("x-key", "s3cret")]);
    let explanation = explain(&policy, &wanted, Who::Caller(Caller::User(user)));
    assert!(!explanation.render(Colours::Off).contains("s3cret"));
    let step = explanation.entries[0].requirement.clone().unwrap();
    let condition = steps(&step).into_iter().find(|step| step.requirement == "if").unwrap().clone();
    let values = condition.values.into_iter().map(|value| (value.name, value.shown));
    (condition.outcome, values.collect())
}

fn value(text: &str) -> Shown {
    Shown::Value { value: text.to_owned() }
}

#[test]
fn a_condition_is_shown_with_what_stands_behind_its_names() {
    let reader = member("org:member", &[]);
    let (outcome, found) = values("params.org == identity.organization.slug", &reader);
    assert_eq!(outcome, Outcome::Holds);
    let slug = ("identity.organization.slug".to_owned(), value("\"acme\""));
    assert_eq!(found, [("params.org".to_owned(), value("\"acme\"")), slug]);

    let (outcome, found) = values("identity.user.id == 'x' && request.method == 'GET'", &reader);
    assert_eq!(outcome, Outcome::fails(Reason::Condition));
    assert_eq!(found[1], ("request.method".to_owned(), value("\"GET\"")));
}

#[test]
fn headers_the_query_and_claims_are_never_shown() {
    let mut reader = member("org:member", &[]);
    reader.claims = crate::core::identity::SignedClaims::new(r#"{"key":"s3cret"}"#);
    for text in [
        "request.headers['x-key'] == 'a'",
        "request.query.key == 'a'",
        "identity.claims.key == 'a'",
        "'key' in request.query",
    ] {
        let (_, found) = values(text, &reader);
        assert!(matches!(&*found, [(_, Shown::Withheld)]), "{text}: {found:?}");
    }
}

#[test]
fn a_condition_is_not_worked_out_where_something_else_fails() {
    let (outcome, found) = values("params.org == 'acme'", &member("org:admin", &[]));
    assert!(matches!(outcome, Outcome::NotLookedAt { .. }), "{outcome:?}");
    assert_eq!(found, []);
}

#[test]
fn what_was_said_of_an_action_is_shown() {
    let policy = policy("version: 1\nactions: { a: { if: resource.amount <= 500 && context.x } }");
    let given = |json: serde_json::Value| json.as_object().unwrap().clone();
    let wanted = Wanted::Action(Action {
        name: "a",
        resource: Some(Resource {
            kind: "invoice",
            id: "7",
            attributes: given(serde_json::json!({ "amount": 900 })),
        }),
        context: JsonObject::new(),
    });
    let explanation = explain(&policy, &wanted, Who::Caller(Caller::User(&somebody())));
    assert_eq!(explanation.verdict.reason, "condition");
    let step = explanation.entries[0].requirement.as_ref().unwrap();
    assert_eq!(step.values[0].shown, value("900"));
    assert_eq!(step.values[1].shown, Shown::Absent);
}

#[test]
fn actions_and_requirements_have_no_route() {
    let action = Wanted::Action(Action {
        name: "invoice.refund",
        resource: None,
        context: JsonObject::new(),
    });
    let explanation = of_user(&action, &somebody());
    assert_eq!(explanation.route, None);
    assert_eq!(explanation.verdict.rule.as_deref(), Some("action invoice.refund"));
    let asked = AskedRequirement { roles: vec!["org:admin"], ..AskedRequirement::default() };
    let explanation = of_user(&Wanted::Requirement(asked), &member("org:admin", &[]));
    assert_eq!(explanation.verdict.effect, "allow");
    assert_eq!(explanation.entries[0].part, EntryPart::Asked);
    let unknown = Wanted::Action(Action { name: "x", resource: None, context: JsonObject::new() });
    assert_eq!(of_nobody(&unknown).verdict.reason, "unknown_action");
}

#[test]
fn nothing_that_a_request_holds_steers_the_terminal() {
    let mut user = somebody();
    user.id = crate::core::id::UserId::new("user\u{1b}[31m\u{202e}\nx");
    let text = of_user(&request("GET", "/admin/a", &[]), &user).render(Colours::Off);
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    assert!(text.starts_with("GET shop.test/admin/a, asked by user\u{fffd}"), "{text}");
}

/// Every step of a tree.
fn steps(step: &Step) -> Vec<&Step> {
    [step].into_iter().chain(step.parts.iter().flat_map(steps)).collect()
}
