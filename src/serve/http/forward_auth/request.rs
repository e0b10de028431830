//! A sub-request to [`Question`], borrowing from its headers.
//!
//! Each part of the original request has one source, which the profile names. It must be there once
//! and be well-formed; nothing is guessed, and nothing else is looked at.

#[cfg(test)]
mod tests;

use super::profile::{Profile, Sources, is_about_forwarding};
use crate::core::{
    asker::Asker,
    header::{Header, Headers, Repeats, Single},
    http_request::{HttpRequest, Scheme},
    peer::{Peer, PeerNames},
    question::{Also, CredentialSource, Question, Wanted},
    reason::Reason,
};
use http::HeaderMap;
use std::net::IpAddr;

/// A sub-request that no question can be made of, which is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) reason: Reason,
    pub(super) asker: Asker,
}

/// Reads the question.
/// `names` are those in the proxy's own certificate.
pub(super) fn question<'a>(
    profile: Profile,
    headers: &'a HeaderMap,
    names: Option<&'a PeerNames>,
) -> Result<Question<'a>, Refused> {
    let Sources { method, target, host, scheme, address } = profile.sources();
    let all = lines(headers, |_| true);
    let mut request = HttpRequest {
        method: "",
        scheme: Scheme::Https,
        authority: "",
        target: "",
        headers: lines(headers, |name| !is_about_forwarding(name)),
        peer: None,
    };
    let read = (|| {
        request.method = one(&all, method).and_then(token)?;
        request.authority = one(&all, host)?;
        request.scheme = one(&all, scheme).and_then(read_scheme)?;
        request.target = target_of(&all, target)?;
        request.peer = peer(&all, address)?;
        Ok(())
    })();
    match read {
        Ok(()) => Ok(Question {
            credential: CredentialSource::Request,
            instance: None,
            wanted: Wanted::Http(request),
            also: Also::default(),
            peer: Peer { names, principal: None },
        }),
        Err(reason) => Err(Refused { reason, asker: Asker::of(&request) }),
    }
}

fn lines(headers: &HeaderMap, wanted: impl Fn(&str) -> bool) -> Headers<'_> {
    let lines = headers.iter().filter(|(name, _)| wanted(name.as_str()));
    let lines = lines.map(|(name, value)| Header { name: name.as_str(), value: value.as_bytes() });
    Headers::new(lines.collect(), Repeats::Separate)
}

/// The one value of a header that must be there.
fn one<'a>(headers: &Headers<'a>, name: &str) -> Result<&'a str, Reason> {
    match headers.single(name) {
        Single::Value(value) if !value.is_empty() => Ok(value),
        Single::Value(_) | Single::Absent | Single::Ambiguous => Err(Reason::MalformedRequest),
    }
}

/// A method is a token (RFC 9110, 5.6.2); a comma would be two of them.
fn token(method: &str) -> Result<&str, Reason> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if method.bytes().all(is_letter) { Ok(method) } else { Err(Reason::MalformedRequest) }
}

/// A websocket's scheme is that of the request it begins with.
fn read_scheme(scheme: &str) -> Result<Scheme, Reason> {
    match scheme {
        "https" | "wss" => Ok(Scheme::Https),
        "http" | "ws" => Ok(Scheme::Http),
        _ => Err(Reason::MalformedRequest),
    }
}

/// The target, byte for byte as the service gets it. Bytes that are no text have more than one
/// reading.
fn target_of<'a>(headers: &Headers<'a>, name: &str) -> Result<&'a str, Reason> {
    let mut lines = headers.all(name);
    match (lines.next(), lines.next()) {
        (Some(line), None) if !line.is_empty() => {
            std::str::from_utf8(line).map_err(|_| Reason::AmbiguousPath)
        }
        (Some(_) | None, _) => Err(Reason::MalformedRequest),
    }
}

/// The address that the proxy saw: where it keeps a list, it has written the last.
fn peer(headers: &Headers<'_>, name: &str) -> Result<Option<IpAddr>, Reason> {
    let text = match headers.single(name) {
        Single::Absent => return Ok(None),
        Single::Ambiguous => return Err(Reason::MalformedRequest),
        Single::Value(text) => text,
    };
    let last = text.rsplit(',').next().unwrap_or_default().trim();
    // A client that came over a unix socket has no address.
    if matches!(last, "" | "unix:" | "@") {
        return Ok(None);
    }
    last.parse().map(Some).map_err(|_| Reason::MalformedRequest)
}
