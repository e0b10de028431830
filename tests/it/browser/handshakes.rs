//! What a browser is sent to Clerk for while somebody is signed in.

use super::site::Site;
use crate::support::{chromium::Browser, upstream::received};
use bailiff::{
    core::clock::{Clock as _, SystemClock, Timestamp},
    stand_in::{
        clerk::{Endpoint, Environment},
        keys::SigningKey,
        tokens::{Minting, Token},
    },
};
use std::sync::Arc;

const WHERE: [(Environment, &str); 2] =
    [(Environment::Production, "localhost"), (Environment::Development, "shop.localhost")];

/// Gives the browser a session cookie that has expired a while ago, of the session that it is in.
async fn let_the_session_cookie_expire(site: &Site, browser: &Browser, handle: &str) {
    let names = site.clerk.cookie_names();
    let person = site.clerk.people().iter().find(|person| person.handle == handle);
    let token = browser.cookie(&names.session[1]).await.expect("a session cookie");
    let signed_in = site.clerk.sessions().by_id(&session_of(&token)).expect("the session");
    let issued = SystemClock.now().unix_seconds() - 1_200;
    let minting =
        Minting { issued_at: Timestamp::from_unix_seconds(issued), ..site.clerk.minting() };
    assert_eq!(Some(&signed_in.session.person), person);
    let expired =
        Token::session(&signed_in.session.facts(), &minting).sign(&site.clerk.keys().current());
    for name in &names.session {
        browser.run(&format!("document.cookie = '{name}={expired}; Path=/'")).await;
    }
    for name in &names.client_uat {
        browser.run(&format!("document.cookie = '{name}={issued}; Path=/'")).await;
    }
    assert_eq!(browser.cookie(&names.session[1]).await.as_deref(), Some(&*expired));
}

fn session_of(token: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Option<serde_json::Value> =
        payload.and_then(|payload| serde_json::from_slice(&payload).ok());
    let claims = claims.expect("a session token");
    claims["sid"].as_str().expect("a session identifier").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_session_cookie_costs_a_handshake_and_no_sign_in_page() {
    for (environment, host) in WHERE {
        let Some(site) = Site::start(environment, host).await else { return };
        let Some(browser) = Browser::start().await else { return };
        browser.visit(&site.page("/dashboard")).await;
        site.sign_in_as("reader", &browser).await;
        site.shows(&browser, "/dashboard", "reader").await;

        let_the_session_cookie_expire(&site, &browser, "reader").await;
        browser.forget_cookie(&site.clerk.cookie_names().refresh).await;
        site.clerk.requests().clear();
        let target = "/dashboard/sales?year=2026&q=a%26b";
        browser.visit(&site.page(target)).await;
        site.shows(&browser, target, "reader").await;
        let requests = site.clerk.requests();
        assert_eq!(requests.count(Endpoint::Handshake), 1, "{environment:?}");
        assert_eq!(requests.count(Endpoint::HandshakePayload), 1, "{environment:?}");
        assert_eq!(requests.count(Endpoint::Pages), 0, "{:?}", requests.last());

        // The cookies are good again.
        browser.visit(&site.page("/dashboard/next")).await;
        site.shows(&browser, "/dashboard/next", "reader").await;
        assert_eq!(site.clerk.requests().count(Endpoint::Handshake), 1, "{environment:?}");
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_session_cookie_beside_a_refresh_token_does_not_even_cost_a_redirect() {
    let Some(site) = Site::start(Environment::Production, "localhost").await else { return };
    let Some(browser) = Browser::start().await else { return };
    browser.visit(&site.page("/dashboard")).await;
    site.sign_in_as("reader", &browser).await;
    site.shows(&browser, "/dashboard", "reader").await;

    let_the_session_cookie_expire(&site, &browser, "reader").await;
    site.clerk.requests().clear();
    for target in ["/dashboard/sales?year=2026", "/dashboard/next"] {
        browser.visit(&site.page(target)).await;
        site.shows(&browser, target, "reader").await;
    }
    assert_eq!(site.clerk.requests().count(Endpoint::Refresh), 1);
    assert_eq!(site.clerk.requests().count(Endpoint::Handshake), 0);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_path_switches_the_organization() {
    for (environment, host) in WHERE {
        let Some(site) = Site::start(environment, host).await else { return };
        let Some(browser) = Browser::start().await else { return };
        browser.visit(&site.page("/orgs/globex/plans")).await;
        site.sign_in_as("boss", &browser).await;
        site.shows(&browser, "/orgs/globex/plans", "boss").await;
        assert_eq!(received(&browser.shown().await, "x-org-slug"), ["globex"]);

        site.clerk.requests().clear();
        browser.visit(&site.page("/orgs/acme/plans?year=2026")).await;
        site.shows(&browser, "/orgs/acme/plans?year=2026", "boss").await;
        assert_eq!(received(&browser.shown().await, "x-org-slug"), ["acme"]);
        assert_eq!(site.clerk.requests().count(Endpoint::Handshake), 1, "{environment:?}");

        // Whoever does not belong there is refused, after as many attempts as there may be.
        site.clerk.requests().clear();
        browser.visit(&site.page("/orgs/initech/plans")).await;
        assert_eq!(browser.address().await.as_str(), site.page("/orgs/initech/plans"));
        let attempts = site.clerk.requests().count(Endpoint::Handshake);
        assert!((1..=3).contains(&attempts), "{environment:?}: {attempts}");
        let asked = site.upstream.seen();
        assert!(asked.iter().all(|request| request["target"] != "/orgs/initech/plans"));
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_chosen_on_clerks_page_is_the_one_the_application_sees() {
    let Some(site) = Site::start(Environment::Production, "localhost").await else { return };
    let Some(browser) = Browser::start().await else { return };
    browser.visit(&site.page("/dashboard")).await;
    site.sign_in_as("boss", &browser).await;
    site.shows(&browser, "/dashboard", "boss").await;
    assert_eq!(received(&browser.shown().await, "x-org-slug"), ["globex"]);

    browser.visit(&site.clerk.organization_selection_url()).await;
    browser.click("//option[@value='acme']").await;
    browser.click("//button").await;
    browser.arrives_at(&site.page("/")).await;
    browser.visit(&site.page("/dashboard")).await;
    assert_eq!(received(&browser.shown().await, "x-org-slug"), ["acme"]);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_never_verify_end_in_a_refusal_and_not_in_a_circle() {
    for (environment, host) in WHERE {
        let Some(site) = Site::start(environment, host).await else { return };
        let Some(browser) = Browser::start().await else { return };
        browser.visit(&site.page("/dashboard")).await;
        site.sign_in_as("reader", &browser).await;
        site.shows(&browser, "/dashboard", "reader").await;

        let unknown = SigningKey::generate("ins_nobody_knows").expect("a key");
        site.clerk.keys().sign_unpublished(Arc::new(unknown));
        for name in &site.clerk.cookie_names().session {
            browser.forget_cookie(name).await;
        }
        // It counts for two seconds, and so perhaps what signing in took as well.
        browser.forget_cookie("__clerk_redirect_count").await;
        site.clerk.requests().clear();
        browser.visit(&site.page("/dashboard/sales")).await;
        browser.arrives_at(&site.clerk.sign_in_url()).await;
        assert_eq!(site.clerk.requests().count(Endpoint::Handshake), 3, "{environment:?}");
        let asked = site.upstream.seen();
        assert!(asked.iter().all(|request| request["target"] != "/dashboard/sales"));
        browser.close().await;
    }
}
