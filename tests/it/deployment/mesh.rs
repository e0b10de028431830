//! What meshes and gateways are told, held to the schemas that they publish.

use super::{
    documents::{all, list, str, text},
    schemas::Schemas,
};
use crate::support::toolchain;
use serde_json::Value;

/// Files whose readers publish a schema.
const FILES: [&str; 6] = [
    "istio/authorization-policy.yaml",
    "istio/ambient.yaml",
    "istio/same-pod.yaml",
    "istio/envoy-filter.yaml",
    "gateways/envoy-gateway.yaml",
    "gateways/contour.yaml",
];

/// Files whose readers publish none that could be had.
const UNCHECKED: [&str; 2] = ["istio/mesh-config.yaml", "gateways/emissary.yaml"];

#[test]
fn what_meshes_and_gateways_are_told_is_what_they_read() {
    let Some(schemas) = toolchain::required(Schemas::of(&[])) else { return };
    for file in FILES {
        let mistakes = schemas.mistakes(&all(&text(file)));
        assert!(mistakes.is_empty(), "{file}: {mistakes:#?}");
    }
}

#[test]
fn no_proxy_is_told_to_let_through_what_nobody_decided_about() {
    for file in FILES.into_iter().chain(UNCHECKED) {
        for document in all(&text(file)) {
            each(&document, &mut |key, value| {
                let opens = match key {
                    "failOpen" | "failure_mode_allow" => *value != Value::Bool(false),
                    "bypass_auth" | "disabled" => *value != Value::Bool(false),
                    "statusOnError" => !matches!(value.as_str(), Some("503")) && *value != 503,
                    "status_on_error" => value["code"] != 503,
                    _ => false,
                };
                assert!(!opens, "{file}: {key}: {value}");
            });
        }
    }
}

#[test]
fn every_proxy_asks_where_the_manifests_listen_and_gives_up_in_time() {
    for (file, asked) in [
        ("istio/mesh-config.yaml", "service: bailiff.bailiff.svc.cluster.local"),
        ("istio/mesh-config.yaml", "port: 9191"),
        ("istio/mesh-config.yaml", "timeout: 0.5s"),
        ("gateways/envoy-gateway.yaml", "{ name: bailiff, namespace: bailiff, port: 9191 }"),
        ("gateways/envoy-gateway.yaml", "timeout: 500ms"),
        ("gateways/contour.yaml", "{ name: bailiff, port: 9191 }"),
        ("gateways/contour.yaml", "responseTimeout: 500ms"),
        ("gateways/emissary.yaml", "auth_service: bailiff.bailiff:9191"),
        ("gateways/emissary.yaml", "timeout_ms: 500"),
    ] {
        assert!(text(file).contains(asked), "{file}: {asked}");
    }
}

#[test]
fn an_istio_policy_names_the_provider_and_always_asks() {
    let mesh = all(&text("istio/mesh-config.yaml")).remove(0);
    let providers = list(&mesh["meshConfig"]["extensionProviders"]);
    let name = str(&providers[0]["name"]);
    for file in ["istio/authorization-policy.yaml", "istio/ambient.yaml", "istio/same-pod.yaml"] {
        let documents = all(&text(file));
        let custom: Vec<_> =
            documents.iter().filter(|document| document["spec"]["action"] == "CUSTOM").collect();
        assert_eq!(custom.len(), 1, "{file}");
        assert_eq!(custom[0]["spec"]["provider"]["name"], name, "{file}");
        assert_eq!(custom[0]["spec"]["rules"], serde_json::json!([{}]), "{file}");
    }
}

fn each(value: &Value, tell: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                tell(key, value);
                each(value, tell);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each(item, tell)),
        _ => {}
    }
}
