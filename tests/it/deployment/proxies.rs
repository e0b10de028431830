//! Envoy's configuration in other places: the recommended one, but for where things are.

use super::documents::{all, text};
use crate::support::{
    envoy::shipped,
    toolchain::{self, repository, run},
};
use serde_json::{Value, json};
use std::process::Command;

const FILES: [&str; 2] = ["compose/envoy.yaml", "kubernetes/sidecar/envoy.yaml"];
const LISTENER: &str = "/static_resources/listeners/0/address/socket_address/address";

#[test]
fn envoy_accepts_each_of_them() {
    let Some(binary) = toolchain::required(toolchain::envoy()) else { return };
    for file in FILES {
        let file = repository().join("deploy").join(file);
        let verdict = run(Command::new(&binary).args(["--mode", "validate", "-c"]).arg(&file));
        assert!(verdict.is_ok(), "{}: {verdict:?}", file.display());
    }
}

#[test]
fn they_differ_from_the_recommended_one_in_addresses_alone() {
    let named = |name: &str, port: u16| json!({ "socket_address": { "address": name, "port_value": port } });
    let mut compose = shipped();
    set(&mut compose, LISTENER, json!("0.0.0.0"));
    for (number, address) in [(0, named("bailiff", 9191)), (1, named("service", 8000))] {
        set(&mut compose, &endpoint(number), address);
        set(
            &mut compose,
            &format!("/static_resources/clusters/{number}/type"),
            json!("STRICT_DNS"),
        );
    }
    assert_eq!(all(&text(FILES[0])).remove(0), compose);

    let mut pod = shipped();
    set(&mut pod, LISTENER, json!("0.0.0.0"));
    set(&mut pod, &endpoint(0), json!({ "pipe": { "path": "/run/bailiff/grpc.sock" } }));
    assert_eq!(all(&text(FILES[1])).remove(0), pod);
}

fn endpoint(cluster: usize) -> String {
    format!(
        "/static_resources/clusters/{cluster}/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address"
    )
}

fn set(document: &mut Value, pointer: &str, value: Value) {
    *document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not there")) = value;
}
