//! `bailiff.v1.AuthorizationService`: the same verdicts for services that ask themselves.

mod authorize;
mod batch;
mod claims;
mod convert;
mod credential;
mod explanation;
mod question;

use super::{GrpcOptions, status};
use crate::{
    authorizer::{Authorizer, Door},
    core::{peer::PeerNames, reason::Reason},
    pb::v1::{
        AuthorizeRequest, AuthorizeResponse, BatchAuthorizeRequest, BatchAuthorizeResponse,
        GetClaimsRequest, GetClaimsResponse, authorization_service_server::AuthorizationService,
    },
    serve::{
        PanicHook,
        listener::peer_names,
        panics::{Panicked, caught},
        respond::Disclosure,
    },
};
use std::sync::Arc;
use tonic::{Request, Response, Status, metadata::MetadataMap};

/// The door.
#[derive(Debug)]
pub(super) struct AuthorizationDoor {
    authorizer: Arc<Authorizer>,
    disclosure: Disclosure,
    explain: bool,
    on_panic: PanicHook,
}

impl AuthorizationDoor {
    pub(super) fn new(authorizer: Arc<Authorizer>, options: &GrpcOptions) -> Self {
        let GrpcOptions { disclosure, explain, on_panic, .. } = options;
        Self { authorizer, disclosure: *disclosure, explain: *explain, on_panic: on_panic.clone() }
    }

    /// A panic is answered, not passed on as a broken stream.
    async fn answer<T>(
        &self,
        work: impl Future<Output = Result<T, Status>>,
    ) -> Result<Response<T>, Status> {
        let result = caught(work).await.unwrap_or_else(|Panicked| {
            self.on_panic.panicked(Door::Authorize);
            Err(status::unavailable(Reason::InternalError))
        });
        result.map(Response::new)
    }
}

/// Who calls: what the call says of itself, and the names in the certificate shown.
#[derive(Debug, Default)]
struct Caller {
    metadata: MetadataMap,
    names: Option<PeerNames>,
}

fn parts<T>(request: Request<T>) -> (Caller, T) {
    let (metadata, extensions, message) = request.into_parts();
    (Caller { metadata, names: peer_names(&extensions).cloned() }, message)
}

#[tonic::async_trait]
impl AuthorizationService for AuthorizationDoor {
    async fn authorize(
        &self,
        request: Request<AuthorizeRequest>,
    ) -> Result<Response<AuthorizeResponse>, Status> {
        let (caller, message) = parts(request);
        self.answer(self.authorize_one(message, &caller)).await
    }

    async fn batch_authorize(
        &self,
        request: Request<BatchAuthorizeRequest>,
    ) -> Result<Response<BatchAuthorizeResponse>, Status> {
        let (caller, message) = parts(request);
        self.answer(self.authorize_all(message, &caller)).await
    }

    async fn get_claims(
        &self,
        request: Request<GetClaimsRequest>,
    ) -> Result<Response<GetClaimsResponse>, Status> {
        let (caller, message) = parts(request);
        self.answer(self.claims_of(message, &caller.metadata)).await
    }
}
