//! The last net under a door. A panic while a request is decided must not become a broken call: the
//! proxy would take that for an outage, and one that is set to let requests pass during outages would
//! let this one pass.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

/// The future panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panicked;

/// Runs `future` to its end, or to its panic. It is not polled again after one, so whatever it broke
/// inside itself is never seen.
pub(super) async fn caught<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(_) => Poll::Ready(Err(Panicked)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::{Panicked, caught};

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
}
