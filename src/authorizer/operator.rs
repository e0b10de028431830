//! Requirements that the proxy's configuration adds to its routes.

use crate::policy::{Requirement, Source};
use moka::sync::Cache;
use std::sync::Arc;

/// Texts kept compiled. A proxy sends one of a few, the same for every request of a route; the bound
/// is for whoever configures one per request.
const KEPT: u64 = 1024;

/// Compiles requirements once, however often they come.
#[derive(Debug)]
pub(super) struct OperatorRequirements(Cache<Box<str>, Option<Arc<Requirement>>>);

impl OperatorRequirements {
    pub(super) fn new() -> Self {
        Self(Cache::new(KEPT))
    }

    /// The requirement a text stands for; `None` where it stands for none, which refuses the request:
    /// whoever wrote it meant to tighten something.
    pub(super) fn parse(&self, text: &str) -> Option<Arc<Requirement>> {
        if let Some(known) = self.0.get(text) {
            return known;
        }
        let parsed = match Requirement::parse(&Source::new("bailiff.require", text)) {
            Ok(requirement) => Some(Arc::new(requirement)),
            Err(errors) => {
                tracing::warn!(%errors, "`bailiff.require` in the proxy's configuration is no requirement");
                None
            }
        };
        self.0.insert(text.into(), parsed.clone());
        parsed
    }
}
