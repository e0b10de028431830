mod browser;
mod faults;
mod handshake;
mod machines;
mod refresh;

use super::{Environment, Setup, StandIn};
use crate::{
    core::clock::{ManualClock, Timestamp},
    stand_in::{
        clerk::SignIn,
        keys::SigningKey,
        people::{boss, reader},
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use browser::{Browser, client};
use reqwest::{Response, StatusCode, header};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

const APPLICATION: &str = "http://localhost:10000";

async fn stand_in() -> StandIn {
    StandIn::start(Setup { allowed_origins: vec![APPLICATION.to_owned()], ..Setup::new() })
        .await
        .unwrap()
}

fn claims(token: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn location(response: &Response) -> &str {
    response.headers()[header::LOCATION].to_str().unwrap()
}

#[tokio::test]
async fn the_frontend_api_shows_its_keys_to_everybody_and_the_backend_api_to_its_owner() {
    let clerk = stand_in().await;
    let open: Value = client().get(clerk.jwks_url()).send().await.unwrap().json().await.unwrap();
    assert_eq!(open, clerk.keys().jwks());

    let url = format!("{}/v1/jwks", clerk.backend_api_url());
    let right = client().get(&url).bearer_auth(clerk.secret_key()).send().await.unwrap();
    assert_eq!(right.json::<Value>().await.unwrap(), clerk.keys().jwks());
    for wrong in ["", "sk_live_other", &clerk.secret_key()[1..]] {
        let refused = client().get(&url).bearer_auth(wrong).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["errors"][0]["code"], "clerk_key_invalid");
    }
    let missing = client().get(&url).send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn rotated_keys_are_served_at_once() {
    let clerk = stand_in().await;
    clerk.keys().replace_with(Arc::new(SigningKey::generate("ins_other").unwrap()));
    let jwks: Value = client().get(clerk.jwks_url()).send().await.unwrap().json().await.unwrap();
    assert_eq!(jwks["keys"][0]["kid"], "ins_other");
}

#[tokio::test]
async fn the_publishable_key_tells_the_kind_of_instance_and_its_host() {
    for (environment, start) in
        [(Environment::Production, "pk_live_"), (Environment::Development, "pk_test_")]
    {
        let clerk = StandIn::start(Setup { environment, ..Setup::new() }).await.unwrap();
        let encoded = clerk.publishable_key().strip_prefix(start).unwrap();
        let host = base64::engine::general_purpose::STANDARD_NO_PAD.decode(encoded).unwrap();
        assert_eq!(host, b"clerk.demo.localhost$");
        assert_eq!(clerk.issuer(), "https://clerk.demo.localhost");
    }
}

#[tokio::test]
async fn signing_in_sets_the_cookies_and_returns_to_the_page() {
    let clerk = stand_in().await;
    let mut browser = Browser::new();
    let back = format!("{APPLICATION}/dashboard?tab=1&x=%20");
    let page = browser
        .get(&format!(
            "{}?redirect_url={}",
            clerk.sign_in_url(),
            back.replace('&', "%26").replace("%20", "%2520")
        ))
        .await;
    assert_eq!(page.status(), StatusCode::OK);
    let html = page.text().await.unwrap();
    assert!(html.contains("Sign in as Robin Reader") && html.contains("tab=1&amp;x=%20"), "{html}");

    let form = [("person", "reader"), ("organization", "acme"), ("redirect_url", &back)];
    let answer = browser.post(&clerk.sign_in_url(), &form).await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, &*back));

    let names = clerk.cookie_names();
    let token = &browser.cookies["__session"];
    assert_eq!(token, &browser.cookies[&names.session[1]]);
    let claims = claims(token);
    assert_eq!((&claims["azp"], &claims["o"]["slg"]), (&APPLICATION.into(), &"acme".into()));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    assert_eq!(browser.cookies["__client_uat"], claims["iat"].to_string());
    assert_eq!(browser.cookies[&names.client_uat[1]], claims["iat"].to_string());
    assert!(browser.cookies[&names.refresh].starts_with("rt_"));
}

#[tokio::test]
async fn a_factor_can_be_verified_again_while_signing_in() {
    let clerk = stand_in().await;
    let mut browser = Browser::new();
    let form = [("person", "boss"), ("organization", "globex"), ("just_verified", "on")];
    let answer = browser.post(&clerk.sign_in_url(), &form).await;
    assert_eq!(location(&answer), format!("{APPLICATION}/"));
    assert_eq!(claims(&browser.cookies["__session"])["fva"], serde_json::json!([0, -1]));
}

#[tokio::test]
async fn nobody_is_sent_to_an_origin_that_is_not_allowed() {
    let clerk = stand_in().await;
    for foreign in [
        "https://evil.test/",
        "http://localhost:10001/",
        "https://localhost:10000/",
        "http://localhost:10000.evil.test/",
        "http://localhost:10000@evil.test/",
        "http://user@localhost:10000/",
        "//evil.test/",
        "/relative",
        "javascript:alert(1)",
        "data:text/html,x",
    ] {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("redirect_url", foreign)
            .finish();
        let mut browser = Browser::new();
        for page in [clerk.sign_in_url(), clerk.sign_out_url(), clerk.organization_selection_url()]
        {
            let shown = browser.get(&format!("{page}?{query}")).await;
            assert_eq!(shown.status(), StatusCode::BAD_REQUEST, "{page} {foreign}");
            let form = [("person", "reader"), ("organization", "acme"), ("redirect_url", foreign)];
            let sent = browser.post(&page, &form).await;
            assert_eq!(sent.status(), StatusCode::BAD_REQUEST, "{page} {foreign}");
        }
        assert!(browser.cookies.is_empty());
    }
}

#[tokio::test]
async fn nobody_signs_in_where_they_do_not_belong() {
    let clerk = stand_in().await;
    let mut browser = Browser::new();
    for (person, organization, status) in
        [("nobody", "acme", StatusCode::NOT_FOUND), ("reader", "globex", StatusCode::FORBIDDEN)]
    {
        let form = [("person", person), ("organization", organization)];
        assert_eq!(browser.post(&clerk.sign_in_url(), &form).await.status(), status);
        assert!(browser.cookies.is_empty());
    }
}

#[tokio::test]
async fn another_organization_is_chosen_within_the_same_session() {
    let clerk = stand_in().await;
    let mut browser = Browser::new();
    let page = clerk.organization_selection_url();
    let signed_out = browser.get(&page).await;
    assert!(location(&signed_out).starts_with(&format!("{}?redirect_url=", clerk.sign_in_url())));

    browser.post(&clerk.sign_in_url(), &[("person", "boss"), ("organization", "globex")]).await;
    let before = claims(&browser.cookies["__session"]);
    assert!(browser.get(&page).await.text().await.unwrap().contains("value=\"globex\" selected"));

    browser.post(&page, &[("organization", "acme")]).await;
    let after = claims(&browser.cookies["__session"]);
    assert_eq!((&after["o"]["slg"], &after["sid"]), (&"acme".into(), &before["sid"]));

    browser.post(&page, &[("organization", "")]).await;
    assert!(claims(&browser.cookies["__session"]).get("o").is_none());

    let refused = browser.post(&page, &[("organization", "initech")]).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn signing_out_takes_the_session_away_and_says_so_in_client_uat() {
    let clerk = stand_in().await;
    let mut browser = Browser::new();
    browser.post(&clerk.sign_in_url(), &[("person", "reader"), ("organization", "")]).await;
    let session = claims(&browser.cookies["__session"])["sid"].as_str().unwrap().to_owned();
    assert!(clerk.sessions().by_id(&session).is_some());

    let shown = browser.get(&clerk.sign_out_url()).await;
    assert!(shown.text().await.unwrap().contains("Sign out?"));
    assert!(clerk.sessions().by_id(&session).is_some(), "looking at the page changes nothing");

    browser.post(&clerk.sign_out_url(), &[]).await;
    assert!(clerk.sessions().by_id(&session).is_none());
    assert!(!browser.cookies.contains_key("__session"));
    assert_eq!(browser.cookies["__client_uat"], "0");
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let clerk = stand_in().await;
    let mut browser = Browser::new();
    browser.post(&clerk.sign_in_url(), &[("person", "reader"), ("organization", "")]).await;
    let first = claims(&browser.cookies["__session"])["sid"].as_str().unwrap().to_owned();
    browser.post(&clerk.sign_in_url(), &[("person", "boss"), ("organization", "")]).await;
    assert!(clerk.sessions().by_id(&first).is_none());
}

#[tokio::test]
async fn a_token_can_be_fetched_for_a_command() {
    let clerk = stand_in().await;
    let fetch = async |query: &str| {
        let url = format!("{}{query}", clerk.token_url("boss"));
        claims(&client().get(url).send().await.unwrap().text().await.unwrap())
    };
    assert_eq!(fetch("").await["o"]["slg"], "globex");
    assert_eq!(fetch("?organization=acme").await["o"]["slg"], "acme");
    assert!(fetch("?organization=").await.get("o").is_none());
    for (url, status) in [
        (clerk.token_url("nobody"), StatusCode::NOT_FOUND),
        (format!("{}?organization=globex", clerk.token_url("reader")), StatusCode::FORBIDDEN),
    ] {
        assert_eq!(client().get(url).send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn tokens_go_by_the_clock_they_are_given() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_unix_seconds(1_000)));
    let clerk = StandIn::start(Setup { clock: clock.clone(), ..Setup::new() }).await.unwrap();
    assert_eq!(claims(&clerk.token_of(&reader()))["iat"], 1_000);
    clock.advance(Duration::from_secs(5));
    assert_eq!(claims(&clerk.token_of(&reader()))["exp"], 1_605);
}

#[tokio::test]
async fn dropping_it_closes_the_door() {
    let clerk = stand_in().await;
    let (url, client) = (clerk.jwks_url(), client());
    assert!(client.get(&url).send().await.is_ok());
    drop(clerk);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(client.get(&url).send().await.is_err());
}

#[tokio::test]
async fn a_browser_can_be_signed_in_without_its_pages() {
    let clerk = stand_in().await;
    let boss = boss();
    let signed_in = clerk.sign_in(&SignIn { organization: None, ..SignIn::usual(&boss) }).unwrap();
    let token = clerk.session_token(&signed_in.session, Some(APPLICATION));
    assert_eq!(claims(&token)["azp"], APPLICATION);
    let header = clerk.cookie_header(&signed_in, &token);
    for [plain, suffixed] in [&clerk.cookie_names().session, &clerk.cookie_names().client_uat] {
        let of =
            |name: &str| header.split("; ").find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        assert!(of(plain).is_some() && of(plain) == of(suffixed), "{header}");
    }
}
