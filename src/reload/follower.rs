//! The task that follows one policy.

use super::{
    Again, Followed, Loader, Look, Refused, ReloadResult, Timing, followed::Told, watch::Watch,
};
use crate::core::clock::Stopwatch;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::{
    signal::unix::Signal,
    time::{MissedTickBehavior, interval, timeout},
};

pub(super) struct Follower {
    followed: Followed,
    timing: Timing,
}

/// Why the files are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    Change,
    Time,
    Signal,
}

impl Follower {
    pub(super) const fn new(followed: Followed, timing: Timing) -> Self {
        Self { followed, timing }
    }

    /// Looks whenever something changed, when it is time and when it is told to.
    pub(super) async fn follow(mut self, mut hangup: Signal) {
        let mut watch = Watch::new();
        let mut time = interval(self.timing.compare);
        time.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let loader = &*self.followed.loader;
            watch.arm(loader);
            // The first tick comes at once, for what changed before anybody watched.
            let cause = tokio::select! {
                () = watch.changed(loader) => Cause::Change,
                _ = time.tick() => Cause::Time,
                Some(()) = hangup.recv() => Cause::Signal,
            };
            if cause != Cause::Signal {
                self.settle(&mut watch).await;
                // What changes from here on is noticed in the folders that are there by now.
                watch.arm(&*self.followed.loader);
            }
            self = self.look(cause).await;
        }
    }

    /// Looks when it is told to, and never else.
    pub(super) async fn obey(mut self, mut hangup: Signal) {
        while hangup.recv().await.is_some() {
            self = self.look(Cause::Signal).await;
        }
    }

    /// Waits until nothing has changed for a while.
    async fn settle(&self, watch: &mut Watch) {
        let quiet = async {
            while timeout(self.timing.settle, watch.changed(&*self.followed.loader)).await.is_ok() {
            }
        };
        // Files that never hold still are looked at all the same.
        let _ = timeout(self.timing.settle_at_most, quiet).await;
    }

    /// Looks at the files on a thread where nobody waits.
    async fn look(self, cause: Cause) -> Self {
        let stopwatch = Stopwatch::start();
        let again = if cause == Cause::Signal { Again::Yes } else { Again::No };
        let Self { mut followed, timing } = self;
        let looked = tokio::task::spawn_blocking(move || {
            let look = look_safely(&mut *followed.loader, again);
            (followed, look)
        });
        // It neither panics nor is it aborted, but for the end of the runtime.
        let Ok((followed, look)) = looked.await else { std::future::pending().await };
        match look {
            Look::Unchanged => {}
            Look::Good(policy) => followed.put_in_force(&policy, stopwatch.elapsed()),
            // A file that stays unreadable is looked at from time to time, and told of once.
            Look::Bad(refused) if cause == Cause::Signal => followed.refuse(&refused, Told::Again),
            Look::Bad(refused) => followed.refuse(&refused, Told::Once),
        }
        Self { followed, timing }
    }
}

/// Looks, and takes a panic for a refusal.
fn look_safely(loader: &mut dyn Loader, again: Again) -> Look {
    catch_unwind(AssertUnwindSafe(|| loader.look(again))).unwrap_or_else(|_| {
        let summary = "the code that reads policies panicked".to_owned();
        Look::Bad(Refused { result: ReloadResult::Panicked, detail: summary.clone(), summary })
    })
}
