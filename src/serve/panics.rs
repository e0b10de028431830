//! The last net under a door. A panic while a request is decided must not become a broken call: the
//! proxy would take that for an outage, and one that is set to let requests pass during outages would
//! let this one pass. Where no proxy waits it still must not go unseen.

use super::PanicHook;
use futures_util::{FutureExt as _, TryFutureExt as _};
use std::panic::AssertUnwindSafe;

/// The future panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panicked;

/// A place where panics are answered that asks nobody for a decision.
#[derive(Clone, Debug)]
pub(super) struct Net {
    place: &'static str,
    on_panic: PanicHook,
}

impl Net {
    /// A net under the door of that name.
    pub(super) const fn under(place: &'static str, on_panic: PanicHook) -> Self {
        Self { place, on_panic }
    }

    /// Runs `future` to its end, or to its panic, which is counted.
    pub(super) async fn catch<F: Future>(&self, future: F) -> Result<F::Output, Panicked> {
        let result = caught(future).await;
        if result.is_err() {
            self.on_panic.panicked_at(self.place);
        }
        result
    }
}

/// Runs `future` to its end, or to its panic. It is not polled again after one, so whatever it broke
/// inside itself is never seen.
pub(super) fn caught<F: Future>(future: F) -> impl Future<Output = Result<F::Output, Panicked>> {
    AssertUnwindSafe(future).catch_unwind().map_err(|_| Panicked)
}

#[cfg(test)]
mod tests {
    use super::{Net, PanicHook, Panicked, caught};
    use std::sync::{Arc, Mutex};

    #[tokio::test]
    async fn a_panic_becomes_an_answer_at_once_and_after_waiting() {
        assert_eq!(caught(async { 1 }).await, Ok(1));
        let index = std::hint::black_box(7);
        assert_eq!(caught(async { [0; 3][index] }).await, Err(Panicked));
        let later = caught(async {
            tokio::task::yield_now().await;
            [0; 3][index]
        });
        assert_eq!(later.await, Err(Panicked));
    }

    #[tokio::test]
    async fn what_falls_into_a_net_is_counted_by_its_place() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let seeing = Arc::clone(&seen);
        let hook = PanicHook::new(move |place| seeing.lock().unwrap().push(place));
        let net = Net::under("webhook", hook);
        assert_eq!(net.catch(async { 1 }).await, Ok(1));
        let index = std::hint::black_box(7);
        assert_eq!(net.catch(async { [0; 3][index] }).await, Err(Panicked));
        assert_eq!(*seen.lock().unwrap(), ["webhook"]);
    }
}
