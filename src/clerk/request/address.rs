//! The address the user sees in the browser, which is where a handshake must lead back to.

use crate::{
    clerk::browser::ForwardedHeaders,
    core::{
        header::Single,
        host::Host,
        http_request::{HttpRequest, Scheme},
    },
};
use thiserror::Error;
use url::{Url, form_urlencoded};

/// An absolute `http` or `https` address of the host that the request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

/// Why a request has no address: nobody is sent back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// The authority is no single host.
    #[error("the request names no host that can be understood")]
    Authority,
    /// The target does not begin with a slash.
    #[error("the request target is not a path")]
    Target,
}

impl Address {
    /// Rebuilds the address. Forwarded headers that are trusted but cannot be understood are passed
    /// over.
    ///
    /// # Errors
    /// [`AddressError`] if the request's own host or target cannot be understood.
    pub fn of(
        request: &HttpRequest<'_>,
        forwarded: ForwardedHeaders,
    ) -> Result<Self, AddressError> {
        let own = Self::build(request.scheme, request.authority, request.target)?;
        match forwarded {
            ForwardedHeaders::Ignored => Ok(own),
            ForwardedHeaders::Trusted => Ok(Self::forwarded(request, &own).unwrap_or(own)),
        }
    }

    fn build(scheme: Scheme, authority: &str, target: &str) -> Result<Self, AddressError> {
        Host::parse(authority).map_err(|_| AddressError::Authority)?;
        if !target.starts_with('/') {
            return Err(AddressError::Target);
        }
        Url::parse(&format!("{}://{authority}{target}", scheme.as_str()))
            .map(Self)
            .map_err(|_| AddressError::Authority)
    }

    /// The address by `X-Forwarded-Host`, else `Host`, and by `X-Forwarded-Proto`, the first item of
    /// each, where they say anything else than the request itself.
    fn forwarded(request: &HttpRequest<'_>, own: &Self) -> Option<Self> {
        let first = |name| match request.headers.single(name) {
            Single::Absent => Some(None),
            Single::Value(list) => Some(list.trim_matches([' ', '\t']).split(',').next()),
            Single::Ambiguous => None,
        };
        let authority = match first("x-forwarded-host")? {
            Some(forwarded) => forwarded,
            None => first("host")?.unwrap_or(request.authority),
        };
        let scheme = match first("x-forwarded-proto")? {
            None => request.scheme,
            Some(scheme) if scheme.eq_ignore_ascii_case("http") => Scheme::Http,
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => Scheme::Https,
            Some(_) => return None,
        };
        if format!("{}://{authority}", scheme.as_str()) == own.origin() {
            return None;
        }
        let mut address = Self::build(scheme, authority, request.target).ok()?;
        address.0.set_fragment(None);
        if address.0.query() == Some("") {
            address.0.set_query(None);
        }
        Some(address)
    }

    /// The address as a URL.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.0
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The first value of a query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.0.query()?;
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The address without some query parameters; what is left of the query is written anew.
    pub(super) fn without(&self, names: &[&str]) -> Url {
        without_parameters(&self.0, names)
    }
}

/// `url` without some query parameters; what is left of the query is written anew.
pub(super) fn without_parameters(url: &Url, names: &[&str]) -> Url {
    let mut url = url.clone();
    let Some(query) = url.query() else { return url };
    let mut kept = form_urlencoded::Serializer::new(String::new());
    kept.extend_pairs(
        form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| !names.contains(&&**name)),
    );
    let kept = kept.finish();
    url.set_query((!kept.is_empty()).then_some(&kept));
    url
}

/// Sets a query parameter in the place of the first of its name, and removes the others.
pub(super) fn set_parameter(url: &mut Url, name: &str, value: &str) {
    let mut changed = form_urlencoded::Serializer::new(String::new());
    let mut set = false;
    for (key, held) in form_urlencoded::parse(url.query().unwrap_or_default().as_bytes()) {
        if key != name {
            changed.append_pair(&key, &held);
        } else if !std::mem::replace(&mut set, true) {
            changed.append_pair(name, value);
        }
    }
    if !set {
        changed.append_pair(name, value);
    }
    let changed = changed.finish();
    url.set_query(Some(&changed));
}

#[cfg(test)]
mod tests;
