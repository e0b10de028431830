use crate::{
    clerk::{
        Authenticator, BrowserOptions, HandshakeMode, Instance,
        fixture::{
            DEVELOPMENT, NOW, PRODUCTION, SUFFIX, Script, Signer, authenticator, browsing, claims,
            get, header, now, ok, options, run, sign, token,
        },
        request::{Authentication, RedirectCause, SignedOutReason},
        token_error::TokenError,
    },
    core::{credential::CredentialKinds, http_request::HttpRequest, reason::Reason},
};
use serde_json::{Value, json};

mod outside_calls;
mod random;
mod renewal;
mod sites;

const DOCUMENT: (&str, &str) = ("sec-fetch-dest", "document");
const UAT: &str = "__client_uat=1769990000";

fn decide(authenticator: &Authenticator, request: &HttpRequest<'_>) -> Authentication {
    run(authenticator.authenticate(request, CredentialKinds::SESSION, now()))
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
        assert_eq!(redirect.set_cookies, [Box::<str>::from(line)]);
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
