//! The policies of a running Bailiff: loaded at the start, then followed.

use super::policy_loader::{PolicyLoadError, PolicyLoader, Trial};
use crate::{
    authorizer::{Policies, PolicySlot},
    core::clock::{SharedClock, Stopwatch},
    reload::{self, Followed, Following, Handle, PolicyStatus, Timing, Told},
    telemetry::metrics::Metrics,
};
use std::{io, path::PathBuf, sync::Arc};

/// Where policies are, and whether their files are followed.
pub(super) struct PolicySettings {
    pub(super) live: PathBuf,
    pub(super) next: Option<PathBuf>,
    pub(super) reload: bool,
}

/// The policies, the live one in force.
pub(super) struct FollowedPolicies {
    policies: Policies,
    followed: Vec<Followed>,
    following: Following,
}

impl FollowedPolicies {
    /// Loads the policies. The next one disturbs nothing: if it is not good it is told so, and waited
    /// for.
    pub(super) fn load(
        settings: PolicySettings,
        trial: Trial,
        metrics: &Arc<Metrics>,
        clock: &SharedClock,
    ) -> Result<Self, PolicyLoadError> {
        let PolicySettings { live, next, reload } = settings;
        let following = if reload { Following::Changes } else { Following::Signals };
        let stopwatch = Stopwatch::start();
        let mut loader = PolicyLoader::new(live, trial.clone());
        let policy = loader.load()?;
        let policies = Policies::from(Arc::clone(&policy));
        let follow = |slot, loader: PolicyLoader| {
            let (metrics, clock) = (Arc::clone(metrics), Arc::clone(clock));
            Followed::new(slot, Box::new(loader), policies.clone(), metrics, clock)
        };
        let live = follow(PolicySlot::Live, loader);
        live.put_in_force(&policy, stopwatch.elapsed());
        let next = next.map(|path| {
            let stopwatch = Stopwatch::start();
            let mut loader = PolicyLoader::new(path, trial);
            let loaded = loader.load();
            let next = follow(PolicySlot::Next, loader);
            match loaded {
                Ok(policy) => next.put_in_force(&policy, stopwatch.elapsed()),
                Err(error) => next.refuse(&error.refused(), Told::Once),
            }
            next
        });
        Ok(Self { policies, followed: [live].into_iter().chain(next).collect(), following })
    }

    /// A handle to the policies in force.
    pub(super) fn in_force(&self) -> Policies {
        self.policies.clone()
    }

    /// What is known of each policy.
    pub(super) fn statuses(&self) -> Vec<PolicyStatus> {
        self.followed.iter().map(|followed| followed.status().clone()).collect()
    }

    /// Follows the files from here on. Must be called within a Tokio runtime.
    pub(super) fn follow(self) -> io::Result<Vec<Handle>> {
        let Self { policies: _, followed, following } = self;
        let follow = |followed| reload::follow(followed, following, Timing::STANDARD);
        followed.into_iter().map(follow).collect()
    }
}
