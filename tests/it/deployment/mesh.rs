//! What meshes and gateways are told, held to the schemas that they publish.

use super::{
    documents::{all, list, str, text},
    schemas::Schemas,
};
use crate::support::{deployment_tools, toolchain};
use serde_json::Value;
use std::{
    io::Write as _,
    process::{Command, Stdio},
};

/// Files whose readers publish a schema.
const FILES: [&str; 6] = [
    "istio/authorization-policy.yaml",
    "istio/ambient.yaml",
    "istio/same-pod.yaml",
    "istio/envoy-filter.yaml",
    "gateways/envoy-gateway.yaml",
    "gateways/contour.yaml",
];

/// Files that are checked otherwise, or whose reader publishes no schema that could be had.
const OTHERS: [&str; 2] = ["istio/mesh-config.yaml", "gateways/emissary.yaml"];

#[test]
fn what_meshes_and_gateways_are_told_is_what_they_read() {
    for file in FILES {
        let documents = all(&text(file));
        let Some(schemas) = toolchain::required(Schemas::of(&documents)) else { return };
        let mistakes = schemas.mistakes(&documents);
        assert!(mistakes.is_empty(), "{file}: {mistakes:#?}");
    }
}

#[test]
fn istio_reads_its_mesh_configuration() {
    let Some(reader) = toolchain::required(deployment_tools::mesh_config_reader()) else { return };
    let document = all(&text("istio/mesh-config.yaml")).remove(0);
    let mut mistaken = document["meshConfig"].clone();
    mistaken["extensionProviders"][0]["envoyExtAuthzGrpc"]["failopen"] = Value::Bool(true);
    for (configuration, good) in [(&document["meshConfig"], true), (&mistaken, false)] {
        let mut child = Command::new(&reader)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut input = child.stdin.take().expect("input");
        input.write_all(configuration.to_string().as_bytes()).expect("it reads");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), good, "{told}");
    }
}

#[test]
fn no_proxy_is_told_to_let_through_what_nobody_decided_about() {
    for file in FILES.into_iter().chain(OTHERS) {
        for document in all(&text(file)) {
            each(&document, &mut |key, value| {
                let opens = match key {
                    "failOpen" | "failure_mode_allow" | "bypass_auth" | "disabled" => {
                        *value != Value::Bool(false)
                    }
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
    for (key, value) in value.as_object().into_iter().flatten() {
        tell(key, value);
        each(value, tell);
    }
    for item in list(value) {
        each(item, tell);
    }
}
