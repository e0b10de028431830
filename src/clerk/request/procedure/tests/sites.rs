//! Satellites and primaries, other origins, organizations in the path.

use super::{DOCUMENT, UAT, decide, handshake, is_signed_in, production, signed_out, visit};
use crate::{
    clerk::{
        BrowserOptions,
        fixture::{
            DEVELOPMENT, PRODUCTION, Script, authenticator, browsing, get, options,
            primary_options, token,
        },
        request::{Authentication, SignedOutReason},
    },
    core::{http_request::HttpRequest, location::Origin, reason::Reason},
};
use serde_json::json;

#[test]
fn a_visitor_from_another_origin_is_asked_about_once() {
    let cookie = format!("__session={}; {UAT}", token(&json!({})));
    let from = |referer: &str, cookie: &str| {
        visit(production(), "/", &[DOCUMENT, ("referer", referer), ("cookie", cookie)])
    };
    let (reason, _) = handshake(from("https://elsewhere.test/", &cookie));
    assert_eq!(reason, SignedOutReason::CrossOriginSync);
    for own in [
        "https://app.acme-widgets.com/x",
        "https://clerk.acme-widgets.com/",
        "https://accounts.acme-widgets.com/",
        "garbage",
        "",
    ] {
        assert!(is_signed_in(&from(own, &cookie)), "{own}");
    }
    assert!(is_signed_in(&from(
        "https://elsewhere.test/",
        &format!("{cookie}; __clerk_redirect_count=1")
    )));
}

#[test]
fn a_primary_sends_browsers_back_to_its_own_satellites_only() {
    let primary = || browsing(DEVELOPMENT, primary_options());
    let target = |url: &str| {
        format!(
            "/?__clerk_redirect_url={}",
            url::form_urlencoded::byte_serialize(url.as_bytes()).collect::<String>()
        )
    };
    let headers = [DOCUMENT, ("cookie", "__clerk_db_jwt=dvb")];
    let (reason, location) =
        handshake(visit(primary(), &target("https://satellite.test/p?a=1"), &headers));
    assert_eq!(reason, SignedOutReason::PrimaryRespondsToSyncing);
    assert_eq!(location, "https://satellite.test/p?a=1&__clerk_db_jwt=dvb&__clerk_synced=true");
    for foreign in [
        "https://evil.test/",
        "http://satellite.test/",
        "https://satellite.test:8443/",
        "https://satellite.test.evil.test/",
        "https://satellite.test@evil.test/",
        "//evil.test/",
        "javascript:alert(1)",
        "garbage",
    ] {
        let found = visit(primary(), &target(foreign), &headers);
        assert_eq!(signed_out(found), SignedOutReason::NothingPresented, "{foreign}");
    }
    let production = browsing(PRODUCTION, primary_options());
    let found = visit(production, &target("https://satellite.test/"), &headers);
    assert_eq!(signed_out(found), SignedOutReason::NothingPresented);
}

#[test]
fn a_satellite_syncs_when_asked_to_or_when_it_syncs_by_itself() {
    let satellite = |satellite_auto_sync| {
        let options = BrowserOptions {
            is_satellite: true,
            satellite_auto_sync,
            domain: Some("satellite.test".into()),
            sign_in_url: Some("https://shop.test/sign-in".into()),
            ..options()
        };
        browsing(DEVELOPMENT, options)
    };
    let found = visit(satellite(false), "/", &[DOCUMENT]);
    assert_eq!(signed_out(found), SignedOutReason::NothingPresented);
    for (auto, target) in [(true, "/"), (false, "/?__clerk_synced=false")] {
        let (reason, location) = handshake(visit(satellite(auto), target, &[DOCUMENT]));
        assert_eq!(reason, SignedOutReason::SatelliteNeedsSyncing);
        assert!(
            location
                .starts_with("https://shop.test/sign-in?__clerk_redirect_url=https%3A%2F%2Fapp.")
        );
    }
    let found = visit(satellite(true), "/?__clerk_synced=true", &[DOCUMENT]);
    assert_eq!(handshake(found).0, SignedOutReason::DevBrowserMissing, "once is enough");
    let found = visit(satellite(true), "/", &[DOCUMENT, ("origin", "https://shop.test")]);
    assert_eq!(signed_out(found).reason(), Reason::Misconfigured);
}

#[test]
fn another_organization_in_the_path_goes_for_a_token_of_that_one() {
    let options =
        BrowserOptions { organization_patterns: vec!["/orgs/:slug/(.*)".into()], ..options() };
    let instance = || browsing(PRODUCTION, options.clone());
    let token = token(&json!({"org_id": "org_1", "org_slug": "acme"}));
    let cookie = format!("__session={token}; {UAT}");
    assert!(is_signed_in(&visit(instance(), "/orgs/acme/x", &[DOCUMENT, ("cookie", &cookie)])));
    let (reason, location) =
        handshake(visit(instance(), "/orgs/other/x", &[DOCUMENT, ("cookie", &cookie)]));
    assert_eq!(reason, SignedOutReason::OrganizationMismatch);
    assert!(location.ends_with("&organization_id=other"), "{location}");
    assert!(is_signed_in(&visit(instance(), "/orgs/other/x", &[("cookie", &cookie)])));
    for count in [3, 4] {
        let cookie = format!("{cookie}; __clerk_redirect_count={count}");
        assert!(is_signed_in(&visit(
            instance(),
            "/orgs/other/x",
            &[DOCUMENT, ("cookie", &cookie)]
        )));
    }
}

/// The host that a client writes must not become a way out with what a handshake brings.
#[test]
fn a_handshake_leads_back_to_authorized_parties_only() {
    let request = |authority| HttpRequest { authority, ..get("/p", &[DOCUMENT, ("cookie", UAT)]) };
    for (parties, authority, allowed) in [
        (&[][..], "app.acme-widgets.com", true),
        (&["https://app.acme-widgets.com"], "app.acme-widgets.com", true),
        (&["http://app.acme-widgets.com"], "APP.acme-widgets.com", true),
        (&["https://app.acme-widgets.com:8443"], "app.acme-widgets.com:8443", true),
        (&["https://app.acme-widgets.com:8443"], "app.acme-widgets.com", false),
        (&["https://app.acme-widgets.com"], "evil.test", false),
        (&["https://app.acme-widgets.com"], "app.acme-widgets.com.evil.test", false),
        (&["https://app.acme-widgets.com"], "app.acme-widgets.com:81", false),
        (&["com.acme.app://callback", "nonsense"], "app.acme-widgets.com", false),
    ] {
        let mut instance = production();
        instance.authorized_parties = parties.iter().map(|party| Origin::new(party)).collect();
        let found = decide(&authenticator(instance, &Script::silent()), &request(authority));
        let sent_away = matches!(found, Authentication::Redirect(_));
        assert_eq!(sent_away, allowed, "{parties:?} {authority}: {found:?}");
    }
}
