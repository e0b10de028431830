//! Joins the readiness of all instances into one answer.

use crate::clerk::keys::Readiness;
use tokio::{sync::watch, task::AbortHandle};
use tokio_stream::{StreamExt as _, StreamMap, wrappers::WatchStream};

/// Follows the instances until it is dropped.
#[derive(Debug)]
pub struct Following(AbortHandle);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// True while every instance has keys. Must be called within a Tokio runtime.
pub(super) fn of_all(
    instances: Vec<watch::Receiver<Readiness>>,
) -> (watch::Receiver<bool>, Following) {
    let (all, receiver) = watch::channel(false);
    let mut ready = vec![false; instances.len()];
    let mut changes: StreamMap<usize, WatchStream<Readiness>> =
        instances.into_iter().map(WatchStream::new).enumerate().collect();
    let task = tokio::spawn(async move {
        while let Some((place, readiness)) = changes.next().await {
            if let Some(entry) = ready.get_mut(place) {
                *entry = readiness == Readiness::Ready;
            }
            let now = ready.iter().all(|ready| *ready);
            if all.send_replace(now) != now {
                if now {
                    tracing::info!("ready");
                } else {
                    tracing::warn!("not ready: the keys have become too old to be used");
                }
            }
        }
    });
    (receiver, Following(task.abort_handle()))
}

#[cfg(test)]
mod tests {
    use super::of_all;
    use crate::clerk::keys::Readiness;
    use tokio::sync::watch;

    #[tokio::test]
    async fn all_are_ready_when_each_is() {
        let (first, first_ready) = watch::channel(Readiness::NotReady);
        let (second, second_ready) = watch::channel(Readiness::Ready);
        let (mut all, _following) = of_all(vec![first_ready, second_ready]);
        assert!(!*all.borrow());
        first.send(Readiness::Ready).unwrap();
        all.wait_for(|ready| *ready).await.unwrap();
        second.send(Readiness::NotReady).unwrap();
        all.wait_for(|ready| !ready).await.unwrap();
    }

    #[tokio::test]
    async fn what_can_never_change_stays_ready() {
        let (_, pinned) = watch::channel(Readiness::Ready);
        let (mut all, _following) = of_all(vec![pinned]);
        all.wait_for(|ready| *ready).await.unwrap();
    }
}
