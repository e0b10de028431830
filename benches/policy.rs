//! What a policy costs as it grows: `cargo bench --bench policy`.
//!
//! A request is routed, its guards are found and everything is put to a person. That it takes as long
//! with ten thousand routes as with ten is the point.

use bailiff::{
    core::{
        clock::Timestamp,
        entitlement::Entitlements,
        header::Headers,
        host::Host,
        http_request::{HttpRequest, Scheme},
        id::{InstanceName, OrganizationId, OrganizationSlug, SessionId, UserId},
        identity::{Caller, SignedClaims, User},
        organization::ActiveOrganization,
        path::CanonicalPath,
        reverification::FactorAges,
    },
    policy::{Demand, Facts, Guard, Policy, Routed, Source},
};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::{fmt::Write as _, hint::black_box};

const SIZES: [usize; 3] = [10, 1_000, 10_000];

/// Routes of five segments in fifty areas, and a guard for every hundred of them besides those that
/// stand everywhere.
fn text(routes: usize) -> String {
    let mut text = "version: 1\nroutes:\n".to_owned();
    for number in 0..routes {
        writeln!(
            text,
            "  /area{}/things{number}/{{id}}/parts/{{**}}:\n    GET: {{ permission: org:things:read }}\n    \
             PUT, DELETE: {{ permission: org:things:manage, if: params.id != 'none' }}",
            number % 50
        )
        .expect("a string");
    }
    text.push_str("guards:\n  fresh: { methods: [DELETE], require: { reverification: lax } }\n");
    text.push_str("  own: { require: { impersonation: forbidden } }\n");
    for number in 0..routes.div_ceil(100) {
        writeln!(
            text,
            "  area{number}: {{ paths: [\"/area{}/things{}/{{**}}\"], require: {{ organization: acme }} }}",
            (routes / 2) % 50,
            routes / 2 + number
        )
        .expect("a string");
    }
    text
}

fn somebody() -> User {
    let permissions = ["org:things:read".into(), "org:things:manage".into()];
    User {
        instance: InstanceName::new("shop"),
        id: UserId::new("user_1"),
        session: SessionId::new("sess_1"),
        organization: Some(ActiveOrganization {
            id: OrganizationId::new("org_1"),
            slug: Some(OrganizationSlug::new("acme")),
            role: Some("org:admin".into()),
            permissions: Some(permissions.into()),
        }),
        features: Entitlements::default(),
        plans: Entitlements::default(),
        factor_ages: FactorAges::from_claim(1.0, 1.0).ok(),
        actor: None,
        issued_at: None,
        claims_as_of: None,
        expires_at: Timestamp::from_unix_seconds(60),
        claims: SignedClaims::new("{}"),
    }
}

/// Whether a request is let through.
fn allowed(policy: &Policy, request: &HttpRequest<'_>, user: &User) -> bool {
    let (Ok(host), Ok(path)) =
        (Host::parse(request.authority), CanonicalPath::parse(request.path()))
    else {
        return false;
    };
    let Routed::Rule(matched) = policy.route_request(&host, &path, request) else { return false };
    let Some(requirement) = matched.rule.enforced() else { return false };
    let facts = Facts {
        request: Some(request),
        path: Some(&path),
        ..Facts::of_caller(Caller::User(user), Timestamp::from_unix_seconds(0))
    };
    let guards: Vec<&Guard> = matched.guards(&host, &path, request.method).collect();
    let own = Demand { requirement, parameters: matched.parameters(&path) };
    Demand::evaluate_all(own, guards.iter().map(|guard| guard.demand(&path)), &facts).is_ok()
}

fn decisions(criterion: &mut Criterion) {
    let user = somebody();
    for method in ["GET", "DELETE"] {
        let mut group = criterion.benchmark_group(format!("route, guards, evaluate: {method}"));
        for routes in SIZES {
            let policy = Policy::load(Source::new("bench", &text(routes))).expect("a policy");
            let number = routes / 2;
            let target = format!("/area{}/things{number}/17/parts/a/b?c=d", number % 50);
            let request = HttpRequest {
                method,
                scheme: Scheme::Https,
                authority: "shop.test",
                target: &target,
                headers: Headers::none(),
                peer: None,
            };
            assert!(allowed(&policy, &request, &user));
            group.bench_function(format!("{routes} routes"), |bencher| {
                bencher.iter(|| allowed(&policy, black_box(&request), &user));
            });
        }
        group.finish();
    }
}

fn loading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("load");
    group.sample_size(10);
    for routes in SIZES {
        let source = Source::new("bench", &text(routes));
        group.bench_function(format!("{routes} routes"), |bencher| {
            bencher.iter_batched(
                || source.clone(),
                |source| Policy::load(&source).is_ok(),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, decisions, loading);
criterion_main!(benches);
