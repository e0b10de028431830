//! How many connections are open at a door, and how long one may take to begin.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Sleep;

/// Everybody at one door.
#[derive(Debug)]
pub struct Crowd {
    inside: AtomicUsize,
    most: usize,
    turned_away: AtomicU64,
}

/// Somebody's place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<Crowd>);

impl Crowd {
    pub(super) const fn new(most: usize) -> Self {
        Self { inside: AtomicUsize::new(0), most, turned_away: AtomicU64::new(0) }
    }

    /// Connections that are open now.
    #[must_use]
    pub fn inside(&self) -> usize {
        self.inside.load(Ordering::Relaxed)
    }

    /// Connections that were closed as they came, since there were too many.
    #[must_use]
    pub fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    /// A place for one more; `None` where there is none.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Place> {
        let before = self.inside.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(self));
        if before < self.most {
            return Some(place);
        }
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a peer must say first, and by when. HTTP/2 begins with 24 bytes (RFC 9113, 3.4), and the server's
/// own means to find out who is gone begin only after them.
#[derive(Debug)]
pub(super) struct Opening {
    left: usize,
    deadline: Pin<Box<Sleep>>,
}

impl Opening {
    pub(super) fn within(time: Duration) -> Self {
        Self { left: 24, deadline: Box::pin(tokio::time::sleep(time)) }
    }

    /// Ready once it is too late.
    pub(super) fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.deadline.as_mut().poll(context)
    }

    /// Whether that many bytes more are all that was to come.
    pub(super) fn heard(&mut self, bytes: usize) -> bool {
        self.left = self.left.saturating_sub(bytes);
        self.left == 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Crowd, Opening};
    use std::{sync::Arc, time::Duration};

    #[test]
    fn who_comes_when_all_places_are_taken_is_turned_away_until_one_is_free() {
        let crowd = Arc::new(Crowd::new(2));
        let (first, second) = (crowd.enter(), crowd.enter());
        assert!(first.is_some() && second.is_some());
        assert!(crowd.enter().is_none() && crowd.enter().is_none());
        assert_eq!((crowd.inside(), crowd.turned_away()), (2, 2));
        drop(first);
        assert!(crowd.enter().is_some());
        assert_eq!(crowd.inside(), 1);
    }

    #[tokio::test]
    async fn a_beginning_is_heard_in_pieces() {
        let mut opening = Opening::within(Duration::from_secs(1));
        assert!(!opening.heard(23));
        assert!(!opening.heard(0));
        assert!(opening.heard(1));
    }
}
