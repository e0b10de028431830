use super::{Addresses, Envoy, EnvoyError, configuration};
use serde_json::Value;
use std::{ffi::OsStr, net::SocketAddr};

const SHIPPED: &str = "
admin: { address: { socket_address: { address: 127.0.0.1, port_value: 9901 } } }
static_resources:
  listeners:
    - address: { socket_address: { address: 127.0.0.1, port_value: 10000 } }
  clusters:
    - name: bailiff
      endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 9191 } } }
      '@type': kept
      timeout: 0.25s
    - name: upstream
      endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 8000 } } }
";

/// A port that was free a moment ago.
fn free() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

fn addresses() -> Addresses {
    let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
    Addresses { listener: address(1), authorizer: address(2), upstream: address(3) }
}

#[test]
fn only_addresses_change_and_the_admin_page_goes() {
    let configuration = configuration(SHIPPED, &addresses()).unwrap();
    let clusters = &configuration["static_resources"]["clusters"];
    let port = |value: &Value| value["address"]["socket_address"]["port_value"].as_u64();
    assert_eq!(port(&configuration["static_resources"]["listeners"][0]), Some(1));
    assert_eq!(port(&clusters[0]["endpoint"]), Some(2));
    assert_eq!(port(&clusters[1]["endpoint"]), Some(3));
    assert_eq!((&clusters[0]["@type"], &clusters[0]["timeout"]), (&"kept".into(), &"0.25s".into()));
    assert!(configuration.get("admin").is_none());
}

#[test]
fn an_address_that_is_missing_or_stands_twice_is_refused() {
    for (from, to) in [("10000", "10001"), ("9191", "9192"), ("8000", "8001"), ("8000", "9191")] {
        let other = SHIPPED.replace(from, to);
        let refused = configuration(&other, &addresses());
        assert!(matches!(refused, Err(EnvoyError::AddressMissing(_))), "{from} {to}");
    }
    assert!(matches!(configuration("a: [", &addresses()), Err(EnvoyError::Unreadable(_))));
}

#[tokio::test]
async fn without_envoy_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let started =
        Envoy::start(OsStr::new("no-such-program-as-this"), &Value::Null, free(), folder.path());
    assert!(started.await.unwrap().is_none());
}

#[tokio::test]
async fn an_envoy_that_ends_at_once_is_an_error_with_its_last_words() {
    let folder = tempfile::tempdir().unwrap();
    // `ls` knows none of the options.
    let started = Envoy::start(OsStr::new("ls"), &Value::Null, free(), folder.path()).await;
    let Err(EnvoyError::Ended { log, .. }) = started else { panic!("{started:?}") };
    assert!(!log.is_empty());
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let started = Envoy::start(OsStr::new("ls"), &Value::Null, address, folder.path()).await;
    assert!(matches!(started, Err(EnvoyError::PortTaken { .. })), "{started:?}");
}
