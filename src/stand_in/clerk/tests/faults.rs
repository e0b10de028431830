//! What goes wrong when it is made to.

use super::{browser::client, stand_in};
use crate::{
    core::clock::Stopwatch,
    stand_in::clerk::{Endpoint, Fault},
};
use reqwest::{StatusCode, header};
use serde_json::Value;
use std::time::Duration;

#[tokio::test]
async fn every_fault_happens_and_every_request_is_counted() {
    let clerk = stand_in().await;
    let url = clerk.jwks_url();
    let ask = || client().get(&url).send();

    clerk.faults().inject(Endpoint::FrontendKeys, Fault::Down);
    assert!(ask().await.is_err());
    clerk.faults().inject(Endpoint::FrontendKeys, Fault::server_error());
    assert_eq!(ask().await.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
    clerk.faults().inject(Endpoint::FrontendKeys, Fault::unauthorized());
    assert_eq!(ask().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    clerk.faults().inject(Endpoint::FrontendKeys, Fault::too_many_requests(7));
    assert_eq!(ask().await.unwrap().headers()[header::RETRY_AFTER], "7");
    clerk.faults().inject(Endpoint::FrontendKeys, Fault::garbage());
    assert!(ask().await.unwrap().json::<Value>().await.is_err());
    clerk.faults().inject(Endpoint::FrontendKeys, Fault::BrokenOff);
    assert!(ask().await.unwrap().bytes().await.is_err());
    clerk.faults().inject(Endpoint::FrontendKeys, Fault::ContentType("text/html"));
    let answer = ask().await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html");
    assert_eq!(answer.json::<Value>().await.unwrap(), clerk.keys().jwks());

    clerk.faults().inject(Endpoint::FrontendKeys, Fault::Slow(Duration::from_millis(80)));
    let started = Stopwatch::start();
    assert!(ask().await.unwrap().status().is_success());
    assert!(started.elapsed() >= Duration::from_millis(80));

    clerk.faults().inject_times(Endpoint::FrontendKeys, Fault::Down, 1);
    assert!(ask().await.is_err());
    assert!(ask().await.unwrap().status().is_success());

    assert_eq!(clerk.requests().count(Endpoint::FrontendKeys), 10);
    assert_eq!(clerk.requests().count(Endpoint::BackendKeys), 0);
    assert_eq!(clerk.requests().last()[0].path, "/.well-known/jwks.json");
    clerk.requests().clear();
    assert_eq!(clerk.requests().total(), 0);
}

#[tokio::test]
async fn a_fault_hits_connections_that_are_open_already() {
    let clerk = stand_in().await;
    let kept_alive = client();
    assert!(kept_alive.get(clerk.jwks_url()).send().await.is_ok());
    clerk.faults().inject_everywhere(&Fault::Down);
    assert!(kept_alive.get(clerk.jwks_url()).send().await.is_err());
    clerk.faults().clear();
    assert!(kept_alive.get(clerk.jwks_url()).send().await.is_ok());
}
