//! Handshakes on both kinds of instance.

use super::{
    APPLICATION,
    browser::{Browser, client},
    claims, location, stand_in,
};
use crate::{
    core::clock::{ManualClock, Timestamp},
    stand_in::{
        clerk::{Endpoint, Environment, Setup, StandIn},
        keys::SigningKey,
    },
};
use reqwest::{Response, StatusCode, header};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use url::Url;

const PAGE: &str = "http://localhost:10000/invoices?page=2&q=a%20b";

async fn development() -> StandIn {
    let setup = Setup {
        environment: Environment::Development,
        allowed_origins: vec![APPLICATION.to_owned()],
        ..Setup::new()
    };
    StandIn::start(setup).await.unwrap()
}

fn handshake_url(clerk: &StandIn, parameters: &[(&str, &str)]) -> String {
    let base = format!("{}/v1/client/handshake", clerk.browser_url());
    Url::parse_with_params(&base, parameters).unwrap().into()
}

/// Goes through the handshake as a browser and fetches the result as the sidecar.
async fn directives(
    clerk: &StandIn,
    browser: &mut Browser,
    parameters: &[(&str, &str)],
) -> Vec<String> {
    let parameters = [&[("redirect_url", PAGE), ("format", "nonce")], parameters].concat();
    let answer = browser.get(&handshake_url(clerk, &parameters)).await;
    assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    let back = Url::parse(location(&answer)).unwrap();
    let in_address = back.query_pairs().find(|(name, _)| name == "__clerk_handshake_nonce");
    let nonce = match in_address {
        Some((_, nonce)) => nonce.into_owned(),
        None => browser.cookies["__clerk_handshake_nonce"].clone(),
    };
    let payload: Value = fetch(clerk, &nonce).await.json().await.unwrap();
    let lines = payload["directives"].as_array().unwrap();
    lines.iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

async fn fetch(clerk: &StandIn, nonce: &str) -> Response {
    let url = format!("{}/v1/clients/handshake_payload?nonce={nonce}", clerk.backend_api_url());
    client().get(url).bearer_auth(clerk.secret_key()).send().await.unwrap()
}

/// The value of the last line of that cookie.
fn value<'l>(lines: &'l [String], name: &str) -> &'l str {
    let prefix = format!("{name}=");
    let line = lines.iter().rev().find_map(|line| line.strip_prefix(&prefix)).unwrap();
    line.split(';').next().unwrap()
}

async fn signed_in(clerk: &StandIn, person: &str, organization: &str) -> Browser {
    let mut browser = Browser::new();
    let form = [("person", person), ("organization", organization)];
    let answer = browser.post(&clerk.sign_in_url(), &form).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    browser
}

#[tokio::test]
async fn a_signed_in_browser_gets_fresh_cookies_and_keeps_its_address() {
    let clerk = stand_in().await;
    let mut browser = signed_in(&clerk, "boss", "globex").await;
    let lines =
        directives(&clerk, &mut browser, &[("__clerk_hs_reason", "session-token-expired")]).await;
    let names = clerk.cookie_names();
    for name in &names.session {
        let claims = claims(value(&lines, name));
        assert_eq!(claims["o"]["slg"], "globex");
        assert!(claims.get("azp").is_none(), "a page load names no origin");
        assert_eq!(claims["sid"], self::claims(&browser.cookies["__session"])["sid"]);
    }
    for name in &names.client_uat {
        assert_eq!(value(&lines, name), browser.cookies["__client_uat"]);
    }
    assert_eq!(value(&lines, &names.refresh), browser.cookies[&names.refresh]);
    assert_eq!(value(&lines, "__clerk_handshake_nonce"), "", "the name has done its work");
    let seen = clerk.requests().last();
    let handshake = seen.iter().find(|seen| seen.endpoint == Endpoint::Handshake).unwrap();
    assert_eq!(handshake.parameter("__clerk_hs_reason"), Some("session-token-expired"));
}

#[tokio::test]
async fn on_production_the_result_is_named_in_a_cookie_and_the_address_stays_as_it_is() {
    let clerk = stand_in().await;
    for (format, cookie) in [("nonce", "__clerk_handshake_nonce"), ("token", "__clerk_handshake")] {
        let mut browser = Browser::new();
        let url = handshake_url(&clerk, &[("redirect_url", PAGE), ("format", format)]);
        let answer = browser.get(&url).await;
        assert_eq!(location(&answer), PAGE);
        assert!(browser.cookies.contains_key(cookie), "{format}");
    }
}

#[tokio::test]
async fn on_development_the_result_is_named_in_the_address() {
    let clerk = development().await;
    for (format, parameter) in
        [("nonce", "__clerk_handshake_nonce="), ("token", "__clerk_handshake=")]
    {
        let page = format!("{PAGE}&{parameter}old");
        let url = handshake_url(&clerk, &[("redirect_url", &page), ("format", format)]);
        let answer = Browser::new().get(&url).await;
        let (kept, value) = location(&answer).split_once(&format!("&{parameter}")).unwrap();
        assert_eq!(kept, PAGE);
        assert_ne!(value, "old");
    }
}

#[tokio::test]
async fn a_handshake_token_carries_the_lines_itself() {
    let clerk = stand_in().await;
    let mut browser = signed_in(&clerk, "reader", "acme").await;
    browser.get(&handshake_url(&clerk, &[("redirect_url", PAGE)])).await;
    let token = &browser.cookies["__clerk_handshake"];
    let lines: Vec<String> = serde_json::from_value(claims(token)["handshake"].clone()).unwrap();
    assert_eq!(claims(value(&lines, "__session"))["sub"], clerk.people()[0].user_id.as_str());
    assert!(token.len() < 4_000, "a cookie holds no more: {}", token.len());
}

#[tokio::test]
async fn a_browser_that_is_not_signed_in_is_told_so() {
    let clerk = stand_in().await;
    let mut strangers = [Browser::new(), signed_in(&clerk, "reader", "acme").await];
    strangers[1].post(&clerk.sign_out_url(), &[]).await;
    for browser in &mut strangers {
        let lines = directives(&clerk, browser, &[]).await;
        for name in &clerk.cookie_names().session {
            assert_eq!(value(&lines, name), "");
        }
        assert_eq!(value(&lines, "__client_uat"), "0");
    }
}

#[tokio::test]
async fn a_revoked_session_ends_at_the_next_handshake() {
    let clerk = stand_in().await;
    let mut browser = signed_in(&clerk, "reader", "acme").await;
    let session = claims(&browser.cookies["__session"])["sid"].as_str().unwrap().to_owned();
    assert!(clerk.sessions().revoke(&session));
    assert!(!clerk.sessions().revoke(&session));
    assert_eq!(value(&directives(&clerk, &mut browser, &[]).await, "__session"), "");
}

#[tokio::test]
async fn the_organization_asked_for_becomes_active_if_the_person_belongs_there() {
    let clerk = stand_in().await;
    let acme = clerk.people()[0].memberships[0].organization.id.clone();
    let mut browser = signed_in(&clerk, "boss", "globex").await;
    for (asked, slug) in [
        ("acme", Some("acme")),
        ("globex", Some("globex")),
        (&acme, Some("acme")),
        ("initech", Some("acme")),
        ("", None),
    ] {
        let lines = directives(&clerk, &mut browser, &[("organization_id", asked)]).await;
        let claims = claims(value(&lines, "__session"));
        let active = claims.get("o").map(|organization| organization["slg"].as_str().unwrap());
        assert_eq!(active, slug, "{asked}");
    }
}

#[tokio::test]
async fn a_development_browser_is_known_by_its_token_wherever_it_comes_from() {
    let clerk = development().await;
    let mut stranger = Browser::new();
    let lines = directives(&clerk, &mut stranger, &[]).await;
    let met = value(&lines, "__clerk_db_jwt").to_owned();
    assert_eq!(value(&lines, &clerk.cookie_names().development_browser[1]), met);
    assert_eq!(value(&lines, "__session"), "");

    // It signs in on the instance's page and takes the token back to the application.
    let answer =
        stranger.post(&clerk.sign_in_url(), &[("person", "reader"), ("organization", "")]).await;
    assert_eq!(location(&answer), format!("{APPLICATION}/?__clerk_db_jwt={met}"));

    // The application's host does not see the instance's cookies.
    let mut elsewhere = Browser::new();
    let lines = directives(&clerk, &mut elsewhere, &[("__clerk_db_jwt", &met)]).await;
    assert_eq!(value(&lines, "__clerk_db_jwt"), met);
    assert_eq!(claims(value(&lines, "__session"))["sub"], clerk.people()[0].user_id.as_str());

    let unknown = directives(&clerk, &mut Browser::new(), &[("__clerk_db_jwt", "made-up")]).await;
    assert_ne!(value(&unknown, "__clerk_db_jwt"), "made-up");
    assert_eq!(value(&unknown, "__session"), "");
}

#[tokio::test]
async fn on_production_a_development_token_proves_nothing() {
    let clerk = stand_in().await;
    let mut browser = signed_in(&clerk, "reader", "acme").await;
    let secret = browser.cookies[&clerk.cookie_names().client].clone();
    let lines = directives(&clerk, &mut Browser::new(), &[("__clerk_db_jwt", &secret)]).await;
    assert_eq!(value(&lines, "__session"), "");
    assert_ne!(value(&directives(&clerk, &mut browser, &[]).await, "__session"), "");
}

#[tokio::test]
async fn a_result_can_be_fetched_once_within_a_minute_and_with_the_secret_key() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_unix_seconds(1_000)));
    let clerk = StandIn::start(Setup {
        clock: clock.clone(),
        allowed_origins: vec![APPLICATION.to_owned()],
        ..Setup::new()
    })
    .await
    .unwrap();
    let mut browser = Browser::new();
    let url = handshake_url(&clerk, &[("redirect_url", PAGE), ("format", "nonce")]);

    browser.get(&url).await;
    let nonce = browser.cookies["__clerk_handshake_nonce"].clone();
    let without_key =
        format!("{}/v1/clients/handshake_payload?nonce={nonce}", clerk.backend_api_url());
    let refused = client().get(without_key).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let first = fetch(&clerk, &nonce).await;
    assert_eq!(first.headers()[header::CONTENT_TYPE], "application/json");
    assert_eq!(fetch(&clerk, &nonce).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(fetch(&clerk, "made-up").await.status(), StatusCode::NOT_FOUND);

    browser.get(&url).await;
    clock.advance(Duration::from_secs(60));
    let late = fetch(&clerk, &browser.cookies["__clerk_handshake_nonce"]).await;
    assert_eq!(late.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_is_sent_to_a_foreign_origin() {
    let clerk = stand_in().await;
    for foreign in
        ["https://evil.test/", "http://localhost:10001/", "//evil.test", "", "javascript:1"]
    {
        let answer = client()
            .get(handshake_url(&clerk, &[("redirect_url", foreign), ("format", "nonce")]))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{foreign}");
        assert!(answer.headers().get(header::LOCATION).is_none());
        assert!(answer.headers().get(header::SET_COOKIE).is_none());
    }
}

#[tokio::test]
async fn fresh_tokens_are_signed_with_the_key_of_the_moment() {
    let clerk = stand_in().await;
    let mut browser = signed_in(&clerk, "reader", "acme").await;
    clerk.keys().rotate_to(Arc::new(SigningKey::generate("ins_next").unwrap()));
    let lines = directives(&clerk, &mut browser, &[]).await;
    let token = value(&lines, "__session");
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.kid.as_deref(), Some("ins_next"));
}
