//! Running it: what starts, what is shown where, and what happens when others answer nonsense.

use crate::support::{
    check::Asked,
    envoy, http,
    sidecar::{self, Sidecar},
    stack::SHOP,
    tokens::{Instance, Person::Boss},
};
use axum::{Router, http::StatusCode, routing::get};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// Metrics, debug pages and profiles on the public listener: Pomerium CVE-2022-24797. Tokens on a
/// user's page: CVE-2024-39315.
#[tokio::test(flavor = "multi_thread")]
async fn the_admin_pages_are_on_the_admin_listener_alone_and_show_no_token() {
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, SHOP).await;
    let token = instance.token(Boss);
    let bearer = format!("Bearer {token}");
    let asked = Asked::get("/admin/users").header("authorization", &bearer);
    assert_eq!(asked.of(&sidecar).await.told(), "200");

    let metrics = http::get(&sidecar.admin("/metrics"), &[]).await;
    assert_eq!(metrics.status, 200);
    let (_, signature) = token.rsplit_once('.').expect("a token has parts");
    assert!(!metrics.body.contains(signature));
    assert!(!metrics.body.contains(Boss.id()));
    assert!(!sidecar.log().contains(signature));

    let client = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
    for page in ["/metrics", "/healthz", "/readyz", "/debug/pprof/", "/"] {
        let address = format!("http://{}{page}", sidecar.grpc());
        let answer = client.get(address).send().await.expect("an answer");
        let body = answer.text().await.unwrap_or_default();
        assert_eq!(body, "", "{page} on the gRPC listener");
    }
}

/// Spoils good settings.
type Break = fn(&mut Value);

/// An unresolved reference to a secret meant no authentication at all: Traefik GHSA-4mr2.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_starts_on_settings_that_leave_a_door_open() {
    let instance = Instance::new();
    let open: [(&str, Break); 7] = [
        ("no policy", |settings| settings["policy"] = json!("absent.yaml")),
        ("no instance", |settings| settings["instances"] = json!([])),
        ("no key file", |settings| settings["instances"][0]["jwt_key_file"] = json!("absent.pem")),
        ("no publishable key", |settings| settings["instances"][0]["publishable_key"] = json!("")),
        ("a broken key", |settings| settings["instances"][0]["publishable_key"] = json!("pk_x")),
        ("an unknown setting", |settings| settings["instances"][0]["authorised"] = json!([])),
        ("an unknown part", |settings| settings["authorization"] = json!("off")),
    ];
    for (fault, break_it) in open {
        let directory = TempDir::new().expect("a temporary directory");
        let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
        std::fs::write(directory.path().join("policy.yaml"), SHOP).expect("the policy is written");
        break_it(&mut settings);
        let mut command = sidecar::command(directory.path(), &settings);
        let output = command.current_dir(directory.path()).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{fault}");
    }
    for policy in [
        "version: 1\nunlisted: public\nroutes:\n  /a: public\n",
        "version: 1\nroutes:\n  /a: { role: }\n",
        "version: 1\nroutes:\n  /a: { rolle: org:admin }\n",
        "version: 1\nroutes:\n  /a: public\n  /a: signed_in\n",
        "version: 1\nroutes:\n  /a:\n",
        "routes: [",
        "",
    ] {
        let directory = TempDir::new().expect("a temporary directory");
        let settings = sidecar::settings(directory.path(), &[("main", &instance)]);
        std::fs::write(directory.path().join("policy.yaml"), policy).expect("it is written");
        let output = sidecar::command(directory.path(), &settings).output().expect("it runs");
        assert!(matches!(output.status.code(), Some(1 | 2)), "{policy:?}: {output:?}");
    }
}

/// A datastore's password in the log: `SpiceDB` CVE-2023-46255.
#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_in_no_output() {
    let instance = Instance::new();
    let secret = "sk_test_hush0123456789hush0123456789";
    for policy in [SHOP, "version: 1\nroutes: ["] {
        let directory = TempDir::new().expect("a temporary directory");
        let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
        settings["listeners"]["grpc"] = json!(["203.0.113.1:1"]);
        std::fs::write(directory.path().join("policy.yaml"), policy).expect("it is written");
        let mut command = sidecar::command(directory.path(), &settings);
        command.env("CLERK_SECRET_KEY", secret).env("RUST_LOG", "trace");
        let output = command.output().expect("it runs");
        assert!(!output.status.success());
        for stream in [output.stdout, output.stderr] {
            let text = String::from_utf8_lossy(&stream).into_owned();
            assert!(!text.contains("hush"), "{text}");
        }
    }
}

/// The route chosen anew after the check, and remote keys that crashed the proxy: CVE-2025-64527,
/// CVE-2024-45809.
#[test]
fn in_the_shipped_configuration_nothing_chooses_a_route_after_the_check() {
    let document = envoy::shipped();
    let filters = document
        .pointer(
            "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters",
        )
        .and_then(Value::as_array)
        .expect("filters");
    let names: Vec<_> = filters.iter().filter_map(|filter| filter["name"].as_str()).collect();
    assert_eq!(names, ["envoy.filters.http.ext_authz", "envoy.filters.http.router"]);
    assert!(filters[0]["typed_config"].get("clear_route_cache").is_none());
    assert!(!envoy::SHIPPED.contains("jwt_authn"));
}

/// Interceptors that compared the method's path as text missed other spellings of it: grpc-go
/// CVE-2026-33186.
#[tokio::test(flavor = "multi_thread")]
async fn our_own_methods_have_one_spelling() {
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, SHOP).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
    let status = async |path: &str| {
        let address = format!("http://{}{path}", sidecar.grpc());
        let request = client.post(address).header("content-type", "application/grpc");
        let answer = request.body([0_u8; 5].to_vec()).send().await.expect("an answer");
        let status = answer.headers().get("grpc-status").map(|value| value.as_bytes().to_vec());
        String::from_utf8(status.unwrap_or_default()).expect("digits")
    };
    // An empty question, which is answered.
    let genuine = "/envoy.service.auth.v3.Authorization/Check";
    assert_ne!(status(genuine).await, "12");
    for spelling in [
        "/envoy.service.auth.v3.Authorization//Check",
        "//envoy.service.auth.v3.Authorization/Check",
        "/envoy.service.auth.v3.Authorization/check",
        "/envoy.service.auth.v3.Authorization/Check/",
        "/envoy.service.auth.v3.Authorization/%43heck",
        "/Envoy.service.auth.v3.Authorization/Check",
        "/bailiff.v1.OperatorService/Revoke",
        "/bailiff.v1.EventService/Subscribe",
    ] {
        assert_eq!(status(spelling).await, "12", "{spelling}");
    }
}

/// A sidecar that fetches the keys of `instance` from a server with this one answer.
async fn with_keys_from(
    instance: &Instance,
    status: StatusCode,
    body: String,
) -> (Sidecar, JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let app = Router::new().route("/jwks", get(move || async move { (status, body) }));
    let server = tokio::spawn(async move {
        let _ = axum::serve(listener, app).await;
    });
    let directory = TempDir::new().expect("a temporary directory");
    let mut settings = sidecar::settings(directory.path(), &[("main", instance)]);
    let main = settings["instances"][0].as_object_mut().expect("an instance");
    main.remove("jwt_key_file");
    main.insert("jwks_url".to_owned(), json!(format!("http://{address}/jwks")));
    (Sidecar::start_unready(directory, SHOP, &settings).await, server)
}

/// An odd answer of the key server: a set that names the key but holds nothing to verify with: the token is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_verify_verifies_nothing() {
    let instance = Instance::new();
    let body = r#"{"keys":[{"kty":"RSA","kid":"ins_shop","n":"AA","e":""}]}"#;
    let (sidecar, server) = with_keys_from(&instance, StatusCode::OK, body.to_owned()).await;
    let bearer = format!("Bearer {}", instance.token(Boss));
    let asked = Asked::get("/admin/users").header("authorization", &bearer);
    let told = asked.of(&sidecar).await.told();
    assert!(told.starts_with("401 ") || told.starts_with("503 "), "{told}");
    server.abort();
}

/// A panic on an odd answer from elsewhere: Authorino.
#[tokio::test(flavor = "multi_thread")]
async fn odd_answers_of_the_key_server_make_keys_unavailable_and_nothing_worse() {
    let instance = Instance::new();
    let odd = [
        (StatusCode::OK, String::new()),
        (StatusCode::OK, "null".to_owned()),
        (StatusCode::OK, "[]".to_owned()),
        (StatusCode::OK, r#"{"keys":{}}"#.to_owned()),
        (StatusCode::OK, r#"{"keys":[]}"#.to_owned()),
        (StatusCode::OK, format!("{{\"keys\":{}", "[".repeat(100_000))),
        (StatusCode::OK, "x".repeat(4 << 20)),
        (StatusCode::FOUND, String::new()),
        (StatusCode::INTERNAL_SERVER_ERROR, r#"{"keys":[]}"#.to_owned()),
    ];
    for (status, body) in odd {
        let begins: String = body.chars().take(40).collect();
        let (sidecar, server) = with_keys_from(&instance, status, body).await;
        let bearer = format!("Bearer {}", instance.token(Boss));
        let asked = Asked::get("/admin/users").header("authorization", &bearer);
        assert_eq!(asked.of(&sidecar).await.told(), "503 keys_unavailable", "{status} {begins}");
        assert_eq!(Asked::get("/docs/a").of(&sidecar).await.told(), "200");
        assert_eq!(http::get(&sidecar.admin("/readyz"), &[]).await.status, 503);
        server.abort();
    }
}
