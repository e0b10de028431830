//! The policies that questions are put to, replaced as a whole while questions are being answered.
//!
//! A question takes one [`Snapshot`] when it comes and keeps it to the end, so the rule, the answer
//! and the headers of a decision are always those of the policy whose revision it carries.

use crate::policy::Policy;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// What a policy is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicySlot {
    /// Its decisions are the answers.
    Live,
    /// Its decisions are compared with the answers.
    Next,
}

impl PolicySlot {
    /// The name used in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Next => "next",
        }
    }
}

/// The policies at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its decisions are the answers.
    pub live: Arc<Policy>,
    /// Its decisions are compared with the answers.
    pub next: Option<Arc<Policy>>,
}

/// The policies in force. Clones are handles to the same ones.
#[derive(Clone, Debug)]
pub struct Policies(Arc<ArcSwap<Snapshot>>);

impl Policies {
    /// The policies as they stand now, for as long as they are held.
    #[must_use]
    pub fn now(&self) -> Arc<Snapshot> {
        self.0.load_full()
    }

    /// Puts a policy into its slot: questions that come from now on are put to it. Returns what stood
    /// there before; questions under way may still hold it, and taking down a large policy takes
    /// milliseconds, so drop it where nobody waits.
    #[must_use = "drop it where nobody waits"]
    pub fn replace(&self, slot: PolicySlot, policy: &Arc<Policy>) -> Arc<Snapshot> {
        self.0.rcu(|now| match slot {
            PolicySlot::Live => Snapshot { live: Arc::clone(policy), next: now.next.clone() },
            PolicySlot::Next => {
                Snapshot { live: Arc::clone(&now.live), next: Some(Arc::clone(policy)) }
            }
        })
    }
}

impl From<Arc<Policy>> for Policies {
    fn from(live: Arc<Policy>) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(Snapshot { live, next: None })))
    }
}

#[cfg(test)]
mod tests {
    use super::{Policies, PolicySlot};
    use crate::policy::{Policy, Source};
    use std::sync::Arc;

    fn policy(text: &str) -> Arc<Policy> {
        Arc::new(Policy::load(Source::new("policy.yaml", text)).unwrap())
    }

    #[test]
    fn a_policy_is_replaced_in_its_slot_alone_and_not_for_those_who_hold_it() {
        let [one, two, next] = [
            "version: 1\nroutes: { /a: public }\n",
            "version: 1\n",
            "version: 1\nunlisted: signed_in\n",
        ]
        .map(policy);
        let policies = Policies::from(Arc::clone(&one));
        let held = policies.now();
        assert!(held.next.is_none());

        let handle = policies.clone();
        drop(handle.replace(PolicySlot::Next, &next));
        drop(handle.replace(PolicySlot::Live, &two));

        assert!(Arc::ptr_eq(&held.live, &one));
        assert!(Arc::ptr_eq(&policies.now().live, &two));
        assert!(policies.now().next.as_ref().is_some_and(|now| Arc::ptr_eq(now, &next)));
    }
}
