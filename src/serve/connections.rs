//! Connections from the first to the last: the same for both HTTP servers.

use super::listener::{Connection, Listener};
use futures_util::FutureExt as _;
use std::{
    fmt, io,
    pin::{Pin, pin},
};
use tokio::{sync::watch, task::JoinSet};
use tokio_stream::StreamExt as _;

/// Tells a connection to end once the calls under way on it are answered.
#[derive(Clone, Debug)]
pub(super) struct Leaving(watch::Receiver<bool>);

impl Leaving {
    /// Serves a connection to its end, which `shut_down` brings about once it is to end.
    pub(super) async fn or_end_of<C, E>(
        mut self,
        mut connection: Pin<&mut C>,
        shut_down: impl FnOnce(Pin<&mut C>),
    ) where
        C: Future<Output = Result<(), E>>,
        E: fmt::Display,
    {
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            // An error means that nobody can say so any more.
            () = self.0.wait_for(|leaving| *leaving).map(drop) => {
                shut_down(connection.as_mut());
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Serves each connection until `draining` completes, tells those that are left to end, and waits until
/// they have. Connections end with this future. There are never more than `most`; others wait.
///
/// # Errors
/// What the listener fails with.
pub(super) async fn serve_each<S: Future<Output = ()> + Send + 'static>(
    mut listener: Listener,
    most: usize,
    draining: impl Future<Output = ()>,
    serve: impl Fn(Connection, Leaving) -> S,
) -> io::Result<()> {
    let mut draining = pin!(draining);
    let (leave, leaving) = watch::channel(false);
    let mut connections = JoinSet::new();
    loop {
        let has_room = connections.len() < most;
        tokio::select! {
            () = draining.as_mut() => break,
            accepted = listener.next(), if has_room => {
                let Some(connection) = accepted.transpose()? else { break };
                connections.spawn(serve(connection, Leaving(leaving.clone())));
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    leave.send_replace(true);
    while connections.join_next().await.is_some() {}
    Ok(())
}
