use super::{BrowserOptions, BrowserSettings, BrowserSettingsError, HandshakeMode, SecretKey};
use crate::clerk::{
    PublishableKey,
    fixture::{DEVELOPMENT, PRODUCTION, options},
    request::organization_sync::PatternError,
};

fn refusal(key: &str, options: BrowserOptions) -> Option<BrowserSettingsError> {
    let key = PublishableKey::parse(key).unwrap();
    BrowserSettings::new(options, &key, SecretKey::Configured).err()
}

fn satellite() -> BrowserOptions {
    BrowserOptions {
        is_satellite: true,
        domain: Some("satellite.test".into()),
        sign_in_url: Some("https://shop.test/sign-in".into()),
        ..options()
    }
}

#[test]
fn handshakes_need_the_secret_key() {
    let key = PublishableKey::parse(PRODUCTION).unwrap();
    let refused = BrowserSettings::new(options(), &key, SecretKey::Missing).err();
    assert_eq!(refused, Some(BrowserSettingsError::SecretKeyMissing));
    let off = BrowserOptions { handshake: HandshakeMode::Off, ..options() };
    assert!(BrowserSettings::new(off, &key, SecretKey::Missing).is_ok());
}

#[test]
fn a_satellite_needs_a_domain_or_a_proxy_and_in_development_a_sign_in_page() {
    assert_eq!(refusal(PRODUCTION, satellite()), None);
    assert_eq!(refusal(DEVELOPMENT, satellite()), None);
    for empty in [None, Some(String::new())] {
        let options = BrowserOptions { domain: empty, ..satellite() };
        let missing = Some(BrowserSettingsError::DomainOrProxyMissing);
        assert_eq!(refusal(PRODUCTION, options), missing);
    }
    let proxied =
        BrowserOptions { domain: None, proxy_url: Some("/__clerk".into()), ..satellite() };
    assert_eq!(refusal(PRODUCTION, proxied), None);
    let homeless = BrowserOptions { sign_in_url: None, ..satellite() };
    let missing = Some(BrowserSettingsError::SignInUrlMissing);
    assert_eq!(refusal(DEVELOPMENT, homeless.clone()), missing);
    assert_eq!(refusal(PRODUCTION, homeless), None);
}

#[test]
fn a_proxy_is_a_web_address_or_a_path() {
    for (proxy, refused) in [
        ("https://proxy.test/__clerk", false),
        ("http://localhost:3000/p", false),
        ("/__clerk", false),
        ("//evil.test", true),
        ("proxy.test", true),
        ("javascript:alert(1)", true),
    ] {
        let options = BrowserOptions { proxy_url: Some(proxy.into()), ..options() };
        assert_eq!(refusal(PRODUCTION, options).is_some(), refused, "{proxy}");
    }
}

#[test]
fn a_domain_is_a_host() {
    for domain in ["a b", "a.test:99999", "["] {
        let options = BrowserOptions { domain: Some(domain.into()), ..satellite() };
        assert_eq!(refusal(PRODUCTION, options), Some(BrowserSettingsError::Domain), "{domain}");
    }
}

#[test]
fn a_pattern_that_cannot_be_read_is_named() {
    let organization = BrowserOptions { organization_patterns: vec!["/o/*".into()], ..options() };
    let personal =
        BrowserOptions { personal_account_patterns: Some(vec!["/()".into()]), ..options() };
    for (options, pattern, reason) in [
        (organization, "/o/*", PatternError::Repetition),
        (personal, "/()", PatternError::EmptyGroup),
    ] {
        let refused = BrowserSettingsError::Pattern { pattern: pattern.into(), reason };
        assert_eq!(refusal(PRODUCTION, options), Some(refused));
    }
}
