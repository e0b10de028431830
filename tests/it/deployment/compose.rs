//! `deploy/compose`: held to the Compose specification, and served with the environment that it gives.

use super::{
    documents::{all, str, text},
    manifests::is_known,
    served::Mounted,
};
use crate::support::{deployment_tools, tokens::Instance, toolchain};
use serde_json::Value;
use std::fs;

fn compose() -> Value {
    all(&text("compose/compose.yaml")).remove(0)
}

#[test]
fn the_compose_file_is_what_compose_reads() {
    let Some(schemas) = toolchain::required(deployment_tools::schemas()) else { return };
    let schema = fs::read_to_string(schemas.join("compose-spec.json")).expect("a schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let mistakes: Vec<_> =
        schema.iter_errors(&compose()).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let mut mistaken = compose();
    mistaken["services"]["bailiff"]["volume"] = Value::from("policy");
    assert!(!schema.is_valid(&mistaken));
}

#[test]
fn only_envoy_is_reached_from_outside_and_only_envoy_reaches_the_service() {
    let services = &compose()["services"];
    for (name, service) in services.as_object().expect("services") {
        assert_eq!(service["ports"].is_array(), name == "envoy", "{name}");
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"][0], "ALL", "{name}");
    }
    assert_eq!(services["service"]["networks"], serde_json::json!(["services"]));
    assert_eq!(services["bailiff"]["networks"], serde_json::json!(["authorization"]));
    assert_eq!(compose()["networks"]["services"]["internal"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_that_it_gives_is_served() {
    let variables = compose()["services"]["bailiff"]["environment"].clone();
    let mut environment = vec![("BAILIFF_ADMIN", "127.0.0.1:0".to_owned())];
    let variables = variables.as_object().expect("variables");
    for (name, value) in variables {
        assert!(is_known(name), "{name}");
        // `${NAME:-default}` and `${NAME:?what to do}`.
        let value = match str(value).strip_prefix("${").and_then(|it| it.strip_suffix('}')) {
            Some(written) => match written.split_once(":-") {
                Some((_, default)) => default.to_owned(),
                None => Instance::new().publishable_key(),
            },
            None => str(value).to_owned(),
        };
        environment.push((name, value));
    }
    let policy = [("policy.yaml".to_owned(), text("compose/policy/policy.yaml"))].into();
    let secrets = [("clerk_secret_key".to_owned(), "sk_test_0123456789abcdef".to_owned())].into();
    let mounted = Mounted::new(&[("policy", &policy), ("secrets", &secrets)]);
    let served = mounted.serve(&["serve"], &environment).await;
    assert!(served.metrics().await.contains("bailiff_policy_info"));
    assert_eq!(served.ended().await, Some(0));
}
