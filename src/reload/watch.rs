//! Notices that something changes in folders. It may miss things, and never claims what changed.

use super::Loader;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::path::PathBuf;
use tokio::sync::mpsc::{self, UnboundedReceiver};

/// Watches folders as long as it is there.
#[derive(Debug)]
pub(super) struct Watch {
    watcher: Option<RecommendedWatcher>,
    changes: UnboundedReceiver<Vec<PathBuf>>,
}

impl Watch {
    pub(super) fn new() -> Self {
        let (sender, changes) = mpsc::unbounded_channel();
        let handler = move |event: notify::Result<Event>| {
            let paths = match event {
                // Reading is no change.
                Ok(event) if event.kind.is_access() => return,
                Ok(event) if event.need_rescan() => Vec::new(),
                Ok(event) => event.paths,
                Err(_) => Vec::new(),
            };
            // Nobody listens any more where this fails.
            let _ = sender.send(paths);
        };
        let watcher = match notify::recommended_watcher(handler) {
            Ok(watcher) => Some(watcher),
            Err(error) => {
                tracing::warn!(%error, "changes of files are not noticed at once, only from time to time");
                None
            }
        };
        Self { watcher, changes }
    }

    /// Watches the folders as they are now: a folder that was put in the place of another is another
    /// one. To be called before the files are read, so that nothing falls between.
    pub(super) fn arm(&mut self, loader: &dyn Loader) {
        let Some(watcher) = &mut self.watcher else { return };
        for folder in loader.folders() {
            // A folder that is not there shows up in the one above it.
            let _ = watcher.watch(&folder, RecursiveMode::NonRecursive);
        }
    }

    /// Waits for a change that concerns the loader's files. Never returns where changes cannot be
    /// noticed.
    pub(super) async fn changed(&mut self, loader: &dyn Loader) {
        loop {
            match self.changes.recv().await {
                // Something was missed.
                Some(paths) if paths.is_empty() => return,
                Some(paths) if paths.iter().any(|path| loader.concerns(path)) => return,
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }
}
