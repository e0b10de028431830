//! The door by itself, asked as each proxy asks.

use crate::support::{
    http::{self, Answer},
    sidecar::{self, Sidecar},
    stack::SHOP,
    tokens::{
        Instance,
        Person::{Boss, Loner, Reader},
    },
};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What a proxy sends for `GET /dashboard`.
const FORWARDED: [(&str, &str); 4] = [
    ("x-forwarded-method", "GET"),
    ("x-forwarded-uri", "/dashboard"),
    ("x-forwarded-host", "shop.test"),
    ("x-forwarded-proto", "http"),
];
const ORIGINAL: [(&str, &str); 4] = [
    ("x-original-method", "GET"),
    ("x-original-uri", "/dashboard"),
    ("x-original-host", "shop.test"),
    ("x-original-proto", "http"),
];
const PROFILES: [(&str, [(&str, &str); 4]); 4] =
    [("nginx", ORIGINAL), ("haproxy", ORIGINAL), ("traefik", FORWARDED), ("caddy", FORWARDED)];

async fn ask(sidecar: &Sidecar, path: &str, headers: &[(&str, &str)]) -> Answer {
    http::get(&format!("http://{}{path}", sidecar.http()), headers).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_profile_answers_about_the_original_request() {
    let instance = Instance::new();
    let sidecar = Sidecar::start_over_http(&instance, SHOP).await;
    let bearer = format!("Bearer {}", instance.token(Boss));
    for (profile, said) in PROFILES {
        let path = format!("/forward-auth/{profile}");
        let mut headers = said.to_vec();
        assert_eq!(ask(&sidecar, &path, &headers).await.status, 401, "{profile}");
        headers.push(("authorization", &bearer));
        let answer = ask(&sidecar, &path, &headers).await;
        assert_eq!(answer.status, 200, "{profile}: {answer:?}");
        assert_eq!(answer.header("x-user-id"), Some(Boss.id()));
        assert_eq!(answer.header("x-org-role"), Some("org:admin"));
        assert_eq!(answer.header("authorization"), None);
        assert_eq!(answer.body, "");
    }
    let line = sidecar.logged(|fields| fields["effect"] == "allow").await;
    assert_eq!(line["door"], "forward_auth", "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_doubled_or_garbled_is_refused_and_counted() {
    let instance = Instance::new();
    let sidecar = Sidecar::start_over_http(&instance, SHOP).await;
    let bearer = format!("Bearer {}", instance.token(Boss));
    for (profile, said) in PROFILES {
        let path = format!("/forward-auth/{profile}");
        let status = if profile == "nginx" { 403 } else { 400 };
        for (at, (name, _)) in said.iter().enumerate() {
            for extra in [None, Some(""), Some("GET")] {
                let mut headers = said.to_vec();
                if extra != Some("GET") {
                    headers.remove(at);
                }
                headers.extend(extra.map(|value| (*name, value)));
                headers.push(("authorization", &bearer));
                let answer = ask(&sidecar, &path, &headers).await;
                let shown = answer.header("x-bailiff-reason").unwrap_or_default().to_owned();
                assert_eq!(answer.status, status, "{profile} {name} {extra:?}: {answer:?}");
                assert_eq!(shown, "malformed_request", "{profile} {name} {extra:?}");
            }
        }
    }
    let page = http::get(&sidecar.admin("/metrics"), &[]).await.body;
    let counted =
        r#"bailiff_decisions_total{door="forward_auth",effect="deny",reason="malformed_request"}"#;
    assert!(page.contains(counted), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_profiles_in_the_settings_are_answered() {
    let instance = Instance::new();
    let directory = TempDir::new().expect("a temporary directory");
    let mut settings =
        sidecar::with_http(sidecar::settings(directory.path(), &[("main", &instance)]));
    settings["forward_auth"]["profile"] = json!("caddy");
    settings["authzen"] = json!("off");
    let sidecar = Sidecar::start_in(directory, SHOP, &settings).await;
    let open: Vec<_> = FORWARDED
        .iter()
        .chain(&ORIGINAL)
        .map(|&(name, value)| (name, if name.ends_with("uri") { "/docs/a" } else { value }))
        .collect();
    assert_eq!(ask(&sidecar, "/forward-auth/caddy", &open).await.status, 200);
    for profile in ["nginx", "traefik", "haproxy", "envoy", "Caddy", "caddy%20"] {
        let answer = ask(&sidecar, &format!("/forward-auth/{profile}"), &open).await;
        assert_eq!(answer.status, 403, "{profile}");
        assert_eq!(answer.header("x-bailiff-reason"), Some("misconfigured"));
    }
    for path in ["/", "/forward-auth", "/forward-auth/", "/forward-auth/caddy/", "/docs/a"] {
        assert_eq!(ask(&sidecar, path, &open).await.status, 404, "{path}");
    }
    let evaluation = "/access/v1/evaluation";
    assert_eq!(ask(&sidecar, evaluation, &[]).await.status, 404, "AuthZEN has its own switch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_is_not_trusted_learns_nothing_and_is_counted() {
    let instance = Instance::new();
    let directory = TempDir::new().expect("a temporary directory");
    let mut settings =
        sidecar::with_http(sidecar::settings(directory.path(), &[("main", &instance)]));
    settings["forward_auth"]["trusted_peers"] = json!(["10.1.0.0/16", "192.0.2.1"]);
    let sidecar = Sidecar::start_in(directory, SHOP, &settings).await;
    for (profile, said) in PROFILES {
        for target in ["/docs/a", "/admin/a"] {
            let headers = said
                .map(|(name, value)| (name, if name.ends_with("uri") { target } else { value }));
            let mut headers = headers.to_vec();
            // Naming a trusted peer makes nobody one.
            headers.extend([("x-forwarded-for", "10.1.0.1"), ("x-real-ip", "10.1.0.1")]);
            let answer = ask(&sidecar, &format!("/forward-auth/{profile}"), &headers).await;
            assert_eq!(answer.status, 403, "{profile} {target}");
            assert_eq!(answer.header("x-bailiff-reason"), Some("untrusted_peer"));
        }
    }
    let line = sidecar.logged(|fields| fields["peer"] == "127.0.0.1").await;
    assert_eq!(line["level"], "WARN", "{line}");
    let page = http::get(&sidecar.admin("/metrics"), &[]).await.body;
    let counted =
        r#"bailiff_decisions_total{door="forward_auth",effect="deny",reason="untrusted_peer"} 8"#;
    assert!(page.contains(counted), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_open_the_unix_socket_is_trusted_where_the_settings_say_so() {
    let instance = Instance::new();
    let directory = TempDir::new().expect("a temporary directory");
    let socket = directory.path().join("http.sock");
    let mut settings =
        sidecar::with_http(sidecar::settings(directory.path(), &[("main", &instance)]));
    settings["forward_auth"]["trusted_peers"] = json!(["unix"]);
    let listeners = settings["listeners"].as_object_mut().expect("a map");
    listeners.insert("http".into(), json!(format!("unix:{}", socket.display())));
    let sidecar = Sidecar::start_in(directory, SHOP, &settings).await;
    let bearer = format!("authorization: Bearer {}\r\n", instance.token(Loner));
    for (credential, status) in [("", "HTTP/1.1 401"), (&*bearer, "HTTP/1.1 200")] {
        let mut stream = tokio::net::UnixStream::connect(&socket).await.expect("a connection");
        let mut request = "GET /forward-auth/nginx HTTP/1.1\r\nhost: bailiff\r\n".to_owned();
        for (name, value) in ORIGINAL {
            request.extend([name, ": ", value, "\r\n"]);
        }
        request.extend([credential, "connection: close\r\n\r\n"]);
        stream.write_all(request.as_bytes()).await.expect("the request is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with(status), "{answer}");
    }
    drop(sidecar);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_trusted_peers_it_does_not_start() {
    let instance = Instance::new();
    for (peers, named) in [
        (json!(null), "no peer is named"),
        (json!([]), "no peer is named"),
        (json!(["0.0.0.0/0"]), "trusts every address"),
        (json!(["unix"]), "`forward_auth.trusted_peers` can reach"),
    ] {
        let directory = TempDir::new().expect("a temporary directory");
        let mut settings =
            sidecar::with_http(sidecar::settings(directory.path(), &[("main", &instance)]));
        settings["forward_auth"]["trusted_peers"] = peers;
        std::fs::write(directory.path().join("policy.yaml"), SHOP).expect("the policy is written");
        let output = sidecar::command(directory.path(), &settings).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("forward_auth.trusted_peers") && told.contains(named), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_not_read_and_methods_of_the_question_itself_do_not_matter() {
    let instance = Instance::new();
    let sidecar = Sidecar::start_over_http(&instance, SHOP).await;
    let bearer = format!("Bearer {}", instance.token(Reader));
    let mut headers = FORWARDED.to_vec();
    headers.push(("authorization", &bearer));
    let url = format!("http://{}/forward-auth/traefik", sidecar.http());
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
        assert_eq!(http::send(method, &url, &headers).await.status, 200, "{method}");
    }
    let endless = format!(
        "POST /forward-auth/nginx HTTP/1.1\r\nhost: b\r\nconnection: close\r\n\
         content-length: 100000000\r\n{}\r\n",
        ORIGINAL.map(|(name, value)| format!("{name}: {value}\r\n")).concat()
    );
    let answer = http::raw_bytes(sidecar.http(), endless.as_bytes()).await;
    assert_eq!(answer.status, 401, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_headers_than_there_may_be_are_refused() {
    let instance = Instance::new();
    let sidecar = Sidecar::start_over_http(&instance, SHOP).await;
    let said: Vec<String> =
        ORIGINAL.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let many: Vec<String> = (0..300).map(|number| format!("x-{number}: y")).collect();
    let large = vec![format!("x-large: {}", "y".repeat(2 << 20))];
    for extra in [many, large] {
        let lines: Vec<&str> = said.iter().chain(&extra).map(String::as_str).collect();
        let answer = http::raw(sidecar.http(), "GET /forward-auth/nginx HTTP/1.1", &lines).await;
        assert_eq!(answer.status, 431, "{answer:?}");
    }
    assert_eq!(ask(&sidecar, "/forward-auth/nginx", &ORIGINAL).await.status, 401);
}
