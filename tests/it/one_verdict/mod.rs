//! One verdict, many doors: each case of `cases.yaml` through every one of them, and through every
//! proxy in front of them.

mod asking;
mod case;

use crate::support::{
    check::ENCODINGS,
    proxy::{Kind, Proxy},
    sidecar::{Sidecar, with_http},
    tokens::{Instance, ORIGIN},
    toolchain,
    upstream::Upstream,
};
use asking::Doors;
use case::{Case, Wanted};
use serde_json::json;
use tempfile::TempDir;

const POLICY: &str = include_str!("policy.yaml");

/// The shop, asked at every door. Pages of both its hosts may be come back to.
async fn shop() -> (Sidecar, Instance, TempDir) {
    let instance = Instance::new();
    let directory = TempDir::new().expect("a temporary directory");
    let settings =
        with_http(crate::support::sidecar::settings(directory.path(), &[("main", &instance)]));
    let kept = TempDir::new().expect("a temporary directory");
    std::fs::write(kept.path().join("key.pem"), instance.key().public_pem()).expect("a key");
    std::fs::write(kept.path().join("policy.yaml"), POLICY).expect("a policy");
    assert_eq!(settings["instances"][0]["authorized_parties"], json!([ORIGIN]));
    (Sidecar::start_in(directory, POLICY, &settings).await, instance, kept)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_gives_the_same_verdict() {
    let (sidecar, instance, folder) = shop().await;
    let mut doors = Doors::of(&sidecar, folder.path()).await;
    let mut wrong = Vec::new();
    for case in Case::all() {
        let token = case.token(&instance);
        let token = token.as_deref();
        let mut answers: Vec<(String, String)> = Vec::new();
        match &case.wanted {
            Wanted::Request(request) => {
                for encoding in ENCODINGS {
                    let told = doors.check(request, token, encoding).await;
                    answers.push((format!("Check, {encoding:?}"), told));
                }
                for profile in ["nginx", "traefik", "caddy", "haproxy"] {
                    let told = doors.forward_auth(profile, request, token).await;
                    answers.push((format!("forward-auth, {profile}"), told));
                }
            }
            Wanted::Action(action) => {
                for way in asking::AUTHZEN_WAYS {
                    let told = doors.authzen(action, &case.subject(), token, way).await;
                    answers.push((format!("AuthZEN, {way:?}"), told));
                }
            }
        }
        for way in asking::AUTHORIZE_WAYS {
            let told = doors.authorize(&case.wanted, token, way).await;
            answers.push((format!("Authorize, {way:?}"), told));
        }
        if let Some(told) = doors.explain(&case.who, &case.wanted, token) {
            answers.push(("bailiff explain".to_owned(), told));
        }
        let differing = answers.iter().filter(|(_, told)| *told != case.expect);
        wrong.extend(differing.map(|(door, told)| format!("{door}: {told} for {case}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_proxy_gives_the_same_verdict() {
    let (sidecar, instance, _folder) = shop().await;
    let upstream = Upstream::start().await;
    let mut proxies = Vec::new();
    if let Some(binary) = toolchain::required(toolchain::envoy()) {
        let asked = sidecar.over_tcp();
        let envoy = crate::support::envoy::Envoy::start(&binary, &asked, upstream.address()).await;
        let address = envoy.address();
        proxies.push(("envoy", address, asking::Kept::Envoy(envoy)));
    }
    for kind in Kind::ALL {
        if let Some(proxy) = Proxy::start(kind, sidecar.http(), upstream.address()).await {
            let address = proxy.address();
            proxies.push((kind.name(), address, asking::Kept::Proxy(proxy)));
        }
    }
    let mut wrong = Vec::new();
    for case in Case::all() {
        let Wanted::Request(request) = &case.wanted else { continue };
        if case.direct.is_some() {
            continue;
        }
        let token = case.token(&instance);
        for (name, address, _) in &proxies {
            let told = asking::through(*address, request, token.as_deref()).await;
            if told != case.expect {
                wrong.push(format!("{name}: {told} for {case}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
