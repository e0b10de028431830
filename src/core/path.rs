//! One reading of a path, or none.
//!
//! A proxy, Bailiff and the service behind must agree which resource a path names. They differ in
//! whether they merge slashes, resolve dots, decode once or twice, strip `;parameters` or fold case.
//! Bailiff cannot know which service does what, so it does not repair a path: it refuses every path
//! that two of them could read differently, and compares the rest in its decoded form. The service
//! gets the original bytes, and they mean the same there.

mod look_alikes;

use look_alikes::is_look_alike;
use std::borrow::Cow;
use thiserror::Error;

/// The longest path accepted, in bytes. Longer ones serve no route anybody writes.
pub const MAX_PATH_BYTES: usize = 8 * 1024;

/// A path that has exactly one reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalPath<'a>(Cow<'a, str>);

/// Why a path has more than one reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum AmbiguousPath {
    /// It does not begin with a slash: `*`, an absolute URL, or nothing.
    #[error("the path does not begin with a slash")]
    NotAbsolute,
    /// It is longer than [`MAX_PATH_BYTES`].
    #[error("the path is too long")]
    TooLong,
    /// `//` in the path: merged by some, an authority to others.
    #[error("the path holds an empty segment")]
    EmptySegment,
    /// `.` or `..` as a segment.
    #[error("the path holds a dot segment")]
    DotSegment,
    /// A segment that ends in a dot or a blank, which some file systems drop.
    #[error("a path segment ends in a dot or a blank")]
    TrailingDotOrBlank,
    /// `;` begins parameters that some servers strip.
    #[error("the path holds a semicolon")]
    Semicolon,
    /// A backslash, which some servers read as a slash.
    #[error("the path holds a backslash")]
    Backslash,
    /// `#`: a fragment never reaches a server.
    #[error("the path holds a fragment")]
    Fragment,
    /// A byte outside printable ASCII, or one that must be written percent-encoded.
    #[error("the path holds a character that must be percent-encoded")]
    RawCharacter,
    /// `%` without two hexadecimal digits.
    #[error("the path holds a malformed percent escape")]
    MalformedEscape,
    /// An escape of a character that has a meaning in paths, or that needs none: `%2F`, `%2e`,
    /// `%25`, `%61`.
    #[error("the path holds a percent escape that can be read in two ways")]
    EscapedDelimiter,
    /// An escape of a control character, NUL among them.
    #[error("the path holds an escaped control character")]
    EscapedControl,
    /// Escapes that are not UTF-8, or that spell a look-alike of a delimiter.
    #[error("the path holds escapes that are not plain UTF-8 text")]
    EscapedText,
}

impl<'a> CanonicalPath<'a> {
    /// Reads a path without its query.
    ///
    /// # Errors
    /// [`AmbiguousPath`] names the first thing that has two readings.
    pub fn parse(raw: &'a str) -> Result<Self, AmbiguousPath> {
        if !raw.starts_with('/') {
            return Err(AmbiguousPath::NotAbsolute);
        }
        if raw.len() > MAX_PATH_BYTES {
            return Err(AmbiguousPath::TooLong);
        }
        let decoded = decode(raw)?;
        let mut segments = decoded[1..].split('/').peekable();
        while let Some(segment) = segments.next() {
            match segment {
                // The one empty segment allowed is the last: a trailing slash.
                "" if segments.peek().is_some() => return Err(AmbiguousPath::EmptySegment),
                "." | ".." => return Err(AmbiguousPath::DotSegment),
                _ if segment.ends_with(['.', ' ']) => {
                    return Err(AmbiguousPath::TrailingDotOrBlank);
                }
                _ => {}
            }
        }
        Ok(Self(decoded))
    }

    /// The path, percent-decoded once.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segments, decoded. A trailing slash adds none: `/a/` and `/a` are the same, since too
    /// many servers treat them so.
    pub fn segments(&self) -> impl Iterator<Item = &str> + Clone {
        let inner = self.0[1..].strip_suffix('/').unwrap_or(&self.0[1..]);
        let absent = inner.is_empty();
        inner.split('/').filter(move |_| !absent)
    }
}

fn decode(raw: &str) -> Result<Cow<'_, str>, AmbiguousPath> {
    let bytes = raw.as_bytes();
    let mut decoded: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            let value = escape(bytes.get(at + 1..at + 3).ok_or(AmbiguousPath::MalformedEscape)?)?;
            decoded.get_or_insert_with(|| bytes[..at].to_vec()).push(value);
            at += 3;
        } else {
            check_raw(byte)?;
            if let Some(decoded) = &mut decoded {
                decoded.push(byte);
            }
            at += 1;
        }
    }
    let Some(decoded) = decoded else { return Ok(Cow::Borrowed(raw)) };
    let text = String::from_utf8(decoded).map_err(|_| AmbiguousPath::EscapedText)?;
    let suspicious = |c: char| !c.is_ascii() && (c.is_control() || is_look_alike(c));
    if text.contains(suspicious) { Err(AmbiguousPath::EscapedText) } else { Ok(Cow::Owned(text)) }
}

const fn check_raw(byte: u8) -> Result<(), AmbiguousPath> {
    match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*'
        | b'+' | b',' | b'=' | b':' | b'@' => Ok(()),
        _ if byte.is_ascii_alphanumeric() => Ok(()),
        b';' => Err(AmbiguousPath::Semicolon),
        b'\\' => Err(AmbiguousPath::Backslash),
        b'#' => Err(AmbiguousPath::Fragment),
        _ => Err(AmbiguousPath::RawCharacter),
    }
}

fn escape(digits: &[u8]) -> Result<u8, AmbiguousPath> {
    let digit = |byte: u8| (byte as char).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let (Some(high), Some(low)) = (digit(digits[0]), digit(digits[1])) else {
        return Err(AmbiguousPath::MalformedEscape);
    };
    let value = high * 16 + low;
    match value {
        _ if value.is_ascii_control() => Err(AmbiguousPath::EscapedControl),
        b'/' | b'\\' | b'.' | b';' | b'%' | b'?' | b'#' | b'-' | b'_' | b'~' => {
            Err(AmbiguousPath::EscapedDelimiter)
        }
        _ if value.is_ascii_alphanumeric() => Err(AmbiguousPath::EscapedDelimiter),
        _ => Ok(value),
    }
}

#[cfg(test)]
mod tests;
