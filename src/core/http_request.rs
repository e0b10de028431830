//! An HTTP request as Bailiff sees it, whichever door it came by.

use super::header::Headers;
use std::net::IpAddr;

/// The scheme the user's browser or client used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    /// As in a URL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// One HTTP request, borrowed from the message that brought it. Nothing in it is trusted yet.
#[derive(Clone, Debug)]
pub struct HttpRequest<'a> {
    /// The method as received; only capitals match a rule.
    pub method: &'a str,
    /// The scheme, from the proxy.
    pub scheme: Scheme,
    /// `:authority`: host, perhaps with a port.
    pub authority: &'a str,
    /// The request target: path and query, percent-encoding kept.
    pub target: &'a str,
    /// The headers, names in lower case.
    pub headers: Headers<'a>,
    /// The peer of the connection the proxy saw, where the proxy says.
    pub peer: Option<IpAddr>,
}

impl<'a> HttpRequest<'a> {
    /// The target up to the first `?`. Rules are only ever matched against this part.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.target.split_once('?').map_or(self.target, |(path, _)| path)
    }

    /// The target behind the first `?`.
    #[must_use]
    pub fn query(&self) -> Option<&'a str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// Whether the method asks for something without changing it (RFC 9110, 9.2.1).
    #[must_use]
    pub fn is_safe(&self) -> bool {
        matches!(self.method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
    }
}
