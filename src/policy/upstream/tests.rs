use super::{
    Expression, HeaderNameError, HeaderValue, UpstreamError, UpstreamHeaders, header_name,
    same_name,
};
use crate::{
    core::{
        clock::Timestamp,
        decision::Upstream,
        entitlement::Entitlements,
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        id::UserId,
        identity::{Actor, Identity, SignedClaims, User},
        path::CanonicalPath,
        peer::Peer,
    },
    policy::{
        condition::{ConditionFault, HeaderExpression},
        facts::HeaderFacts,
        tests::people::{member, somebody},
    },
};
use proptest::prelude::*;

/// How a request with headers of these names goes on.
fn gone_on(
    upstream: &UpstreamHeaders,
    identity: &Identity,
    names: &[&str],
) -> Result<Upstream, UpstreamError> {
    let lines = names.iter().map(|name| Header { name, value: b"spoofed" }).collect();
    let request = HttpRequest {
        method: "GET",
        scheme: Scheme::Https,
        authority: "shop.test",
        target: "/a%20b?page=2",
        headers: Headers::new(lines, Repeats::Separate),
        peer: None,
    };
    let path = CanonicalPath::parse(request.path()).unwrap();
    let now = Timestamp::from_unix_seconds(0);
    upstream.apply(&HeaderFacts {
        identity,
        request: Some(&request),
        path: Some(&path),
        peer: Peer::UNKNOWN,
        now,
    })
}

fn identity(user: User) -> Identity {
    Identity::User(user.into())
}

fn mapping(headers: &[(&str, &str)]) -> UpstreamHeaders {
    let header = |&(name, text): &(&str, &str)| {
        let part = Expression::from_text(text).map(HeaderValue::Part);
        let computed = || HeaderValue::Computed(HeaderExpression::compile(text).unwrap());
        (header_name(name).unwrap(), part.unwrap_or_else(computed))
    };
    UpstreamHeaders::new(headers.iter().map(header).collect())
}

/// What is set, each as `name: value`, and what is removed.
fn applied(
    upstream: &UpstreamHeaders,
    identity: &Identity,
    headers: &[&str],
) -> (Vec<String>, Vec<String>) {
    let upstream = gone_on(upstream, identity, headers).unwrap();
    let set = upstream.set.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    (set, upstream.remove.iter().map(ToString::to_string).collect())
}

#[test]
fn a_member_is_described_by_the_standard_headers() {
    let (set, removed) = applied(
        &UpstreamHeaders::standard(),
        &identity(member("org:admin", &["org:a:b", "org:c:d"])),
        &["accept", "x-clerk-user-id"],
    );
    assert_eq!(
        set,
        [
            "x-clerk-user-id: user_1",
            "x-clerk-session-id: sess_1",
            "x-clerk-org-id: org_1",
            "x-clerk-org-slug: acme",
            "x-clerk-org-role: org:admin",
            "x-clerk-org-permissions: org:a:b,org:c:d",
        ]
    );
    assert_eq!(removed, [""; 0]);
}

#[test]
fn what_the_identity_does_not_have_is_removed_whether_it_was_sent_or_not() {
    let standard = UpstreamHeaders::standard();
    let (set, removed) = applied(&standard, &identity(somebody()), &[]);
    assert_eq!(set, ["x-clerk-user-id: user_1", "x-clerk-session-id: sess_1"]);
    assert_eq!(
        removed,
        ["x-clerk-org-id", "x-clerk-org-slug", "x-clerk-org-role", "x-clerk-org-permissions"]
    );
    let (set, removed) = applied(&standard, &Identity::Nobody, &["x-clerk-user-id"]);
    assert_eq!((set.len(), removed.len()), (0, 6));
    let (_, removed) = applied(&standard, &identity(member("", &[])), &[]);
    assert_eq!(removed, ["x-clerk-org-role", "x-clerk-org-permissions"]);
}

#[test]
fn every_spelling_that_some_server_takes_for_an_identity_header_is_removed() {
    let upstream = mapping(&[("x-user-id", "identity.user.id")]);
    let spellings = ["x_user_id", "x-user_id", "x_user-id", "X_User-Id", "x.user.id", "x-user.id"];
    for who in [identity(somebody()), Identity::Nobody] {
        let (_, removed) = applied(&upstream, &who, &spellings);
        for spelling in spellings {
            assert!(removed.iter().any(|name| name.eq_ignore_ascii_case(spelling)), "{spelling}");
        }
    }
    let (_, removed) =
        applied(&upstream, &identity(somebody()), &["x-user", "x-user-id2", "xuserid"]);
    assert_eq!(removed, [""; 0]);
}

#[test]
fn what_clerks_middleware_says_to_applications_never_comes_from_a_client() {
    let names = [
        "x-clerk-auth-status",
        "x-clerk-auth-token",
        "x-clerk-auth-signature",
        "x-clerk-auth-message",
        "x-clerk-auth-reason",
        "x-clerk-clerk-url",
        "x-clerk-request-data",
        "x_clerk_auth_status",
        "x-clerk_request-data",
    ];
    let (_, removed) = applied(&mapping(&[]), &identity(somebody()), &names);
    assert_eq!(removed, names);
    assert_eq!(applied(&mapping(&[]), &Identity::Nobody, &["x-clerk-other"]).1, [""; 0]);
}

#[test]
fn each_name_is_listed_once_and_in_one_list() {
    let upstream =
        mapping(&[("x-user-id", "identity.user.id"), ("x_org_id", "identity.organization.id")]);
    let (set, removed) = applied(
        &upstream,
        &identity(somebody()),
        &["x-user-id", "x-user-id", "X-User-Id", "x_user_id", "x_user_id", "x-org-id", "x_org_id"],
    );
    assert_eq!(set, ["x-user-id: user_1"]);
    assert_eq!(removed, ["x_org_id", "x_user_id", "x-org-id"]);
}

#[test]
fn every_expression_has_its_value() {
    let user = User {
        features: Entitlements::parse("o:a,u:b,x:c").unwrap(),
        plans: Entitlements::parse("uo:pro").unwrap(),
        actor: Some(Actor { subject: Some(UserId::new("user_2")), claims: "{}".into() }),
        ..member("org:admin", &["org:a:b"])
    };
    let values: Vec<Option<Box<str>>> = Expression::NAMES
        .iter()
        .map(|text| Expression::from_text(text).unwrap().value(&user))
        .collect();
    let expected = [
        "user_1",
        "sess_1",
        "org_1",
        "acme",
        "org:admin",
        "org:a:b",
        "o:a,u:b",
        "uo:pro",
        "user_2",
    ];
    assert_eq!(values, expected.map(|value| Some(value.into())));
    assert_eq!(Expression::from_text("identity.user"), None);
}

#[test]
fn values_are_visible_ascii_and_nothing_in_them_ends_a_header_or_an_element() {
    let user = User {
        id: UserId::new("a b\r\nset-cookie: x=1\u{e9}%41\u{0}\u{7f},"),
        ..member("org:admin", &["a,b", "c%2Cd"])
    };
    assert_eq!(
        Expression::UserId.value(&user).as_deref(),
        Some("a%20b%0D%0Aset-cookie:%20x=1%C3%A9%2541%00%7F,")
    );
    assert_eq!(Expression::OrganizationPermissions.value(&user).as_deref(), Some("a%2Cb,c%252Cd"));
}

/// What one header says, if it says anything.
fn said(text: &str, identity: &Identity) -> Result<Option<String>, UpstreamError> {
    let upstream = gone_on(&mapping(&[("x-said", text)]), identity, &[])?;
    assert_eq!(upstream.set.len() + upstream.remove.len(), 1);
    Ok(upstream.set.first().map(|(_, value)| value.to_string()))
}

#[test]
fn a_header_says_what_an_expression_gives() {
    let user = User {
        claims: SignedClaims::new(
            r#"{"level":3,"half":0.5,"on":true,"tags":["a b","c,d",1,false],"empty":"","none":[]}"#,
        ),
        ..member("org:admin", &["org:a:b"])
    };
    for (text, value) in [
        ("lower(\"A B\")", Some("a%20b")),
        ("identity.claims.level + 1", Some("4")),
        ("identity.claims.half", Some("0.5")),
        ("identity.claims.on", Some("true")),
        ("identity.claims.tags", Some("a%20b,c%2Cd,1,false")),
        ("identity.claims.empty", None),
        ("identity.claims.none", None),
        ("\"org:a:b\" in identity.organization.permissions", Some("true")),
        ("identity.organization.role == \"org:admin\" ? \"admin\" : \"user\"", Some("admin")),
        ("identity.organization.slug + \"/\" + identity.user.id", Some("acme/user_1")),
        ("request.path + \" \" + request.method + \"\\r\\n%\"", Some("/a%20b%20GET%0D%0A%25")),
        ("request.query.page", Some("2")),
        ("weekday(now, \"UTC\")", Some("thursday")),
    ] {
        assert_eq!(said(text, &identity(user.clone())).unwrap().as_deref(), value, "{text}");
    }
}

#[test]
fn a_spoof_that_no_proxy_could_remove_stops_the_request() {
    let upstream = mapping(&[("x-user-id", "identity.user.id")]);
    for name in ["x user id", "x\nuser\nid", "x\0user-id"] {
        let gone_on = gone_on(&upstream, &identity(somebody()), &["accept", name]);
        let looks_like_one = name.len() == "x-user-id".len();
        assert_eq!(gone_on.is_err(), looks_like_one, "{name:?}: {gone_on:?}");
    }
    assert!(gone_on(&upstream, &Identity::Nobody, &["x user ids", "\n"]).is_ok());
}

#[test]
fn a_header_about_what_the_identity_does_not_have_is_removed() {
    for text in [
        "identity.claims.other",
        "identity.claims.other.deeper",
        "identity.organization.slug + \"x\"",
        "!(identity.organization.slug == \"x\")",
        "identity.scopes",
    ] {
        assert_eq!(said(text, &identity(somebody())), Ok(None), "{text}");
    }
    for text in
        ["identity.kind", "identity.impersonated", "!identity.impersonated", "identity.claims.a"]
    {
        assert_eq!(said(text, &Identity::Nobody), Ok(None), "{text}");
    }
    assert_eq!(said("has(identity.user)", &Identity::Nobody).unwrap().as_deref(), Some("false"));
}

#[test]
fn a_header_that_cannot_be_worked_out_stops_the_request() {
    let user = User {
        claims: SignedClaims::new(r#"{"map":{},"nothing":null,"deep":[[]]}"#),
        ..somebody()
    };
    let upstream = mapping(&[("x-user-id", "identity.user.id"), ("x-said", "request.query.other")]);
    let error = gone_on(&upstream, &identity(somebody()), &[]).unwrap_err();
    assert!(
        matches!(error, UpstreamError::Value(error) if error.fault() == ConditionFault::Missing)
    );
    for text in [
        "request.ip",
        "1 / 0",
        "identity.claims.map",
        "identity.claims.nothing",
        "identity.claims.deep",
        "9007199254740993.0",
    ] {
        assert!(said(text, &identity(user.clone())).is_err(), "{text}");
    }
}

#[test]
fn where_no_request_goes_on_headers_about_it_are_left_out() {
    let upstream = mapping(&[
        ("x-user", "upper(identity.user.id)"),
        ("x-path", "request.path"),
        ("x-query", "request.query.other"),
    ]);
    let (identity, now) = (identity(somebody()), Timestamp::from_unix_seconds(0));
    let facts =
        HeaderFacts { identity: &identity, request: None, path: None, peer: Peer::UNKNOWN, now };
    let upstream = upstream.apply(&facts).unwrap();
    assert_eq!(upstream.set, [("x-user".into(), "USER_1".into())]);
    assert_eq!(upstream.remove, ["x-path", "x-query"].map(Box::<str>::from));
}

#[test]
fn a_header_cannot_hang_on_a_single_route_or_action_nor_carry_just_anything() {
    for (text, message) in [
        ("params.org", "`params` does not exist here"),
        ("resource.id", "`resource` does not exist here"),
        ("context.a", "`context` does not exist here"),
        ("request.headers", "a header cannot carry a map"),
        ("null", "a header cannot carry null"),
        ("identity.user", "`identity.user` is no value but a group of them"),
        ("identity.user.ids", "`identity.user` has no field `ids`"),
        ("some text", "`text` does not belong here"),
    ] {
        let problems = HeaderExpression::compile(text).expect_err(text);
        assert_eq!(problems[0].to_string(), message, "{text}");
    }
}

#[test]
fn names_with_a_meaning_of_their_own_are_refused() {
    for name in [
        "host",
        "Host",
        ":path",
        ":authority",
        "content-length",
        "Content_Length",
        "transfer-encoding",
        "transfer_encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "proxy-authorization",
        "proxy_connection",
        "x-envoy-original-path",
        "x-forwarded-for",
        "X_Forwarded_Proto",
        "authorization",
        "cookie",
        "set-cookie",
        "set_cookie",
    ] {
        assert_eq!(header_name(name), Err(HeaderNameError::Reserved), "{name}");
    }
    for name in ["", "x user", "x-user:", "x-\u{e9}", "x-user\r\ny", "x-user\0", "x(y)"] {
        assert_eq!(header_name(name), Err(HeaderNameError::Invalid), "{name:?}");
    }
    for (name, lower) in [("X-User-Id", "x-user-id"), ("proxied-by", "proxied-by"), ("x", "x")] {
        assert_eq!(header_name(name).as_deref(), Ok(lower));
    }
}

#[test]
fn names_are_compared_as_the_loosest_server_does() {
    assert!(same_name("x-user-id", "X_USER.ID"));
    assert!(!same_name("x-user-id", "x-user-ids"));
    assert!(!same_name("x-user-id", "x-user-ie"));
}

proptest! {
    #[test]
    fn whatever_an_identity_holds_the_value_is_safe_and_can_be_read_back(text in "\\PC*|.*") {
        let user = User { id: UserId::new(&text), ..somebody() };
        let value = Expression::UserId.value(&user).unwrap_or_default();
        prop_assert!(value.bytes().all(|byte| byte.is_ascii_graphic()));
        let decoded = percent_encoding::percent_decode_str(&value).decode_utf8().unwrap();
        prop_assert_eq!(decoded, text);
    }

    /// Whatever the mapped name begins with.
    #[test]
    fn no_other_spelling_of_a_mapped_name_gets_through(
        name in "[a-z0-9_.!-]{1,3}",
        other in "[a-zA-Z0-9_.!-]{1,3}",
        upper in any::<bool>(),
        separator in "[-_.!]",
    ) {
        prop_assume!(header_name(&name).is_ok());
        let upstream = mapping(&[(&name, "identity.user.id")]);
        let cased = if upper { name.to_ascii_uppercase() } else { name.clone() };
        for sent in [cased.replace(['-', '_', '.', '!'], &separator), other] {
            let (_, removed) = applied(&upstream, &Identity::Nobody, &[&sent]);
            let gone = removed.iter().any(|removed| removed.eq_ignore_ascii_case(&sent));
            prop_assert_eq!(gone, same_name(&name, &sent), "{} {}", name, sent);
        }
    }

    #[test]
    fn no_name_is_ever_both_set_and_removed(
        names in prop::collection::vec("[xX][-_.]?(user|clerk)[-_](user[-_])?id", 0..20)
    ) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let upstream = mapping(&[
            ("x-user-id", "identity.user.id"),
            ("x-clerk-user-id", "identity.organization.id"),
        ]);
        let upstream = gone_on(&upstream, &identity(somebody()), &names).unwrap();
        for (set, _) in &upstream.set {
            prop_assert!(!upstream.remove.iter().any(|name| name.eq_ignore_ascii_case(set)));
        }
        // Every spelling sent is either replaced or removed.
        for name in names.iter().filter(|name| same_name(name, "x-user-id")) {
            let replaced = name.eq_ignore_ascii_case("x-user-id");
            prop_assert!(replaced || upstream.remove.iter().any(|removed| removed.eq_ignore_ascii_case(name)));
        }
    }
}
