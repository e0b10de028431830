//! Addresses a browser may be sent to.

use std::fmt;
use thiserror::Error;
use url::Url;

/// An absolute `http` or `https` URL in its serialised form: printable ASCII, so it can stand in a
/// header and never ends one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location(Url);

/// Why an address is no place to send a browser to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LocationError {
    /// Not an absolute URL.
    #[error("not an absolute URL")]
    NotAbsolute,
    /// A scheme other than `http` and `https`.
    #[error("the scheme is neither http nor https")]
    Scheme,
    /// User name or password in the URL.
    #[error("the URL holds credentials")]
    Credentials,
}

impl Location {
    /// Reads an absolute URL.
    ///
    /// # Errors
    /// [`LocationError`] for anything that is not a plain web address.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        Self::from_url(Url::parse(text).map_err(|_| LocationError::NotAbsolute)?)
    }

    /// Takes a URL.
    ///
    /// # Errors
    /// [`LocationError`] for anything that is not a plain web address.
    pub fn from_url(url: Url) -> Result<Self, LocationError> {
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(LocationError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(LocationError::Credentials);
        }
        Ok(Self(url))
    }

    /// This address with the query parameter `name` set to `value`, replacing any of that name.
    #[must_use]
    pub fn with_parameter(&self, name: &str, value: &str) -> Self {
        let mut url = self.0.clone();
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(key, _)| key != name)
            .map(|(k, v)| (k.into(), v.into()))
            .collect();
        url.query_pairs_mut().clear().extend_pairs(kept).append_pair(name, value);
        Self(url)
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The address as a URL.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A web origin, scheme, host and port: what `authorized_parties` lists and `azp` holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(Box<str>);

impl Origin {
    /// Takes the text as it is, since Clerk compares `azp` as exact text and some clients have
    /// origins that no URL parser knows.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Location, LocationError};

    #[test]
    fn only_plain_web_addresses_are_locations() {
        for (text, error) in [
            ("/sign-in", LocationError::NotAbsolute),
            ("//evil.test", LocationError::NotAbsolute),
            ("javascript:alert(1)", LocationError::Scheme),
            ("data:text/html,x", LocationError::Scheme),
            ("https://user@shop.test/", LocationError::Credentials),
            ("https://:secret@shop.test/", LocationError::Credentials),
        ] {
            assert_eq!(Location::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn nothing_in_a_parameter_can_leave_its_value() {
        let hostile = "https://a.test/?x=1&y=2#f\r\nset-cookie: z=1 \u{e9}";
        let location = Location::parse("https://shop.test/sign-in?a=b&redirect_url=old").unwrap();
        let location = location.with_parameter("redirect_url", hostile);
        assert!(location.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
        let pairs: Vec<_> = location.url().query_pairs().collect();
        assert_eq!(pairs, [("a".into(), "b".into()), ("redirect_url".into(), hostile.into())]);
    }
}
