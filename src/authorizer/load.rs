//! How many questions are being decided at once.
//!
//! Deciding takes microseconds unless somebody outside has to be asked. Where many wait for that, more
//! would only wait longer and hold memory: whoever comes beyond the limit is refused at once.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the questions under way.
#[derive(Debug)]
pub(super) struct Load {
    under_way: AtomicUsize,
    most: usize,
}

/// A question under way, until it is dropped.
#[derive(Debug)]
pub(super) struct Place<'l>(&'l Load);

impl Load {
    pub(super) const fn new(most: usize) -> Self {
        Self { under_way: AtomicUsize::new(0), most }
    }

    /// Room for one more question; `None` where there is none.
    pub(super) fn begin(&self) -> Option<Place<'_>> {
        // Counted first: two that come together cannot both take the last place.
        let before = self.under_way.fetch_add(1, Ordering::Relaxed);
        let place = Place(self);
        (before < self.most).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Load;

    #[test]
    fn there_is_room_for_so_many_and_for_more_once_they_are_done() {
        let load = Load::new(2);
        let (first, second) = (load.begin(), load.begin());
        assert!(first.is_some() && second.is_some());
        assert!(load.begin().is_none());
        assert!(load.begin().is_none(), "whoever is refused takes no place");
        drop(first);
        assert!(load.begin().is_some());
    }

    #[test]
    fn no_more_than_so_many_are_ever_under_way() {
        let load = Load::new(3);
        let most = std::sync::atomic::AtomicUsize::new(0);
        let now = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        if let Some(_place) = load.begin() {
                            let count = now.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                            most.fetch_max(count, std::sync::atomic::Ordering::SeqCst);
                            now.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        assert!(most.into_inner() <= 3);
        assert!(load.begin().is_some());
    }
}
