use super::{Brought, ErrorCode, SafeSessionId, session_among};
use proptest::prelude::*;

fn among(lines: &[&str]) -> Option<String> {
    let lines: Vec<Box<str>> = lines.iter().map(|&line| line.into()).collect();
    match session_among(&lines) {
        Brought::Token(token) => Some(token.to_owned()),
        Brought::Unreadable => Some("unreadable".to_owned()),
        Brought::Nothing => None,
    }
}

#[test]
fn only_a_session_id_that_cannot_change_a_path_is_safe() {
    assert_eq!(
        SafeSessionId::new("sess_2zA1b2C3").map(SafeSessionId::as_str),
        Some("sess_2zA1b2C3")
    );
    for id in [
        "",
        "sess_",
        "sess",
        "SESS_x",
        "user_x",
        "sess_x/revoke",
        "sess_x/revoke?y=",
        "sess_..",
        "sess_.",
        "../sess_x",
        "sess_%2e%2e",
        "sess_a_b",
        "sess_a b",
        "sess_\u{e4}",
        "sess_x\r\n",
        "sess_x#",
        "sess_x;",
        "sess_x\\..",
    ] {
        assert_eq!(SafeSessionId::new(id), None, "{id}");
    }
}

#[test]
fn of_several_session_lines_the_last_counts() {
    assert_eq!(among(&["__session=a; Path=/", "x=y"]).as_deref(), Some("a"));
    assert_eq!(among(&["__session=a", "__session_GKT37j1e=b; Path=/"]).as_deref(), Some("b"));
    assert_eq!(among(&["__session=a=b; Path=/"]).as_deref(), Some("a"));
    assert_eq!(among(&["__session=a", "__session=; Max-Age=0"]), None);
    assert_eq!(among(&["__session; Path=/"]).as_deref(), Some("unreadable"));
    assert_eq!(among(&["x=__session=a", " __session=a"]), None);
    assert_eq!(among(&[]), None);
}

#[test]
fn an_error_code_that_is_no_word_never_reaches_a_header() {
    assert!(ErrorCode::new("session_not_found").is_some());
    for code in ["", "a b", "a\r\nset-cookie: x=1", "a;b", "\u{e4}", &"x".repeat(65)] {
        assert_eq!(ErrorCode::new(code), None, "{code}");
    }
}

proptest! {
    #[test]
    fn a_safe_session_id_is_one_path_segment(id in "\\PC{0,20}") {
        if let Some(id) = SafeSessionId::new(&id) {
            let url = url::Url::parse(&format!("https://a.test/v1/sessions/{}/refresh", id.as_str())).unwrap();
            prop_assert_eq!(url.path_segments().unwrap().count(), 4);
            prop_assert!(url.query().is_none() && url.fragment().is_none());
        }
    }
}
