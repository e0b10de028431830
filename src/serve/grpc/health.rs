//! `grpc.health.v1`, which follows readiness.

use crate::{
    pb::{
        envoy::authorization_server::SERVICE_NAME as EXT_AUTHZ,
        v1::authorization_service_server::SERVICE_NAME as AUTHORIZATION,
    },
    serve::{ServeError, readiness::Readiness},
};
use tonic_health::{
    ServingStatus,
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};

/// Every name a health check may ask for; the empty one is the whole process.
const NAMES: [&str; 3] = ["", EXT_AUTHZ, AUTHORIZATION];

/// Tells health checks how things are.
#[derive(Clone, Debug)]
pub(in crate::serve) struct Health(HealthReporter);

pub(super) fn new() -> (Health, HealthServer<HealthService>) {
    let reporter = HealthReporter::new();
    let service = HealthService::from_health_reporter(reporter.clone());
    (Health(reporter), HealthServer::new(service))
}

impl Health {
    /// Reports for every name.
    pub(in crate::serve) async fn report(&self, ready: bool) {
        let status = if ready { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in NAMES {
            self.0.set_service_status(name, status).await;
        }
    }

    /// Reports every change of readiness; ends only by being dropped.
    pub(in crate::serve) async fn follow(self, mut readiness: Readiness) -> Result<(), ServeError> {
        loop {
            self.report(readiness.is_ready()).await;
            readiness.changed().await;
        }
    }
}
