//! What was asked, so that a test can say how often and in which order.

use super::faults::Endpoint;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many requests are kept; counts go on beyond.
const KEPT: usize = 1_000;

/// One request, without its body or headers: they hold secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRequest {
    /// Which part of the server it went to.
    pub endpoint: Endpoint,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
}

/// Every request since the start, those that met a fault included.
#[derive(Debug, Default)]
pub struct RequestLog(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    counts: HashMap<Endpoint, u64>,
    last: VecDeque<SeenRequest>,
}

impl RequestLog {
    /// How many requests went to `endpoint`.
    #[must_use]
    pub fn count(&self, endpoint: Endpoint) -> u64 {
        self.lock().counts.get(&endpoint).copied().unwrap_or(0)
    }

    /// How many requests there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.lock().counts.values().sum()
    }

    /// The last thousand, oldest first.
    #[must_use]
    pub fn last(&self) -> Vec<SeenRequest> {
        self.lock().last.iter().cloned().collect()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.lock() = State::default();
    }

    pub(super) fn record(&self, endpoint: Endpoint, method: &str, path: &str) {
        let mut state = self.lock();
        *state.counts.entry(endpoint).or_default() += 1;
        if state.last.len() == KEPT {
            state.last.pop_front();
        }
        let (method, path) = (method.to_owned(), path.to_owned());
        state.last.push_back(SeenRequest { endpoint, method, path });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
