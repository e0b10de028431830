//! The Cookie header with some cookies taken out.
//!
//! Servers differ in how they read the header, so what is taken out is what any of them would take
//! for one of the cookies; what stays is kept byte for byte.

use crate::core::header::{Headers, Repeats};
use percent_encoding::percent_decode;

/// What is left of the cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// Every cookie: none was taken out.
    All,
    /// These, in one line, in the order sent.
    Some(Box<str>),
    /// None, or none was sent.
    Nothing,
}

/// Takes out every cookie whose name `taken` recognises.
///
/// Names are given as the most lenient server reads them: percent-decoded, quotes and invisible bytes
/// before them dropped, letters in lower case and everything that is neither a letter nor a digit as
/// `_`, which is also what stands for anything behind the name. Cookies are cut at `;`, at `,` as old
/// servers and proxies that join lines do, and at blanks as Python's `http.cookies` does. Whatever
/// follows a cookie that is taken out behind a comma or a blank is part of its value, unless the proxy
/// joins lines and it looks like a cookie behind a comma.
///
/// A cookie that cannot be sent again, because it is no text, is left out whenever another one is.
pub fn without(headers: &Headers<'_>, taken: impl Fn(&str) -> bool) -> Left {
    let joined = headers.repeats() == Repeats::Joined;
    let mut left: Vec<String> = Vec::new();
    let (mut any, mut some_taken) = (false, false);
    for line in headers.all("cookie") {
        any = true;
        let mut kept = Vec::new();
        for cookie in line.split(|&byte| byte == b';') {
            let rest = rest_of(cookie, joined, &taken);
            some_taken |= rest.as_deref() != Some(cookie);
            let rest = rest.and_then(|rest| String::from_utf8(rest).ok());
            kept.extend(rest.filter(|rest| is_sendable(rest)));
        }
        let line = kept.join(";");
        let line = line.trim_matches([' ', '\t']);
        if !line.is_empty() {
            left.push(line.to_owned());
        }
    }
    if any && !some_taken {
        return Left::All;
    }
    if left.iter().all(|line| line.trim_matches([' ', '\t', ';']).is_empty()) {
        return Left::Nothing;
    }
    Left::Some(left.join("; ").into())
}

/// Whether the text can stand in a Cookie header that is sent on.
#[must_use]
pub fn is_sendable(cookies: &str) -> bool {
    cookies.chars().all(|character| character == '\t' || !character.is_control())
}

/// What stays of the text between two `;`.
fn rest_of(cookie: &[u8], joined: bool, taken: &impl Fn(&str) -> bool) -> Option<Vec<u8>> {
    let mut kept = Vec::new();
    let mut dropping = false;
    for part in cookie.split(|&byte| byte == b',') {
        let goes_on = dropping && !(joined && part.contains(&b'='));
        dropping = goes_on || taken(&name(part));
        if !dropping {
            let cut = behind_a_blank(part, taken);
            dropping = cut.is_some();
            kept.push(&part[..cut.unwrap_or(part.len())]);
        }
    }
    if kept.is_empty() { None } else { Some(kept.join(&b',')) }
}

/// Where a cookie that is taken begins behind a blank, which some servers cut at as well.
fn behind_a_blank(part: &[u8], taken: &impl Fn(&str) -> bool) -> Option<usize> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let mut ends = part.iter().enumerate().filter(|(_, byte)| **byte == b'=').map(|(at, _)| at);
    ends.find_map(|end| {
        let last = part[..end].iter().rposition(|byte| !blank(byte))?;
        let begins = part[..last].iter().rposition(blank)?;
        taken(&name(&part[begins + 1..=last])).then_some(begins)
    })
}

/// The name of a cookie, as the most lenient server reads it.
fn name(cookie: &[u8]) -> String {
    let cookie = from_name(cookie);
    let name = cookie.split(|&byte| byte == b'=').next().unwrap_or_default();
    let name: Vec<u8> = percent_decode(name).collect();
    let letter = |byte: &u8| {
        if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() as char } else { '_' }
    };
    from_name(&name).iter().map(letter).collect()
}

/// Drops what some server skips before a name.
fn from_name(text: &[u8]) -> &[u8] {
    let begins = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.[+%".contains(byte);
    text.get(text.iter().position(begins).unwrap_or(text.len())..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
