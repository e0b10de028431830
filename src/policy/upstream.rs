//! Which headers tell the service who asks, and which the client must not be able to send.

mod credentials;
mod expression;

use super::{condition::ConditionError, facts::HeaderFacts};
use crate::core::{decision::Upstream, header::Header};
pub use credentials::Credentials;
pub(super) use expression::{Expression, HeaderValue};
use thiserror::Error;

/// The mapping of a policy that names no `upstream.headers`.
const DEFAULT: [(&str, Expression); 6] = [
    ("x-clerk-user-id", Expression::UserId),
    ("x-clerk-session-id", Expression::SessionId),
    ("x-clerk-org-id", Expression::OrganizationId),
    ("x-clerk-org-slug", Expression::OrganizationSlug),
    ("x-clerk-org-role", Expression::OrganizationRole),
    ("x-clerk-org-permissions", Expression::OrganizationPermissions),
];

/// Names by which Clerk's middleware tells an application that it has authenticated a request
/// (`@clerk/backend`, `constants.ts`). A client must never get them through.
const MIDDLEWARE: [&str; 7] = [
    "x-clerk-auth-status",
    "x-clerk-auth-token",
    "x-clerk-auth-signature",
    "x-clerk-auth-message",
    "x-clerk-auth-reason",
    "x-clerk-clerk-url",
    "x-clerk-request-data",
];

/// Names that change where a request goes, how it is framed or who it is from.
const RESERVED: [&str; 12] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "authorization",
    "cookie",
    "set-cookie",
];
const RESERVED_PREFIXES: [&str; 3] = ["proxy-", "x-envoy-", "x-forwarded-"];

/// From header names to what they tell of the identity.
#[derive(Clone, Debug)]
pub struct UpstreamHeaders {
    mapped: Box<[(Box<str>, HeaderValue)]>,
    /// Of every name that a client must not get through.
    initials: Initials,
}

/// Why a name cannot be the name of an identity header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeaderNameError {
    /// Not the name of any header.
    #[error("this is no header name")]
    Invalid,
    /// A header with a meaning to proxies and servers.
    #[error("this header has a meaning of its own to proxies and servers")]
    Reserved,
}

impl HeaderNameError {
    /// What to write instead.
    pub(super) const fn help(self) -> &'static str {
        match self {
            Self::Invalid => "write letters, digits and `-`, such as `x-user-id`",
            Self::Reserved => "write a name that only your services know, such as `x-user-id`",
        }
    }
}

/// Why an allowed request cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UpstreamError {
    /// What a header would tell cannot be worked out.
    #[error(transparent)]
    Value(#[from] ConditionError),
    /// The client has sent what some server would take for an identity header, under a name that no
    /// header can have, so that no proxy can be told to remove it.
    #[error("a header that looks like an identity header has a malformed name")]
    Unremovable,
}

/// Checks the name of an identity header and folds its letters to lower case.
pub(super) fn header_name(text: &str) -> Result<Box<str>, HeaderNameError> {
    if text.starts_with(':') {
        return Err(HeaderNameError::Reserved);
    }
    let name = http::HeaderName::try_from(text).map_err(|_| HeaderNameError::Invalid)?;
    let reserved = RESERVED.iter().any(|reserved| same_name(reserved, name.as_str()))
        || RESERVED_PREFIXES.iter().any(|prefix| {
            name.as_str().get(..prefix.len()).is_some_and(|start| same_name(prefix, start))
        });
    if reserved { Err(HeaderNameError::Reserved) } else { Ok(name.as_str().into()) }
}

/// Whether some server takes two names for one. CGI and its heirs turn `-` and `_` into the same
/// character, and some servers every character that is neither a letter nor a digit.
pub(super) fn same_name(left: &str, right: &str) -> bool {
    left.len() == right.len() && left.bytes().map(fold).eq(right.bytes().map(fold))
}

const fn fold(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
}

/// The first characters of names, folded as [`same_name`] does. Nearly all that clients send begins
/// otherwise, and need not be compared with every name.
#[derive(Clone, Copy, Debug)]
struct Initials(u128);

impl Initials {
    fn of<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        Self(names.fold(0, |known, name| known | Self::bit(name)))
    }

    fn hold(self, name: &str) -> bool {
        self.0 & Self::bit(name) != 0
    }

    /// A folded byte is ASCII. An empty name is none of ours.
    fn bit(name: &str) -> u128 {
        name.bytes().next().map_or(0, |byte| 1 << fold(byte))
    }
}

impl UpstreamHeaders {
    /// Takes names that [`header_name`] accepted, no two of them the same.
    pub(super) fn new(headers: Vec<(Box<str>, HeaderValue)>) -> Self {
        let mapped = headers.iter().map(|(name, _)| &**name);
        let initials = Initials::of(mapped.chain(MIDDLEWARE));
        Self { mapped: headers.into(), initials }
    }

    /// What holds for a policy that says nothing about it.
    pub(super) fn standard() -> Self {
        let header = |&(name, part): &(&str, _)| (name.into(), HeaderValue::Part(part));
        Self::new(DEFAULT.iter().map(header).collect())
    }

    /// The names, and the expressions as they are written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.mapped.iter().map(|(name, value)| (&**name, value.as_str()))
    }

    /// How an allowed request changes on its way to the service.
    ///
    /// Sets every mapped header that the identity has a value for. Removes every other mapped one,
    /// and whatever the client sent under a name that some server would take for a mapped one or for
    /// one of those by which Clerk's middleware speaks to applications. Values are visible ASCII:
    /// everything else, and `%`, is percent-encoded as UTF-8; the elements of lists are joined by
    /// commas, and a comma within one is percent-encoded.
    ///
    /// # Errors
    /// [`UpstreamError`] says why the request must not go on.
    pub fn apply(&self, facts: &HeaderFacts<'_>) -> Result<Upstream, UpstreamError> {
        let mut upstream =
            Upstream { set: Vec::with_capacity(self.mapped.len()), remove: Vec::new() };
        for (name, value) in &self.mapped {
            match value.value(facts)? {
                Some(value) => upstream.set.push((name.clone(), value)),
                None => upstream.remove.push(name.clone()),
            }
        }
        let lines = facts.request.into_iter().flat_map(|request| request.headers.iter());
        for Header { name: sent, value: _ } in lines {
            let listed = |known: &str| known.eq_ignore_ascii_case(sent);
            if self.is_spoof(sent)
                && !upstream.set.iter().any(|(name, _)| listed(name))
                && !upstream.remove.iter().any(|name| listed(name))
            {
                if http::HeaderName::try_from(sent).is_err() {
                    return Err(UpstreamError::Unremovable);
                }
                upstream.remove.push(sent.into());
            }
        }
        Ok(upstream)
    }

    /// Whether some server would take the name for one that only Bailiff or Clerk may set.
    fn is_spoof(&self, name: &str) -> bool {
        self.initials.hold(name)
            && (self.mapped.iter().any(|(mapped, _)| same_name(mapped, name))
                || MIDDLEWARE.iter().any(|known| same_name(known, name)))
    }
}

#[cfg(test)]
mod tests;
