//! Paths, hosts, methods: what a rule is chosen by.

use crate::support::{
    check::{Asked, ENCODINGS},
    sidecar::Sidecar,
    stack::SHOP,
    tokens::{
        Instance,
        Person::{Boss, Loner},
    },
};

async fn shop() -> (Sidecar, Instance) {
    let instance = Instance::new();
    (Sidecar::start(&instance, SHOP).await, instance)
}

/// Asks for each target as somebody who is signed in and no administrator.
async fn told(targets: &[&str]) -> Vec<String> {
    let (sidecar, instance) = shop().await;
    let bearer = format!("Bearer {}", instance.token(Loner));
    let mut all = Vec::new();
    for target in targets {
        for encoding in ENCODINGS {
            let asked = Asked { encoding, ..Asked::get(target).header("authorization", &bearer) };
            all.push(format!("{target} {}", asked.of(&sidecar).await.told()));
        }
    }
    all.dedup();
    all
}

/// A query left on the path, so that exact rules did not match: Heimdall GHSA-r8x2-fhmf-6mxp.
#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_no_part_of_the_path() {
    let all = told(&["/healthz?a=b", "/dashboard?", "/admin?x", "/admin/users?/docs/a"]).await;
    assert_eq!(
        all,
        [
            "/healthz?a=b 200",
            "/dashboard? 200",
            "/admin?x 403 organization_required",
            "/admin/users?/docs/a 403 organization_required"
        ]
    );
}

/// `%2F` handled, `%2f` not: Heimdall CVE-2026-42272.
#[tokio::test(flavor = "multi_thread")]
async fn percent_escapes_mean_the_same_in_either_case() {
    for target in ["/docs/..%2Fadmin", "/docs/..%2fadmin", "/docs/%5Cadmin", "/docs/%5cadmin"] {
        assert_eq!(told(&[target]).await, [format!("{target} 400 ambiguous_path")]);
    }
    let all = told(&["/docs/%C3%A9", "/docs/%c3%a9"]).await;
    assert_eq!(all, ["/docs/%C3%A9 200", "/docs/%c3%a9 200"]);
}

/// Matching on raw dot segments: Heimdall CVE-2026-42274, Oathkeeper GHSA-p224-6x5r-fjpm, Envoy
/// CVE-2019-9901, Traefik, and route matchers in applications.
#[tokio::test(flavor = "multi_thread")]
async fn dot_segments_choose_no_rule() {
    for target in [
        "/docs/../admin",
        "/docs/%2e%2e/admin",
        "/docs/.%2E/admin",
        "/docs/./a",
        "/docs/..",
        "/docs/..;/admin",
        "/docs/%252e%252e/admin",
        "//admin",
        "/docs//a",
    ] {
        assert_eq!(told(&[target]).await, [format!("{target} 400 ambiguous_path")]);
    }
}

/// Hosts compared with case, only the first of several forwarded values read, a made-up `Host`:
/// Heimdall. Host comparison in Istio: GHSA-7774-7vr3-cc8j.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_one_host_however_it_is_spelt() {
    let policy = format!(
        "{SHOP}\nhosts:\n  admin.shop.test:\n    routes:\n      /{{**}}: {{ role: org:admin }}\n"
    );
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, &policy).await;
    let bearer = format!("Bearer {}", instance.token(Loner));
    for (host, expected) in [
        ("shop.test", "200"),
        ("admin.shop.test", "403 organization_required"),
        ("ADMIN.shop.test", "403 organization_required"),
        ("admin.shop.test.", "403 organization_required"),
        ("admin.shop.test:8443", "403 organization_required"),
        ("Admin.Shop.Test.:80", "403 organization_required"),
        ("admin.shop.test,shop.test", "400 ambiguous_host"),
        ("shop.test@admin.shop.test", "400 ambiguous_host"),
        ("admin.shop.test/", "400 ambiguous_host"),
        ("admin.shop.test..", "400 ambiguous_host"),
    ] {
        let asked = Asked { host, ..Asked::get("/dashboard").header("authorization", &bearer) };
        assert_eq!(asked.of(&sidecar).await.told(), expected, "{host}");
    }
    for name in ["x-forwarded-host", "x-original-host", "x-host", "forwarded"] {
        let asked = Asked { host: "admin.shop.test", ..Asked::get("/dashboard") };
        let asked = asked.header("authorization", &bearer).header(name, "shop.test");
        assert_eq!(asked.of(&sidecar).await.told(), "403 organization_required", "{name}");
    }
}

/// A skip list matched by a regular expression over path and query: oauth2-proxy
/// GHSA-7rh7-c77v-6434.
#[tokio::test(flavor = "multi_thread")]
async fn a_public_path_somewhere_in_the_target_opens_nothing() {
    for (target, expected) in [
        ("/admin/users?next=/docs/a", "403 organization_required"),
        ("/admin/docs/a", "403 organization_required"),
        ("/nowhere/healthz", "403 no_route"),
        ("/healthz/x", "403 no_route"),
        ("/healthzx", "403 no_route"),
        ("/docsx", "403 no_route"),
        ("/HEALTHZ", "400 ambiguous_path"),
    ] {
        assert_eq!(told(&[target]).await, [format!("{target} {expected}")]);
    }
}

/// A `#` in the path widened a pattern: oauth2-proxy CVE-2026-41059. In Envoy: CVE-2021-32779.
#[tokio::test(flavor = "multi_thread")]
async fn a_fragment_is_refused() {
    for target in ["/admin#/docs/a", "/docs/a#", "/docs/a%23b", "/#/admin"] {
        assert_eq!(told(&[target]).await, [format!("{target} 400 ambiguous_path")]);
    }
}

/// A malformed address let through: Authelia CVE-2021-32637. A path without a leading slash
/// skipped deny rules: grpc-go CVE-2026-33186. A path read as an authority: OPA GHSA-9f29-v6mm-pw6w.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_refused() {
    let all = told(&[
        "admin/users",
        "*",
        "http://shop.test/docs/a",
        "/docs/%",
        "/docs/%4",
        "/docs/%zz",
        "/docs/\u{e9}",
        "/docs/a b",
        "/docs/a\tb",
        "/docs/a\u{0}b",
        "\\docs\\a",
        "",
        "?",
    ])
    .await;
    for told in all {
        assert!(
            told.ends_with("400 ambiguous_path") || told.ends_with("400 malformed_request"),
            "{told}"
        );
    }
}

/// Big inputs wrapped around at 65,536: `SpiceDB` CVE-2024-27101.
#[tokio::test(flavor = "multi_thread")]
async fn the_65537th_route_has_its_own_rule() {
    use std::fmt::Write as _;
    let mut policy = String::from("version: 1\nroutes:\n");
    for index in 0..65_600 {
        let requirement = if index == 65_536 { "{ role: org:admin }" } else { "public" };
        writeln!(policy, "  /r{index}: {requirement}").expect("a string takes text");
    }
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, &policy).await;
    assert_eq!(Asked::get("/r0").of(&sidecar).await.told(), "200");
    assert_eq!(Asked::get("/r65535").of(&sidecar).await.told(), "200");
    assert_eq!(Asked::get("/r65536").of(&sidecar).await.told(), "401 signed_out");
    assert_eq!(Asked::get("/r65537").of(&sidecar).await.told(), "200");
    let bearer = format!("Bearer {}", instance.token(Boss));
    let boss = Asked::get("/r65536").header("authorization", &bearer);
    assert_eq!(boss.of(&sidecar).await.told(), "200");
}
