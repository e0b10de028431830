//! Who is answered, and who is not.

use super::house::{ANY, GATEWAY, House, NAME, healthy, mutual, one_way};
use crate::support::{
    PATIENCE,
    certificates::{Authority, client, date_time_ymd},
    grpc, http,
};
use rcgen::ExtendedKeyUsagePurpose;
use rustls::version::{TLS12, TLS13};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_trusts_the_authority_is_answered_in_both_versions() {
    let house = House::start(one_way()).await;
    for version in [&TLS12, &TLS13] {
        let channel = house.connect(None, &[version]).await.expect("a connection");
        healthy(channel).await.expect("an answer");
    }
    // Somebody who trusts others is not fooled, and neither is one who looks for another name.
    let address = house.sidecar.grpc();
    let stranger = client(&Authority::new(), None, ANY);
    assert!(grpc::tls_channel(address, stranger, NAME).await.is_err());
    let careful = client(&house.authority, None, ANY);
    assert!(grpc::tls_channel(address, careful, "other.test").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_certificate_of_the_authority_that_is_good_now_lets_in() {
    let house = House::start(mutual()).await;
    let clients = &house.clients;
    assert!(house.answers(Some(&house.gateway())).await);
    let expired = clients.certify_with(&[GATEWAY], |certificate| {
        certificate.not_after = date_time_ymd(2021, 1, 1);
    });
    let not_yet = clients.certify_with(&[GATEWAY], |certificate| {
        certificate.not_before = date_time_ymd(2090, 1, 1);
        certificate.not_after = date_time_ymd(2091, 1, 1);
    });
    let for_servers = clients.certify_with(&[GATEWAY], |certificate| {
        certificate.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    let of_another = Authority::new().certify(&[GATEWAY]);
    let of_the_servers = house.authority.certify(&[GATEWAY]);
    for (what, shown) in [
        ("none", None),
        ("expired", Some(&expired)),
        ("not yet good", Some(&not_yet)),
        ("for servers only", Some(&for_servers)),
        ("of another authority", Some(&of_another)),
        ("of the authority of servers", Some(&of_the_servers)),
    ] {
        assert!(!house.answers(shown).await, "{what}");
    }
    assert!(house.answers(Some(&house.gateway())).await);
    let failures = r#"bailiff_tls_failures_total{cause="handshake",listener="grpc"}"#;
    // A client may try more than once.
    assert!(house.metric(failures).await.is_some_and(|failures| failures >= 6.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_can_let_in_certain_names_only() {
    let mut tls = mutual();
    tls["allowed_clients"] = json!([GATEWAY, "metrics.shop.test"]);
    let house = House::start(tls).await;
    let certify = |names: &[&str]| house.clients.certify(names);
    assert!(house.answers(Some(&house.gateway())).await);
    assert!(house.answers(Some(&certify(&["metrics.shop.test"]))).await);
    for names in [
        &["spiffe://shop.test/other"][..],
        &["spiffe://shop.test/gateway/x"],
        &["gateway.shop.test"],
        &["x.metrics.shop.test", "shop.test"],
        &[],
    ] {
        assert!(!house.answers(Some(&certify(names))).await, "{names:?}");
    }
    // The common name is nobody's word for anything.
    let by_common_name = house.clients.certify_with(&["other.test"], |certificate| {
        let name = &mut certificate.distinguished_name;
        name.push(rcgen::DnType::CommonName, "metrics.shop.test");
    });
    assert!(!house.answers(Some(&by_common_name)).await);
    assert!(!house.answers(None).await);
    house
        .sidecar
        .logged(|line| line["message"].as_str().is_some_and(|text| text.contains("not among")))
        .await;
    let refused = r#"bailiff_tls_failures_total{cause="client_not_allowed",listener="grpc"}"#;
    assert!(house.metric(refused).await.is_some_and(|refused| refused >= 5.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_certificate_is_optional_one_that_is_shown_must_be_good() {
    let mut tls = mutual();
    tls["client_auth"] = json!("optional");
    let house = House::start(tls).await;
    assert!(house.answers(None).await);
    assert!(house.answers(Some(&house.gateway())).await);
    assert!(!house.answers(Some(&Authority::new().certify(&[GATEWAY]))).await);
}

/// Sends these bytes and reads until the other end is done.
async fn sent(house: &House, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(house.sidecar.grpc()).await.expect("a connection");
    stream.write_all(bytes).await.expect("it is sent");
    let mut answer = Vec::new();
    // One that is reset has been told no as well.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an end in time");
    answer
}

/// A client's first message that offers nothing newer than this version (RFC 5246, 7.4.1.2).
fn client_hello(version: [u8; 2]) -> Vec<u8> {
    let mut body = version.to_vec();
    body.extend([7; 32]);
    // No session, ECDHE-RSA and RSA with AES-128-CBC-SHA, no compression, no extensions.
    body.extend([0, 0, 4, 0xc0, 0x13, 0x00, 0x2f, 1, 0]);
    let length = u8::try_from(body.len()).expect("it is short");
    let mut record = vec![0x16, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(body);
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_or_no_tls_at_all_is_not_answered() {
    let mut tls = one_way();
    tls["minimum_version"] = json!("1.3");
    let house = House::start(tls).await;
    assert!(house.connect(None, &[&TLS12]).await.is_err());
    let old = [client_hello([3, 1]), client_hello([3, 2])];
    for bytes in [
        old[0].as_slice(),
        &old[1],
        b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        &[0; 64],
    ] {
        let answer = sent(&house, bytes).await;
        // Nothing, or an alert.
        assert!(matches!(answer.first(), None | Some(0x15)), "{answer:?}");
    }
    healthy(house.connect(None, &[&TLS13]).await.expect("a connection")).await.expect("an answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dawdles_over_a_handshake_keeps_nobody_waiting_and_is_cut_off() {
    let house = House::start(one_way()).await;
    let mut slow = Vec::new();
    for number in 0..50_u8 {
        let mut stream = TcpStream::connect(house.sidecar.grpc()).await.expect("a connection");
        // Some say nothing at all, some begin.
        let begun = &client_hello([3, 3])[..usize::from(number % 20)];
        stream.write_all(begun).await.expect("it is sent");
        slow.push(stream);
    }
    for _ in 0..5 {
        assert!(house.answers(None).await);
    }
    for mut stream in slow {
        let mut answer = Vec::new();
        let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "still connected");
    }
    assert!(house.answers(None).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_listeners_speak_tls_too() {
    let house = House::start_with(one_way(), |directory, settings| {
        settings["listeners"]["admin"] = json!({ "address": "127.0.0.1:0", "tls": mutual() });
        crate::support::certificates::replace(
            &directory.path().join("webhook"),
            crate::support::webhooks::SECRET,
        );
        settings["instances"][0]["webhook_signing_secret_files"] = json!(["webhook"]);
        settings["listeners"]["webhook"] = json!({ "address": "127.0.0.1:0", "tls": one_way() });
    })
    .await;
    let _ = http::client();
    let trusted = reqwest::Certificate::from_pem(house.authority.pem().as_bytes());
    let gateway = house.gateway();
    let identity = format!("{}{}", gateway.certificate, gateway.key);
    let client = |shown: Option<&str>| {
        let builder = reqwest::Client::builder()
            .tls_certs_only([trusted.as_ref().expect("a certificate").clone()]);
        let identity =
            shown.map(|pem| reqwest::Identity::from_pem(pem.as_bytes()).expect("a pair"));
        match identity {
            Some(identity) => builder.identity(identity),
            None => builder,
        }
        .build()
        .expect("a client")
    };
    let ready = house.sidecar.admin("/readyz").replace("http://", "https://");
    let answer = client(Some(&identity)).get(&ready).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let page = answer.text().await.expect("a page");
    assert!(page.contains("tls of listener admin: certificate good until"), "{page}");
    assert!(client(None).get(&ready).send().await.is_err());

    let webhook = format!("https://{}/", house.sidecar.webhook());
    let answer = client(None).post(&webhook).send().await.expect("an answer");
    assert_eq!(answer.status(), 400);
    let over_http1 = reqwest::Client::builder()
        .tls_certs_only([trusted.expect("a certificate")])
        .http1_only()
        .build()
        .expect("a client");
    assert_eq!(over_http1.post(&webhook).send().await.expect("an answer").status(), 400);
}
