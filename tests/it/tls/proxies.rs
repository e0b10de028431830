//! Proxies that ask by HTTP sub-request over mutual TLS.

use super::house::{GATEWAY, House, NAME, mutual};
use crate::support::{
    certificates::Authority,
    http,
    proxy::{Kind, Proxy, free},
    sidecar::with_http,
    tokens::{HOST, Person},
    upstream::Upstream,
};
use serde_json::json;
use std::{fs, net::SocketAddr, path::Path};
use tempfile::TempDir;

/// A sidecar that proxies ask over mutual TLS, and one of them only.
async fn house() -> House {
    let mut tls = mutual();
    tls["allowed_clients"] = json!([GATEWAY]);
    House::start_with(mutual(), |_, settings| {
        *settings = with_http(settings.take());
        settings["listeners"]["http"] = json!({ "address": "127.0.0.1:0", "tls": tls });
    })
    .await
}

/// What [`docs/forward-auth.md`] adds to the shipped configuration, which asks at `asked`. The folder
/// holds `proxy.pem`, `proxy.key.pem`, both as `proxy.both.pem`, and `ca.pem`.
fn over_tls(kind: Kind, text: &str, asked: SocketAddr, folder: &Path) -> String {
    let file = |name: &str| folder.join(name).display().to_string();
    let (own, key, authority) = (file("proxy.pem"), file("proxy.key.pem"), file("ca.pem"));
    match kind {
        Kind::Nginx => text.replace(
            "proxy_pass http://bailiff/",
            &format!(
                "proxy_ssl_certificate {own};\n    proxy_ssl_certificate_key {key};\n    \
                 proxy_ssl_trusted_certificate {authority};\n    proxy_ssl_verify on;\n    \
                 proxy_ssl_name {NAME};\n    proxy_pass https://bailiff/"
            ),
        ),
        Kind::Traefik => text.replace("address: http://127", "address: https://127").replace(
            "trustForwardHeader: false",
            &format!(
                "trustForwardHeader: false\n        \
                 tls: {{ ca: {authority}, cert: {own}, key: {key} }}"
            ),
        ),
        Kind::Caddy => text.replacen(
            "transport http {",
            &format!(
                "transport http {{\n tls\n tls_client_auth {own} {key}\n \
                 tls_trusted_ca_certs {authority}\n tls_server_name {NAME}"
            ),
            1,
        ),
        Kind::Haproxy => {
            let (both, socket) = (file("proxy.both.pem"), file("bailiff.sock"));
            let inner = format!(
                "\nlisten bailiff\n    bind unix@{socket} mode 600\n    retries 0\n    server bailiff {asked} ssl crt {both} \
                 ca-file {authority} verify required verifyhost {NAME}\n\nbackend service\n"
            );
            text.replace(
                &format!("lua.bailiff http://{asked}"),
                &format!("lua.bailiff unix@{socket}"),
            )
            .replace("\nbackend service\n", &inner)
        }
    }
}

/// A proxy that shows what is in the folder.
async fn proxy(kind: Kind, house: &House, upstream: &Upstream, folder: &Path) -> Option<Proxy> {
    let (address, asked) = (free(), house.sidecar.http());
    let change = |text: String| over_tls(kind, &text, asked, folder);
    let part = |name| fs::read_to_string(folder.join(name)).expect("it is written");
    let both = part("proxy.pem") + &part("proxy.key.pem");
    fs::write(folder.join("proxy.both.pem"), both).expect("it is written");
    Proxy::start_with(kind, address, asked, upstream.address(), change).await
}

async fn status(proxy: &Proxy, house: &House, path: &str) -> u16 {
    let bearer = format!("Bearer {}", house.instance.token(Person::Boss));
    http::get(&proxy.url(path), &[("host", HOST), ("authorization", &bearer)]).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_shows_its_certificate_is_known_by_it() {
    for kind in Kind::ALL {
        let (house, upstream) = (house().await, Upstream::start().await);
        let folder = TempDir::new().expect("a temporary directory");
        house.gateway().write(folder.path(), "proxy");
        fs::write(folder.path().join("ca.pem"), house.authority.pem()).expect("it is written");
        let Some(proxy) = proxy(kind, &house, &upstream, folder.path()).await else { continue };
        for (path, expected) in [("/", 200), ("/gateway", 200), ("/other", 403)] {
            assert_eq!(
                status(&proxy, &house, path).await,
                expected,
                "{kind:?} {path}: {}",
                proxy.log()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_answered_and_nobody_else_is_believed() {
    for kind in Kind::ALL {
        let (house, upstream) = (house().await, Upstream::start().await);
        let stranger = Authority::new();
        // With TLS 1.3, Bailiff turns a client away when the connection stands already for the client:
        // HAProxy may have sent its question by then, or not.
        let away = vec![kind.when_away()];
        let cut_off = if kind == Kind::Haproxy { vec![502, 503] } else { away.clone() };
        for (what, shown, trusted, expected) in [
            ("of another authority", stranger.certify(&[GATEWAY]), &house.authority, &cut_off),
            ("of another name", house.clients.certify(&["other.test"]), &house.authority, &cut_off),
            ("to a server of another authority", house.gateway(), &stranger, &away),
        ] {
            let folder = TempDir::new().expect("a temporary directory");
            shown.write(folder.path(), "proxy");
            fs::write(folder.path().join("ca.pem"), trusted.pem()).expect("it is written");
            let Some(proxy) = proxy(kind, &house, &upstream, folder.path()).await else { break };
            for path in ["/", "/gateway"] {
                let status = status(&proxy, &house, path).await;
                assert!(expected.contains(&status), "{kind:?} {what} {path} {status}");
            }
        }
        upstream.saw_nothing();
        let address = format!("https://{}/forward-auth/{}", house.sidecar.http(), kind.name());
        assert!(http::client().get(&address).send().await.is_err());
        let plain = address.replace("https://", "http://");
        assert!(http::client().get(&plain).send().await.is_err());
    }
}
