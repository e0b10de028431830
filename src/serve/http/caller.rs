//! Who calls over HTTP: the other end of the connection, not whom it speaks for.

use crate::{core::peer::PeerNames, serve::listener::ConnectionInfo};
use std::{fmt, net::IpAddr};

/// The other end of a connection.
#[derive(Clone, Debug)]
pub(in crate::serve) struct Caller {
    pub(in crate::serve) place: Place,
    /// The names in the certificate that it showed, where it showed one.
    pub(in crate::serve) names: Option<PeerNames>,
}

/// Where a call comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::serve) enum Place {
    /// This address; one of IPv4 is written as such however it arrived.
    Address(IpAddr),
    /// The unix socket.
    UnixSocket,
    /// Nobody can say any more.
    Gone,
}

impl Caller {
    /// Of a connection that came in over a unix socket, or over a port.
    pub(in crate::serve) fn of(info: ConnectionInfo, over_unix_socket: bool) -> Self {
        let place = match info.address {
            _ if over_unix_socket => Place::UnixSocket,
            Some(address) => Place::Address(address.ip().to_canonical()),
            None => Place::Gone,
        };
        Self { place, names: info.names }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(formatter),
            Self::UnixSocket => formatter.write_str("unix"),
            Self::Gone => formatter.write_str("gone"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Caller, Place};
    use crate::serve::listener::ConnectionInfo;

    #[test]
    fn a_port_whose_peer_is_gone_is_no_unix_socket() {
        let of = |address: Option<&str>, over_unix_socket| {
            let address = address.map(|text| text.parse().unwrap());
            Caller::of(ConnectionInfo { address, names: None }, over_unix_socket).place
        };
        assert_eq!(of(None, false), Place::Gone);
        assert_eq!(of(None, true), Place::UnixSocket);
        let mapped = of(Some("[::ffff:10.0.0.1]:7"), false);
        assert_eq!(mapped, Place::Address([10, 0, 0, 1].into()));
    }
}
