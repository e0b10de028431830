//! The real Envoy, over TLS both ways and over a socket without a file.

use super::house::{House, NAME, mutual};
use crate::support::{
    envoy::{AuthorizerAddress, Envoy},
    http,
    sidecar::{self, Sidecar},
    tokens::{HOST, Instance, Person},
    toolchain,
    upstream::Upstream,
};
use serde_json::json;
use tempfile::TempDir;

/// The status of a page behind Envoy, asked for as somebody.
async fn status(envoy: &Envoy, instance: &Instance, path: &str) -> u16 {
    let bearer = format!("Bearer {}", instance.token(Person::Boss));
    http::get(&envoy.url(path), &[("host", HOST), ("authorization", &bearer)]).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn envoy_asks_over_mutual_tls_and_is_known_by_its_certificate() {
    let Some(binary) = toolchain::required(toolchain::envoy()) else { return };
    let house = House::start(mutual()).await;
    let folder = house.sidecar.file("");
    house.gateway().write(&folder, "envoy");
    let upstream = Upstream::start().await;
    let authorizer = AuthorizerAddress::Tls(house.sidecar.grpc(), NAME, folder.clone());
    let envoy = Envoy::start(&binary, &authorizer, upstream.address()).await;
    let instance = &house.instance;
    assert_eq!(status(&envoy, instance, "/private").await, 200);
    assert_eq!(status(&envoy, instance, "/gateway").await, 200);
    assert_eq!(status(&envoy, instance, "/other").await, 403);
    assert_eq!(status(&envoy, instance, "/nowhere").await, 403);

    // One with another certificate is let in as well, and is somebody else.
    house.clients.certify(&["spiffe://shop.test/other"]).write(&folder, "envoy");
    let other = Envoy::start(&binary, &authorizer, upstream.address()).await;
    assert_eq!(status(&other, instance, "/gateway").await, 403);
    assert_eq!(status(&other, instance, "/other").await, 200);

    // One whose certificate nobody vouches for gets no answer, and lets nobody through.
    house.authority.certify(&["spiffe://shop.test/gateway"]).write(&folder, "envoy");
    let stranger = Envoy::start(&binary, &authorizer, upstream.address()).await;
    assert_eq!(status(&stranger, instance, "/").await, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn envoy_asks_over_a_socket_without_a_file() {
    let Some(binary) = toolchain::required(toolchain::envoy()) else { return };
    let instance = Instance::new();
    let directory = TempDir::new().expect("a temporary directory");
    let name = format!("bailiff-test-{}", std::process::id());
    let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
    settings["listeners"]["grpc"] = json!(["127.0.0.1:0", format!("unix:@{name}")]);
    let sidecar = Sidecar::start_in(directory, super::house::POLICY, &settings).await;
    let address = format!("unix:@{name}");
    let health = sidecar::bailiff().args(["healthcheck", "--address", &address]).status();
    assert_eq!(health.expect("it runs").code(), Some(0));
    let upstream = Upstream::start().await;
    let envoy = Envoy::start(&binary, &AuthorizerAddress::Abstract(name), upstream.address()).await;
    assert_eq!(status(&envoy, &instance, "/private").await, 200);
    assert_eq!(status(&envoy, &instance, "/gateway").await, 403);
    drop(sidecar);
}
