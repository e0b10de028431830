//! `CheckRequest` to [`Question`], borrowing from the message.

#[cfg(test)]
mod tests;

use crate::{
    core::{
        asker::Asker,
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        peer::{Peer, PeerNames},
        question::{Also, CredentialSource, Question, Wanted},
        reason::Reason,
    },
    pb::envoy::{
        AttributeContext, CheckRequest, Entry, HeaderLine, HttpRequest as CheckedRequest,
        Peer as CheckedPeer,
    },
};
use prost::bytes::Bytes;
use std::net::IpAddr;

/// A message that no question can be made of, which is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) reason: Reason,
    pub(super) asker: Asker,
}

/// Makes header names lower-case, as Envoy sends them. Other proxies may not, and a header that is
/// not found under its name would neither be read nor stripped. Two spellings of one name become two
/// lines of that name.
pub(super) fn lower_case_names(message: &mut CheckRequest) {
    let http = message.attributes.as_mut().and_then(|attributes| attributes.request.as_mut());
    let Some(http) = http.and_then(|request| request.http.as_mut()) else { return };
    let lines = http.header_map.iter_mut().flat_map(|map| &mut map.headers);
    let names = lines.map(|line| &mut line.key);
    for name in names.chain(http.headers.iter_mut().map(|entry| &mut entry.key)) {
        if name.iter().any(u8::is_ascii_uppercase) {
            *name = Bytes::from(name.to_ascii_lowercase());
        }
    }
}

/// Reads the question. Header names must be lower-case already.
pub(super) fn question<'a>(
    message: &'a CheckRequest,
    names: Option<&'a PeerNames>,
) -> Result<Question<'a>, Refused> {
    let attributes = message.attributes.as_ref();
    let http = attributes
        .and_then(|attributes| attributes.request.as_ref())
        .and_then(|request| request.http.as_ref());
    let (Some(attributes), Some(http)) = (attributes, http) else {
        return Err(Refused { reason: Reason::MalformedRequest, asker: Asker::Api });
    };
    let (method, authority) = (text(&http.method), text(&http.host));
    let mut request = HttpRequest {
        method: method.unwrap_or_default(),
        scheme: if http.scheme == "http" { Scheme::Http } else { Scheme::Https },
        authority: authority.unwrap_or_default(),
        target: "",
        headers: headers(http)
            .ok_or(Refused { reason: Reason::MalformedRequest, asker: Asker::Api })?,
        peer: attributes.source.as_ref().and_then(peer),
    };
    let read = || {
        let principal = principal(attributes)?;
        if request.method.is_empty() || request.authority.is_empty() {
            return Err(Reason::MalformedRequest);
        }
        Ok((target(http)?, extensions(attributes)?, principal))
    };
    let (target, (instance, also), principal) =
        read().map_err(|reason| Refused { reason, asker: Asker::of(&request) })?;
    request.target = target;
    Ok(Question {
        credential: CredentialSource::Request,
        instance,
        wanted: Wanted::Http(request),
        also,
        peer: Peer { names, principal },
    })
}

fn text(bytes: &Bytes) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The raw lines where the proxy sends them (`encode_raw_headers`), else the map of joined ones.
fn raw_lines(http: &CheckedRequest) -> Option<&[HeaderLine]> {
    http.header_map.as_ref().map(|map| &*map.headers).filter(|lines| !lines.is_empty())
}

/// The headers of the message proper: `:path` and its like are not among them. `None` where a name is
/// not even text.
fn headers(http: &CheckedRequest) -> Option<Headers<'_>> {
    let is_header = |name: &Bytes| !name.starts_with(b":");
    if let Some(sent) = raw_lines(http) {
        let mut lines = Vec::with_capacity(sent.len());
        for line in sent.iter().filter(|line| is_header(&line.key)) {
            lines.push(Header { name: text(&line.key)?, value: value(line) });
        }
        return Some(Headers::new(lines, Repeats::Separate));
    }
    let mut lines = Vec::with_capacity(http.headers.len());
    for Entry { key, value } in http.headers.iter().filter(|entry| is_header(&entry.key)) {
        lines.push(Header { name: text(key)?, value });
    }
    Some(Headers::new(lines, Repeats::Joined))
}

/// Exactly one of the two is filled; Envoy fills `raw_value`.
fn value(line: &HeaderLine) -> &[u8] {
    if line.raw_value.is_empty() { &line.value } else { &line.raw_value }
}

/// The request target, from the raw `:path` where that is there.
///
/// Everywhere else Envoy has put `!` in the place of bytes that are not UTF-8, and the service gets
/// those bytes. Since some servers read them as dots or slashes, a path with a `!` of unknown origin
/// has more than one reading and is refused; `encode_raw_headers` makes it certain. In the query it
/// is harmless, for no rule is matched against that.
fn target(http: &CheckedRequest) -> Result<&str, Reason> {
    let mut raw = raw_lines(http).into_iter().flatten().filter(|line| line.key == ":path");
    let (target, is_raw) = match (raw.next(), raw.next()) {
        (Some(line), None) => (value(line), true),
        (Some(_), Some(_)) => return Err(Reason::AmbiguousPath),
        (None, _) => (&*http.path, false),
    };
    let target = std::str::from_utf8(target).map_err(|_| Reason::AmbiguousPath)?;
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    if !is_raw && path.contains('!') {
        return Err(Reason::AmbiguousPath);
    }
    if target.is_empty() { Err(Reason::MalformedRequest) } else { Ok(target) }
}

/// What the operator of the proxy has set for the route: an instance, and what must hold besides.
///
/// A key that begins like ours and is none of ours is a mistake that would leave the route less
/// guarded than was meant, and so is an empty value, or one of ours that is there twice.
fn extensions(attributes: &AttributeContext) -> Result<(Option<&str>, Also<'_>), Reason> {
    let mut instance = None;
    let mut also = Also::default();
    for Entry { key, value } in &attributes.context_extensions {
        let (Some(key), Some(value)) = (text(key), text(value)) else {
            return Err(Reason::Misconfigured);
        };
        let place = match key {
            "bailiff.instance" => &mut instance,
            "bailiff.require" => &mut also.require,
            "bailiff.action" => &mut also.action,
            _ if begins_like_ours(key) => return Err(Reason::Misconfigured),
            _ => continue,
        };
        if value.trim().is_empty() || place.replace(value).is_some() {
            return Err(Reason::Misconfigured);
        }
    }
    Ok((instance, also))
}

fn begins_like_ours(key: &str) -> bool {
    key.trim_start().get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bailiff"))
}

/// The peer's address; a unix socket has none.
fn peer(source: &CheckedPeer) -> Option<IpAddr> {
    text(&source.address.as_ref()?.socket_address.as_ref()?.address)?.parse().ok()
}

/// Whom the proxy names as its client.
fn principal(attributes: &AttributeContext) -> Result<Option<&str>, Reason> {
    let Some(source) = &attributes.source else { return Ok(None) };
    let principal = text(&source.principal).ok_or(Reason::MalformedRequest)?;
    Ok(Some(principal).filter(|name| !name.is_empty()))
}
