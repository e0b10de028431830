//! The gRPC doors and the server they share.

mod authorization;
mod calls;
mod events;
pub mod ext_authz;
mod health;
mod operator;
mod server;
mod status;
mod structs;
mod violations;

use super::{PanicHook, panics::Net, readiness::Phase, respond::Disclosure};
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
use ext_authz::{ExtAuthzDoor, MetadataFields};
use futures_util::future::Either;
use health::Health;
use http::{Request, Response};
use hyper::body::Incoming;
use operator::OperatorDoor;
pub(super) use server::serve;
use std::{convert::Infallible, sync::Arc};
use tokio::sync::watch;
use tonic::{body::Body, server::NamedService, service::Routes};
use tonic_reflection::server::{
    Error as ReflectionError,
    v1::{ServerReflection, ServerReflectionServer},
};
use tower::Service as _;

/// The largest question from a proxy. It holds the client's headers and, where the proxy buffers it,
/// the body; a question that is too large would be an error rather than a refusal, so this is well
/// above what proxies are set to send.
const MAX_CHECK_BYTES: usize = 16 * 1024 * 1024;

/// The largest question from a service.
const MAX_AUTHORIZE_BYTES: usize = 4 * 1024 * 1024;

/// What the gRPC doors can be told.
#[derive(Clone, Debug)]
pub(super) struct GrpcOptions {
    pub(super) reflection: bool,
    pub(super) explain: bool,
    pub(super) disclosure: Disclosure,
    pub(super) metadata: MetadataFields,
    pub(super) on_panic: PanicHook,
    pub(super) events: Option<Feed>,
    pub(super) operators: Option<Arc<Operators>>,
    pub(super) phase: watch::Receiver<Phase>,
}

/// Everything that is served over gRPC.
#[derive(Clone, Debug)]
pub(super) struct Services {
    /// Called for every request of a proxy's, so it is not looked for among the others.
    ext_authz: ExtAuthz,
    others: Routes,
}

impl Services {
    /// Answers one call.
    pub(super) fn call(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response<Body>, Infallible>> + Send + use<> {
        let path = request.uri().path().strip_prefix('/');
        let method = path.and_then(|path| path.strip_prefix(ExtAuthz::NAME));
        if method.is_some_and(|method| method.starts_with('/')) {
            Either::Left(self.ext_authz.clone().call(request))
        } else {
            Either::Right(self.others.clone().call(request.map(Body::new)))
        }
    }
}

type ExtAuthz = AuthorizationServer<ExtAuthzDoor>;

/// The services, and the handle that tells health checks how things are.
pub(super) fn services(
    authorizer: &Arc<Authorizer>,
    options: &GrpcOptions,
) -> Result<(Services, Health), ReflectionError> {
    let ext_authz = ExtAuthzDoor::new(
        Arc::clone(authorizer),
        options.disclosure,
        options.metadata,
        options.on_panic.clone(),
    );
    let authorization = AuthorizationDoor::new(Arc::clone(authorizer), options);
    let (health, health_service) = health::new();
    let mut routes = Routes::builder();
    routes
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
    let ext_authz = AuthorizationServer::new(ext_authz).max_decoding_message_size(MAX_CHECK_BYTES);
    Ok((Services { ext_authz, others: routes.routes().prepare() }, health))
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
