//! Who may ask on behalf of clients.
//!
//! What a proxy says about a request is believed. From anybody else the same headers are lies: they
//! would open every page to whoever can connect.

use crate::serve::http::caller::Place;
use ipnet::IpNet;
use std::{net::IpAddr, str::FromStr};
use thiserror::Error;

/// The peers that are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedPeers {
    networks: Vec<IpNet>,
    unix_socket: bool,
}

/// Why peers cannot be trusted as written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TrustedPeersError {
    /// Nobody is named.
    #[error("no peer is named: list the proxies' addresses")]
    Nobody,
    /// A network of every address there is.
    #[error("`{0}` trusts every address: list the proxies' own")]
    Everybody(String),
    /// Neither an address nor a network.
    #[error("`{0}` is neither an address, nor a network such as `10.0.0.0/24`, nor `unix`")]
    Malformed(String),
}

impl TrustedPeers {
    /// Reads a list of addresses, networks and `unix`, which is whoever may open the unix socket.
    ///
    /// # Errors
    /// [`TrustedPeersError`] when the list is empty or trusts everybody.
    pub fn parse<'a>(list: impl IntoIterator<Item = &'a str>) -> Result<Self, TrustedPeersError> {
        let mut trusted = Self { networks: Vec::new(), unix_socket: false };
        for text in list {
            if text == "unix" {
                trusted.unix_socket = true;
                continue;
            }
            let network = IpAddr::from_str(text)
                .map(|address| IpNet::from(address.to_canonical()))
                .or_else(|_| IpNet::from_str(text))
                .map_err(|_| TrustedPeersError::Malformed(text.to_owned()))?;
            if network.prefix_len() == 0 {
                return Err(TrustedPeersError::Everybody(text.to_owned()));
            }
            trusted.networks.push(network);
        }
        if trusted.networks.is_empty() && !trusted.unix_socket {
            return Err(TrustedPeersError::Nobody);
        }
        Ok(trusted)
    }

    /// Whether a peer is believed.
    #[must_use]
    pub(super) fn contain(&self, place: Place) -> bool {
        match place {
            Place::Address(address) => {
                self.networks.iter().any(|network| network.contains(&address))
            }
            Place::UnixSocket => self.unix_socket,
            Place::Gone => false,
        }
    }

    /// Whether any peer of a listener can be believed: a unix socket has no addresses, and a port no
    /// `unix`.
    #[must_use]
    pub const fn reach(&self, unix_socket: bool) -> bool {
        if unix_socket { self.unix_socket } else { !self.networks.is_empty() }
    }
}

#[cfg(test)]
mod tests {
    use super::{TrustedPeers, TrustedPeersError};
    use crate::serve::http::caller::Place;

    fn address(text: &str) -> Place {
        Place::Address(text.parse().unwrap())
    }

    #[test]
    fn only_listed_peers_are_believed() {
        let peers = TrustedPeers::parse(["10.1.0.0/16", "192.0.2.7", "fd00::/8"]).unwrap();
        for text in ["10.1.2.3", "192.0.2.7", "fd12::1"] {
            assert!(peers.contain(address(text)), "{text}");
        }
        for text in ["10.2.0.1", "192.0.2.8", "127.0.0.1", "fe80::1"] {
            assert!(!peers.contain(address(text)), "{text}");
        }
        assert!(!peers.contain(Place::UnixSocket) && !peers.contain(Place::Gone));
        assert!(peers.reach(false) && !peers.reach(true));
    }

    #[test]
    fn a_unix_socket_is_listed_by_name() {
        let peers = TrustedPeers::parse(["unix"]).unwrap();
        assert!(peers.contain(Place::UnixSocket));
        assert!(!peers.contain(address("127.0.0.1")));
        assert!(peers.reach(true) && !peers.reach(false));
    }

    #[test]
    fn nobody_and_everybody_are_refused() {
        assert_eq!(TrustedPeers::parse([]), Err(TrustedPeersError::Nobody));
        for text in ["0.0.0.0/0", "::/0", "10.0.0.0/0"] {
            let everybody = TrustedPeersError::Everybody(text.to_owned());
            assert_eq!(TrustedPeers::parse(["10.0.0.1", text]), Err(everybody));
        }
        for text in ["", "localhost", "10.0.0.1:80", "10.0.0.0/33", "*", "Unix"] {
            let malformed = TrustedPeersError::Malformed(text.to_owned());
            assert_eq!(TrustedPeers::parse([text]), Err(malformed));
        }
    }
}
