//! Signing in, signing out, and being somebody on one host.

use super::site::Site;
use crate::support::{chromium::Browser, upstream::received};
use bailiff::stand_in::clerk::{Endpoint, Environment};

#[tokio::test(flavor = "multi_thread")]
async fn who_arrives_signed_out_signs_in_and_sees_the_page_they_asked_for() {
    for (environment, host, handshakes) in [
        (Environment::Production, "localhost", 0),
        // A browser unknown to a development instance is made known to it before anything else.
        (Environment::Development, "shop.localhost", 1),
    ] {
        let Some(site) = Site::start(environment, host).await else { return };
        let Some(browser) = Browser::start().await else { return };
        let target = "/dashboard/sales?year=2026&q=a%26b";
        browser.visit(&site.page(target)).await;
        browser.arrives_at(&site.clerk.sign_in_url()).await;
        assert_eq!(site.clerk.requests().count(Endpoint::Handshake), handshakes, "{environment:?}");
        assert!(site.upstream.seen().iter().all(|request| request["target"] == "/healthz"));

        site.sign_in_as("reader", &browser).await;
        site.shows(&browser, target, "reader").await;
        browser.visit(&site.page("/dashboard")).await;
        site.shows(&browser, "/dashboard", "reader").await;
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_in_one_tab_is_signed_out_in_the_other() {
    let Some(site) = Site::start(Environment::Production, "localhost").await else { return };
    let Some(browser) = Browser::start().await else { return };
    browser.visit(&site.page("/dashboard")).await;
    site.sign_in_as("reader", &browser).await;
    site.shows(&browser, "/dashboard", "reader").await;
    let first = browser.tab().await;

    browser.open_tab().await;
    browser.visit(&site.page("/dashboard/sales")).await;
    site.shows(&browser, "/dashboard/sales", "reader").await;
    browser.visit(&site.clerk.sign_out_url()).await;
    browser.click("//button").await;
    browser.arrives_at(&site.page("/")).await;
    let shown = browser.shown().await;
    assert_eq!(received(&shown, "x-user-id"), Vec::<&str>::new(), "{shown}");

    browser.show(&first).await;
    browser.visit(&site.page("/dashboard/next")).await;
    browser.arrives_at(&site.clerk.sign_in_url()).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_keep_their_sessions_apart_on_one_host() {
    let Some(one) = Site::start(Environment::Production, "localhost").await else { return };
    let other = Site::start_with(Environment::Production, "localhost", "clerk.other.localhost");
    let Some(other) = other.await else { return };
    let Some(browser) = Browser::start().await else { return };
    browser.visit(&one.page("/dashboard")).await;
    one.sign_in_as("reader", &browser).await;
    one.shows(&browser, "/dashboard", "reader").await;

    // The cookies of the first instance are there, and are nothing to the second.
    browser.visit(&other.page("/dashboard")).await;
    other.sign_in_as("boss", &browser).await;
    other.shows(&browser, "/dashboard", "boss").await;

    browser.visit(&one.page("/dashboard/again")).await;
    one.shows(&browser, "/dashboard/again", "reader").await;
    browser.visit(&other.page("/dashboard/again")).await;
    other.shows(&browser, "/dashboard/again", "boss").await;

    browser.visit(&one.clerk.sign_out_url()).await;
    browser.click("//button").await;
    browser.arrives_at(&one.page("/")).await;
    browser.visit(&other.page("/dashboard/still")).await;
    other.shows(&browser, "/dashboard/still", "boss").await;
    browser.visit(&one.page("/dashboard/over")).await;
    browser.arrives_at(&one.clerk.sign_in_url()).await;
    browser.close().await;
}
