//! An open door, and whoever comes to it.

use super::{
    ListenAddress, ListenError,
    connection::{Connection, Plain},
    crowd::Crowd,
    tls::{Handshakes, Tls},
    unix::{self, SocketFile, SocketOptions},
};
use crate::serve::limits::Limits;
use std::{
    io::{self, ErrorKind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    net::{TcpListener, UnixListener},
    time::Sleep,
};
use tokio_stream::Stream;

/// How long to wait when the system has no more files or memory for a connection. Trying again at
/// once would only burn the processor that could free some.
const PAUSE: Duration = Duration::from_millis(100);

/// An open door.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    address: ListenAddress,
    pause: Option<Pin<Box<Sleep>>>,
    handshakes: Option<Handshakes>,
    crowd: Arc<Crowd>,
    first_bytes: Duration,
}

/// The file's field order matters: the socket closes before its file goes.
#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix { listener: UnixListener, _file: Option<SocketFile> },
}

impl Listener {
    /// Opens the door. `options` hold for unix sockets.
    ///
    /// A socket file that no process answers at is replaced.
    ///
    /// # Errors
    /// [`ListenError`] where the address is taken or the system refuses.
    pub async fn bind(
        address: &ListenAddress,
        options: &SocketOptions,
    ) -> Result<Self, ListenError> {
        let (socket, address) = match address {
            ListenAddress::Tcp(wanted) => {
                let failed = |cause| ListenError::Bind { address: address.clone(), cause };
                let listener = TcpListener::bind(wanted).await.map_err(failed)?;
                let bound = listener.local_addr().map_err(failed)?;
                (Socket::Tcp(listener), ListenAddress::Tcp(bound))
            }
            ListenAddress::Unix(path) => {
                let (listener, file) = unix::bind(path, options).await?;
                (Socket::Unix { listener, _file: Some(file) }, address.clone())
            }
            ListenAddress::Abstract(name) => {
                let listener = unix::bind_abstract(name, options)?;
                (Socket::Unix { listener, _file: None }, address.clone())
            }
        };
        let crowd = Arc::new(Crowd::new(Limits::STANDARD.connections));
        let first_bytes = Limits::STANDARD.first_bytes;
        Ok(Self { socket, address, pause: None, handshakes: None, crowd, first_bytes })
    }

    /// The same door with these limits.
    #[must_use]
    pub fn with_limits(self, limits: &Limits) -> Self {
        let crowd = Arc::new(Crowd::new(limits.connections));
        Self { crowd, first_bytes: limits.first_bytes, ..self }
    }

    /// The same door, to which whoever comes must speak TLS.
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        Self { handshakes: Some(Handshakes::new(tls, self.first_bytes)), ..self }
    }

    /// Everybody at the door.
    #[must_use]
    pub fn crowd(&self) -> Arc<Crowd> {
        Arc::clone(&self.crowd)
    }

    /// Where the door is, with the port the system chose where 0 was asked for.
    #[must_use]
    pub const fn address(&self) -> &ListenAddress {
        &self.address
    }

    fn poll_connection(&mut self, context: &mut Context<'_>) -> Poll<Connection> {
        loop {
            if let Some(handshakes) = &mut self.handshakes {
                if let Poll::Ready(connection) = handshakes.poll_done(context) {
                    return Poll::Ready(connection);
                }
                if !handshakes.has_room() {
                    return Poll::Pending;
                }
            }
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            match ready!(self.poll_accept(context)) {
                Ok(stream) => {
                    // Closed at once where there are too many: they would wait for nothing.
                    let Some(place) = self.crowd.enter() else { continue };
                    match &mut self.handshakes {
                        None => return Poll::Ready(Connection::plain(stream, place)),
                        Some(handshakes) => handshakes.begin(stream, place),
                    }
                }
                Err(error) if is_about_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(address = %self.address, %error, "no connection can be accepted");
                    self.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
                }
            }
        }
    }

    fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<Plain>> {
        match &self.socket {
            Socket::Tcp(listener) => listener.poll_accept(context).map_ok(|(stream, _)| {
                // Answers are one small frame; waiting to fill a packet only costs time.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY cannot be set");
                }
                Plain::Tcp(stream)
            }),
            Socket::Unix { listener, .. } => {
                listener.poll_accept(context).map_ok(|(stream, _)| Plain::Unix(stream))
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
