//! Where a door listens: a TCP address or a unix socket, with TLS or without.

mod connection;
mod crowd;
mod incoming;
pub mod tls;
mod unix;

#[cfg(test)]
mod tests;

pub use connection::{Connection, ConnectionInfo, peer_names};
pub use crowd::Crowd;
pub use incoming::Listener;
pub use unix::SocketOptions;

use std::{
    fmt, io,
    net::{AddrParseError, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
};
use thiserror::Error;
use tls::{TlsError, TlsSettings};

/// Where and how a door listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerSettings {
    /// The address.
    pub address: ListenAddress,
    /// Who may connect, where it is a unix socket.
    pub socket: SocketOptions,
    /// TLS; none: whoever can connect is answered.
    pub tls: Option<TlsSettings>,
}

impl From<ListenAddress> for ListenerSettings {
    fn from(address: ListenAddress) -> Self {
        Self { address, socket: SocketOptions::STANDARD, tls: None }
    }
}

/// An address to listen on: `127.0.0.1:9191`, `[::1]:9191`, `unix:/run/bailiff.sock`, or `unix:@bailiff` for
/// a socket that has a name and no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// An IP address and port; port 0 takes any free one.
    Tcp(SocketAddr),
    /// The path of a unix socket.
    Unix(PathBuf),
    /// The name of a unix socket without a file.
    Abstract(Box<str>),
}

impl ListenAddress {
    /// Whether only programs on this machine can connect.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().is_loopback(),
            Self::Unix(_) | Self::Abstract(_) => true,
        }
    }
}

/// Why a text is no address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ListenAddressError {
    /// `unix:` with nothing behind it.
    #[error("`unix:` must be followed by a path, or by `@` and a name")]
    NoPath,
    /// Not an IP address with a port.
    #[error("`{text}` is neither `IP address:port` nor `unix:/path`")]
    NotAnAddress {
        /// What was written.
        text: String,
        /// Why it is no address.
        #[source]
        cause: AddrParseError,
    },
}

impl FromStr for ListenAddress {
    type Err = ListenAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path {
                "" | "@" => Err(ListenAddressError::NoPath),
                path if path.starts_with('@') => Ok(Self::Abstract(path[1..].into())),
                path => Ok(Self::Unix(path.into())),
            };
        }
        text.parse()
            .map(Self::Tcp)
            .map_err(|cause| ListenAddressError::NotAnAddress { text: text.to_owned(), cause })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(formatter),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
            Self::Abstract(name) => write!(formatter, "unix:@{name}"),
        }
    }
}

/// Why a door cannot be opened at an address.
#[derive(Debug, Error)]
pub enum ListenError {
    /// Another process answers at the socket.
    #[error("another process is listening on `{}`", .path.display())]
    InUse {
        /// The socket file.
        path: Box<Path>,
    },
    /// Something that is no socket stands at the path; it is left alone.
    #[error("`{}` exists and is not a socket", .path.display())]
    NotASocket {
        /// The file.
        path: Box<Path>,
    },
    /// A socket file is there, and nobody can tell whether a process still answers.
    #[error("cannot tell whether another process is listening on `{}`", .path.display())]
    Unknown {
        /// The socket file.
        path: Box<Path>,
        /// What connecting, or looking, came to.
        #[source]
        cause: io::Error,
    },
    /// Permissions for a socket that has no file.
    #[error("`{address}` has no file, and so neither mode nor owner")]
    NoFile {
        /// The address.
        address: ListenAddress,
    },
    /// TLS cannot be spoken.
    #[error("cannot speak TLS on `{address}`")]
    Tls {
        /// The address.
        address: ListenAddress,
        /// Why.
        #[source]
        cause: Box<TlsError>,
    },
    /// The operating system refuses.
    #[error("cannot listen on `{address}`")]
    Bind {
        /// The address.
        address: ListenAddress,
        /// Why.
        #[source]
        cause: io::Error,
    },
}
