use super::{AmbiguousPath, CanonicalPath, MAX_PATH_BYTES};
use proptest::prelude::*;

fn segments(raw: &str) -> Result<Vec<String>, AmbiguousPath> {
    CanonicalPath::parse(raw).map(|path| path.segments().map(str::to_owned).collect())
}

#[test]
fn plain_paths_are_cut_into_segments() {
    assert_eq!(segments("/"), Ok(vec![]));
    assert_eq!(segments("/a"), Ok(vec!["a".into()]));
    assert_eq!(segments("/a/b.c/d-e_f~g"), Ok(vec!["a".into(), "b.c".into(), "d-e_f~g".into()]));
    assert_eq!(segments("/.well-known/x"), Ok(vec![".well-known".into(), "x".into()]));
}

#[test]
fn a_trailing_slash_changes_nothing() {
    assert_eq!(segments("/a/b/"), segments("/a/b"));
}

#[test]
fn escapes_that_change_nothing_but_the_spelling_compare_equal() {
    assert_eq!(segments("/a%20b/%40c"), segments("/a%20b/@c"));
    assert_eq!(segments("/caf%c3%a9"), segments("/caf%C3%A9"));
    assert_eq!(segments("/x%2By"), segments("/x+y"));
}

#[test]
fn every_spelling_with_two_readings_is_refused() {
    use AmbiguousPath as A;
    let long = format!("/{}", "a".repeat(MAX_PATH_BYTES));
    for (path, why) in [
        ("", A::NotAbsolute),
        ("*", A::NotAbsolute),
        ("a/b", A::NotAbsolute),
        ("http://a.test/b", A::NotAbsolute),
        (long.as_str(), A::TooLong),
        ("//evil.test/a", A::EmptySegment),
        ("/a//b", A::EmptySegment),
        ("/a//", A::EmptySegment),
        ("/a/../b", A::DotSegment),
        ("/a/./b", A::DotSegment),
        ("/..", A::DotSegment),
        ("/a/..", A::DotSegment),
        ("/a/%2e%2e/b", A::EscapedDelimiter),
        ("/a/%2E./b", A::EscapedDelimiter),
        ("/a/.%2e/b", A::EscapedDelimiter),
        ("/a%2fb", A::EscapedDelimiter),
        ("/a%2Fb", A::EscapedDelimiter),
        ("/a%5cb", A::EscapedDelimiter),
        ("/a%5Cb", A::EscapedDelimiter),
        ("/a%3Bx", A::EscapedDelimiter),
        ("/a%3fb", A::EscapedDelimiter),
        ("/a%23b", A::EscapedDelimiter),
        ("/a/%252e%252e/b", A::EscapedDelimiter),
        ("/a%252fb", A::EscapedDelimiter),
        ("/%61dmin", A::EscapedDelimiter),
        ("/a\\b", A::Backslash),
        ("/a/..;/b", A::Semicolon),
        ("/a;x=1/b", A::Semicolon),
        ("/a#f", A::Fragment),
        ("/a%", A::MalformedEscape),
        ("/a%2", A::MalformedEscape),
        ("/a%zz", A::MalformedEscape),
        ("/a%+1", A::MalformedEscape),
        ("/a%00b", A::EscapedControl),
        ("/a%0d%0ab", A::EscapedControl),
        ("/a%7f", A::EscapedControl),
        ("/a b", A::RawCharacter),
        ("/a\tb", A::RawCharacter),
        ("/a\u{0}b", A::RawCharacter),
        ("/a?b", A::RawCharacter),
        ("/caf\u{e9}", A::RawCharacter),
        ("/a|b", A::RawCharacter),
        ("/a\"b", A::RawCharacter),
        ("/a%c0%ae/b", A::EscapedText),
        ("/a%ff", A::EscapedText),
        ("/a%ed%a0%80", A::EscapedText),
        ("/a%c2%85b", A::EscapedText),
        ("/a%ef%bc%8fb", A::EscapedText),
        ("/a/%ef%bc%8e%ef%bc%8e/b", A::EscapedText),
        ("/a%e2%88%95b", A::EscapedText),
        ("/a/..%cd%be/b", A::EscapedText),
        ("/a%c2%a5b", A::EscapedText),
        ("/a%e2%84%80b", A::EscapedText),
        ("/a/%e2%92%88", A::EscapedText),
        ("/a%ef%b8%b0/b", A::EscapedText),
        ("/admin./x", A::TrailingDotOrBlank),
        ("/admin%20/x", A::TrailingDotOrBlank),
        ("/...", A::TrailingDotOrBlank),
    ] {
        assert_eq!(segments(path), Err(why), "{path}");
    }
}

/// What a lenient upstream may do to a path: decode up to twice, cut parameters, turn backslashes,
/// drop empty segments, resolve dots.
fn lenient_upstream(raw: &str, decodes: usize) -> Vec<String> {
    let mut path = raw.to_owned();
    for _ in 0..decodes {
        path = percent_decode_lossy(&path);
    }
    let mut resolved: Vec<String> = Vec::new();
    for segment in path.replace('\\', "/").split('/') {
        match segment.split(';').next().unwrap_or_default() {
            "" | "." => {}
            ".." => drop(resolved.pop()),
            name => resolved.push(name.to_owned()),
        }
    }
    resolved
}

fn percent_decode_lossy(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(value) if bytes[at] == b'%' => {
                out.push(value);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-c]{1,2}",
        1 => Just("..".to_owned()), 1 => Just(".".to_owned()), 1 => Just("%2e%2e".to_owned()),
        1 => Just("%2E".to_owned()), 1 => Just("%2f".to_owned()), 1 => Just("%5c".to_owned()),
        1 => Just("\\".to_owned()), 1 => Just(";x".to_owned()), 1 => Just("%25".to_owned()),
        1 => Just("%252e".to_owned()), 1 => Just("//".to_owned()), 1 => Just("%61".to_owned()),
        1 => Just("%20".to_owned()), 1 => Just("%40".to_owned()), 1 => Just("@".to_owned()),
        1 => Just("#".to_owned()), 1 => Just("%00".to_owned()), 1 => Just("%c3%a9".to_owned()),
        3 => Just("/".to_owned()),
    ]
}

proptest! {
    /// A path that is accepted reads the same whatever an upstream does to it.
    #[test]
    fn an_accepted_path_has_one_reading(pieces in proptest::collection::vec(piece(), 0..8)) {
        let raw = format!("/{}", pieces.concat());
        if let Ok(ours) = segments(&raw) {
            prop_assert_eq!(&ours, &lenient_upstream(&raw, 1));
            prop_assert_eq!(&ours, &lenient_upstream(&raw, 2));
        }
    }

    #[test]
    fn no_text_makes_it_panic(raw in any::<String>()) {
        let _ = segments(&raw);
        let _ = segments(&format!("/{raw}"));
    }
}
