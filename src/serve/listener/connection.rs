//! Accepted connections, the same for every kind of socket and for both HTTP servers.

use super::crowd::{Opening, Place};
use crate::core::peer::PeerNames;
use std::{
    io::{self, ErrorKind, IoSlice},
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};
use tokio_rustls::server::TlsStream;
use tonic::{Extensions, transport::server::Connected};

/// A connection that was accepted.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    info: ConnectionInfo,
    /// What is still to come of its beginning.
    opening: Option<Opening>,
    _place: Place,
}

/// What is known of a connection's other end.
#[derive(Clone, Debug, Default)]
pub struct ConnectionInfo {
    /// Its address; a unix socket has none.
    pub address: Option<SocketAddr>,
    /// The names in the certificate that it showed, where it showed one.
    pub names: Option<PeerNames>,
}

/// The names in the certificate that the peer of a call showed, where it showed one.
#[must_use]
pub fn peer_names(extensions: &Extensions) -> Option<&PeerNames> {
    extensions.get::<ConnectionInfo>()?.names.as_ref()
}

#[derive(Debug)]
enum Stream {
    Plain(Plain),
    Encrypted(Box<TlsStream<Plain>>),
}

/// A connection without encryption.
#[derive(Debug)]
pub(super) enum Plain {
    /// Over TCP.
    Tcp(TcpStream),
    /// Over a unix socket.
    Unix(UnixStream),
}

impl Plain {
    pub(super) fn peer_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.peer_addr().ok(),
            Self::Unix(_) => None,
        }
    }
}

impl Connection {
    pub(super) fn plain(stream: Plain, place: Place) -> Self {
        let info = ConnectionInfo { address: stream.peer_address(), names: None };
        Self { stream: Stream::Plain(stream), info, opening: None, _place: place }
    }

    pub(super) fn encrypted(stream: TlsStream<Plain>, info: ConnectionInfo, place: Place) -> Self {
        let stream = Stream::Encrypted(Box::new(stream));
        Self { stream, info, opening: None, _place: place }
    }

    /// The same connection, on which HTTP/2 must begin within this time.
    #[must_use]
    pub(in crate::serve) fn beginning_within(self, time: Duration) -> Self {
        Self { opening: Some(Opening::within(time)), ..self }
    }
}

impl Connected for Connection {
    type ConnectInfo = ConnectionInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.info.clone()
    }
}

macro_rules! to_stream {
    ($connection:expr, $stream:ident => $call:expr) => {
        match &mut $connection.stream {
            Stream::Plain(Plain::Tcp(stream)) => {
                let $stream = Pin::new(stream);
                $call
            }
            Stream::Plain(Plain::Unix(stream)) => {
                let $stream = Pin::new(stream);
                $call
            }
            Stream::Encrypted(stream) => {
                let $stream = Pin::new(&mut **stream);
                $call
            }
        }
    };
}

macro_rules! to_plain {
    ($plain:expr, $stream:ident => $call:expr) => {
        match $plain {
            Plain::Tcp(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
            Plain::Unix(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
        }
    };
}

macro_rules! writes {
    ($type:ty, $to:ident, $self:ident => $vectored:expr) => {
        impl AsyncWrite for $type {
            fn poll_write(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                $to!(self.get_mut(), stream => stream.poll_write(context, bytes))
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                slices: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                $to!(self.get_mut(), stream => stream.poll_write_vectored(context, slices))
            }

            fn is_write_vectored(&$self) -> bool {
                $vectored
            }

            fn poll_flush(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                $to!(self.get_mut(), stream => stream.poll_flush(context))
            }

            fn poll_shutdown(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                $to!(self.get_mut(), stream => stream.poll_shutdown(context))
            }
        }
    };
}

impl AsyncRead for Plain {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        to_plain!(self.get_mut(), stream => stream.poll_read(context, buffer))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let connection = self.get_mut();
        let Some(opening) = &mut connection.opening else {
            return to_stream!(connection, stream => stream.poll_read(context, buffer));
        };
        if opening.poll_late(context).is_ready() {
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        ready!(to_stream!(connection, stream => stream.poll_read(context, buffer)))?;
        if connection
            .opening
            .as_mut()
            .is_some_and(|opening| opening.heard(buffer.filled().len() - before))
        {
            connection.opening = None;
        }
        Poll::Ready(Ok(()))
    }
}

writes!(Plain, to_plain, self => match self {
    Self::Tcp(stream) => stream.is_write_vectored(),
    Self::Unix(stream) => stream.is_write_vectored(),
});

// Answers are small. A writer of HTTP/2 frames that may hand over several buffers at once hands over
// each answer by itself; otherwise it copies them together, and those that are ready leave in one call.
writes!(Connection, to_stream, self => false);
