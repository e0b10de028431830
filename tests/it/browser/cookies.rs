//! Which cookies arrive, line by line: no browser between the proxy and the test.

use super::site::Site;
use crate::support::http;
use bailiff::stand_in::clerk::{Environment, SignIn};
use url::Url;

/// What the Clerk instance sends a browser back with, for a visit to `target`: the address, and the
/// cookies it sets.
async fn handshake(site: &Site, target: &str, client: &str) -> (Url, Vec<String>) {
    let mut address = Url::parse(&site.clerk.backend_api_url()).expect("an address");
    address.set_path("/v1/client/handshake");
    address
        .query_pairs_mut()
        .append_pair("redirect_url", &site.page(target))
        .append_pair("format", "nonce");
    let answer = http::get(address.as_str(), &[("cookie", client)]).await;
    let location = answer.header("location").unwrap_or_else(|| panic!("{answer:?}"));
    let cookies = answer.every("set-cookie").into_iter().map(str::to_owned).collect();
    (Url::parse(location).expect("an absolute address"), cookies)
}

/// The cookies of a browser that knows nothing but what these lines set.
fn jar(lines: &[String]) -> String {
    let pairs: Vec<_> = lines.iter().filter_map(|line| line.split(';').next()).collect();
    pairs.join("; ")
}

/// The `Cookie` header by which the instance knows a browser that has signed in.
fn client_of_reader(site: &Site) -> String {
    let person = site.clerk.people().iter().find(|person| person.handle == "reader");
    let who = SignIn::usual(person.expect("the reader"));
    let signed_in = site.clerk.sign_in(&who).expect("the reader signs in");
    format!("{}={}", site.clerk.cookie_names().client, signed_in.browser)
}

fn names<'l>(lines: &[&'l str]) -> Vec<&'l str> {
    lines.iter().filter_map(|line| line.split('=').next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowed_page_arrives_with_every_cookie_of_the_handshake_and_of_the_service() {
    let Some(site) = Site::start(Environment::Production, "localhost").await else { return };
    let (back, nonce) = handshake(&site, "/dashboard", &client_of_reader(&site)).await;
    assert_eq!(back.as_str(), site.page("/dashboard"));
    let own = ["cart=3; Path=/; Expires=Wed, 21 Oct 2037 07:28:00 GMT", "theme=dark; HttpOnly"];
    let wanted: Vec<_> = own.iter().map(|line| ("x-set-cookie", *line)).collect();
    let answer = site.load("/dashboard", &jar(&nonce), &wanted).await;
    assert_eq!(answer.status, 200, "{answer:?}");

    let lines = answer.every("set-cookie");
    for line in own {
        assert!(lines.contains(&line), "{line} is missing in {lines:?}");
    }
    let cookies = site.clerk.cookie_names();
    let mut expected = vec!["__clerk_handshake_nonce", "__clerk_handshake"];
    expected.extend(cookies.session.iter().chain(&cookies.client_uat).map(String::as_str));
    expected.extend([&*cookies.refresh, "cart", "theme"]);
    let mut arrived = names(&lines);
    expected.sort_unstable();
    arrived.sort_unstable();
    assert_eq!(arrived, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_carries_every_cookie_as_a_line_of_its_own() {
    let Some(site) = Site::start(Environment::Development, "shop.localhost").await else { return };
    let (back, _) = handshake(&site, "/dashboard?year=2026", &client_of_reader(&site)).await;
    let target = &back[url::Position::BeforePath..];
    let answer = site.load(target, "", &[]).await;
    assert_eq!(answer.status, 302, "{answer:?}");
    assert_eq!(answer.header("location"), Some(&*site.page("/dashboard?year=2026")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let cookies = site.clerk.cookie_names();
    let lines = answer.every("set-cookie");
    let arrived = names(&lines);
    let own = [&cookies.session, &cookies.client_uat, &cookies.development_browser];
    for name in own.into_iter().flatten().chain([&cookies.refresh]) {
        assert!(arrived.contains(&&**name), "{name} is missing in {lines:?}");
    }
    assert!(lines.iter().all(|line| !line.contains(',')), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_after_a_handshake_tells_the_browser_that_it_is_signed_out() {
    let Some(site) = Site::start(Environment::Production, "localhost").await else { return };
    let (_, nonce) = handshake(&site, "/dashboard", "").await;
    let answer = site.load("/dashboard", &jar(&nonce), &[]).await;
    let location = answer.header("location").unwrap_or_else(|| panic!("{answer:?}"));
    assert!(location.starts_with(&site.clerk.sign_in_url()), "{location}");
    let lines = answer.every("set-cookie");
    for name in &site.clerk.cookie_names().client_uat {
        let line = lines.iter().find(|line| line.starts_with(&format!("{name}=")));
        assert!(line.is_some_and(|line| line.starts_with(&format!("{name}=0;"))), "{lines:?}");
    }
    assert!(site.upstream.seen().iter().all(|request| request["target"] == "/healthz"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_is_good_once() {
    let Some(site) = Site::start(Environment::Production, "localhost").await else { return };
    let (_, nonce) = handshake(&site, "/dashboard", &client_of_reader(&site)).await;
    assert_eq!(site.load("/dashboard", &jar(&nonce), &[]).await.status, 200);
    let again = site.load("/dashboard", &jar(&nonce), &[]).await;
    assert_ne!(again.status, 200, "{again:?}");
}
