//! Envoy's `ext_authz` v3, over gRPC.
//!
//! Two properties of the protocol shape this door. An empty `CheckResponse` lets the request through,
//! so responses are built in one place only. And a failed call is not a refusal but an outage, which
//! a proxy may be set to let pass, so nothing that a client can put into a request makes a call fail:
//! whatever cannot be understood is refused, and so is what makes us panic.
//!
//! That holds for Bailiff's own troubles too: without keys the answer is a refusal with 503, not the
//! protocol's `error_response`. Proxies that fail open would otherwise let everybody in exactly when
//! nobody can be recognised.

mod metadata;
mod request;
mod response;

pub use metadata::{MetadataField, MetadataFields};

use crate::{
    authorizer::{Authorizer, Door},
    core::{asker::Asker, peer::PeerNames, question::Wanted, reason::Reason},
    pb::envoy::{CheckRequest, CheckResponse, authorization_server::Authorization},
    serve::{
        PanicHook,
        listener::peer_names,
        panics::{Panicked, caught},
        respond::Disclosure,
    },
    telemetry::trace::{Carrier, FirstOf, Nothing},
};
use http::HeaderMap;
use request::Refused;
use response::Telling;
use std::{pin::pin, sync::Arc};
use tonic::{Request, Response, Status};
use tracing::Instrument as _;

/// The door.
#[derive(Debug)]
pub struct ExtAuthzDoor {
    authorizer: Arc<Authorizer>,
    telling: Telling,
    on_panic: PanicHook,
}

impl ExtAuthzDoor {
    /// A door to `authorizer`, which tells clients what `disclosure` allows and the proxy `metadata`.
    #[must_use]
    pub const fn new(
        authorizer: Arc<Authorizer>,
        disclosure: Disclosure,
        metadata: MetadataFields,
        on_panic: PanicHook,
    ) -> Self {
        Self { authorizer, telling: Telling { disclosure, metadata }, on_panic }
    }

    /// Answers one message of somebody whose certificate has these names. Total but for panics, which
    /// [`Authorization::check`] catches.
    pub async fn decide(&self, message: CheckRequest, peer: Option<&PeerNames>) -> CheckResponse {
        self.decide_in(message, peer, &Nothing).await
    }

    /// The same for a call that may be part of a trace: the proxy's own, else the one that the client
    /// began.
    async fn decide_in(
        &self,
        mut message: CheckRequest,
        peer: Option<&PeerNames>,
        call: &dyn Carrier,
    ) -> CheckResponse {
        request::lower_case_names(&mut message);
        let outcome = match request::question(&message, peer) {
            Ok(question) => {
                let tracing = self.authorizer.tracing();
                let span = match &question.wanted {
                    Wanted::Http(request) => {
                        tracing.decide(Door::ExtAuthz.as_str(), &FirstOf(call, &request.headers))
                    }
                    Wanted::Action(_) | Wanted::Requirement(_) => {
                        tracing.decide(Door::ExtAuthz.as_str(), call)
                    }
                };
                let asking = pin!(self.authorizer.authorize(&question, Door::ExtAuthz));
                asking.instrument(span).await
            }
            Err(Refused { reason, asker }) => self.authorizer.refuse(reason, asker, Door::ExtAuthz),
        };
        response::render(outcome, self.telling)
    }
}

#[tonic::async_trait]
impl Authorization for ExtAuthzDoor {
    async fn check(
        &self,
        request: Request<CheckRequest>,
    ) -> Result<Response<CheckResponse>, Status> {
        let (metadata, extensions, message) = request.into_parts();
        let (call, peer): (&HeaderMap, _) = (metadata.as_ref(), peer_names(&extensions));
        let deciding = pin!(self.decide_in(message, peer, call));
        let answer = caught(deciding).await;
        Ok(Response::new(answer.unwrap_or_else(|Panicked| {
            self.on_panic.panicked(Door::ExtAuthz);
            response::refusal(Reason::InternalError, Asker::Api, self.telling)
        })))
    }
}
