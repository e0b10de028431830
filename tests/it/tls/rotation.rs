//! Certificates that are replaced while calls go on.

use super::house::{ANY, GATEWAY, House, NAME, healthy, mutual, one_way};
use crate::support::{
    PATIENCE,
    certificates::{Authority, client, date_time_ymd, replace},
    grpc,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::{sleep, timeout};

/// Waits until something is so.
async fn becomes<F: Future<Output = bool>>(what: &str, house: &House, mut so: impl FnMut() -> F) {
    let waited = timeout(PATIENCE, async {
        while !so().await {
            sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(waited.await.is_ok(), "{what} not in time:\n{}", house.sidecar.log());
}

const NOT_AFTER: &str = r#"bailiff_tls_certificate_not_after_seconds{listener="grpc"}"#;
const BAD: &str = r#"bailiff_tls_certificate_bad{listener="grpc"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_while_a_certificate_is_replaced() {
    let house = House::start(one_way()).await;
    let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut callers = Vec::new();
    for number in 0..4 {
        let (stop, calls) = (Arc::clone(&stop), Arc::clone(&calls));
        let (address, config) = (house.sidecar.grpc(), client(&house.authority, None, ANY));
        let lasting = house.connect(None, ANY).await.expect("a connection");
        callers.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                // Half of them stay connected, half come anew for every call.
                let channel = if number % 2 == 0 {
                    lasting.clone()
                } else {
                    let connected = grpc::tls_channel(address, config.clone(), NAME).await;
                    connected.expect("a connection while the certificate is replaced")
                };
                healthy(channel).await.expect("an answer while the certificate is replaced");
                calls.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    for year in [2041, 2042] {
        let next = house.authority.certify_with(&[NAME], |certificate| {
            certificate.not_after = date_time_ymd(year, 1, 1);
        });
        next.write(house.sidecar.file("").as_path(), "server");
        let seconds: f64 = if year == 2041 { 2_240_611_200.0 } else { 2_272_147_200.0 };
        becomes("the new certificate", &house, || async {
            house.metric(NOT_AFTER).await.is_some_and(|shown| (shown - seconds).abs() < 0.5)
        })
        .await;
    }
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("no call failed");
    }
    assert!(calls.load(Ordering::Relaxed) > 100, "{calls:?} calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_pair_leaves_the_last_good_one_in_use_and_says_so() {
    let house = House::start(one_way()).await;
    let file = |name: &str| house.sidecar.file(name);
    assert_eq!(house.metric(BAD).await, Some(0.0));
    let other = house.authority.certify(&[NAME]);
    replace(&file("server.key.pem"), &other.key);
    becomes("the complaint", &house, || async { house.metric(BAD).await == Some(1.0) }).await;
    let page = house.readiness().await;
    assert!(page.starts_with("200 ready"), "{page}");
    assert!(page.contains("tls of listener grpc: its files are refused"), "{page}");
    assert!(page.contains("does not serve for the certificate"), "{page}");
    let complaint = |line: &serde_json::Value| {
        line["level"] == "ERROR"
            && line["message"].as_str().is_some_and(|text| text.contains("cannot be replaced"))
    };
    house.sidecar.logged(complaint).await;
    assert!(house.answers(None).await);

    replace(&file("server.pem"), &other.certificate);
    becomes("the new pair", &house, || async { house.metric(BAD).await == Some(0.0) }).await;
    assert!(house.answers(None).await);
    assert!(!house.readiness().await.contains("refused"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authority_of_clients_is_replaced_as_well() {
    let house = House::start(mutual()).await;
    let before = house.gateway();
    let next = Authority::new();
    let after = next.certify(&[GATEWAY]);
    assert!(house.answers(Some(&before)).await && !house.answers(Some(&after)).await);
    // Both for a while, as authorities are rotated.
    let both = format!("{}{}", house.clients.pem(), next.pem());
    replace(&house.sidecar.file("clients.pem"), &both);
    becomes("the new authority", &house, || house.answers(Some(&after))).await;
    assert!(house.answers(Some(&before)).await);
    replace(&house.sidecar.file("clients.pem"), next.pem());
    becomes("the end of the old one", &house, || async { !house.answers(Some(&before)).await })
        .await;
    assert!(house.answers(Some(&after)).await);
}
