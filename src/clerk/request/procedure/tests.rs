use crate::{
    clerk::{
        Authenticator, BrowserOptions, HandshakeMode, Instance,
        fixture::{
            DEVELOPMENT, NOW, PRODUCTION, SUFFIX, Script, Signer, authenticator, browsing, claims,
            get, header, now, ok, options, primary_options, run, sign, token,
        },
        request::{Authentication, RedirectCause, SignedOutReason, refresh::RefreshFailure},
        token_error::TokenError,
    },
    core::{
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        reason::Reason,
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

const DOCUMENT: (&str, &str) = ("sec-fetch-dest", "document");
const UAT: &str = "__client_uat=1769990000";

fn decide(authenticator: &Authenticator, request: &HttpRequest<'_>) -> Authentication {
    run(authenticator.authenticate(request, now()))
}

fn visit(instance: Instance, target: &str, headers: &[(&str, &str)]) -> Authentication {
    decide(&authenticator(instance, &Script::silent()), &get(target, headers))
}

fn production() -> Instance {
    browsing(PRODUCTION, options())
}

fn development() -> Instance {
    browsing(DEVELOPMENT, options())
}

fn dev_token(changes: &Value) -> String {
    let mut all = json!({"iss": "https://tidy-otter-42.clerk.accounts.dev"});
    for (name, value) in changes.as_object().unwrap() {
        all[name] = value.clone();
    }
    token(&all)
}

fn signed_out(result: Authentication) -> SignedOutReason {
    let Authentication::SignedOut(out) = result else { panic!("{result:?}") };
    out.reason
}

/// The reason and the address of a handshake.
fn handshake(result: Authentication) -> (SignedOutReason, String) {
    let Authentication::Redirect(redirect) = result else { panic!("{result:?}") };
    let RedirectCause::Handshake(reason) = redirect.cause else { panic!("{redirect:?}") };
    (reason, redirect.location.as_str().to_owned())
}

fn is_signed_in(result: &Authentication) -> bool {
    matches!(result, Authentication::SignedIn(_))
}

#[test]
fn a_good_cookie_signs_in_and_brings_no_headers() {
    let cookie = format!("__session={}; {UAT}", token(&json!({})));
    let found = visit(production(), "/p", &[DOCUMENT, ("cookie", &cookie)]);
    assert!(is_signed_in(&found) && found.headers().is_empty(), "{found:?}");
}

#[test]
fn a_header_token_beats_the_cookies_for_better_and_for_worse() {
    let good = token(&json!({}));
    let bad = sign(&header(), &claims(&json!({})), Signer::B);
    let (good_cookie, bad_cookie) =
        (format!("__session={good}; {UAT}"), format!("__session={bad}; {UAT}"));
    let (good_bearer, bad_bearer) = (format!("Bearer {good}"), format!("Bearer {bad}"));
    assert!(is_signed_in(&visit(
        production(),
        "/",
        &[("authorization", &good_bearer), ("cookie", &bad_cookie)]
    )));
    let found =
        visit(production(), "/", &[("authorization", &bad_bearer), ("cookie", &good_cookie)]);
    assert_eq!(signed_out(found), SignedOutReason::Token(TokenError::Signature));
}

#[test]
fn credentials_that_are_there_twice_are_refused() {
    let good = token(&json!({}));
    let other = token(&json!({"sub": "user_other"}));
    let bearers = [format!("Bearer {good}"), format!("Bearer {other}")];
    let twice = [("authorization", bearers[0].as_str()), ("authorization", &bearers[1])];
    let ambiguous = SignedOutReason::AmbiguousCredential;
    assert_eq!(signed_out(visit(production(), "/", &twice)), ambiguous);
    for cookie in [
        format!("__session={good}; __session={other}; {UAT}"),
        format!("__session_{SUFFIX}={good}; __session_{SUFFIX}={other}; {UAT}"),
        format!("__session={good}; {UAT}; __refresh_{SUFFIX}=a; __refresh_{SUFFIX}=b"),
        format!("__session={good}; {UAT}; __clerk_handshake_nonce=a; __clerk_handshake_nonce=b"),
    ] {
        let found = visit(production(), "/", &[DOCUMENT, ("cookie", &cookie)]);
        assert_eq!(signed_out(found), ambiguous, "{cookie}");
    }
    assert_eq!(ambiguous.reason(), Reason::CredentialAmbiguous);
    let lines =
        [("cookie", format!("__session={good}; {UAT}")), ("cookie", format!("__session={other}"))];
    let lines = lines.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(signed_out(visit(production(), "/", &lines)), ambiguous);
}

#[test]
fn hints_that_are_there_twice_are_taken_as_sent_first() {
    let cookie = format!("__session={}; {UAT}; __client_uat=0", token(&json!({})));
    assert!(is_signed_in(&visit(production(), "/", &[("cookie", &cookie)])));
}

#[test]
fn a_request_without_an_address_is_refused() {
    let cookie = format!("__session={}; {UAT}", token(&json!({})));
    let headers = [("cookie", cookie.as_str())];
    for (authority, target) in
        [("a.test,b.test", "/"), ("user@a.test", "/"), ("a.test", "x"), ("a.test", "*")]
    {
        let request = HttpRequest { authority, ..get(target, &headers) };
        let found = decide(&authenticator(production(), &Script::silent()), &request);
        assert_eq!(
            signed_out(found),
            SignedOutReason::AddressNotUnderstood,
            "{authority} {target}"
        );
    }
}

#[test]
fn only_a_page_load_is_sent_away() {
    for (method, headers, sent) in [
        ("GET", &[DOCUMENT][..], true),
        ("GET", &[("sec-fetch-dest", "iframe")], true),
        ("GET", &[("accept", "text/html,*/*")], true),
        ("GET", &[("sec-fetch-dest", "empty"), ("accept", "text/html")], false),
        ("GET", &[("accept", "application/json, text/html")], false),
        ("GET", &[("accept", "TEXT/HTML")], false),
        ("GET", &[], false),
        ("HEAD", &[DOCUMENT], false),
        ("POST", &[DOCUMENT], false),
        ("get", &[DOCUMENT], false),
    ] {
        let mut all = headers.to_vec();
        all.push(("cookie", UAT));
        let request = HttpRequest { method, ..get("/", &all) };
        let found = decide(&authenticator(production(), &Script::silent()), &request);
        if sent {
            assert_eq!(
                handshake(found).0,
                SignedOutReason::NoSessionCookie,
                "{method} {headers:?}"
            );
        } else {
            assert_eq!(signed_out(found), SignedOutReason::NoSessionCookie, "{method} {headers:?}");
        }
    }
}

#[test]
fn with_handshakes_off_nobody_is_sent_away_and_no_return_is_taken() {
    let script = Script::new([ok(&json!({"directives": ["__session=x"]}))]);
    let off = BrowserOptions { handshake: HandshakeMode::Off, ..options() };
    let authenticator = authenticator(browsing(PRODUCTION, off), &script);
    for target in ["/", "/?__clerk_handshake_nonce=n", "/?__clerk_handshake=a.b.c"] {
        let found = decide(&authenticator, &get(target, &[DOCUMENT, ("cookie", UAT)]));
        assert_eq!(signed_out(found), SignedOutReason::NoSessionCookie, "{target}");
    }
    assert_eq!(script.count(), 0);
}

#[test]
fn the_loop_ends_at_three_and_the_counter_grows_by_one() {
    for (sent, next) in [("0", "1"), ("2", "3"), ("4", "5"), ("x", "1")] {
        let cookie = format!("{UAT}; __clerk_redirect_count={sent}");
        let found = visit(production(), "/", &[DOCUMENT, ("cookie", &cookie)]);
        let Authentication::Redirect(redirect) = found else { panic!("{found:?}") };
        let line = format!("__clerk_redirect_count={next}; SameSite=Lax; HttpOnly; Max-Age=2");
        assert_eq!(redirect.set_cookies, [line.into()]);
    }
    let cookie = format!("{UAT}; __clerk_redirect_count=3");
    let found = visit(production(), "/", &[DOCUMENT, ("cookie", &cookie)]);
    assert!(found.headers().iter().all(|(name, _)| name.starts_with("x-clerk-auth-")));
    assert_eq!(signed_out(found), SignedOutReason::NoSessionCookie);
}

#[test]
fn a_development_browser_must_be_known() {
    let cookie = format!("__session={}; {UAT}", dev_token(&json!({})));
    let missing = visit(development(), "/", &[DOCUMENT, ("cookie", &cookie)]);
    assert_eq!(handshake(missing).0, SignedOutReason::DevBrowserMissing);
    let (reason, location) = handshake(visit(
        development(),
        "/p?x=1&__clerk_db_jwt=dvb",
        &[DOCUMENT, ("cookie", &cookie)],
    ));
    assert_eq!(reason, SignedOutReason::DevBrowserSync);
    assert!(location.starts_with("https://tidy-otter-42.clerk.accounts.dev/v1/client/handshake?"));
    assert!(location.contains("redirect_url=https%3A%2F%2Fapp.acme-widgets.com%2Fp%3Fx%3D1&"));
    let known = format!("{cookie}; __clerk_db_jwt=dvb");
    assert!(is_signed_in(&visit(development(), "/", &[DOCUMENT, ("cookie", &known)])));
}

#[test]
fn a_token_older_than_the_last_sign_in_change_goes_for_a_new_one() {
    let older = format!("__session={}; __client_uat={}", token(&json!({})), NOW + 1);
    let found = visit(production(), "/", &[DOCUMENT, ("cookie", &older)]);
    assert_eq!(handshake(found).0, SignedOutReason::OlderThanClient);
    let equal = format!("__session={}; __client_uat={NOW}", token(&json!({})));
    assert!(is_signed_in(&visit(production(), "/", &[DOCUMENT, ("cookie", &equal)])));
}

#[test]
fn a_known_token_is_compared_with_client_uat_again() {
    let authenticator = authenticator(production(), &Script::silent());
    let token = token(&json!({}));
    let good = format!("__session={token}; {UAT}");
    assert!(is_signed_in(&decide(&authenticator, &get("/", &[("cookie", &good)]))));
    for (uat, reason) in [
        ("0".to_owned(), SignedOutReason::NoActiveClient),
        ((NOW + 1).to_string(), SignedOutReason::OlderThanClient),
    ] {
        let cookie = format!("__session={token}; __client_uat={uat}");
        let found = decide(&authenticator, &get("/", &[("cookie", &cookie)]));
        assert_eq!(signed_out(found), reason, "signed out in another tab");
    }
}

#[test]
fn an_expired_session_is_renewed_when_clerk_agrees() {
    let fresh = token(&json!({"jti": "fresh"}));
    let lines = [
        format!("__session_{SUFFIX}={fresh}; Path=/; Secure"),
        "__client_uat=1; Path=/".to_owned(),
    ];
    let script = Script::new([ok(&json!({"cookies": lines}))]);
    let authenticator = authenticator(production(), &script);
    let expired = token(&json!({"exp": NOW - 60}));
    let cookie = format!("__session={expired}; {UAT}; __refresh_{SUFFIX}=rt");
    let found = decide(&authenticator, &get("/", &[("cookie", &cookie)]));
    let Authentication::SignedIn(session) = found else { panic!("{found:?}") };
    assert_eq!(session.response.set_cookies, lines.map(String::into_boxed_str));
    assert!(session.fresh_token.is_some());
    assert_eq!(script.calls.lock().unwrap()[0], "POST /v1/sessions/sess_2zA1b2C3/refresh?");
    assert_eq!(authenticator.counters().session_refreshed.get(), 1);
}

#[test]
fn what_clerk_sends_back_is_verified_before_it_counts() {
    let forged = sign(&header(), &claims(&json!({})), Signer::B);
    let dead = token(&json!({"exp": NOW - 60}));
    for line in [
        format!("__session={forged}"),
        format!("__session={dead}"),
        "x=y".into(),
        "__session=".into(),
    ] {
        let script = Script::new([ok(&json!({"cookies": [line]}))]);
        let authenticator = authenticator(production(), &script);
        let cookie = format!("__session={dead}; {UAT}; __refresh_{SUFFIX}=rt");
        let found = decide(&authenticator, &get("/", &[("cookie", &cookie)]));
        assert!(found.headers().iter().all(|(name, _)| *name != "set-cookie"), "{line}");
        assert_eq!(
            signed_out(found),
            SignedOutReason::Expired(RefreshFailure::InvalidSession),
            "{line}"
        );
    }
    let script = Script::new([ok(&json!({"cookies": ["__session=a\r\nset-cookie: evil=1"]}))]);
    let cookie = format!("__session={dead}; {UAT}; __refresh_{SUFFIX}=rt");
    let found = decide(&authenticator(production(), &script), &get("/", &[("cookie", &cookie)]));
    assert_eq!(signed_out(found), SignedOutReason::Expired(RefreshFailure::UnexpectedAnswer));
}

#[test]
fn no_token_that_the_instance_did_not_sign_is_sent_to_be_renewed() {
    let expired = token(&json!({"exp": NOW - 60}));
    let bearer = format!("Bearer {expired}");
    for (sid, signer, failure) in [
        ("sess_x", Signer::B, RefreshFailure::TokenNotAuthentic),
        ("sess_x/revoke?y=", Signer::B, RefreshFailure::SessionIdUnsafe),
        ("sess_x/revoke?y=", Signer::A, RefreshFailure::SessionIdUnsafe),
        ("sess_..", Signer::A, RefreshFailure::SessionIdUnsafe),
        ("", Signer::A, RefreshFailure::SessionIdMissing),
    ] {
        let script = Script::new([ok(&json!({"cookies": []}))]);
        let authenticator = authenticator(production(), &script);
        let planted = sign(&header(), &claims(&json!({"sid": sid})), signer);
        let cookie = format!("__session={planted}; {UAT}; __refresh_{SUFFIX}=rt");
        let headers = [("authorization", bearer.as_str()), ("cookie", &cookie)];
        let found = decide(&authenticator, &get("/", &headers));
        assert_eq!(signed_out(found), SignedOutReason::Expired(failure), "{sid}");
        assert_eq!(script.count(), 0, "{sid}");
    }
}

#[test]
fn only_get_is_renewed_and_only_with_a_refresh_token_of_the_instance() {
    let script = Script::new([ok(&json!({"cookies": []}))]);
    let authenticator = authenticator(production(), &script);
    let expired = token(&json!({"exp": NOW - 60}));
    let cookie = format!("__session={expired}; {UAT}; __refresh_{SUFFIX}=rt");
    let headers = [("cookie", cookie.as_str())];
    let post = HttpRequest { method: "POST", ..get("/", &headers) };
    assert_eq!(
        signed_out(decide(&authenticator, &post)),
        SignedOutReason::Expired(RefreshFailure::NotGet)
    );
    for refresh in ["__refresh=rt", "__refresh_ABCDEFGH=rt", &format!("__refresh_{SUFFIX}=")] {
        let cookie = format!("__session={expired}; {UAT}; {refresh}");
        let found = decide(&authenticator, &get("/", &[("cookie", &cookie)]));
        assert_eq!(signed_out(found), SignedOutReason::Expired(RefreshFailure::NoRefreshCookie));
    }
    assert_eq!(script.count(), 0);
}

#[test]
fn a_nonce_brings_cookies_and_a_session() {
    let fresh = token(&json!({}));
    let lines =
        [format!("__session={fresh}; Path=/"), "__client_uat=1770000000; Path=/".to_owned()];
    let script = Script::new([ok(&json!({"directives": lines}))]);
    let found = decide(
        &authenticator(production(), &script),
        &get("/p?__clerk_handshake_nonce=n", &[DOCUMENT]),
    );
    assert!(is_signed_in(&found));
    let cookies = found.headers().into_iter().filter(|(name, _)| *name == "set-cookie");
    assert_eq!(cookies.map(|(_, line)| line.into_owned()).collect::<Vec<_>>(), lines);
}

#[test]
fn a_handshake_token_must_be_the_instances_and_its_age_does_not_matter() {
    let line = format!("__session={}; Path=/", token(&json!({})));
    let payload = json!({"handshake": [line], "exp": 1});
    let target = |token: &str| format!("/p?__clerk_handshake={token}");
    let good = target(&sign(&header(), &payload, Signer::A));
    assert!(is_signed_in(&visit(production(), &good, &[DOCUMENT])));

    let forged = sign(&header(), &payload, Signer::B);
    let found = visit(production(), &target(&forged), &[DOCUMENT, ("cookie", UAT)]);
    assert_eq!(handshake(found).0, SignedOutReason::NoSessionCookie, "as if it were not there");
    let found = visit(development(), &target(&forged), &[DOCUMENT]);
    assert_eq!(signed_out(found), SignedOutReason::HandshakeToken(TokenError::Signature));
    let mut template = header();
    template["cat"] = json!("cl_B7d4PD222AAA");
    let template = sign(&template, &payload, Signer::A);
    let found = visit(development(), &target(&template), &[DOCUMENT]);
    assert_eq!(signed_out(found), SignedOutReason::HandshakeToken(TokenError::Type));
}

#[test]
fn a_development_instance_cleans_the_address_after_a_handshake() {
    let line = format!("__session={}; Path=/", dev_token(&json!({})));
    let script = Script::new([ok(&json!({"directives": [line]}))]);
    let target = "/p?x=1&__clerk_handshake_nonce=n&__clerk_help=h";
    let found = decide(&authenticator(development(), &script), &get(target, &[DOCUMENT]));
    let Authentication::Redirect(redirect) = found else { panic!("{found:?}") };
    assert_eq!(redirect.location.as_str(), "https://app.acme-widgets.com/p?x=1");
    assert_eq!(redirect.set_cookies, [line.into()]);
    assert!(matches!(redirect.cause, RedirectCause::Returned(result) if is_signed_in(&result)));
}

#[test]
fn a_clock_that_is_a_day_off_only_counts_on_a_development_instance() {
    let late = |iss: &str| format!("__session={}", token(&json!({"iss": iss, "exp": NOW - 3600})));
    let dev = late("https://tidy-otter-42.clerk.accounts.dev");
    let script = Script::new([ok(&json!({"directives": [dev]}))]);
    let target = "/?__clerk_handshake_nonce=n";
    let found = decide(&authenticator(development(), &script), &get(target, &[DOCUMENT]));
    assert!(matches!(found, Authentication::Redirect(_)), "{found:?}");
    let live = late("https://clerk.acme-widgets.com");
    let script = Script::new([ok(&json!({"directives": [live]}))]);
    let found = decide(&authenticator(production(), &script), &get(target, &[]));
    assert_eq!(signed_out(found), SignedOutReason::NothingPresented);
}

#[test]
fn a_handshake_that_ends_without_a_session_signs_out_with_its_cookies() {
    let script =
        Script::new([ok(&json!({"directives": ["__session=; Max-Age=0", "__client_uat=0"]}))]);
    let found = decide(
        &authenticator(production(), &script),
        &get("/?__clerk_handshake_nonce=n", &[DOCUMENT]),
    );
    let Authentication::SignedOut(out) = found else { panic!("{found:?}") };
    assert_eq!(out.reason, SignedOutReason::HandshakeWithoutSession);
    assert_eq!(out.response.set_cookies.len(), 2);
}

#[test]
fn a_line_that_would_end_a_header_brings_nothing() {
    let line = format!("__session={}\r\nset-cookie: evil=1", token(&json!({})));
    let script = Script::new([ok(&json!({"directives": [line]}))]);
    let found =
        decide(&authenticator(production(), &script), &get("/?__clerk_handshake_nonce=n", &[]));
    assert!(found.headers().iter().all(|(name, _)| *name != "set-cookie"));
    assert_eq!(signed_out(found), SignedOutReason::NothingPresented);
}

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

/// Pieces from which requests are drawn, good and bad.
fn pieces() -> Vec<String> {
    let mut pieces: Vec<String> = [
        "",
        "0",
        "1",
        "3",
        "1769990000",
        "1770000001",
        "true",
        "false",
        "dvb_1",
        "a.b.c",
        "garbage",
        "https://evil.test/",
        "//evil.test",
        "https://satellite.test/x",
        "javascript:alert(1)",
        "x\r\nset-cookie: evil=1",
        "%0d%0aset-cookie:evil=1",
        "\u{e4}\u{2028}",
        "..",
        "%zz",
        "=;,",
    ]
    .map(ToOwned::to_owned)
    .to_vec();
    let line = format!("__session={}", token(&json!({})));
    pieces.extend([
        token(&json!({})),
        dev_token(&json!({})),
        token(&json!({"exp": NOW - 60})),
        token(&json!({"nbf": NOW + 60})),
        token(&json!({"sts": "pending"})),
        token(&json!({"iss": "https://clerk.other-company.io"})),
        sign(&header(), &claims(&json!({})), Signer::B),
        sign(&header(), &json!({"handshake": [line, "evil\r\nx: y"]}), Signer::A),
    ]);
    pieces
}

const COOKIES: [&str; 12] = [
    "__session",
    "__session_GKT37j1e",
    "__session_8dbm3UuM",
    "__client_uat",
    "__client_uat_GKT37j1e",
    "__client_uat_8dbm3UuM",
    "__refresh_GKT37j1e",
    "__clerk_db_jwt",
    "__clerk_handshake",
    "__clerk_handshake_nonce",
    "__clerk_redirect_count",
    "other",
];
const PARAMETERS: [&str; 7] = [
    "__clerk_db_jwt",
    "__clerk_handshake",
    "__clerk_handshake_nonce",
    "__clerk_synced",
    "__clerk_redirect_url",
    "__clerk_help",
    "x",
];
const HEADERS: [&str; 8] = [
    "authorization",
    "origin",
    "referer",
    "sec-fetch-dest",
    "accept",
    "x-forwarded-host",
    "x-forwarded-proto",
    "host",
];

/// What Clerk may send back; the second holds an attack.
const LINES: [&str; 3] = ["__client_uat=1; Path=/", "__session=a.b.c", "evil=1\r\nx: y"];

fn drawn() -> impl Strategy<Value = (String, String, String, Vec<(String, String)>)> {
    let piece = || prop::sample::select(pieces());
    let name = |names: &'static [&'static str]| prop::sample::select(names.to_vec());
    let cookies = prop::collection::vec((name(&COOKIES), piece()), 0..6);
    let query = prop::collection::vec((name(&PARAMETERS), piece()), 0..4);
    let headers = prop::collection::vec((name(&HEADERS), piece()), 0..4);
    let method = prop::sample::select(vec!["GET", "GET", "GET", "POST", "HEAD"]);
    let path = prop::sample::select(vec![
        "/",
        "/p",
        "//evil.test/x",
        "/\\evil.test",
        "/orgs/other/x",
        "*",
    ]);
    (cookies, query, headers, method, path, any::<bool>()).prop_map(
        |(cookies, query, headers, method, path, page)| {
            let cookie: Vec<String> =
                cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let query =
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
            let mut lines: Vec<(String, String)> =
                headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            if page {
                lines.push(("sec-fetch-dest".into(), "document".into()));
            }
            lines.push(("cookie".into(), cookie.join("; ")));
            (method.to_owned(), format!("{path}?{query}"), "app.acme-widgets.com".to_owned(), lines)
        },
    )
}

fn instances() -> Vec<Instance> {
    let satellite = BrowserOptions {
        is_satellite: true,
        satellite_auto_sync: true,
        domain: Some("satellite.test".into()),
        sign_in_url: Some("https://shop.test/sign-in".into()),
        ..options()
    };
    let organizations =
        BrowserOptions { organization_patterns: vec!["/orgs/:slug/(.*)".into()], ..options() };
    vec![
        browsing(PRODUCTION, options()),
        browsing(PRODUCTION, satellite.clone()),
        browsing(PRODUCTION, organizations),
        browsing(DEVELOPMENT, primary_options()),
        browsing(DEVELOPMENT, satellite),
    ]
}

/// Every origin that the settings above, or the request's own host, name.
const ORIGINS: [&str; 7] = [
    "https://clerk.acme-widgets.com",
    "https://clerk.satellite.test",
    "https://tidy-otter-42.clerk.accounts.dev",
    "https://satellite.test",
    "https://shop.test",
    "https://app.acme-widgets.com",
    "http://app.acme-widgets.com",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_request_leaves_the_configured_origins_or_gets_a_cookie_that_nobody_sent(
        (method, target, authority, lines) in drawn(),
        instance in prop::sample::select((0..5).collect::<Vec<usize>>()),
    ) {
        let script = Script::new([ok(&json!({"directives": LINES, "cookies": LINES}))]);
        let authenticator = authenticator(instances().swap_remove(instance), &script);
        let request = HttpRequest {
            method: &method,
            scheme: Scheme::Https,
            authority: &authority,
            target: &target,
            headers: Headers::new(
                lines.iter().map(|(name, value)| Header { name, value: value.as_bytes() }).collect(),
                Repeats::Separate,
            ),
            peer: None,
        };
        let found = decide(&authenticator, &request);
        if let Authentication::Redirect(redirect) = &found {
            let origin = redirect.location.url().origin().ascii_serialization();
            prop_assert!(ORIGINS.contains(&origin.as_str()), "{origin}");
            for (name, value) in redirect.location.url().query_pairs() {
                if name == "redirect_url" || (name == "__clerk_redirect_url" && origin == "https://shop.test") {
                    prop_assert!(value.starts_with("https://app.acme-widgets.com/"), "{value}");
                }
            }
        }
        for (name, value) in found.headers() {
            prop_assert!(value.chars().all(|c| !c.is_control()), "{name}: {value:?}");
            let sent = LINES.contains(&&*value) || value.starts_with("__session=eyJ");
            let counter = value.starts_with("__clerk_redirect_count=");
            prop_assert!(name != "set-cookie" || sent || counter, "{value}");
        }
    }

    #[test]
    fn garbage_is_signed_out(lines in prop::collection::vec((prop::sample::select(HEADERS.to_vec()), "\\PC{0,60}"), 0..6), cookie in "\\PC{0,120}", target in "/\\PC{0,60}") {
        let mut headers: Vec<(&str, &str)> = lines.iter().map(|(name, value)| (*name, value.as_str())).collect();
        headers.push(("cookie", &cookie));
        let found = visit(production(), &target, &headers);
        prop_assert!(matches!(found, Authentication::SignedOut(_)), "{found:?}");
    }

    #[test]
    fn no_bytes_make_it_panic(lines in prop::collection::vec((prop::sample::select(HEADERS.to_vec()), prop::collection::vec(any::<u8>(), 0..60)), 0..6), authority in "\\PC{0,20}", target in "\\PC{0,40}") {
        let headers = lines.iter().map(|(name, value)| Header { name, value }).collect();
        let request = HttpRequest {
            authority: &authority,
            target: &target,
            headers: Headers::new(headers, Repeats::Joined),
            ..get("/", &[])
        };
        let _ = decide(&authenticator(development(), &Script::silent()), &request);
    }
}
