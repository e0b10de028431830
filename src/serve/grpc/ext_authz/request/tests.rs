use super::{Refused, lower_case_names, question};
use crate::core::{
    asker::Asker,
    header::{Repeats, Single},
    http_request::{HttpRequest, Scheme},
    question::{CredentialSource, Question, Wanted},
    reason::Reason,
};
use crate::pb::envoy::{self, CheckRequest};
use envoy_types::{
    ext_authz::v3::pb::{Address, CheckRequest as SentRequest, HeaderValue},
    pb::envoy::{
        config::core::v3::{Address as PeerAddress, HeaderMap, Pipe, SocketAddress},
        service::auth::v3::{
            AttributeContext,
            attribute_context::{HttpRequest as CheckedRequest, Peer, Request},
        },
    },
};
use proptest::prelude::*;
use prost::{Message as _, bytes::Bytes};

/// A message as it arrives from a proxy, which speaks Envoy's own definitions.
fn received(attributes: AttributeContext) -> CheckRequest {
    let sent = SentRequest { attributes: Some(attributes) };
    CheckRequest::decode(&*sent.encode_to_vec()).expect("what Envoy means is what is read")
}

fn attributes(http: CheckedRequest) -> AttributeContext {
    let request = Request { time: None, http: Some(http) };
    AttributeContext { request: Some(request), ..Default::default() }
}

fn check(http: CheckedRequest) -> CheckRequest {
    received(attributes(http))
}

fn get(path: &str) -> CheckedRequest {
    CheckedRequest {
        method: "GET".into(),
        scheme: "https".into(),
        host: "shop.test".into(),
        path: path.into(),
        ..Default::default()
    }
}

fn joined(mut http: CheckedRequest, headers: &[(&str, &str)]) -> CheckedRequest {
    http.headers = headers.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    http
}

fn raw(mut http: CheckedRequest, headers: &[(&str, &[u8])]) -> CheckedRequest {
    let line = |&(name, value): &(&str, &[u8])| HeaderValue {
        key: name.into(),
        value: String::new(),
        raw_value: value.into(),
    };
    http.header_map = Some(HeaderMap { headers: headers.iter().map(line).collect() });
    http
}

fn with_extensions(entries: &[(&str, &str)]) -> CheckRequest {
    let context_extensions =
        entries.iter().map(|&(key, value)| (key.into(), value.into())).collect();
    received(AttributeContext { context_extensions, ..attributes(get("/")) })
}

fn http<'a>(question: &'a Question<'a>) -> &'a HttpRequest<'a> {
    match &question.wanted {
        Wanted::Http(request) => request,
        Wanted::Action(_) | Wanted::Requirement(_) => panic!("this door asks about requests"),
    }
}

fn refused(message: &CheckRequest) -> Reason {
    question(message, None).expect_err("this is refused").reason
}

fn target(http_request: CheckedRequest) -> Result<String, Reason> {
    let message = check(http_request);
    let question = question(&message, None).map_err(|refused| refused.reason)?;
    Ok(http(&question).target.to_owned())
}

#[test]
fn a_request_is_read_from_the_typed_fields() {
    let message = check(joined(
        get("/a/b?c=d"),
        &[(":path", "/a/b?c=d"), (":method", "GET"), ("cookie", "a=1,__session=x")],
    ));
    let question = question(&message, None).unwrap();
    let request = http(&question);
    assert_eq!((request.method, request.authority), ("GET", "shop.test"));
    assert_eq!((request.target, request.path()), ("/a/b?c=d", "/a/b"));
    assert_eq!(request.scheme, Scheme::Https);
    assert_eq!(request.headers.repeats(), Repeats::Joined);
    assert_eq!(request.headers.text("cookie"), Some("a=1,__session=x"));
    assert_eq!(request.headers.iter().count(), 1, "pseudo-headers are no headers");
    assert!(matches!(question.credential, CredentialSource::Request));
}

#[test]
fn raw_headers_keep_their_lines_and_bytes() {
    let message =
        check(raw(get("/"), &[("cookie", b"a=1"), ("cookie", b"__session=x"), ("x-odd", b"\xff")]));
    let question = question(&message, None).unwrap();
    let headers = &http(&question).headers;
    assert_eq!(headers.repeats(), Repeats::Separate);
    let cookies: Vec<_> = headers.all("cookie").collect();
    assert_eq!(cookies, [&b"a=1"[..], b"__session=x"]);
    let odd: Vec<_> = headers.all("x-odd").collect();
    assert_eq!(odd, [b"\xff"]);
}

#[test]
fn raw_headers_are_read_before_joined_ones_and_an_empty_map_is_none() {
    let both = raw(joined(get("/"), &[("cookie", "a=1")]), &[("cookie", b"a=2")]);
    let message = check(both);
    assert_eq!(http(&question(&message, None).unwrap()).headers.text("cookie"), Some("a=2"));
    let empty = raw(joined(get("/"), &[("cookie", "a=1")]), &[]);
    let message = check(empty);
    assert_eq!(http(&question(&message, None).unwrap()).headers.text("cookie"), Some("a=1"));
}

#[test]
fn a_line_that_only_has_its_text_is_read_as_well() {
    let mut request = raw(get("/"), &[("cookie", b"")]);
    request.header_map.as_mut().unwrap().headers[0].value = "a=1".into();
    let message = check(request);
    assert_eq!(http(&question(&message, None).unwrap()).headers.text("cookie"), Some("a=1"));
}

#[test]
fn the_raw_path_is_the_one_that_counts() {
    assert_eq!(target(raw(get("/a!b"), &[(":path", b"/a!b")])), Ok("/a!b".into()));
    assert_eq!(target(raw(get("/!"), &[(":path", b"/other")])), Ok("/other".into()));
    for bytes in [&b"/\xff"[..], b"/public/\xc0\xae\xc0\xae/admin", b"/a?\xff"] {
        let request = raw(get("/!"), &[(":path", bytes)]);
        assert_eq!(target(request), Err(Reason::AmbiguousPath), "{bytes:?}");
    }
    let twice = raw(get("/a"), &[(":path", b"/a"), (":path", b"/b")]);
    assert_eq!(target(twice), Err(Reason::AmbiguousPath));
}

#[test]
fn an_exclamation_mark_of_unknown_origin_makes_a_path_ambiguous() {
    for path in ["/!", "/public/!!/!!/admin", "/a!?x=1"] {
        for request in [
            get(path),
            joined(get(path), &[(":path", path)]),
            // The operator may have hidden `:path` from the authorizer.
            raw(get(path), &[("accept", b"*/*")]),
        ] {
            assert_eq!(target(request), Err(Reason::AmbiguousPath), "{path}");
        }
    }
    assert_eq!(target(get("/a?x=!")), Ok("/a?x=!".into()));
    assert_eq!(target(get("/a%21")), Ok("/a%21".into()));
}

#[test]
fn a_message_that_is_about_no_request_is_refused() {
    for message in [
        CheckRequest { attributes: None },
        received(AttributeContext::default()),
        received(AttributeContext { request: Some(Request::default()), ..Default::default() }),
        check(CheckedRequest::default()),
        check(CheckedRequest { method: String::new(), ..get("/") }),
        check(CheckedRequest { host: String::new(), ..get("/") }),
        check(get("")),
        check(raw(get("/"), &[(":path", b"")])),
    ] {
        assert_eq!(refused(&message), Reason::MalformedRequest, "{message:?}");
    }
}

#[test]
fn a_refused_request_still_knows_who_asks() {
    let asker = |headers: &[(&str, &str)]| {
        let message = check(joined(get("/!"), headers));
        question(&message, None).expect_err("this is refused").asker
    };
    assert_eq!(asker(&[("content-type", "application/grpc")]), Asker::Grpc);
    assert_eq!(asker(&[("sec-fetch-dest", "document")]), Asker::Browser);
    assert_eq!(asker(&[]), Asker::Api);
    let nothing = question(&CheckRequest { attributes: None }, None);
    let expected = Refused { reason: Reason::MalformedRequest, asker: Asker::Api };
    assert_eq!(nothing.err(), Some(expected));
}

#[test]
fn only_http_is_http() {
    for (scheme, expected) in [
        ("http", Scheme::Http),
        ("https", Scheme::Https),
        ("", Scheme::Https),
        ("x", Scheme::Https),
    ] {
        let message = check(CheckedRequest { scheme: scheme.into(), ..get("/") });
        assert_eq!(http(&question(&message, None).unwrap()).scheme, expected, "{scheme}");
    }
}

#[test]
fn the_peer_is_the_address_of_the_connection() {
    let peer = |address: Address| {
        let address = Some(PeerAddress { address: Some(address) });
        let source = Some(Peer { address, ..Default::default() });
        let message = received(AttributeContext { source, ..attributes(get("/")) });
        http(&question(&message, None).unwrap()).peer
    };
    let socket = |address: &str| {
        let address = address.into();
        Address::SocketAddress(SocketAddress { address, ..Default::default() })
    };
    assert_eq!(peer(socket("10.0.0.7")), "10.0.0.7".parse().ok());
    assert_eq!(peer(socket("::1")), "::1".parse().ok());
    assert_eq!(peer(socket("somewhere")), None);
    assert_eq!(peer(Address::Pipe(Pipe { path: "/x".into(), mode: 0 })), None);
}

#[test]
fn the_operator_can_name_an_instance_and_add_to_what_is_required() {
    let message = with_extensions(&[
        ("bailiff.instance", "shop"),
        ("bailiff.require", "{ role: org:admin }"),
        ("bailiff.action", "invoice.refund"),
        ("other.filter", "x"),
        ("virtual_host", ""),
    ]);
    let question = question(&message, None).unwrap();
    assert_eq!(question.instance, Some("shop"));
    assert_eq!(question.also.require, Some("{ role: org:admin }"));
    assert_eq!(question.also.action, Some("invoice.refund"));
}

#[test]
fn an_extension_that_looks_like_ours_and_is_not_refuses() {
    for key in [
        "bailiff.requires",
        "bailiff.Require",
        "Bailiff.require",
        "BAILIFF.REQUIRE",
        "bailiff_require",
        "bailiff",
        " bailiff.require",
        "bailiff.require ",
    ] {
        let message = with_extensions(&[(key, "{ role: org:admin }")]);
        assert_eq!(refused(&message), Reason::Misconfigured, "{key:?}");
    }
    for key in ["bailiff.require", "bailiff.action", "bailiff.instance"] {
        for value in ["", " ", "\n"] {
            assert_eq!(refused(&with_extensions(&[(key, value)])), Reason::Misconfigured, "{key}");
        }
    }
}

#[test]
fn names_in_capitals_are_found_all_the_same() {
    let mut message = check(raw(get("/"), &[("Authorization", b"Bearer x")]));
    lower_case_names(&mut message);
    let text = |message: &CheckRequest, name: &str| {
        http(&question(message, None).unwrap()).headers.text(name).map(str::to_owned)
    };
    assert_eq!(text(&message, "authorization").as_deref(), Some("Bearer x"));

    let mut message = check(joined(get("/"), &[("Authorization", "Bearer x"), ("a", "b")]));
    lower_case_names(&mut message);
    assert_eq!(text(&message, "authorization").as_deref(), Some("Bearer x"));
    assert_eq!(text(&message, "a").as_deref(), Some("b"));
}

#[test]
fn two_spellings_of_one_name_are_two_lines_and_nobody_can_say_which_one_counts() {
    let mut message =
        check(joined(get("/"), &[("Authorization", "Bearer 1"), ("authorization", "Bearer 2")]));
    lower_case_names(&mut message);
    let question = question(&message, None).unwrap();
    assert_eq!(http(&question).headers.single("authorization"), Single::Ambiguous);
}

/// Changes what no proxy would send, for a map cannot hold it.
fn altered(mut message: CheckRequest, alter: fn(&mut envoy::AttributeContext)) -> CheckRequest {
    alter(message.attributes.as_mut().unwrap());
    message
}

fn sent(attributes: &mut envoy::AttributeContext) -> &mut envoy::HttpRequest {
    attributes.request.as_mut().unwrap().http.as_mut().unwrap()
}

#[test]
fn a_map_with_a_key_twice_is_not_settled_in_favour_of_one() {
    let twice = altered(
        check(joined(get("/"), &[("authorization", "Bearer 1"), ("cookie", "a=1")])),
        |attributes| {
            let entries = &mut sent(attributes).headers;
            entries.extend(entries.clone());
        },
    );
    let question = question(&twice, None).unwrap();
    assert_eq!(http(&question).headers.single("authorization"), Single::Ambiguous);

    for key in ["bailiff.require", "bailiff.action", "bailiff.instance"] {
        let twice = altered(with_extensions(&[(key, "x")]), |attributes| {
            let entries = &mut attributes.context_extensions;
            entries.extend(entries.clone());
        });
        assert_eq!(refused(&twice), Reason::Misconfigured, "{key}");
    }
}

#[test]
fn what_is_not_text_where_text_must_be_is_refused_by_name() {
    const NOT_TEXT: Bytes = Bytes::from_static(b"/\xff");
    type Alter = fn(&mut envoy::AttributeContext);
    let cases: [(Alter, Reason); 7] = [
        (|all| sent(all).method = NOT_TEXT, Reason::MalformedRequest),
        (|all| sent(all).host = NOT_TEXT, Reason::MalformedRequest),
        (|all| sent(all).path = NOT_TEXT, Reason::AmbiguousPath),
        (|all| sent(all).headers[0].key = NOT_TEXT, Reason::MalformedRequest),
        (|all| all.context_extensions[0].key = NOT_TEXT, Reason::Misconfigured),
        (|all| all.context_extensions[0].value = NOT_TEXT, Reason::Misconfigured),
        (
            |all| {
                let principal = NOT_TEXT;
                all.source = Some(envoy::Peer { address: None, principal });
            },
            Reason::MalformedRequest,
        ),
    ];
    for (number, (alter, reason)) in cases.into_iter().enumerate() {
        let context_extensions = [("other".into(), "x".into())].into();
        let http = joined(get("/"), &[("accept", "*/*")]);
        let message = received(AttributeContext { context_extensions, ..attributes(http) });
        assert_eq!(refused(&altered(message, alter)), reason, "{number}");
    }
    let message = altered(check(joined(get("/"), &[("cookie", "a=1")])), |all| {
        sent(all).headers[0].value = NOT_TEXT;
    });
    let question = question(&message, None).unwrap();
    assert_eq!(http(&question).headers.single("cookie"), Single::Ambiguous);
}

#[test]
fn a_buffered_body_is_not_kept() {
    let body = "x".repeat(1 << 16);
    let raw_body = body.clone().into_bytes();
    let message = check(CheckedRequest { body, raw_body, ..get("/") });
    assert!(message.encoded_len() < 64);
}

fn any_text() -> impl Strategy<Value = String> {
    "(\\PC|[!:/?#%\r\n\0A-Z]|bailiff\\.|:path|authorization){0,6}"
}

fn any_message() -> impl Strategy<Value = CheckRequest> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..12);
    let texts = || proptest::collection::hash_map(any_text(), any_text(), 0..5);
    let lines = proptest::collection::vec((any_text(), any_text(), bytes), 0..5);
    let typed = (any_text(), any_text(), any_text(), any_text());
    (typed, texts(), proptest::option::of(lines), texts()).prop_map(
        |((method, host, path, scheme), headers, lines, context_extensions)| {
            let header_map = lines.map(|lines| HeaderMap {
                headers: lines
                    .into_iter()
                    .map(|(key, value, raw_value)| HeaderValue { key, value, raw_value })
                    .collect(),
            });
            let http = CheckedRequest {
                method,
                host,
                path,
                scheme,
                headers,
                header_map,
                ..Default::default()
            };
            received(AttributeContext { context_extensions, ..attributes(http) })
        },
    )
}

proptest! {
    #[test]
    fn no_message_makes_this_door_panic(mut message in any_message()) {
        lower_case_names(&mut message);
        if let Ok(question) = question(&message, None) {
            let request = http(&question);
            prop_assert!(!request.target.is_empty() && !request.method.is_empty());
            for line in request.headers.iter() {
                prop_assert!(!line.name.starts_with(':'));
                prop_assert!(!line.name.bytes().any(|byte| byte.is_ascii_uppercase()));
            }
        }
    }
}
