//! The doors: each turns what arrives into a question, asks the authorizer, and renders the answer.

pub mod admin;
mod connections;
pub mod grpc;
pub mod http;
pub mod limits;
pub mod listener;
mod panics;
mod readiness;
pub mod respond;
pub mod shutdown;

#[cfg(test)]
mod fixtures;

use crate::authorizer::{Authorizer, Door, feed::Feed, operators::Operators};
use admin::AdminPages;
use grpc::{GrpcOptions, ext_authz::MetadataFields};
use http::{Behind, HttpDoors, webhook::WebhookDoor};
use limits::Limits;
use listener::Listener;
use panics::Net;
use readiness::{Phase, Readiness};
use respond::Disclosure;
use std::{fmt, io, sync::Arc};
use thiserror::Error;
use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
};

/// The doors to serve at, opened already.
#[derive(Debug)]
pub struct Doors {
    /// For gRPC: `ext_authz` and the authorization service.
    pub grpc: Vec<Listener>,
    /// For proxies and services that ask over HTTP.
    pub http: Option<(Listener, HttpDoors)>,
    /// For operators.
    pub admin: Option<(Listener, AdminPages)>,
    /// For Clerk's webhooks.
    pub webhook: Option<(Listener, WebhookDoor)>,
}

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Whether gRPC reflection lists our own services.
    pub reflection: bool,
    /// Whether decisions are explained to services that ask for it.
    pub explain: bool,
    /// What refusals tell clients.
    pub disclosure: Disclosure,
    /// What the proxy's other filters are told.
    pub metadata: MetadataFields,
    /// How much a peer may take, and how long leaving does.
    pub limits: Limits,
    /// Events for services that subscribe, where that is on.
    pub events: Option<Feed>,
    /// Takes operators' orders, where that is on.
    pub operators: Option<Arc<Operators>>,
    /// Told of every panic that was answered with a refusal.
    pub on_panic: PanicHook,
}

/// Told of a panic and the name of the door it happened at.
#[derive(Clone)]
pub struct PanicHook(Arc<dyn Fn(&'static str) + Send + Sync>);

impl PanicHook {
    /// Calls `hook` for every panic.
    pub fn new(hook: impl Fn(&'static str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hook))
    }

    fn panicked(&self, door: Door) {
        self.panicked_at(door.as_str());
    }

    fn panicked_at(&self, door: &'static str) {
        tracing::error!(door, "a panic was answered with a refusal");
        (self.0)(door);
    }
}

impl fmt::Debug for PanicHook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PanicHook")
    }
}

/// Why serving ended by itself.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The gRPC server failed.
    #[error("the gRPC server failed")]
    Grpc(#[source] io::Error),
    /// The HTTP server failed.
    #[error("the HTTP server failed")]
    Http(#[source] io::Error),
    /// The descriptors for reflection cannot be read.
    #[error("reflection cannot be set up")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The server for webhooks failed.
    #[error("the webhook server failed")]
    Webhook(#[source] io::Error),
    /// The server for operators failed.
    #[error("the admin server failed")]
    Admin(#[source] io::Error),
    /// A server's task ended out of turn.
    #[error("a server's task ended")]
    Task(#[from] JoinError),
}

/// Serves at the doors until `shutdown` completes, then leaves in three steps: health checks turn
/// to not serving, connections are told to go (GOAWAY), calls under way are finished. The door for
/// operators stays open to the end.
///
/// # Errors
/// [`ServeError`] when a server fails. Calls that outlast `drain` are cut off, which is no error.
pub async fn run(
    doors: Doors,
    authorizer: Arc<Authorizer>,
    options: ServeOptions,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let (phase, in_phase) = watch::channel(Phase::Serving);
    let readiness = Readiness::new(authorizer.readiness(), in_phase.clone());
    let grpc_options = GrpcOptions {
        reflection: options.reflection,
        explain: options.explain,
        disclosure: options.disclosure,
        metadata: options.metadata,
        on_panic: options.on_panic.clone(),
        events: options.events,
        operators: options.operators,
        phase: in_phase.clone(),
    };
    let behind = Behind {
        authorizer: Arc::clone(&authorizer),
        disclosure: options.disclosure,
        on_panic: grpc_options.on_panic.clone(),
    };
    let (services, health) = grpc::services(&authorizer, &grpc_options)?;
    health.report(readiness.is_ready()).await;

    let draining = || {
        let mut in_phase = in_phase.clone();
        async move {
            // An error means that `run` itself is gone.
            let _ = in_phase.wait_for(|phase| *phase == Phase::Draining).await;
        }
    };
    let mut asked = JoinSet::new();
    for listener in doors.grpc {
        let served = grpc::serve(listener, services.clone(), options.limits, draining());
        asked.spawn(async { served.await.map_err(ServeError::Grpc) });
    }
    if let Some((listener, doors)) = doors.http {
        let served = http::serve(listener, doors, behind, options.limits, draining());
        asked.spawn(async { served.await.map_err(ServeError::Http) });
    }
    let mut others = JoinSet::new();
    others.spawn(health.clone().follow(readiness.clone()));
    if let Some((listener, door)) = doors.webhook {
        let net = Net::under("webhook", options.on_panic.clone());
        let serving = http::webhook::serve(listener, door, options.limits, net);
        others.spawn(async { serving.await.map_err(ServeError::Webhook) });
    }
    if let Some((listener, pages)) = doors.admin {
        let net = Net::under("admin", options.on_panic);
        let serving = admin::serve(listener, pages, readiness, options.limits, net);
        others.spawn(async { serving.await.map_err(ServeError::Admin) });
    }

    tokio::select! {
        () = shutdown => {}
        Some(ended) = asked.join_next() => return ended?,
        Some(ended) = others.join_next() => return ended?,
    }
    tracing::info!("shutting down");
    phase.send_replace(Phase::Leaving);
    health.report(false).await;
    tokio::time::sleep(options.limits.leave).await;
    phase.send_replace(Phase::Draining);
    let drained = async {
        while let Some(ended) = asked.join_next().await {
            ended??;
        }
        Ok(())
    };
    tokio::time::timeout(options.limits.drain, drained).await.unwrap_or_else(|_| {
        tracing::warn!("some calls were still under way at the end of the drain time");
        Ok(())
    })
}
