//! The shipped configurations by themselves: the proxies accept them, and they name what the sample
//! policy names.

use crate::support::{proxy::Kind, toolchain::repository};
use serde_json::Value;
use std::{collections::BTreeSet, fs};

#[test]
fn every_proxy_accepts_its_shipped_configuration() {
    for kind in Kind::ALL {
        let Some(verdict) = kind.validate() else { continue };
        assert!(verdict.is_ok(), "{kind:?}: {verdict:?}");
    }
}

/// Everything in the folder of a proxy's configuration.
fn shipped(name: &str) -> String {
    let folder = repository().join("deploy").join(name);
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the shipped configuration")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).expect("text")).collect()
}

/// The names under `upstream.headers` in the sample policy.
fn sample_headers() -> BTreeSet<String> {
    let text = fs::read_to_string(repository().join("deploy/policy.yaml")).expect("the policy");
    let policy: Value = serde_saphyr::from_str(&text).expect("the policy is YAML");
    let headers = policy["upstream"]["headers"].as_object().expect("a map").keys().cloned();
    headers.collect()
}

#[test]
fn proxies_that_copy_by_name_copy_what_the_sample_policy_tells_services() {
    let clerks = ["x-clerk-auth-status", "x-clerk-auth-token", "x-clerk-request-data"];
    for name in ["nginx", "caddy", "traefik"] {
        let text = shipped(name).to_ascii_lowercase();
        for header in sample_headers().iter().map(String::as_str).chain(clerks) {
            assert!(text.contains(header), "{name} says nothing of {header}");
        }
    }
}

#[test]
fn traefik_believes_no_header_of_the_client() {
    let text = fs::read_to_string(repository().join("deploy/traefik/dynamic.yaml")).expect("text");
    let document: Value = serde_saphyr::from_str(&text).expect("YAML");
    let http = &document["http"];
    let asked = &http["middlewares"]["bailiff"]["forwardAuth"];
    assert_eq!(asked["trustForwardHeader"], false);
    assert_eq!(asked["address"], "http://127.0.0.1:9192/forward-auth/traefik");
    let copied = asked["authResponseHeaders"].as_array().expect("a list");
    let copied: BTreeSet<_> =
        copied.iter().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect();
    assert_eq!(copied, sample_headers());
    for router in http["routers"].as_object().expect("a map").values() {
        assert_eq!(router["middlewares"], serde_json::json!(["strip", "bailiff"]));
    }
}
