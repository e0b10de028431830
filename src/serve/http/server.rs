//! HTTP/1.1 for the doors that are no gRPC.
//!
//! They may face anybody, so that a peer which sends nothing, or a head byte by byte, is cut off.

use crate::serve::{limits::Limits, listener::Listener};
use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use std::io;
use tokio::task::JoinSet;
use tokio_stream::StreamExt as _;

/// The head of a request.
const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;
/// Connections that are open at once; others wait until one is closed.
const MOST_CONNECTIONS: usize = 2048;
/// Serves as long as it is polled; connections end with it.
pub(in crate::serve) async fn serve(
    mut listener: Listener,
    router: Router,
    limits: Limits,
) -> io::Result<()> {
    // To tell the versions apart, one would have to wait for the first bytes without a limit.
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS);
    let service = TowerToHyperService::new(router);
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= MOST_CONNECTIONS {
            connections.join_next().await;
        }
        tokio::select! {
            accepted = listener.next() => {
                let Some(connection) = accepted.transpose()? else { return Ok(()) };
                let (builder, service) = (builder.clone(), service.clone());
                connections.spawn(async move {
                    let served = builder.serve_connection(TokioIo::new(connection), service).await;
                    if let Err(error) = served {
                        tracing::debug!(%error, "a connection ended early");
                    }
                });
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}
