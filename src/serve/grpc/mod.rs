//! The gRPC doors and the server they share.

mod authorization;
mod events;
pub mod ext_authz;
mod health;
mod operator;
mod status;
mod structs;
mod violations;

use super::{
    PanicHook, limits::Limits, listener::Listener, panics::Net, readiness::Phase,
    respond::Disclosure,
};
use crate::{
    authorizer::{Authorizer, feed::Feed, operators::Operators},
    core::clock::Timestamp,
    pb::v1::{
        authorization_service_server::AuthorizationServiceServer,
        event_service_server::EventServiceServer, operator_service_server::OperatorServiceServer,
    },
    pb::{self, envoy::authorization_server::AuthorizationServer},
};
use authorization::AuthorizationDoor;
use events::EventDoor;
use ext_authz::ExtAuthzDoor;
use health::Health;
use operator::OperatorDoor;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;
use tokio_stream::StreamExt as _;
use tonic::{
    service::Routes,
    transport::{Error, Server},
};
use tonic_reflection::server::{
    Error as ReflectionError,
    v1::{ServerReflection, ServerReflectionServer},
};

/// The largest question from a proxy. It holds the client's headers and, where the proxy buffers it,
/// the body; a question that is too large would be an error rather than a refusal, so this is well
/// above what proxies are set to send.
const MAX_CHECK_BYTES: usize = 16 * 1024 * 1024;

/// The largest question from a service.
const MAX_AUTHORIZE_BYTES: usize = 4 * 1024 * 1024;

/// Metadata of a call. A proxy may be set to copy client headers into it, and too large a list is an
/// error rather than a refusal.
const MAX_HEADER_LIST_BYTES: u32 = 256 * 1024;

/// How many calls a peer may give up on before they are taken from the queue. A proxy gives up on
/// every call that times out; the default of 20 would cost it the whole connection after a hiccup.
const MAX_PENDING_RESETS: usize = 256;

/// Finds peers that are gone without a word.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(60);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// What the gRPC doors can be told.
#[derive(Clone, Debug)]
pub(super) struct GrpcOptions {
    pub(super) reflection: bool,
    pub(super) explain: bool,
    pub(super) disclosure: Disclosure,
    pub(super) on_panic: PanicHook,
    pub(super) events: Option<Feed>,
    pub(super) operators: Option<Arc<Operators>>,
    pub(super) phase: watch::Receiver<Phase>,
}

/// The services, and the handle that tells health checks how things are.
pub(super) fn routes(
    authorizer: &Arc<Authorizer>,
    options: &GrpcOptions,
) -> Result<(Routes, Health), ReflectionError> {
    let ext_authz =
        ExtAuthzDoor::new(Arc::clone(authorizer), options.disclosure, options.on_panic.clone());
    let authorization = AuthorizationDoor::new(Arc::clone(authorizer), options);
    let (health, health_service) = health::new();
    let mut routes = Routes::builder();
    routes
        .add_service(AuthorizationServer::new(ext_authz).max_decoding_message_size(MAX_CHECK_BYTES))
        .add_service(
            AuthorizationServiceServer::new(authorization)
                .max_decoding_message_size(MAX_AUTHORIZE_BYTES),
        )
        .add_service(health_service);
    if let Some(feed) = &options.events {
        let net = Net::under("events", options.on_panic.clone());
        let door = EventDoor::new(feed.clone(), options.phase.clone(), net);
        routes.add_service(EventServiceServer::new(door));
    }
    if let Some(operators) = &options.operators {
        let net = Net::under("operator", options.on_panic.clone());
        let door = OperatorDoor::new(Arc::clone(operators), net);
        routes.add_service(OperatorServiceServer::new(door));
    }
    if options.reflection {
        routes.add_service(reflection()?);
    }
    Ok((routes.routes().prepare(), health))
}

/// Reflection over our own services; Envoy's messages come without descriptors.
fn reflection() -> Result<ServerReflectionServer<impl ServerReflection>, ReflectionError> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(pb::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
}

/// An instant in the form of the wire.
pub(in crate::serve) fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
    let nanos = instant.unix_millis().rem_euclid(1000) * 1_000_000;
    prost_types::Timestamp {
        seconds: instant.unix_seconds(),
        nanos: i32::try_from(nanos).unwrap_or_default(),
    }
}

/// Serves until `draining` completes and every connection is done.
///
/// A limit on concurrent streams stands above what a proxy opens: Envoy opens up to 1024 on a
/// connection, learns a lower limit too late, and fails the calls above it.
pub(super) async fn serve(
    listener: Listener,
    routes: Routes,
    limits: Limits,
    draining: impl Future<Output = ()>,
) -> Result<(), Error> {
    let incoming = listener.map(move |connection| {
        connection.map(|connection| connection.beginning_within(limits.first_bytes))
    });
    Server::builder()
        .max_concurrent_streams(Some(limits.streams))
        .http2_max_pending_accept_reset_streams(Some(MAX_PENDING_RESETS))
        .http2_max_header_list_size(MAX_HEADER_LIST_BYTES)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, draining)
        .await
}

#[cfg(test)]
mod tests {
    #[test]
    fn reflection_can_read_our_descriptors() {
        assert!(super::reflection().is_ok());
    }

    #[test]
    fn descriptors_carry_the_service_and_no_comments() {
        use prost::Message as _;
        let set = prost_types::FileDescriptorSet::decode(super::pb::DESCRIPTORS).unwrap();
        let services = set.file.iter().flat_map(|file| &file.service);
        let services: Vec<_> = services.map(prost_types::ServiceDescriptorProto::name).collect();
        assert_eq!(services, ["AuthorizationService", "EventService", "OperatorService"]);
        assert!(set.file.iter().all(|file| file.source_code_info.is_none()));
    }
}
