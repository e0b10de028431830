//! Conditions and computed headers behind the doors of the real binary.

use crate::support::{
    check::{Asked, ENCODINGS},
    grpc::{authorization_client, channel},
    sidecar::Sidecar,
    tokens::{
        Instance,
        Person::{Boss, Loner, Reader},
    },
};
use bailiff::pb::v1::{
    Action, AuthorizeRequest, Credential, Resource, authorize_request::Question, credential::Source,
};
use prost_types::{Struct, Value, value::Kind};

const POLICY: &str = r#"
version: 1
routes:
  /orgs/{org}/{**}: { if: 'params.org == identity.organization.slug && request.method in ["GET", "HEAD"]' }
  /teams/{**}: { if: 'request.headers["x-team"] == "blue"' }
  /pages/{**}: public
actions:
  invoice.refund: { if: 'resource.amount <= 500 && context.reason != ""' }
upstream:
  headers:
    x-user-id: identity.user.id
    x-page: '"page" in request.query ? int(request.query.page) : 1'
    x-org: upper(identity.organization.slug)
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_decides_about_requests() {
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, POLICY).await;
    for (person, target, team, expected) in [
        (Reader, "/orgs/acme/a", None, "200"),
        (Reader, "/orgs/other/a", None, "403 condition"),
        (Loner, "/orgs/acme/a", None, "403 condition"),
        (Reader, "/teams/a", Some("blue"), "200"),
        (Reader, "/teams/a", Some("red"), "403 condition"),
        (Reader, "/teams/a", None, "403 condition_error"),
    ] {
        let bearer = format!("Bearer {}", instance.token(person));
        for encoding in ENCODINGS {
            let mut asked = Asked { encoding, ..Asked::get(target) };
            asked.headers.push(("authorization", &bearer));
            asked.headers.extend(team.map(|team| ("x-team", team)));
            let told = asked.of(&sidecar).await.told();
            assert_eq!(told, expected, "{encoding:?}: {person:?} {target} {team:?}");
        }
    }
    let bearer = format!("Bearer {}", instance.token(Reader));
    let twice = Asked::get("/teams/a").header("authorization", &bearer);
    let twice = twice.header("x-team", "blue").header("x-team", "blue");
    assert_eq!(twice.of(&sidecar).await.told(), "403 condition_error");
    let line = sidecar.logged(|fields| fields["error"] != serde_json::Value::Null).await;
    assert_eq!(line["error"], "`request.headers[\"x-team\"]` is not there", "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_decides_about_actions() {
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, POLICY).await;
    let mut client = authorization_client(channel(sidecar.grpc()).await);
    let text = |text: &str| Kind::StringValue(text.into());
    for (amount, expected) in [
        (Some(Kind::NumberValue(500.0)), "allowed"),
        (Some(Kind::NumberValue(499.99)), "allowed"),
        (Some(Kind::NumberValue(500.01)), "condition"),
        (Some(Kind::NumberValue(1e300)), "condition"),
        (Some(text("5")), "condition_error"),
        (Some(Kind::NullValue(0)), "condition_error"),
        (None, "condition_error"),
    ] {
        let attributes = amount.clone().map(|amount| fields("amount", amount));
        let resource = Resource { attributes, ..Resource::default() };
        let action = Action {
            name: "invoice.refund".into(),
            resource: Some(resource),
            context: Some(fields("reason", text("broken"))),
        };
        let token = Source::Token(instance.token(Boss));
        let question = AuthorizeRequest {
            credential: Some(Credential { source: Some(token) }),
            question: Some(Question::Action(action)),
            ..AuthorizeRequest::default()
        };
        let answer = client.authorize(question).await.expect("an answer").into_inner();
        let decision = answer.decision.expect("a decision");
        assert_eq!(decision.reason, expected, "{amount:?}");
        // No request goes on: what would be told of it is left out.
        let told = decision
            .upstream
            .map(|upstream| upstream.set.into_iter().map(|header| header.name).collect::<Vec<_>>());
        let names =
            (expected == "allowed").then(|| vec!["x-user-id".to_owned(), "x-org".to_owned()]);
        assert_eq!(told, names, "{amount:?}");
    }
}

fn fields(name: &str, kind: Kind) -> Struct {
    Struct { fields: [(name.to_owned(), Value { kind: Some(kind) })].into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_computed_and_stop_what_they_cannot_be_computed_for() {
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, POLICY).await;
    let bearer = format!("Bearer {}", instance.token(Reader));
    let get = |target: &'static str| Asked::get(target).header("x-page", "spoofed");
    let verdict = get("/orgs/acme/a?page=2").header("authorization", &bearer).of(&sidecar).await;
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let all = [set("x-user-id", Reader.id()), set("x-page", "2"), set("x-org", "ACME")];
    assert_eq!((verdict.status, &*verdict.set), (200, &all[..]), "{verdict:?}");
    let verdict = get("/pages/a").of(&sidecar).await;
    assert_eq!(verdict.set, [set("x-page", "1")], "{verdict:?}");
    assert!(verdict.removed.contains(&"x-org".to_owned()), "{verdict:?}");
    for target in ["/pages/a?page=x", "/pages/a?page=1&page=2", "/pages/a?page=1;page=2"] {
        assert_eq!(get(target).of(&sidecar).await.told(), "403 condition_error", "{target}");
    }
}
