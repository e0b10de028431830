//! The server: accepts connections, counts requests, and lets the faults happen.

use super::{
    backend,
    faults::{self, Endpoint, Fault},
    handshake,
    instance::Instance,
    machine_api, pages,
};
use axum::{Router, body::Body, extract::Request, http::header, response::Response};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use std::{sync::Arc, time::Duration};
use thiserror::Error;
use tokio::{net::TcpListener, task::JoinSet, time::sleep};
use tower::ServiceExt as _;

/// The request is not answered and its connection is closed.
#[derive(Clone, Copy, Debug, Error)]
#[error("the connection is closed without an answer")]
struct Unanswered;

/// Serves until it is dropped, and drops every connection then.
pub(super) async fn serve(listener: TcpListener, instance: Arc<Instance>) {
    let router: Router = Router::new()
        .merge(backend::routes())
        .merge(machine_api::routes())
        .merge(handshake::routes())
        .merge(pages::routes())
        .with_state(Arc::clone(&instance));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: give them time to be returned.
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (router, instance) = (router.clone(), Arc::clone(&instance));
        let service = tower::service_fn(move |request: Request<_>| {
            answer(router.clone(), Arc::clone(&instance), request.map(Body::new))
        });
        connections.spawn(async move {
            let service = TowerToHyperService::new(service);
            // A connection that breaks is the client's business.
            let _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    router: Router,
    instance: Arc<Instance>,
    request: Request,
) -> Result<Response, Unanswered> {
    let endpoint = Endpoint::of(request.uri().path());
    instance.requests.record(endpoint, request.method(), request.uri());
    let mut other_content_type = None;
    match instance.faults.next(endpoint) {
        None => {}
        Some(Fault::Slow(delay)) => sleep(delay).await,
        Some(Fault::Down) => return Err(Unanswered),
        Some(Fault::BrokenOff) => return Ok(faults::broken_off()),
        Some(Fault::ContentType(content_type)) => other_content_type = Some(content_type),
        Some(Fault::Answer { status, content_type, retry_after, body }) => {
            return Ok(faults::answer(status, content_type, retry_after, body));
        }
    }
    let mut response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if let Some(content_type) = other_content_type {
        let value = header::HeaderValue::from_static(content_type);
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    Ok(response)
}
