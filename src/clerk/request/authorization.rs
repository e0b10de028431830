//! The Authorization header as Clerk's package reads it.

use crate::core::header::{Headers, Single};

/// What the Authorization header holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authorization<'h> {
    /// No header, an empty one, or a scheme that is none of ours: the cookies decide.
    Absent,
    /// A token, which beats every cookie.
    Token(&'h str),
    /// Several headers, or bytes that are no text.
    Ambiguous,
}

/// Cuts the header at single blanks: a lone piece is the token itself, `Bearer` (case matters)
/// announces one.
pub(super) fn authorization<'h>(headers: &Headers<'h>) -> Authorization<'h> {
    let value = match headers.single("authorization") {
        Single::Absent => return Authorization::Absent,
        Single::Ambiguous => return Authorization::Ambiguous,
        Single::Value(value) => value.trim_matches([' ', '\t']),
    };
    let mut pieces = value.split(' ');
    match (pieces.next().unwrap_or_default(), pieces.next()) {
        ("", _) => Authorization::Absent,
        (token, None | Some("")) | ("Bearer", Some(token)) => Authorization::Token(token),
        (_, Some(_)) => Authorization::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::{Authorization, authorization};
    use crate::core::header::{Header, Headers, Repeats};

    fn read<'a>(values: &[&'a [u8]]) -> Authorization<'a> {
        let lines = values.iter().map(|&value| Header { name: "authorization", value }).collect();
        authorization(&Headers::new(lines, Repeats::Separate))
    }

    #[test]
    fn a_token_stands_behind_bearer_or_alone() {
        for (value, token) in [
            ("Bearer abc", "abc"),
            ("Bearer abc junk", "abc"),
            (" Bearer abc ", "abc"),
            ("abc", "abc"),
            ("Bearer", "Bearer"),
            ("Bearer  abc", "Bearer"),
            ("Bearer\tabc", "Bearer\tabc"),
        ] {
            assert_eq!(read(&[value.as_bytes()]), Authorization::Token(token), "{value}");
        }
    }

    #[test]
    fn other_schemes_and_empty_headers_leave_the_cookies_to_decide() {
        for value in ["", " ", "Basic dXNlcjpw", "bearer abc", "BEARER abc", "DPoP abc"] {
            assert_eq!(read(&[value.as_bytes()]), Authorization::Absent, "{value}");
        }
        assert_eq!(read(&[]), Authorization::Absent);
    }

    #[test]
    fn two_headers_are_never_one() {
        assert_eq!(read(&[b"Bearer a", b"Bearer b"]), Authorization::Ambiguous);
        assert_eq!(read(&[b"Bearer a", b"Bearer a"]), Authorization::Ambiguous);
        assert_eq!(read(&[b"Bearer \xff"]), Authorization::Ambiguous);
    }
}
