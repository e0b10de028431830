use super::{Left, without};
use crate::core::header::{Header, Headers, Repeats};
use proptest::prelude::*;

fn headers<'a>(lines: &[&'a [u8]], repeats: Repeats) -> Headers<'a> {
    let line = |value: &&'a [u8]| Header { name: "cookie", value };
    Headers::new(lines.iter().map(line).collect(), repeats)
}

/// What is left without the cookie `__s`.
fn left_of(lines: &[&[u8]], repeats: Repeats) -> Left {
    without(&headers(lines, repeats), |name| name == "__s" || name.starts_with("__s_"))
}

fn left(cookies: &str) -> Left {
    left_of(&[cookies.as_bytes()], Repeats::Separate)
}

fn some(cookies: &str) -> Left {
    Left::Some(cookies.into())
}

#[test]
fn other_cookies_stay_byte_for_byte_and_in_order() {
    for (sent, expected) in [
        ("a=1; __s=x; b=2", "a=1; b=2"),
        ("__s=x; a=1", "a=1"),
        ("a=1; __s=x", "a=1"),
        ("a=1;__s=x;b=2", "a=1;b=2"),
        ("b=%20\"q\"=; __s=x;\ta;  c = d ;; e=", "b=%20\"q\"=;\ta;  c = d ;; e="),
        ("a=\"1;2\"; __s=x", "a=\"1;2\""),
        ("a=1,2; __s=x; b=3", "a=1,2; b=3"),
        ("\u{e9}=\u{1f600}; __s=x", "\u{e9}=\u{1f600}"),
        ("a=1; __s=x; a=1; __s=y; a=2", "a=1; a=1; a=2"),
    ] {
        assert_eq!(left(sent), some(expected), "{sent}");
    }
}

#[test]
fn a_header_without_such_a_cookie_is_left_alone() {
    for sent in ["a=1", "__sx=1", "s=1", "_s=1", "___s=1", "a=__s", "a=\"__s\"", "a=b=__s", "; ;"] {
        assert_eq!(left(sent), Left::All, "{sent}");
    }
    assert_eq!(left_of(&[b"a=\xff\x01", b"b=2"], Repeats::Separate), Left::All);
}

#[test]
fn nothing_is_left_of_a_header_that_holds_nothing_else() {
    for sent in ["__s=x", "__s=x;", " ; __s=x; __s=y ;; ", "__s", "__s_1=x; __s="] {
        assert_eq!(left(sent), Left::Nothing, "{sent}");
    }
    assert_eq!(left_of(&[], Repeats::Separate), Left::Nothing);
}

#[test]
fn several_lines_become_one() {
    let lines: [&[u8]; 4] = [b"a=1; __s=x", b"__s=y", b"b=2", b" c=3;"];
    assert_eq!(left_of(&lines, Repeats::Separate), some("a=1; b=2; c=3;"));
    assert_eq!(left_of(&[b"a=1", b"b=2"], Repeats::Separate), Left::All);
}

#[test]
fn no_spelling_that_some_server_understands_slips_through() {
    for cookie in [
        "__S=x",
        " \t__s\t =x",
        "\"__s\"=x",
        "'__s'=x",
        "__s=\"x\"",
        "=__s=x",
        "==__s=x",
        "$__s=x",
        "%5f%5Fs=x",
        "%20__s=x",
        "..s=x",
        "[_s=x",
        "__s[]=x",
        "__s[0]=x",
        "__s.x=x",
        "__s-x=x",
        "__s\u{a0}=x",
        "\u{a0}__s=x",
        "\u{feff}__s=x",
        "!__s=x",
        "__s",
        "__s_uv_wvQoF=x",
        "__s_\u{e9}=x",
    ] {
        let sent = format!("a=1;{cookie}; b=2");
        assert_eq!(left(&sent), some("a=1; b=2"), "{sent:?}");
    }
    for cookie in [&b"\xa0__s=x"[..], b"\xff\xfe__s=x", b"__s=\xff", b"__s\xff=x", b"\x0b__s=x"] {
        let sent = [b"a=1;", cookie, b"; b=2"].concat();
        assert_eq!(left_of(&[&sent], Repeats::Separate), some("a=1; b=2"), "{cookie:?}");
    }
}

#[test]
fn a_quote_hides_no_cookie() {
    assert_eq!(left("a=\"x; __s=y; z\"; b=2"), some("a=\"x; z\"; b=2"));
    assert_eq!(left("a=\"x,__s=y\"; b=2"), some("a=\"x; b=2"));
}

#[test]
fn a_blank_hides_no_cookie() {
    for (sent, expected) in [
        ("a=1 __s=x", some("a=1")),
        ("a=1\t__s=x; b=2", some("a=1; b=2")),
        ("a=1 b=2 __s =x c=3; d=4", some("a=1 b=2; d=4")),
        ("a=1 =__s=x", some("a=1")),
        ("a=1 %5f_s=x", some("a=1")),
        ("a=my __s", Left::All),
        ("a=1 b=2", Left::All),
    ] {
        assert_eq!(left(sent), expected, "{sent:?}");
    }
}

#[test]
fn a_comma_separates_where_lines_are_joined_and_hides_nothing_where_they_are_not() {
    for (sent, joined, separate) in [
        ("a=1,__s=x", some("a=1"), some("a=1")),
        ("a=1,__s=x,b=2; c=3", some("a=1,b=2; c=3"), some("a=1; c=3")),
        ("__s=x,b=2", some("b=2"), Left::Nothing),
        ("__s=x,y; b=2", some("b=2"), some("b=2")),
        ("a=1, __s=x", some("a=1"), some("a=1")),
        ("a=1,2,3", Left::All, Left::All),
    ] {
        assert_eq!(left_of(&[sent.as_bytes()], Repeats::Joined), joined, "{sent}");
        assert_eq!(left_of(&[sent.as_bytes()], Repeats::Separate), separate, "{sent}");
    }
}

#[test]
fn what_cannot_be_sent_again_is_left_out_beside_a_cookie_that_is_taken_out() {
    for odd in [&b"c=\xff"[..], b"c=\x01", b"c=\x7f", b"c\r\nx: y=1"] {
        let sent = [b"a=1; ", odd, b"; __s=x; b=2"].concat();
        assert_eq!(left_of(&[&sent], Repeats::Separate), some("a=1; b=2"), "{odd:?}");
    }
}

fn any_cookies() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let piece = prop_oneof![
        4 => proptest::sample::select(vec![
            "__s", "__S", "_", "s", "a", "=", ";", "; ", ",", "\"", " ", "%5f", "x", ".", "!",
        ]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..3),
    ];
    let line = proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    proptest::collection::vec(line, 0..3)
}

proptest! {
    #[test]
    fn whatever_is_sent_what_is_left_holds_no_such_cookie(
        lines in any_cookies(), is_joined in any::<bool>(),
    ) {
        let repeats = if is_joined { Repeats::Joined } else { Repeats::Separate };
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        if let Left::Some(left) = left_of(&lines, repeats) {
            prop_assert!(super::is_sendable(&left));
            prop_assert_eq!(left_of(&[left.as_bytes()], Repeats::Separate), Left::All, "{}", left);
            prop_assert_eq!(left_of(&[left.as_bytes()], Repeats::Joined), Left::All, "{}", left);
        }
    }

    #[test]
    fn cookies_with_other_names_are_kept_whole(
        cookies in proptest::collection::vec("[a-z]{1,4}=[!-+\\--:<-~]{0,6}", 1..6), at in 0_usize..6,
    ) {
        let kept = cookies.join("; ");
        let mut sent = cookies.clone();
        sent.insert(at.min(cookies.len()), "__s=secret".to_owned());
        prop_assert_eq!(left(&sent.join("; ")), some(&kept));
    }
}
