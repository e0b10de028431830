//! What a condition costs: `cargo bench --bench condition`.

use bailiff::{
    core::{
        clock::Timestamp,
        entitlement::Entitlements,
        header::{Header, Headers, Repeats},
        host::Host,
        http_request::{HttpRequest, Scheme},
        id::{InstanceName, OrganizationId, OrganizationSlug, SessionId, UserId},
        identity::{Caller, SignedClaims, User},
        organization::ActiveOrganization,
        path::CanonicalPath,
        question::{JsonObject, Resource},
    },
    policy::{Facts, Parameters, Policy, Requirement, Routed, Rule, Source},
};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use std::hint::black_box;

/// Conditions on `/orgs/{org}/invoices/{id}`.
const ON_ROUTES: [(&str, &str); 6] = [
    (
        "three terms",
        "params.org == identity.organization.slug && request.method in [\"GET\", \"HEAD\"] && identity.user.id != \"\"",
    ),
    ("in a list of the identity", "\"org:area21:read\" in identity.organization.permissions"),
    ("header", "request.headers[\"x-request-id\"] == \"7f0b8a52\""),
    ("query parameter", "request.query.page == \"2\""),
    ("pattern", "params.id.matches(\"^in_[0-9]+$\")"),
    ("claim", "identity.claims.level >= 3"),
];

/// Conditions on an action.
const ON_ACTIONS: [(&str, &str); 2] = [
    ("resource attribute", "resource.amount <= 500"),
    ("arithmetic", "resource.amount * 1.5 + 2 <= context.limit - 1"),
];

fn policy(kind: &str, key: &str, condition: &str) -> Policy {
    let quoted = json!(condition);
    let text = format!("version: 1\n{kind}:\n  {key}: {{ if: {quoted} }}\n");
    Policy::load(Source::new("bench", &text)).expect("a policy")
}

fn requirement(rule: &Rule) -> &Requirement {
    rule.access.requirement().expect("a requirement")
}

fn user() -> User {
    let permissions = (0..21).map(|area| format!("org:area{}:read", area + 1).into()).collect();
    User {
        instance: InstanceName::new("shop"),
        id: UserId::new("user_2benchDemo"),
        session: SessionId::new("sess_2benchDemo"),
        organization: Some(ActiveOrganization {
            id: OrganizationId::new("org_2benchDemo"),
            slug: Some(OrganizationSlug::new("acme")),
            role: Some("org:admin".into()),
            permissions: Some(permissions),
        }),
        features: Entitlements::default(),
        plans: Entitlements::default(),
        factor_ages: None,
        actor: None,
        issued_at: None,
        claims_as_of: None,
        expires_at: Timestamp::from_unix_seconds(60),
        claims: SignedClaims::new(
            r#"{"iss":"https://clerk.shop.test","sub":"user_2benchDemo","sid":"sess_2benchDemo","azp":"https://shop.test","iat":1767270896,"exp":1767270956,"v":2,"o":{"id":"org_2benchDemo","slg":"acme","rol":"admin"},"fva":[5,-1],"level":3}"#,
        ),
    }
}

fn headers() -> Headers<'static> {
    let names = [
        "accept",
        "accept-encoding",
        "accept-language",
        "cookie",
        "origin",
        "referer",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "sec-fetch-site",
        "user-agent",
        "x-forwarded-for",
        "x-forwarded-proto",
    ];
    let lines = names.map(|name| Header { name, value: b"something" });
    let request_id = Header { name: "x-request-id", value: b"7f0b8a52" };
    Headers::new(lines.into_iter().chain([request_id]).collect(), Repeats::Separate)
}

fn conditions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("condition");
    let user = user();
    let caller = Caller::User(&user);
    let now = Timestamp::from_unix_seconds(1_767_270_896);
    let request = HttpRequest {
        method: "GET",
        scheme: Scheme::Https,
        authority: "shop.test",
        target: "/orgs/acme/invoices/in_17?from=2026-01-01&page=2",
        headers: headers(),
        peer: None,
    };
    let host = Host::parse("shop.test").expect("a host");
    let path = CanonicalPath::parse(request.path()).expect("a path");
    for (name, condition) in ON_ROUTES {
        let policy = policy("routes", "/orgs/{org}/invoices/{id}", condition);
        let Routed::Rule(matched) = policy.route(&host, &path, "GET") else { panic!("a rule") };
        let facts = Facts {
            request: Some(&request),
            path: Some(&path),
            parameters: matched.parameters(&path),
            ..Facts::of_caller(caller, now)
        };
        let requirement = requirement(matched.rule);
        assert!(requirement.evaluate(&facts).is_ok(), "{condition}");
        group.bench_function(name, |bencher| {
            bencher.iter(|| requirement.evaluate(black_box(&facts)).is_ok());
        });
    }
    let attributes =
        object(json!({ "owner": "user_2benchDemo", "amount": 300, "currency": "EUR" }));
    let resource = Resource { kind: "invoice", id: "in_17", attributes };
    let context = object(json!({ "limit": 500 }));
    for (name, condition) in ON_ACTIONS {
        let policy = policy("actions", "invoice.refund", condition);
        let facts = Facts {
            resource: Some(&resource),
            context: Some(&context),
            parameters: Parameters::NONE,
            ..Facts::of_caller(caller, now)
        };
        let requirement = requirement(policy.action("invoice.refund").expect("an action"));
        assert!(requirement.evaluate(&facts).is_ok(), "{condition}");
        group.bench_function(name, |bencher| {
            bencher.iter(|| requirement.evaluate(black_box(&facts)).is_ok());
        });
    }
    group.bench_function("load a policy with one", |bencher| {
        bencher.iter(|| policy("routes", "/orgs/{org}/invoices/{id}", black_box(ON_ROUTES[0].1)));
    });
    group.finish();
}

fn object(value: serde_json::Value) -> JsonObject {
    let serde_json::Value::Object(object) = value else { panic!("{value} is no object") };
    object
}

criterion_group!(benches, conditions);
criterion_main!(benches);
