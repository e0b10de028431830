//! Requests drawn at random.

use super::{decide, dev_token, development, production, visit};
use crate::{
    clerk::{
        BrowserOptions, Instance,
        fixture::{
            DEVELOPMENT, NOW, PRODUCTION, Script, Signer, authenticator, browsing, claims, get,
            header, ok, options, primary_options, sign, token,
        },
        request::Authentication,
    },
    core::{
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
    },
};
use proptest::prelude::*;
use serde_json::json;

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
