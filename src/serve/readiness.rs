//! Whether requests should be sent here: one answer for gRPC health checks and for `/readyz`.

use tokio::sync::watch;

/// Where a running process is in its life. It only ever moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Answering.
    Serving,
    /// Still answering, but telling everyone to go elsewhere.
    Leaving,
    /// Taking no new connection, finishing what is under way.
    Draining,
}

/// The two things that readiness hangs on.
#[derive(Clone, Debug)]
pub(super) struct Readiness {
    /// Keys and policy are there.
    loaded: watch::Receiver<bool>,
    phase: watch::Receiver<Phase>,
}

impl Readiness {
    pub(super) const fn new(loaded: watch::Receiver<bool>, phase: watch::Receiver<Phase>) -> Self {
        Self { loaded, phase }
    }

    pub(super) fn is_ready(&self) -> bool {
        *self.loaded.borrow() && !self.is_leaving()
    }

    pub(super) fn is_leaving(&self) -> bool {
        *self.phase.borrow() > Phase::Serving
    }

    /// Returns when [`Self::is_ready`] may have changed, and never once it cannot change any more.
    pub(super) async fn changed(&mut self) {
        tokio::select! {
            Ok(()) = self.loaded.changed() => {}
            Ok(()) = self.phase.changed() => {}
            else => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Phase, Readiness};
    use tokio::sync::watch;

    #[tokio::test]
    async fn ready_is_loaded_and_not_leaving() {
        let (load, loaded) = watch::channel(false);
        let (leave, phase) = watch::channel(Phase::Serving);
        let mut readiness = Readiness::new(loaded, phase);
        assert!(!readiness.is_ready());
        load.send(true).unwrap();
        readiness.changed().await;
        assert!(readiness.is_ready());
        load.send(false).unwrap();
        readiness.changed().await;
        assert!(!readiness.is_ready());
        load.send(true).unwrap();
        for phase in [Phase::Leaving, Phase::Draining] {
            leave.send(phase).unwrap();
            assert!(!readiness.is_ready() && readiness.is_leaving(), "{phase:?}");
        }
    }
}
