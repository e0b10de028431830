//! The address that calls to Clerk begin with.

use std::{fmt, net::IpAddr};
use thiserror::Error;
use url::{Host, Url};

/// Scheme, host, port and perhaps a path before the API's own.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiBase(Url);

/// Whether calls may go unencrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHttp {
    /// To this machine only.
    LoopbackOnly,
    /// To any host: whoever sets this vouches for the network in between.
    Allowed,
}

/// Why a text is no base address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ApiBaseError {
    /// Not an absolute `http` or `https` address.
    #[error("not an absolute http or https URL")]
    Form,
    /// Credentials, a query or a fragment.
    #[error("the URL must hold nothing but scheme, host, port and path")]
    Excess,
    /// `http` to another machine.
    #[error("http would send the secret key and read the signing keys unprotected; use https")]
    Unencrypted,
}

impl ApiBase {
    /// Clerk's Backend API.
    pub const BACKEND_API: &str = "https://api.clerk.com";

    /// Reads a base address.
    ///
    /// # Errors
    /// [`ApiBaseError`] says what an address may not be.
    pub fn parse(text: &str, plain_http: PlainHttp) -> Result<Self, ApiBaseError> {
        let url = Url::parse(text).map_err(|_| ApiBaseError::Form)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ApiBaseError::Form);
        }
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(ApiBaseError::Excess);
        }
        if url.scheme() == "http" && plain_http == PlainHttp::LoopbackOnly && !is_loopback(&url) {
            return Err(ApiBaseError::Unencrypted);
        }
        Ok(Self(url))
    }

    /// The Frontend API of a publishable key's host.
    ///
    /// # Errors
    /// [`ApiBaseError::Form`] if the host is none.
    pub fn frontend_api(host: &str) -> Result<Self, ApiBaseError> {
        Self::parse(&format!("https://{host}"), PlainHttp::LoopbackOnly)
    }

    /// The address itself.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.0
    }

    /// The base followed by `path`, which begins with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> Option<Url> {
        let url = Url::parse(&format!("{}{path}", self.0.as_str().trim_end_matches('/'))).ok()?;
        (url.origin() == self.0.origin()).then_some(url)
    }
}

impl fmt::Debug for ApiBase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ApiBase({})", self.0)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiBase, ApiBaseError, PlainHttp};

    fn parse(text: &str) -> Result<ApiBase, ApiBaseError> {
        ApiBase::parse(text, PlainHttp::LoopbackOnly)
    }

    #[test]
    fn a_path_of_the_base_stays_in_front() {
        for (base, joined) in [
            ("https://api.clerk.com", "https://api.clerk.com/v1/jwks"),
            ("https://api.clerk.com/", "https://api.clerk.com/v1/jwks"),
            ("https://proxy.test/base", "https://proxy.test/base/v1/jwks"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/jwks"),
            ("http://[::1]:8080", "http://[::1]:8080/v1/jwks"),
            ("http://localhost:8080", "http://localhost:8080/v1/jwks"),
        ] {
            let url = parse(base).unwrap().join("/v1/jwks").unwrap();
            assert_eq!(url.as_str(), joined);
        }
    }

    #[test]
    fn secrets_never_travel_unencrypted_to_another_machine() {
        for base in ["http://api.clerk.com", "http://10.0.0.1", "http://127.0.0.1.evil.test"] {
            assert_eq!(parse(base), Err(ApiBaseError::Unencrypted), "{base}");
        }
        assert!(ApiBase::parse("http://10.0.0.1", PlainHttp::Allowed).is_ok());
    }

    #[test]
    fn anything_but_a_plain_web_address_is_refused() {
        for (base, error) in [
            ("", ApiBaseError::Form),
            ("api.clerk.com", ApiBaseError::Form),
            ("/v1", ApiBaseError::Form),
            ("ftp://api.clerk.com", ApiBaseError::Form),
            ("file:///etc", ApiBaseError::Form),
            ("https://user@api.clerk.com", ApiBaseError::Excess),
            ("https://api.clerk.com/?x", ApiBaseError::Excess),
            ("https://api.clerk.com/#x", ApiBaseError::Excess),
        ] {
            assert_eq!(parse(base), Err(error), "{base}");
        }
    }
}
