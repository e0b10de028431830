//! Connections from the first to the last: the same for both HTTP servers.

use super::listener::{Connection, Listener};
use std::{io, pin::pin};
use tokio::{sync::watch, task::JoinSet};
use tokio_stream::StreamExt as _;

/// Tells a connection to end once the calls under way on it are answered.
#[derive(Clone, Debug)]
pub(super) struct Leaving(watch::Receiver<bool>);

impl Leaving {
    /// Completes when the connection is to end.
    pub(super) async fn begins(&mut self) {
        // An error means that nobody can say so any more.
        let _ = self.0.wait_for(|leaving| *leaving).await;
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
