//! HTTP/1.1 for the doors that are no gRPC.
//!
//! They may face anybody, so that a peer which sends nothing, or a head byte by byte, is cut off.

use super::caller::Caller;
use crate::serve::{
    connections::serve_each,
    limits::Limits,
    listener::{ListenAddress, Listener},
};
use axum::{Router, http::Request};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::{Builder, Connection},
    service::TowerToHyperService,
};
use std::{future::pending, io, pin::pin};
use tonic::transport::server::Connected as _;
use tower::ServiceExt as _;

/// The head of a request.
const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;
/// Connections that are open at once; others wait until one is closed.
const MOST_CONNECTIONS: usize = 2048;

/// Serves as long as it is polled; connections end with it.
pub(in crate::serve) async fn serve(
    listener: Listener,
    router: Router,
    limits: Limits,
) -> io::Result<()> {
    serve_until(listener, router, limits, pending()).await
}

/// Serves until `draining` completes and every call under way is answered. Each request knows its
/// [`Caller`].
pub(in crate::serve) async fn serve_until(
    listener: Listener,
    router: Router,
    limits: Limits,
    draining: impl Future<Output = ()>,
) -> io::Result<()> {
    // To tell the versions apart, one would have to wait for the first bytes without a limit.
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS);
    let over_unix_socket = !matches!(listener.address(), ListenAddress::Tcp(_));
    serve_each(listener, MOST_CONNECTIONS, draining, |connection, leaving| {
        let caller = Caller::of(connection.connect_info(), over_unix_socket);
        let service = router.clone().map_request(move |mut request: Request<_>| {
            request.extensions_mut().insert(caller.clone());
            request
        });
        let builder = builder.clone();
        async move {
            let service = TowerToHyperService::new(service);
            let served = pin!(builder.serve_connection(TokioIo::new(connection), service));
            leaving.or_end_of(served, Connection::graceful_shutdown).await;
        }
    })
    .await
}
