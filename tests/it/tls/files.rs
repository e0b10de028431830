//! What is wrong with the files is said at the start, in one line; what can still serve does.

use super::house::{House, NAME, mutual, one_way};
use crate::support::{
    certificates::{Authority, date_time_ymd},
    sidecar,
    tokens::Instance,
};
use serde_json::json;
use std::fs;
use tempfile::TempDir;

#[test]
fn what_cannot_serve_is_one_line_and_a_usage_error() {
    let authority = Authority::new();
    let good = authority.certify(&[NAME]);
    let other = authority.certify(&[NAME]);
    for (certificate, key, clients, said) in [
        (None, Some(&*good.key), Some(authority.pem()), "server.pem` cannot be read"),
        (Some(&*good.certificate), None, Some(authority.pem()), "server.key.pem` cannot be read"),
        (Some(&*good.certificate), Some(&*good.key), None, "clients.pem` cannot be read"),
        (Some(&*good.certificate), Some(&*other.key), Some(authority.pem()), "does not serve for"),
        (Some(&*good.key), Some(&*good.key), Some(authority.pem()), "holds no certificate"),
        (
            Some(&*good.certificate),
            Some(&*good.certificate),
            Some(authority.pem()),
            "is not the PEM",
        ),
        (Some(&*good.certificate), Some(&*good.key), Some("nothing"), "holds no certificate"),
    ] {
        let directory = TempDir::new().expect("a temporary directory");
        let path = directory.path();
        for (name, text) in
            [("server.pem", certificate), ("server.key.pem", key), ("clients.pem", clients)]
        {
            if let Some(text) = text {
                fs::write(path.join(name), text).expect("it is written");
            }
        }
        fs::write(path.join("policy.yaml"), super::house::POLICY).expect("it is written");
        let mut settings = sidecar::settings(path, &[("main", &Instance::new())]);
        settings["listeners"]["grpc"] = json!({ "address": "127.0.0.1:0", "tls": mutual() });
        let output = sidecar::command(path, &settings).output().expect("it ends");
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}: {printed}");
        assert_eq!(printed.matches("cannot speak TLS on `127.0.0.1:0`").count(), 1, "{printed}");
        assert!(printed.contains(said), "{said}: {printed}");
        assert!(!printed.contains("PRIVATE"), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_serves_and_is_complained_of() {
    // Clients that do not look would be shut out for nothing; those that do are shut out by themselves.
    let house = House::start_with(one_way(), |directory, _| {
        let expired = Authority::new().certify_with(&[NAME], |certificate| {
            certificate.not_after = date_time_ymd(2021, 1, 1);
        });
        expired.write(directory.path(), "server");
    })
    .await;
    let line = house
        .sidecar
        .logged(|line| line["message"].as_str().is_some_and(|text| text.contains("has expired")))
        .await;
    assert_eq!((&line["level"], &line["until"]), (&json!("ERROR"), &json!("2021-01-01T00:00:00Z")));
    let page = house.readiness().await;
    assert!(page.contains("certificate good until 2021-01-01T00:00:00Z"), "{page}");
    assert!(!house.answers(None).await);
    let not_after = r#"bailiff_tls_certificate_not_after_seconds{listener="grpc"}"#;
    assert_eq!(house.metric(not_after).await, Some(1_609_459_200.0));
}
