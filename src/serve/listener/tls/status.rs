//! How a listener's TLS is, for metrics and for whoever asks whether all is well.

use super::certificates::{Configured, TlsError};
use crate::core::clock::Timestamp;
use arc_swap::ArcSwapOption;
use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

/// How a listener's TLS is.
#[derive(Debug)]
pub struct TlsStatus {
    not_after: AtomicI64,
    failed: AtomicU64,
    refused: AtomicU64,
    problem: ArcSwapOption<String>,
}

impl TlsStatus {
    pub(super) fn new(configured: &Configured) -> Self {
        Self {
            not_after: AtomicI64::new(configured.validity.not_after.unix_seconds()),
            failed: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            problem: ArcSwapOption::empty(),
        }
    }

    /// When the certificate that is shown expires.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.not_after.load(Ordering::Relaxed))
    }

    /// Handshakes that came to nothing: no TLS, no common version, a certificate that does not hold, or
    /// too slow.
    #[must_use]
    pub fn failed_handshakes(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Clients whose certificate holds and whose name is not one that is let in.
    #[must_use]
    pub fn refused_clients(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// What is wrong with the files as they are now; what they held before is still in use.
    #[must_use]
    pub fn problem(&self) -> Option<Arc<String>> {
        self.problem.load_full()
    }

    pub(super) fn replaced(&self, configured: &Configured) {
        self.not_after.store(configured.validity.not_after.unix_seconds(), Ordering::Relaxed);
        self.problem.store(None);
    }

    pub(super) fn kept(&self, error: &TlsError) {
        self.problem.store(Some(Arc::new(error.to_string())));
    }

    pub(super) fn unchanged(&self) {
        self.problem.store(None);
    }

    pub(super) fn handshake_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn client_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }
}
