use super::{Address, AddressError, set_parameter, without_parameters};
use crate::{
    clerk::{ForwardedHeaders, fixture::get},
    core::http_request::HttpRequest,
};
use proptest::prelude::*;
use url::Url;

fn own(authority: &str, target: &str) -> Result<String, AddressError> {
    let request = HttpRequest { authority, ..get(target, &[]) };
    Address::of(&request, ForwardedHeaders::Ignored).map(|address| address.url().to_string())
}

fn forwarded(headers: &[(&str, &str)]) -> String {
    let request = get("/p?x=1", headers);
    Address::of(&request, ForwardedHeaders::Trusted).unwrap().url().to_string()
}

#[test]
fn the_address_is_that_of_the_proxy() {
    assert_eq!(own("shop.test", "/a?b=c").as_deref(), Ok("https://shop.test/a?b=c"));
    assert_eq!(own("SHOP.test:443", "/a").as_deref(), Ok("https://shop.test/a"));
    assert_eq!(own("shop.test:8443", "/").as_deref(), Ok("https://shop.test:8443/"));
}

#[test]
fn a_path_never_becomes_a_host() {
    for target in
        ["//evil.test/x", "/\\evil.test", "//evil.test@x", "///evil.test", "/%2f/evil.test"]
    {
        let address = own("shop.test", target).unwrap();
        assert_eq!(Url::parse(&address).unwrap().host_str(), Some("shop.test"), "{target}");
    }
}

#[test]
fn what_is_no_host_or_no_path_has_no_address() {
    for authority in
        ["", "a.test,b.test", "user@a.test", "a.test/x", "a.test?x", "a test", "a.test:x"]
    {
        assert_eq!(own(authority, "/"), Err(AddressError::Authority), "{authority}");
    }
    for target in ["", "*", "x", "http://evil.test/", "@evil.test/", ".evil.test/", ":80/"] {
        assert_eq!(own("shop.test", target), Err(AddressError::Target), "{target}");
    }
    assert_eq!(own("1.2.3.4.5", "/"), Err(AddressError::Authority));
}

#[test]
fn forwarded_headers_count_only_where_the_peer_is_trusted() {
    let headers = [("x-forwarded-host", "evil.test"), ("x-forwarded-proto", "http")];
    let request = get("/p", &headers);
    let ignored = Address::of(&request, ForwardedHeaders::Ignored).unwrap();
    assert_eq!(ignored.url().as_str(), "https://app.acme-widgets.com/p");
    assert_eq!(ignored.origin(), "https://app.acme-widgets.com");
    let trusted = Address::of(&request, ForwardedHeaders::Trusted).unwrap();
    assert_eq!(trusted.url().as_str(), "http://evil.test/p");
}

#[test]
fn of_trusted_headers_the_first_item_counts() {
    for (host, expected) in [
        ("shop.test", "https://shop.test/p?x=1"),
        ("shop.test, inner.test", "https://shop.test/p?x=1"),
        (" shop.test", "https://shop.test/p?x=1"),
        ("shop.test:8443", "https://shop.test:8443/p?x=1"),
    ] {
        assert_eq!(forwarded(&[("x-forwarded-host", host)]), expected, "{host}");
    }
    assert_eq!(
        forwarded(&[("x-forwarded-proto", "http,https")]),
        "http://app.acme-widgets.com/p?x=1"
    );
    assert_eq!(forwarded(&[("host", "shop.test")]), "https://shop.test/p?x=1");
}

#[test]
fn trusted_headers_that_cannot_be_understood_are_passed_over() {
    for host in [
        "",
        ",b.test",
        "a b.test",
        "user@evil.test",
        "evil.test/x",
        "evil.test#",
        "a.test:99999",
        "\\evil",
    ] {
        let found = forwarded(&[("x-forwarded-host", host), ("x-forwarded-proto", "http")]);
        assert_eq!(found, "https://app.acme-widgets.com/p?x=1", "{host}");
    }
    for scheme in ["", "javascript", "ftp", "https ,http", "https://evil.test/"] {
        let found = forwarded(&[("x-forwarded-host", "a.test"), ("x-forwarded-proto", scheme)]);
        assert_eq!(found, "https://app.acme-widgets.com/p?x=1", "{scheme}");
    }
    let twice = [("x-forwarded-host", "a.test"), ("x-forwarded-host", "b.test")];
    assert_eq!(forwarded(&twice), "https://app.acme-widgets.com/p?x=1");
}

#[test]
fn removing_parameters_writes_the_query_anew() {
    for (query, expected) in [
        ("?a=b%20c&flag", "?a=b+c&flag="),
        ("?x=1&drop=2&x=3", "?x=1&x=3"),
        ("?drop=1", ""),
        ("?", ""),
        ("?&&a=1&", "?a=1"),
        ("?a=%zz", "?a=%25zz"),
        ("?a=%ff", "?a=%EF%BF%BD"),
        ("", ""),
    ] {
        let url = Url::parse(&format!("https://a.test/p{query}#f")).unwrap();
        let found = without_parameters(&url, &["drop"]);
        assert_eq!(found.as_str(), format!("https://a.test/p{expected}#f"), "{query}");
    }
}

#[test]
fn setting_a_parameter_takes_the_place_of_the_first_and_removes_the_others() {
    for (query, expected) in
        [("", "?s=new"), ("?a=1", "?a=1&s=new"), ("?s=1&a=1&s=2", "?s=new&a=1")]
    {
        let mut url = Url::parse(&format!("https://a.test/{query}")).unwrap();
        set_parameter(&mut url, "s", "new");
        assert_eq!(url.as_str(), format!("https://a.test/{expected}"));
    }
}

proptest! {
    #[test]
    fn no_target_changes_the_host(target in "/\\PC{0,60}") {
        let address = own("shop.test", &target).unwrap();
        prop_assert!(address.starts_with("https://shop.test/"), "{address}");
    }

    #[test]
    fn no_authority_makes_an_address_of_another_shape(authority in "\\PC{0,30}") {
        if let Ok(address) = own(&authority, "/p") {
            let url = Url::parse(&address).unwrap();
            prop_assert!(url.path() == "/p" && url.username().is_empty() && url.password().is_none());
        }
    }
}
