//! One policy: what it is read by, where it is put in force, and what is told of it.

use super::{Loader, PolicyStatus, Refused};
use crate::{
    authorizer::{Policies, PolicySlot, snapshot::Snapshot},
    core::{clock::SharedClock, id::Revision},
    policy::Policy,
    telemetry::metrics::Metrics,
};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// How long to wait for the questions that still hold a policy that was replaced.
const RETIREMENT: Duration = Duration::from_secs(1);

/// One policy that is followed.
#[derive(Debug)]
pub struct Followed {
    slot: PolicySlot,
    pub(super) loader: Box<dyn Loader>,
    policies: Policies,
    status: PolicyStatus,
    metrics: Arc<Metrics>,
    clock: SharedClock,
}

/// Whether a refusal is told of that is no news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is: somebody asked.
    Again,
    /// Only if it is another one than the last.
    Once,
}

impl Followed {
    /// A policy that `loader` reads for a slot of `policies`.
    #[must_use]
    pub fn new(
        slot: PolicySlot,
        loader: Box<dyn Loader>,
        policies: Policies,
        metrics: Arc<Metrics>,
        clock: SharedClock,
    ) -> Self {
        Self { slot, loader, policies, status: PolicyStatus::new(slot), metrics, clock }
    }

    /// What is known of it.
    #[must_use]
    pub const fn status(&self) -> &PolicyStatus {
        &self.status
    }

    /// Puts a policy in force, which took so long to load. Must be called within a Tokio runtime.
    pub fn put_in_force(&self, policy: &Arc<Policy>, took: Duration) {
        let revision = policy.revision().clone();
        let old = self.policies.replace(self.slot, policy);
        tokio::spawn(retire(old));
        let now = self.clock.now();
        let before = self.status.loaded(&revision, now);
        let before = before.as_ref().map(Revision::as_str);
        let slot = self.slot.as_str();
        self.metrics.policy_loaded(slot, before, revision.as_str(), now.unix_seconds());
        tracing::info!(
            policy = slot,
            revision = revision.as_str(),
            before,
            milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "policy loaded",
        );
    }

    /// Tells that the files are refused; what is in force stays so.
    pub fn refuse(&self, refused: &Refused, told: Told) {
        let news = self.status.refused(refused, self.clock.now());
        if !news && told == Told::Once {
            return;
        }
        let Refused { result, summary: _, detail } = refused;
        self.metrics.policy_looked_at(self.slot.as_str(), *result);
        let in_force = self.status.now().in_force.map(|(revision, _)| revision);
        tracing::error!(
            policy = self.slot.as_str(),
            result = result.as_str(),
            revision = in_force.as_ref().map(Revision::as_str),
            errors = detail,
            "policy refused, what is in force stays in force",
        );
    }
}

/// Takes down what was replaced when no question holds it any more, on a thread where nobody waits.
async fn retire(old: Arc<Snapshot>) {
    while Arc::strong_count(&old) > 1 {
        sleep(RETIREMENT).await;
    }
    // Where this fails the runtime ends, and the policy with it.
    let _ = tokio::task::spawn_blocking(move || drop(old)).await;
}
