//! Paths and hosts: whoever else reads one reads the same.

use super::{Corpus, search};
use bailiff::core::{host::Host, path::CanonicalPath};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const WORDS: &[&str] = &[
    "/",
    "//",
    ".",
    "..",
    "/../",
    "/./",
    "%2e",
    "%2E",
    "%2f",
    "%2F",
    "%5c",
    "%25",
    "%252e",
    "%00",
    "%0a",
    "%0d",
    "%c0%ae",
    "%e2%80%a4",
    "%ef%bc%8f",
    "%cd%be",
    "%c3%a9",
    "%20",
    "%",
    ";",
    ";a=b",
    "\\",
    "?",
    "#",
    "\u{e9}",
    "~",
    "+",
    ":",
    "@",
    "*",
    "admin",
    "DOCS",
    "\r\n",
    "\0",
    " ",
];

/// How a client writes a path: everything escaped that needs it, and `/` left alone.
const AS_WRITTEN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[test]
fn every_path_has_one_reading() {
    search!(Corpus::of("path", WORDS), |input: &[u8]| {
        let Ok(raw) = std::str::from_utf8(input) else { return };
        let Ok(path) = CanonicalPath::parse(raw) else { return };
        let decoded = path.as_str();

        // Nothing is left that anybody could still resolve, decode, merge or cut off.
        assert!(decoded.starts_with('/'), "{raw:?}");
        let forbidden = |letter: char| letter.is_control() || "\\;?#%".contains(letter);
        assert!(!decoded.contains(forbidden), "{raw:?} is {decoded:?}");
        assert!(!decoded.contains("//"), "{raw:?} is {decoded:?}");
        for segment in decoded.split('/') {
            assert!(!segment.ends_with(['.', ' ']), "{raw:?} holds {segment:?}");
        }

        // Written anew it is the same path.
        let written = utf8_percent_encode(decoded, AS_WRITTEN).to_string();
        let again = CanonicalPath::parse(&written);
        assert_eq!(again.as_ref().map(CanonicalPath::as_str), Ok(decoded), "{raw:?}, {written:?}");

        // Escapes mean the same in either letter case.
        let upper = escapes(raw, u8::to_ascii_uppercase);
        let lower = escapes(raw, u8::to_ascii_lowercase);
        assert_eq!(CanonicalPath::parse(&upper), CanonicalPath::parse(&lower), "{raw:?}");

        // Segments are the path, a slash at its end aside.
        let segments: Vec<&str> = path.segments().collect();
        assert_eq!(format!("/{}", segments.join("/")), format!("/{}", decoded.trim_matches('/')));

        // A browser's parser, which resolves dots and folds backslashes, reads it so too.
        let url = url::Url::parse(&format!("http://shop.test{raw}")).expect("an address");
        assert_eq!(url.host_str(), Some("shop.test"), "{raw:?}");
        let theirs = percent_decode_str(url.path()).decode_utf8().expect("UTF-8");
        assert_eq!(theirs, decoded, "{raw:?}");
    });
}

#[test]
fn every_host_has_one_spelling() {
    let words = &[".", "..", ":", ":80", ":443", "@", "/", "\\", ",", "[", "]", "::1", "xn--", "%"];
    search!(Corpus::of("host", words), |input: &[u8]| {
        let Ok(raw) = std::str::from_utf8(input) else { return };
        let Ok(host) = Host::parse(raw) else { return };
        let name = host.as_str();
        assert!(!name.is_empty() && name.is_ascii(), "{raw:?}");
        assert!(!name.contains(['@', '/', '\\', ',', '?', '#', '%', ' ']), "{raw:?} is {name:?}");
        assert_eq!(Host::parse(name).as_ref(), Ok(&host), "{raw:?}");
        for spelling in [name.to_ascii_uppercase(), format!("{name}:8080")] {
            assert_eq!(Host::parse(&spelling).as_ref(), Ok(&host), "{spelling:?}");
        }
        // Whoever takes it for a part of an address finds the same host in it, or none.
        if let Ok(url) = url::Url::parse(&format!("http://{raw}/")) {
            assert_eq!((url.username(), url.path()), ("", "/"), "{raw:?}");
            let theirs = url.host_str().unwrap_or_default().trim_end_matches('.');
            let number = theirs.starts_with('[') || theirs.parse::<std::net::Ipv4Addr>().is_ok();
            assert!(number || theirs == name, "{raw:?}: {theirs:?} and {name:?}");
        }
    });
}

/// `raw` with the two digits behind every `%` changed.
fn escapes(raw: &str, change: impl Fn(&u8) -> u8) -> String {
    let mut bytes = raw.as_bytes().to_vec();
    for at in 0..bytes.len() {
        if bytes[at] == b'%' {
            bytes.iter_mut().skip(at + 1).take(2).for_each(|digit| *digit = change(digit));
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| raw.to_owned())
}
