use super::Refused;
use crate::{
    core::{
        asker::Asker,
        http_request::{HttpRequest, Scheme},
        question::{Question, Wanted},
        reason::Reason,
    },
    serve::http::forward_auth::profile::Profile,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

/// What a proxy of this profile says of `GET https://shop.test/a?b=c`, in its own headers.
fn asked(profile: Profile) -> Vec<(&'static str, &'static str)> {
    let sources = profile.sources();
    vec![
        (sources.method, "GET"),
        (sources.target, "/a?b=c"),
        (sources.host, "shop.test"),
        (sources.scheme, "https"),
        (sources.address, "192.0.2.7"),
        ("host", "bailiff:9192"),
        ("accept", "text/html"),
    ]
}

fn map(lines: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    map
}

fn question(profile: Profile, headers: &HeaderMap) -> Result<Question<'_>, Refused> {
    super::question(profile, headers, None)
}

fn request<'a>(question: &'a Question<'_>) -> &'a HttpRequest<'a> {
    match &question.wanted {
        Wanted::Http(request) => request,
        Wanted::Action(_) | Wanted::Requirement(_) => panic!("a request is asked about"),
    }
}

fn reason(profile: Profile, lines: &[(&str, &str)]) -> Option<Reason> {
    question(profile, &map(lines)).err().map(|refused| refused.reason)
}

#[test]
fn each_proxy_says_it_in_its_own_headers() {
    for profile in Profile::ALL {
        let headers = map(&asked(profile));
        let question = question(profile, &headers).unwrap();
        let request = request(&question);
        assert_eq!((request.method, request.target), ("GET", "/a?b=c"), "{profile}");
        assert_eq!((request.authority, request.scheme), ("shop.test", Scheme::Https));
        assert_eq!(request.peer, Some([192, 0, 2, 7].into()));
        let kept: Vec<_> = request.headers.iter().map(|line| line.name).collect();
        assert_eq!(kept, ["accept"], "what the proxy adds is not the client's");
    }
}

#[test]
fn a_part_that_is_missing_empty_or_there_twice_is_refused() {
    for profile in Profile::ALL {
        let sources = profile.sources();
        for source in [sources.method, sources.target, sources.host, sources.scheme] {
            let mut lines = asked(profile);
            lines.push((source, "GET"));
            assert_eq!(reason(profile, &lines), Some(Reason::MalformedRequest), "{source} twice");
            lines.retain(|(name, _)| *name != source);
            assert_eq!(reason(profile, &lines), Some(Reason::MalformedRequest), "no {source}");
            lines.push((source, ""));
            assert_eq!(reason(profile, &lines), Some(Reason::MalformedRequest), "empty {source}");
        }
    }
}

#[test]
fn the_headers_of_another_proxy_count_for_nothing() {
    for (profile, other) in [(Profile::Nginx, Profile::Caddy), (Profile::Traefik, Profile::Haproxy)]
    {
        assert_eq!(reason(profile, &asked(other)), Some(Reason::MalformedRequest));
        let mut both = asked(profile);
        let sources = other.sources();
        both.extend([
            (sources.method, "OPTIONS"),
            (sources.target, "/docs/open"),
            (sources.host, "open.test"),
            (sources.scheme, "http"),
            (sources.address, "10.0.0.1"),
            ("x-original-url", "https://open.test/docs"),
            ("x-rewrite-url", "/docs"),
            ("x-http-method-override", "OPTIONS"),
        ]);
        let headers = map(&both);
        let question = question(profile, &headers).unwrap();
        let request = request(&question);
        assert_eq!((request.method, request.target), ("GET", "/a?b=c"));
        assert_eq!((request.authority, request.scheme), ("shop.test", Scheme::Https));
        assert_eq!(request.peer, Some([192, 0, 2, 7].into()));
        assert!(request.headers.all("x-forwarded-host").next().is_none());
    }
}

#[test]
fn what_is_not_well_formed_is_refused() {
    let sources = Profile::Nginx.sources();
    for (source, value) in [
        (sources.method, "GET,POST"),
        (sources.method, "GET POST"),
        (sources.method, "G\u{e9}T"),
        (sources.scheme, "https,http"),
        (sources.scheme, "ftp"),
        (sources.scheme, "HTTPS"),
        (sources.address, "shop.test"),
        (sources.address, "192.0.2.7:80"),
    ] {
        let mut lines = asked(Profile::Nginx);
        lines.retain(|(name, _)| *name != source);
        lines.push((source, value));
        assert_eq!(reason(Profile::Nginx, &lines), Some(Reason::MalformedRequest), "{value}");
    }
}

#[test]
fn a_target_that_is_no_text_has_two_readings() {
    let mut headers = map(&asked(Profile::Caddy));
    headers.insert("x-forwarded-uri", HeaderValue::from_bytes(b"/\xff").unwrap());
    let refused = question(Profile::Caddy, &headers).unwrap_err();
    assert_eq!(refused.reason, Reason::AmbiguousPath);
}

#[test]
fn the_last_address_of_a_list_is_the_one_that_the_proxy_wrote() {
    for (list, address) in [
        ("10.0.0.1, 192.0.2.9", Some("192.0.2.9")),
        ("nonsense,192.0.2.9", Some("192.0.2.9")),
        ("::1", Some("::1")),
        ("", None),
        ("@", None),
    ] {
        let mut lines = asked(Profile::Traefik);
        lines.retain(|(name, _)| *name != "x-forwarded-for");
        lines.push(("x-forwarded-for", list));
        let headers = map(&lines);
        let question = question(Profile::Traefik, &headers).unwrap();
        assert_eq!(request(&question).peer, address.map(|text| text.parse().unwrap()), "{list}");
    }
}

#[test]
fn a_refusal_knows_who_asks() {
    let mut lines = asked(Profile::Nginx);
    lines.push(("x-original-uri", "/docs"));
    let browser = Refused { reason: Reason::MalformedRequest, asker: Asker::Browser };
    assert_eq!(question(Profile::Nginx, &map(&lines)).unwrap_err(), browser);
    lines.push(("content-type", "application/grpc"));
    assert_eq!(question(Profile::Nginx, &map(&lines)).unwrap_err().asker, Asker::Grpc);
}

proptest! {
    #[test]
    fn whatever_is_sent_is_a_question_or_a_refusal(
        lines in proptest::collection::vec(
            (proptest::sample::select(&[
                "x-original-method", "x-original-uri", "x-original-host", "x-original-proto",
                "x-original-address", "x-forwarded-uri", "x-forwarded-for", "accept", "cookie",
            ][..]), proptest::collection::vec(prop_oneof![32u8..127, 128u8..], 0..12)),
            0..12,
        ),
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in &lines {
            headers.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        for profile in Profile::ALL {
            if let Ok(question) = question(profile, &headers) {
                let request = request(&question);
                let raw = headers.get_all(profile.sources().target).iter().next().unwrap();
                prop_assert_eq!(request.target.as_bytes(), raw.as_bytes());
                prop_assert_eq!(headers.get_all(profile.sources().target).iter().count(), 1);
            }
        }
    }
}
