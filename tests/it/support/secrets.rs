//! The shapes of what no process may print.

use regex::Regex;
use std::sync::LazyLock;

static SHAPES: LazyLock<Regex> = LazyLock::new(|| {
    // A signed token; secret keys; opaque credentials, whose ids begin alike and are half as long;
    // secrets of webhooks.
    let shapes = [
        r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
        r"\bsk_(?:test|live)_[A-Za-z0-9]{8,}",
        r"\b(?:ak|mt|oat)_[A-Za-z0-9]{40,}",
        r"\bwhsec_[A-Za-z0-9+/=]{8,}",
        r"-----BEGIN [A-Z ]*PRIVATE KEY",
    ];
    Regex::new(&shapes.join("|")).expect("a regular expression")
});

/// Where in a text something looks like a secret, with what stands before it.
pub(crate) fn found(text: &str) -> Option<String> {
    let found = SHAPES.find(text)?;
    let line = text[..found.start()].rfind('\n').map_or(0, |at| at + 1);
    Some(format!("{}…", &text[line..found.start() + 12]))
}

#[test]
fn secrets_are_known_by_their_shape() {
    for secret in [
        "token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl",
        "sk_test_0123456789",
        "whsec_bWFkZS11cC1z",
        "mt_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "-----BEGIN PRIVATE KEY-----",
    ] {
        assert!(found(secret).is_some(), "{secret}");
    }
    for harmless in [
        "user_2boss00000000000000000000",
        "oat_0123456789abcdef0123456789abcdef",
        "eyJhbGciOiJSUzI1NiJ9",
        "pk_test_x",
    ] {
        assert_eq!(found(harmless), None);
    }
}
