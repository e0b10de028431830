//! `CheckRequest` to [`Question`], borrowing from the message.

#[cfg(test)]
mod tests;

use crate::core::{
    asker::Asker,
    header::{Header, Headers, Repeats},
    http_request::{HttpRequest, Scheme},
    peer::{Peer, PeerNames},
    question::{Also, CredentialSource, Question, Wanted},
    reason::Reason,
};
use envoy_types::{
    ext_authz::v3::pb::{Address, CheckRequest, HeaderValue},
    pb::envoy::service::auth::v3::{
        AttributeContext,
        attribute_context::{HttpRequest as CheckedRequest, Peer as CheckedPeer},
    },
};
use std::{collections::HashMap, net::IpAddr};

/// A message that no question can be made of, which is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) reason: Reason,
    pub(super) asker: Asker,
}

/// Makes header names lower-case, as Envoy sends them. Other proxies may not, and a header that is
/// not found under its name would neither be read nor stripped.
pub(super) fn lower_case_names(message: &mut CheckRequest) {
    let http = message.attributes.as_mut().and_then(|attributes| attributes.request.as_mut());
    let Some(http) = http.and_then(|request| request.http.as_mut()) else { return };
    for header in http.header_map.iter_mut().flat_map(|map| &mut map.headers) {
        header.key.make_ascii_lowercase();
    }
    let is_upper_case = |name: &String| name.bytes().any(|byte| byte.is_ascii_uppercase());
    if http.headers.keys().any(is_upper_case) {
        let mut lower_case = HashMap::with_capacity(http.headers.len());
        for (mut name, value) in http.headers.drain() {
            name.make_ascii_lowercase();
            // Two spellings of one name become one value, joined as proxies join repeated headers.
            lower_case
                .entry(name)
                .and_modify(|joined: &mut String| {
                    joined.push(',');
                    joined.push_str(&value);
                })
                .or_insert(value);
        }
        http.headers = lower_case;
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
    let mut request = HttpRequest {
        method: &http.method,
        scheme: if http.scheme == "http" { Scheme::Http } else { Scheme::Https },
        authority: &http.host,
        target: "",
        headers: headers(http),
        peer: attributes.source.as_ref().and_then(peer),
    };
    let read = target(http).and_then(|target| Ok((target, extensions(attributes)?)));
    let (target, (instance, also)) =
        read.map_err(|reason| Refused { reason, asker: Asker::of(&request) })?;
    request.target = target;
    let source = attributes.source.as_ref();
    let principal = source.map(|source| &*source.principal).filter(|name| !name.is_empty());
    Ok(Question {
        credential: CredentialSource::Request,
        instance,
        wanted: Wanted::Http(request),
        also,
        peer: Peer { names, principal },
    })
}

/// The raw lines where the proxy sends them (`encode_raw_headers`), else the map of joined ones.
fn raw_lines(http: &CheckedRequest) -> Option<&[HeaderValue]> {
    http.header_map.as_ref().map(|map| &*map.headers).filter(|lines| !lines.is_empty())
}

/// The headers of the message proper: `:path` and its like are not among them.
fn headers(http: &CheckedRequest) -> Headers<'_> {
    let is_header = |name: &str| !name.starts_with(':');
    if let Some(lines) = raw_lines(http) {
        let lines = lines.iter().filter(|line| is_header(&line.key));
        let lines = lines.map(|line| Header { name: &line.key, value: value(line) });
        return Headers::new(lines.collect(), Repeats::Separate);
    }
    let lines = http.headers.iter().filter(|(name, _)| is_header(name));
    let lines = lines.map(|(name, value)| Header { name, value: value.as_bytes() });
    Headers::new(lines.collect(), Repeats::Joined)
}

/// Exactly one of the two is filled; Envoy fills `raw_value`.
fn value(line: &HeaderValue) -> &[u8] {
    if line.raw_value.is_empty() { line.value.as_bytes() } else { &line.raw_value }
}

/// The request target, from the raw `:path` where that is there.
///
/// Everywhere else Envoy has put `!` in the place of bytes that are not UTF-8, and the service gets
/// those bytes. Since some servers read them as dots or slashes, a path with a `!` of unknown origin
/// has more than one reading and is refused; `encode_raw_headers` makes it certain. In the query it
/// is harmless, for no rule is matched against that.
fn target(http: &CheckedRequest) -> Result<&str, Reason> {
    if http.method.is_empty() || http.host.is_empty() {
        return Err(Reason::MalformedRequest);
    }
    let mut raw = raw_lines(http).into_iter().flatten().filter(|line| line.key == ":path");
    let target = match (raw.next(), raw.next()) {
        (Some(line), None) => {
            std::str::from_utf8(value(line)).map_err(|_| Reason::AmbiguousPath)?
        }
        (Some(_), Some(_)) => return Err(Reason::AmbiguousPath),
        (None, _) => {
            let path = http.path.split_once('?').map_or(&*http.path, |(path, _)| path);
            if path.contains('!') {
                return Err(Reason::AmbiguousPath);
            }
            &http.path
        }
    };
    if target.is_empty() { Err(Reason::MalformedRequest) } else { Ok(target) }
}

/// What the operator of the proxy has set for the route: an instance, and what must hold besides.
///
/// A key that begins like ours and is none of ours is a mistake that would leave the route less
/// guarded than was meant, and so is an empty value.
fn extensions(attributes: &AttributeContext) -> Result<(Option<&str>, Also<'_>), Reason> {
    let mut instance = None;
    let mut also = Also::default();
    for (key, value) in &attributes.context_extensions {
        let place = match &**key {
            "bailiff.instance" => &mut instance,
            "bailiff.require" => &mut also.require,
            "bailiff.action" => &mut also.action,
            _ if begins_like_ours(key) => return Err(Reason::Misconfigured),
            _ => continue,
        };
        if value.trim().is_empty() {
            return Err(Reason::Misconfigured);
        }
        *place = Some(&**value);
    }
    Ok((instance, also))
}

fn begins_like_ours(key: &str) -> bool {
    key.trim_start().get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bailiff"))
}

/// The peer's address; a unix socket has none.
fn peer(source: &CheckedPeer) -> Option<IpAddr> {
    match source.address.as_ref()?.address.as_ref()? {
        Address::SocketAddress(socket) => socket.address.parse().ok(),
        Address::Pipe(_) | Address::EnvoyInternalAddress(_) => None,
    }
}
