use super::{Credentials, is_clerks};
use crate::core::{
    decision::Upstream,
    header::{Header, Headers, Repeats},
};

/// What is set, each as `name: value`, and what is removed.
fn applied(credentials: Credentials, headers: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let lines = headers.iter().map(|&(name, value)| Header { name, value: value.as_bytes() });
    let headers = Headers::new(lines.collect(), Repeats::Separate);
    let mut upstream = Upstream {
        set: vec![("x-user-id".into(), "user_1".into())],
        remove: vec!["x-org-id".into()],
    };
    credentials.apply(&mut upstream, &headers);
    let set = upstream.set.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    (set, upstream.remove.iter().map(ToString::to_string).collect())
}

#[test]
fn credentials_that_are_kept_are_left_alone() {
    let headers = [("authorization", "Bearer x"), ("cookie", "__session=x")];
    let (set, removed) = applied(Credentials::Keep, &headers);
    assert_eq!(set, ["x-user-id: user_1"]);
    assert_eq!(removed, ["x-org-id"]);
}

#[test]
fn authorization_and_clerks_cookies_are_withheld() {
    let cookies = "theme=dark; __session=x; __session_8NbDzl9K=y; __client_uat=1; cart=\"a,b\"";
    let headers = [("authorization", "Bearer x"), ("cookie", cookies)];
    let (set, removed) = applied(Credentials::Withhold, &headers);
    assert_eq!(set, ["x-user-id: user_1", "cookie: theme=dark; cart=\"a,b\""]);
    assert_eq!(removed, ["x-org-id", "authorization"]);
}

#[test]
fn a_cookie_header_of_nothing_else_is_removed_whole() {
    let headers = [("cookie", "__session=x"), ("cookie", "__client_uat=1;")];
    let (set, removed) = applied(Credentials::Withhold, &headers);
    assert_eq!(set, ["x-user-id: user_1"]);
    assert_eq!(removed, ["x-org-id", "authorization", "cookie"]);
}

#[test]
fn cookies_of_others_are_not_touched() {
    let (set, removed) = applied(Credentials::Withhold, &[("cookie", "theme=dark; session=1")]);
    assert_eq!(set, ["x-user-id: user_1"]);
    assert_eq!(removed, ["x-org-id", "authorization"]);
}

#[test]
fn what_was_not_shown_is_removed_unseen() {
    let (_, removed) = applied(Credentials::Withhold, &[]);
    assert_eq!(removed, ["x-org-id", "authorization", "cookie"]);
}

#[test]
fn a_credential_that_is_not_clerks_is_withheld_as_well() {
    for value in ["Basic dXNlcjpw", "DPoP x", "", "\u{e9}"] {
        let headers = [("authorization", value), ("cookie", "a=1")];
        let (_, removed) = applied(Credentials::Withhold, &headers);
        assert_eq!(removed, ["x-org-id", "authorization"], "{value}");
    }
}

#[test]
fn every_cookie_of_clerks_is_known_with_any_suffix() {
    for name in [
        "__session",
        "__session_8nbdzl9k",
        "__session_uv_wvqof",
        "__client",
        "__client_uat",
        "__client_uat_8nbdzl9k",
        "__refresh",
        "__refresh_8nbdzl9k",
        "__clerk_db_jwt",
        "__clerk_db_jwt_8nbdzl9k",
        "__clerk_handshake",
        "__clerk_handshake_nonce",
        "__clerk_redirect_count",
        "__clerk_synced",
        "__dev_session",
        "clerk_active_context",
    ] {
        assert!(is_clerks(name), "{name}");
    }
    for name in ["session", "_session", "__sessions", "__host_session", "clerk", "client", "theme"]
    {
        assert!(!is_clerks(name), "{name}");
    }
}
