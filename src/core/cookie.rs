//! The Cookie header, read so that nobody can say afterwards which of two values was meant.

mod without;

use super::header::{Headers, Repeats};
use std::borrow::Cow;
pub use without::{Left, is_sendable, without};

/// One cookie as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie<'a> {
    /// Name; letter case matters.
    pub name: &'a str,
    /// Value: percent-decoded where that works, as sent where it does not. Quotes are kept.
    pub value: Cow<'a, str>,
}

/// A cookie looked up by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<'c> {
    /// No cookie of that name, or an empty one.
    Absent,
    /// One value, however often it was repeated.
    Value(&'c str),
    /// Two different values. The service behind may take the other one, so neither is used.
    Conflict,
}

/// All cookies of a request, in the order sent.
#[derive(Clone, Debug, Default)]
pub struct Cookies<'a>(Vec<Cookie<'a>>);

impl<'a> Cookies<'a> {
    /// Reads every `cookie` line.
    ///
    /// Cut at `;`, the first `=` ends the name, blanks and tabs are trimmed, parts without `=` are
    /// skipped. Where the proxy joins repeated lines with a comma, a comma separates as well. Lines
    /// that are not UTF-8 are skipped.
    #[must_use]
    pub fn parse(headers: &Headers<'a>) -> Self {
        let joined = headers.repeats() == Repeats::Joined;
        let separator = move |c: char| c == ';' || (joined && c == ',');
        let cookies = headers
            .all("cookie")
            .filter_map(|line| std::str::from_utf8(line).ok())
            .flat_map(|line| line.split(separator))
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| Cookie { name: trim(name), value: percent_decode(trim(value)) })
            .collect();
        Self(cookies)
    }

    /// Finds the cookie called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Lookup<'_> {
        let mut values = self.0.iter().filter(|cookie| cookie.name == name).map(|c| &*c.value);
        let Some(first) = values.next() else { return Lookup::Absent };
        if values.any(|other| other != first) {
            Lookup::Conflict
        } else if first.is_empty() {
            Lookup::Absent
        } else {
            Lookup::Value(first)
        }
    }

    /// Every cookie, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = &Cookie<'a>> {
        self.0.iter()
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

fn percent_decode(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    let bytes = value.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            let digit = |offset: usize| {
                bytes.get(at + offset).and_then(|byte| (*byte as char).to_digit(16))
            };
            let (Some(high), Some(low)) = (digit(1), digit(2)) else { return Cow::Borrowed(value) };
            decoded.extend(u8::try_from(high * 16 + low));
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    String::from_utf8(decoded).map_or(Cow::Borrowed(value), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::{Cookies, Lookup};
    use crate::core::header::{Header, Headers, Repeats};

    fn headers<'a>(lines: &[&'a str], repeats: Repeats) -> Headers<'a> {
        let line = |value: &&'a str| Header { name: "cookie", value: value.as_bytes() };
        Headers::new(lines.iter().map(line).collect(), repeats)
    }

    #[test]
    fn cookies_are_cut_trimmed_and_decoded() {
        let cookies = Cookies::parse(&headers(
            &["a=1; b = x=y ;\tc=%41%20z; d=%zz; e; \"f\"=\"1\"; g="],
            Repeats::Separate,
        ));
        assert_eq!(cookies.get("a"), Lookup::Value("1"));
        assert_eq!(cookies.get("b"), Lookup::Value("x=y"));
        assert_eq!(cookies.get("c"), Lookup::Value("A z"));
        assert_eq!(cookies.get("d"), Lookup::Value("%zz"));
        assert_eq!(cookies.get("\"f\""), Lookup::Value("\"1\""));
        for absent in ["A", "e", "f", "g"] {
            assert_eq!(cookies.get(absent), Lookup::Absent, "{absent}");
        }
    }

    #[test]
    fn a_name_sent_twice_with_two_values_has_none() {
        for lines in [&["s=1; s=2"][..], &["s=1", "s=2"], &["s=; s=2"], &["s=1; s="]] {
            let cookies = Cookies::parse(&headers(lines, Repeats::Separate));
            assert_eq!(cookies.get("s"), Lookup::Conflict, "{lines:?}");
        }
        let repeated = Cookies::parse(&headers(&["s=1; s=1", "s=1"], Repeats::Separate));
        assert_eq!(repeated.get("s"), Lookup::Value("1"));
    }

    #[test]
    fn a_comma_separates_only_where_the_proxy_joins_lines() {
        let joined = Cookies::parse(&headers(&["a=1,s=2"], Repeats::Joined));
        assert_eq!(joined.get("s"), Lookup::Value("2"));
        let separate = Cookies::parse(&headers(&["a=1,s=2"], Repeats::Separate));
        assert_eq!(separate.get("s"), Lookup::Absent);
        assert_eq!(separate.get("a"), Lookup::Value("1,s=2"));
    }
}
