//! What Envoy's access log knows about decisions.

use crate::support::{
    sidecar,
    stack::Stack,
    tokens::{Instance, Person::Reader},
    upstream::received,
};
use serde_json::{Map, json};
use tempfile::TempDir;

/// The names of what the access log says about two requests: of a reader, and of nobody.
async fn told(shop: &Stack) -> [Vec<String>; 2] {
    assert_eq!(shop.get(Some(Reader), "/dashboard").await.status, 200);
    assert_eq!(shop.get(None, "/dashboard/late").await.status, 401);
    let mut names = Vec::new();
    for path in ["/dashboard", "/dashboard/late"] {
        let entry = shop.envoy.access_log(path).await;
        let fields = entry["bailiff"].as_object().into_iter().flat_map(Map::keys);
        // How long it asked is Envoy's own word.
        names.push(fields.filter(|name| *name != "ext_authz_duration").cloned().collect());
    }
    names.try_into().expect("two")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_access_log_knows_whatever_applies() {
    let Some(shop) = Stack::start().await else { return };
    let [reader, nobody] = told(&shop).await;
    assert_eq!(
        reader,
        [
            "credential",
            "effect",
            "expires_at",
            "instance",
            "organization_id",
            "organization_role",
            "reason",
            "revision",
            "rule",
            "session_id",
            "user_id"
        ]
    );
    assert_eq!(nobody, ["effect", "instance", "reason", "revision", "rule"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_knows_no_more_than_the_settings_say() {
    for (fields, of_reader, of_nobody) in [
        (json!(["reason", "user_id", "client_id"]), vec!["reason", "user_id"], vec!["reason"]),
        (json!([]), vec![], vec![]),
    ] {
        let more = json!({ "dynamic_metadata": fields });
        let Some(shop) = Stack::start_with_settings(&more).await else { return };
        let [reader, nobody] = told(&shop).await;
        assert_eq!(reader, of_reader);
        assert_eq!(nobody, of_nobody);
        // What the service is told does not depend on it.
        let echo = shop.received_once();
        assert_eq!(received(&echo, "x-user-id"), ["user_2reader000000000000000000"]);
    }
}

#[test]
fn a_field_that_there_is_not_is_a_usage_error_that_names_those_there_are() {
    let instance = Instance::new();
    let directory = TempDir::new().expect("a temporary directory");
    let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
    settings["dynamic_metadata"] = json!(["reason", "token"]);
    let output = sidecar::command(directory.path(), &settings).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("token") && said.contains("organization_role"), "{said}");
}
