//! Who is at the other end of a connection, by the certificate shown there.

use std::{fmt, sync::Arc};

/// The names in a client certificate that was verified when the connection was made: DNS names and
/// URIs among the subject's alternative names (RFC 5280, 4.2.1.6), such as
/// `spiffe://shop.test/ns/web/sa/gateway`. The common name is none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct PeerNames(Arc<[Box<str>]>);

impl PeerNames {
    /// These names.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = Box<str>>) -> Self {
        Self(names.into_iter().collect())
    }

    /// The names, in the order of the certificate.
    #[must_use]
    pub fn as_slice(&self) -> &[Box<str>] {
        &self.0
    }

    /// Whether the certificate has this very name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|known| **known == *name)
    }
}

impl fmt::Debug for PeerNames {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.iter()).finish()
    }
}

/// Who is at the other ends: of the connection to Bailiff, and of the one to the proxy that asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peer<'a> {
    /// The names in the certificate that the asking program showed to Bailiff itself.
    pub names: Option<&'a PeerNames>,
    /// Whom the proxy names as its own client, by the certificate shown there. The proxy's word.
    pub principal: Option<&'a str>,
}

impl Peer<'_> {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { names: None, principal: None };
}

impl PeerNames {
    /// The SPIFFE ID, where the certificate is a SPIFFE one: it then has exactly one URI, which is the ID
    /// (X.509-SVID, 2 and 5.2).
    #[must_use]
    pub fn spiffe(&self) -> Option<&str> {
        let mut uris = self.0.iter().filter(|name| name.contains("://"));
        let (first, None) = (uris.next()?, uris.next()) else { return None };
        first.starts_with("spiffe://").then_some(&**first)
    }
}

#[cfg(test)]
mod tests {
    use super::PeerNames;

    fn names(names: &[&str]) -> PeerNames {
        PeerNames::new(names.iter().map(|name| (*name).into()))
    }

    #[test]
    fn a_name_is_had_letter_by_letter() {
        let names = names(&["gateway.shop.test", "spiffe://shop.test/gateway"]);
        assert!(names.contains("gateway.shop.test"));
        for other in ["Gateway.shop.test", "shop.test", "spiffe://shop.test/gateway/x", ""] {
            assert!(!names.contains(other), "{other}");
        }
    }

    #[test]
    fn a_spiffe_id_is_the_only_uri() {
        let id = "spiffe://shop.test/gateway";
        assert_eq!(names(&["gateway.shop.test", id]).spiffe(), Some(id));
        for none in [&[][..], &["gateway.shop.test"], &["https://shop.test/"]] {
            assert_eq!(names(none).spiffe(), None, "{none:?}");
        }
        assert_eq!(names(&[id, "spiffe://shop.test/other"]).spiffe(), None);
        assert_eq!(names(&["https://shop.test/", id]).spiffe(), None);
    }
}
