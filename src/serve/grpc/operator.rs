//! The door for operators.

use crate::{
    authorizer::{
        operators::{Asked, Calling, Operators, OrderRefused, Taken},
        order::OrderTarget,
    },
    core::reason::Reason,
    pb::v1::{
        ReinstateRequest, ReinstateResponse, RevocationTarget, RevokeRequest, RevokeResponse,
        operator_service_server::OperatorService, revocation_target::Target,
    },
    serve::{
        grpc::{status, timestamp, violations::Violations},
        listener::ConnectionInfo,
        panics::{Net, Panicked},
    },
};
use std::{sync::Arc, time::Duration};
use tonic::{Code, Extensions, Request, Response, Status, metadata::MetadataMap};

const MAX_NAME_BYTES: usize = 256;
const MAX_REASON_BYTES: usize = 500;

/// Answers `Revoke` and `Reinstate`.
pub(super) struct OperatorDoor {
    operators: Arc<Operators>,
    net: Net,
}

#[tonic::async_trait]
impl OperatorService for OperatorDoor {
    async fn revoke(
        &self,
        request: Request<RevokeRequest>,
    ) -> Result<Response<RevokeResponse>, Status> {
        let (metadata, extensions, RevokeRequest { instance, target, seconds, reason }) =
            request.into_parts();
        let lasting = Some(Duration::from_secs(seconds));
        let taken =
            self.order((&metadata, &extensions), (instance, target, lasting, reason)).await?;
        let Taken { id, until } = taken;
        Ok(Response::new(RevokeResponse { id, until: until.map(timestamp) }))
    }

    async fn reinstate(
        &self,
        request: Request<ReinstateRequest>,
    ) -> Result<Response<ReinstateResponse>, Status> {
        let (metadata, extensions, ReinstateRequest { instance, target, reason }) =
            request.into_parts();
        let taken = self.order((&metadata, &extensions), (instance, target, None, reason)).await?;
        Ok(Response::new(ReinstateResponse { id: taken.id }))
    }
}

type Said = (String, Option<RevocationTarget>, Option<Duration>, String);

impl OperatorDoor {
    pub(super) const fn new(operators: Arc<Operators>, net: Net) -> Self {
        Self { operators, net }
    }

    /// A panic is answered as an order that nobody can say anything about.
    async fn order(&self, call: (&MetadataMap, &Extensions), said: Said) -> Result<Taken, Status> {
        let taken = self.net.catch(self.take(call, said)).await;
        taken.unwrap_or_else(|Panicked| Err(status::unavailable(Reason::InternalError)))
    }

    async fn take(
        &self,
        (metadata, extensions): (&MetadataMap, &Extensions),
        (instance, target, lasting, why): Said,
    ) -> Result<Taken, Status> {
        // Whoever is not let in learns nothing about what they sent.
        let operator = self.operators.admit(calling(metadata, extensions)?).map_err(refused)?;
        let asked = match understand(instance, target, lasting, why) {
            Ok(asked) => asked,
            Err(status) => {
                operator.misspoke(status.message());
                return Err(status);
            }
        };
        operator.order(asked).await.map_err(refused)
    }
}

fn understand(
    instance: String,
    target: Option<RevocationTarget>,
    lasting: Option<Duration>,
    why: String,
) -> Result<Asked, Status> {
    let mut violations = Violations::new();
    violations.bound("instance", &instance, MAX_NAME_BYTES);
    violations.bound("reason", &why, MAX_REASON_BYTES);
    if why.trim().is_empty() {
        violations.add("reason", "is missing: the audit log keeps it");
    }
    let target = read(target, &mut violations);
    violations.into_result()?;
    let target = target.ok_or_else(|| Status::invalid_argument("target: is missing"))?;
    let instance = Some(instance).filter(|name| !name.is_empty());
    Ok(Asked { instance, target, lasting, why })
}

fn read(target: Option<RevocationTarget>, violations: &mut Violations) -> Option<OrderTarget> {
    let target = target.and_then(|target| target.target);
    let (field, id, prefix) = match &target {
        None => {
            violations.add("target", "is missing");
            return None;
        }
        Some(Target::SessionId(id)) => ("target.session_id", id, "sess_"),
        Some(Target::UserId(id)) => ("target.user_id", id, "user_"),
        Some(Target::OrganizationId(id)) => ("target.organization_id", id, "org_"),
    };
    violations.bound(field, id, MAX_NAME_BYTES);
    // An id of another kind would be taken, and would refuse nobody.
    if !id.starts_with(prefix) {
        violations.add(field, format!("begins with `{prefix}`"));
    }
    Some(match target? {
        Target::SessionId(id) => OrderTarget::Session(id),
        Target::UserId(id) => OrderTarget::User(id),
        Target::OrganizationId(id) => OrderTarget::Organization(id),
    })
}

/// The one credential that the call carries.
fn bearer(metadata: &MetadataMap) -> Option<&str> {
    let mut values = metadata.get_all("authorization").iter();
    let (first, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = first.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Who calls, by what the call carries and by its connection.
fn calling<'a>(
    metadata: &'a MetadataMap,
    extensions: &'a Extensions,
) -> Result<Calling<'a>, Status> {
    let token = bearer(metadata);
    if token.is_none() && metadata.contains_key("authorization") {
        // Whoever shows something that cannot be read is not let in by other means.
        return Err(refused(OrderRefused::Stranger));
    }
    let info = extensions.get::<ConnectionInfo>();
    let address = info.and_then(|info| info.address);
    let from = address.map_or_else(|| "a local socket".to_owned(), |peer| peer.to_string());
    Ok(Calling { token, names: info.and_then(|info| info.names.as_ref()), from })
}

fn refused(refused: OrderRefused) -> Status {
    let code = match refused {
        OrderRefused::Stranger => Code::Unauthenticated,
        OrderRefused::UnknownInstance => Code::NotFound,
        OrderRefused::Duration(_) => Code::InvalidArgument,
        OrderRefused::NotStored => Code::Unavailable,
    };
    Status::new(code, refused.to_string())
}
