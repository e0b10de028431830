//! Commands that reach a running Bailiff over TLS, and operators who are known by their certificates.

use super::house::{ANY, House, mutual};
use crate::support::{
    certificates::Certified,
    check::{Asked, Verdict},
    grpc, sidecar,
    tokens::Person,
};
use serde_json::json;
use std::process::Output;

const OPERATOR: &str = "spiffe://shop.test/operator";

/// Runs a command with the authority in `ca.pem` and what is shown in files of this name.
fn run(house: &House, shown: Option<&str>, arguments: &[&str]) -> Output {
    let mut command = sidecar::bailiff();
    command.args(arguments).arg("--address").arg(house.sidecar.grpc().to_string());
    command.arg("--ca-file").arg(house.sidecar.file("ca.pem"));
    if let Some(name) = shown {
        command.arg("--certificate-file").arg(house.sidecar.file(&format!("{name}.pem")));
        command.arg("--key-file").arg(house.sidecar.file(&format!("{name}.key.pem")));
    }
    command.output().expect("the command runs")
}

fn write(house: &House, certified: &Certified, name: &str) {
    certified.write(house.sidecar.file("").as_path(), name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_health_check_speaks_tls() {
    let house = House::start(mutual()).await;
    write(&house, &house.gateway(), "gateway");
    let code = |shown, arguments: &[&str]| run(&house, shown, arguments).status.code();
    assert_eq!(code(Some("gateway"), &["healthcheck"]), Some(0));
    assert_eq!(code(Some("gateway"), &["healthcheck", "--server-name", "bailiff.test"]), Some(0));
    assert_eq!(code(Some("gateway"), &["healthcheck", "--server-name", "other.test"]), Some(1));
    assert_eq!(code(None, &["healthcheck"]), Some(1));
    assert_eq!(code(Some("nothing"), &["healthcheck"]), Some(2));
    let mut plain = sidecar::bailiff();
    plain.args(["healthcheck", "--timeout", "1000", "--address"]);
    let plain = plain.arg(house.sidecar.grpc().to_string()).output().expect("it runs");
    assert_eq!(plain.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_are_known_by_their_certificates_and_audited() {
    let house = House::start_with(mutual(), |_, settings| {
        settings["operator_clients"] = json!([OPERATOR]);
    })
    .await;
    write(&house, &house.clients.certify(&[OPERATOR]), "operator");
    write(&house, &house.gateway(), "gateway");
    let told = || async {
        let bearer = format!("Bearer {}", house.instance.token(Person::Boss));
        let message = Asked::get("/private").header("authorization", &bearer).message();
        let channel = house.connect(Some(&house.gateway()), ANY).await.expect("a connection");
        let answer = grpc::check_client(channel).check(message).await.expect("an answer");
        Verdict::of(answer.into_inner()).told()
    };
    let revoke = ["revoke", Person::Boss.id(), "--why", "laptop lost", "--for", "1h"];

    let refused = run(&house, Some("gateway"), &revoke);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("no operator credential"), "{said}");
    let line = house.sidecar.logged(|line| line["outcome"] == "stranger").await;
    assert!(line["by"].as_str().is_some_and(|by| by.contains("spiffe://shop.test/gateway")));
    assert_eq!(told().await, "200");

    let done = run(&house, Some("operator"), &revoke);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(told().await, "403 access_revoked");
    let line = house.sidecar.logged(|line| line["operation"] == "revoke").await;
    let by = line["by"].as_str().expect("who it was");
    assert!(by.contains("127.0.0.1:") && by.contains(OPERATOR), "{by}");
    assert_eq!((&line["outcome"], &line["why"]), (&json!("taken"), &json!("laptop lost")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_credential_is_not_mended_by_a_certificate() {
    let house = House::start_with(mutual(), |directory, settings| {
        settings["operator_clients"] = json!([OPERATOR]);
        settings["operator_token_file"] = json!("token");
        let write = |name: &str, text: &str| {
            crate::support::certificates::replace(&directory.path().join(name), text);
        };
        write("token", "made-up-operator-credential\n");
        write("wrong", "made-up-stranger-credential\n");
    })
    .await;
    write(&house, &house.clients.certify(&[OPERATOR]), "operator");
    write(&house, &house.gateway(), "gateway");
    let revoke = |shown, file: &str| {
        let file = house.sidecar.file(file).display().to_string();
        let why = ["revoke", "user_1", "--why", "a test", "--for", "1m", "--token-file", &file];
        run(&house, Some(shown), &why).status.code()
    };
    assert_eq!(revoke("operator", "wrong"), Some(1));
    assert_eq!(revoke("operator", "token"), Some(0));
    // Whoever knows the credential needs no name.
    assert_eq!(revoke("gateway", "token"), Some(0));
}

#[test]
fn half_a_certificate_is_a_usage_error() {
    for arguments in [
        &["--certificate-file", "a.pem"][..],
        &["--key-file", "a.pem"],
        &["--certificate-file", "a.pem", "--key-file", "a.pem"],
        &["--server-name", "bailiff.test"],
        &["--ca-file", "/nowhere/ca.pem"],
        &["--address", "unix:@x", "--ca-file", "/nowhere/ca.pem"],
    ] {
        let output = sidecar::bailiff().arg("healthcheck").args(arguments).output();
        assert_eq!(output.expect("it runs").status.code(), Some(2), "{arguments:?}");
    }
}
