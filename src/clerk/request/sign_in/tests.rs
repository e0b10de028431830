use super::{ReturnTo, SignInError, SignInRequest, sign_in_address, sign_up_address};
use crate::{
    clerk::{
        BrowserOptions, ForwardedHeaders,
        fixture::{DEVELOPMENT, PRODUCTION, browsing, get, options},
        request::Address,
    },
    core::location::Location,
};

struct Asked<'a> {
    key: &'a str,
    options: BrowserOptions,
    return_to: ReturnTo<'a>,
    dev_browser: Option<&'a str>,
    pending: bool,
}

impl Default for Asked<'_> {
    fn default() -> Self {
        Self {
            key: PRODUCTION,
            options: options(),
            return_to: ReturnTo::Request,
            dev_browser: None,
            pending: false,
        }
    }
}

fn addresses(asked: Asked<'_>) -> [Result<String, SignInError>; 2] {
    let instance = browsing(asked.key, asked.options);
    let request = get("/p?a=1&b=x%20y", &[]);
    let address = Address::of(&request, ForwardedHeaders::Ignored).unwrap();
    let request = SignInRequest {
        page: None,
        address: &address,
        return_to: asked.return_to,
        dev_browser: asked.dev_browser,
        pending: asked.pending,
    };
    [sign_in_address(&instance, &request), sign_up_address(&instance, &request)]
        .map(|location| location.map(|location| location.as_str().to_owned()))
}

const BACK: &str = "redirect_url=https%3A%2F%2Fapp.acme-widgets.com%2Fp%3Fa%3D1%26b%3Dx%2520y";

fn with_sign_in(url: &str) -> BrowserOptions {
    BrowserOptions { sign_in_url: Some(url.into()), ..options() }
}

#[test]
fn without_an_address_of_its_own_the_instance_uses_its_account_portal() {
    let [sign_in, sign_up] = addresses(Asked::default());
    assert_eq!(sign_in, Ok(format!("https://accounts.acme-widgets.com/sign-in?{BACK}")));
    assert_eq!(sign_up, Ok(format!("https://accounts.acme-widgets.com/sign-up?{BACK}")));
    let [sign_in, _] = addresses(Asked { key: DEVELOPMENT, ..Asked::default() });
    assert_eq!(sign_in, Ok(format!("https://tidy-otter-42.accounts.dev/sign-in?{BACK}")));
}

#[test]
fn configured_addresses_are_resolved_against_the_request() {
    for (url, sign_in) in [
        ("/sign-in", "https://app.acme-widgets.com/sign-in?"),
        ("https://id.test/in?lang=en", "https://id.test/in?lang=en&"),
    ] {
        let [found, _] = addresses(Asked { options: with_sign_in(url), ..Asked::default() });
        assert_eq!(found, Ok(format!("{sign_in}{BACK}")));
    }
    let [_, sign_up] = addresses(Asked { options: with_sign_in("/in?x=1"), ..Asked::default() });
    assert_eq!(sign_up, Ok(format!("https://app.acme-widgets.com/in/create?x=1&{BACK}")));
}

#[test]
fn a_return_address_in_the_configured_one_is_replaced() {
    let options = with_sign_in("https://id.test/in?redirect_url=https://evil.test");
    let [found, _] = addresses(Asked { options, ..Asked::default() });
    assert_eq!(found, Ok(format!("https://id.test/in?{BACK}")));
}

#[test]
fn the_way_back_may_be_given_or_left_out() {
    let [found, _] = addresses(Asked { return_to: ReturnTo::Nowhere, ..Asked::default() });
    assert_eq!(found.as_deref(), Ok("https://accounts.acme-widgets.com/sign-in"));
    let [found, _] = addresses(Asked { return_to: ReturnTo::Address("/x"), ..Asked::default() });
    assert!(found.unwrap().ends_with("redirect_url=https%3A%2F%2Fapp.acme-widgets.com%2Fx"));
    let [found, _] =
        addresses(Asked { return_to: ReturnTo::Address("http://["), ..Asked::default() });
    assert_eq!(found, Err(SignInError::NotAnAddress));
}

#[test]
fn a_sign_in_address_that_is_no_web_address_sends_nobody_anywhere() {
    for url in ["javascript:alert(1)", "data:text/html,x", "https://user@id.test/", "http://["] {
        let [found, _] = addresses(Asked { options: with_sign_in(url), ..Asked::default() });
        assert!(found.is_err(), "{url}");
    }
}

#[test]
fn the_development_browser_goes_to_another_host_of_a_development_instance_only() {
    let dev = |key, url: &str| {
        let options = with_sign_in(url);
        let asked = Asked { key, options, dev_browser: Some("dvb_1"), ..Asked::default() };
        addresses(asked)[0].clone().unwrap()
    };
    assert!(dev(DEVELOPMENT, "https://id.test/").ends_with("&__clerk_db_jwt=dvb_1"));
    assert!(!dev(DEVELOPMENT, "/sign-in").contains("dvb_1"));
    assert!(!dev(PRODUCTION, "https://id.test/").contains("dvb_1"));
}

#[test]
fn a_pending_session_is_sent_to_its_tasks() {
    let [found, _] = addresses(Asked { pending: true, ..Asked::default() });
    assert_eq!(found, Ok(format!("https://accounts.acme-widgets.com/sign-in/tasks?{BACK}")));
}

#[test]
fn a_satellite_asks_to_be_synced_on_return() {
    let options = BrowserOptions {
        is_satellite: true,
        domain: Some("satellite.test".into()),
        ..with_sign_in("https://id.test/")
    };
    let [found, _] = addresses(Asked { options, ..Asked::default() });
    assert!(found.unwrap().ends_with("%26__clerk_synced%3Dfalse"));
}

#[test]
fn nobody_comes_back_to_a_handshake_that_is_over() {
    for (back, cleaned) in [
        ("https://app.test/p?a=%20b&c", "https://app.test/p?a=%20b&c"),
        ("https://app.test/p?__clerk_handshake_nonce=n", "https://app.test/p"),
        ("https://app.test/p?a=b&__clerk_handshake=x.y.z&c=d", "https://app.test/p?a=b&c=d"),
        ("https://app.test/p?__clerk_db_jwt=secret&a=b#f", "https://app.test/p?a=b#f"),
    ] {
        let back = Location::parse(back).unwrap();
        assert_eq!(super::without_clerks_parameters(&back).as_str(), cleaned);
    }
}
