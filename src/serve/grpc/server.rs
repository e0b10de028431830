//! HTTP/2 for the gRPC doors.

use super::{Services, calls::Calls};
use crate::serve::{
    connections::{Leaving, serve_each},
    limits::Limits,
    listener::{Connection, Listener},
};
use hyper::{Request, body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{io, pin::pin, time::Duration};
use tonic::transport::server::Connected as _;

/// Metadata of a call. A proxy may be set to copy client headers into it, and too large a list is an
/// error rather than a refusal.
const MAX_HEADER_LIST_BYTES: u32 = 256 * 1024;

/// How many calls a peer may give up on before they are taken from the queue. A proxy gives up on
/// every call that times out; the default of 20 would cost it the whole connection after a hiccup.
const MAX_PENDING_RESETS: usize = 256;

/// Finds peers that are gone without a word.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Serves until `draining` completes and every connection is done.
///
/// A limit on concurrent streams stands above what a proxy opens: Envoy opens up to 1024 on a
/// connection, learns a lower limit too late, and fails the calls above it.
pub(in crate::serve) async fn serve(
    listener: Listener,
    services: Services,
    limits: Limits,
    draining: impl Future<Output = ()>,
) -> io::Result<()> {
    // The listener closes what comes beyond its own limit.
    serve_each(listener, usize::MAX, draining, |connection, leaving| {
        let connection = connection.beginning_within(limits.first_bytes);
        serve_one(connection, services.clone(), limits.streams, leaving)
    })
    .await
}

async fn serve_one(connection: Connection, services: Services, streams: u32, leaving: Leaving) {
    let info = connection.connect_info();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(info.clone());
        services.call(request)
    });
    let calls = Calls::default();
    let connection = http2::Builder::new(calls.clone())
        .timer(TokioTimer::new())
        .max_concurrent_streams(streams)
        .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
        .max_header_list_size(MAX_HEADER_LIST_BYTES)
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .serve_connection(TokioIo::new(calls.read_from(connection)), service);
    let served = pin!(calls.driving(Box::pin(connection)));
    leaving
        .or_end_of(served, |served| served.get_mut().connection().as_mut().graceful_shutdown())
        .await;
}
