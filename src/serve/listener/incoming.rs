//! Accepted connections, the same for both kinds of socket and for both HTTP servers.

use super::{
    ListenAddress, ListenError,
    unix::{self, SocketFile},
};
use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    time::Sleep,
};
use tokio_stream::Stream;
use tonic::transport::server::Connected;

/// How long to wait when the system has no more files or memory for a connection. Trying again at
/// once would only burn the processor that could free some.
const PAUSE: Duration = Duration::from_millis(100);

/// An open door.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    address: ListenAddress,
    pause: Option<Pin<Box<Sleep>>>,
}

/// The file's field order matters: the socket closes before its file goes.
#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix { listener: UnixListener, _file: SocketFile },
}

impl Listener {
    /// Opens the door. `socket_mode` holds for unix sockets.
    ///
    /// A socket file that no process answers at is replaced.
    ///
    /// # Errors
    /// [`ListenError`] where the address is taken or the system refuses.
    pub async fn bind(address: &ListenAddress, socket_mode: u32) -> Result<Self, ListenError> {
        let (socket, address) = match address {
            ListenAddress::Tcp(wanted) => {
                let failed = |cause| ListenError::Bind { address: address.clone(), cause };
                let listener = TcpListener::bind(wanted).await.map_err(failed)?;
                let bound = listener.local_addr().map_err(failed)?;
                (Socket::Tcp(listener), ListenAddress::Tcp(bound))
            }
            ListenAddress::Unix(path) => {
                let (listener, file) = unix::bind(path, socket_mode).await?;
                (Socket::Unix { listener, _file: file }, address.clone())
            }
        };
        Ok(Self { socket, address, pause: None })
    }

    /// Where the door is, with the port the system chose where 0 was asked for.
    #[must_use]
    pub const fn address(&self) -> &ListenAddress {
        &self.address
    }

    fn poll_connection(&mut self, context: &mut Context<'_>) -> Poll<Connection> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            let accepted = ready!(match &self.socket {
                Socket::Tcp(listener) => listener.poll_accept(context).map_ok(|(stream, _)| {
                    // Answers are one small frame; waiting to fill a packet only costs time.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "TCP_NODELAY cannot be set");
                    }
                    Connection::Tcp(stream)
                }),
                Socket::Unix { listener, .. } => {
                    listener.poll_accept(context).map_ok(|(stream, _)| Connection::Unix(stream))
                }
            });
            match accepted {
                Ok(connection) => return Poll::Ready(connection),
                Err(error) if is_about_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(address = %self.address, %error, "no connection can be accepted");
                    self.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
                }
            }
        }
    }
}

/// Whether the peer went away while it waited, which says nothing about the next one.
fn is_about_one_connection(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    [ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted].contains(&error.kind())
}

impl Stream for Listener {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_connection(context).map(|connection| Some(Ok(connection)))
    }
}

/// A connection that was accepted.
#[derive(Debug)]
pub enum Connection {
    /// Over TCP.
    Tcp(TcpStream),
    /// Over a unix socket.
    Unix(UnixStream),
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) -> Self::ConnectInfo {}
}

macro_rules! to_stream {
    ($connection:expr, $stream:ident => $call:expr) => {
        match $connection.get_mut() {
            Connection::Tcp(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
            Connection::Unix(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
        }
    };
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        to_stream!(self, stream => stream.poll_read(context, buffer))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        to_stream!(self, stream => stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        to_stream!(self, stream => stream.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Unix(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        to_stream!(self, stream => stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        to_stream!(self, stream => stream.poll_shutdown(context))
    }
}
