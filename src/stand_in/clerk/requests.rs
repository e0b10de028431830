//! What was asked, so that a test can say how often and in which order.

use super::faults::Endpoint;
use axum::http::{Method, Uri};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many requests are kept; counts go on beyond.
const KEPT: usize = 1_000;

/// Parameters whose values are not kept: they are as good as a password.
const SECRET_PARAMETERS: [&str; 3] = ["__session", "__clerk_db_jwt", "nonce"];

/// One request, without its body or headers: they hold secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRequest {
    /// Which part of the server it went to.
    pub endpoint: Endpoint,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The decoded parameters of the query; the values of those that hold secrets are left empty.
    pub parameters: Vec<(String, String)>,
}

impl SeenRequest {
    /// The first parameter of that name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
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

    pub(super) fn record(&self, endpoint: Endpoint, method: &Method, address: &Uri) {
        let query = address.query().unwrap_or_default();
        let parameters = url::form_urlencoded::parse(query.as_bytes())
            .map(|(name, value)| {
                let secret = SECRET_PARAMETERS.contains(&&*name);
                (name.into_owned(), if secret { String::new() } else { value.into_owned() })
            })
            .collect();
        let seen = SeenRequest {
            endpoint,
            method: method.to_string(),
            path: address.path().to_owned(),
            parameters,
        };
        let mut state = self.lock();
        *state.counts.entry(endpoint).or_default() += 1;
        if state.last.len() == KEPT {
            state.last.pop_front();
        }
        state.last.push_back(seen);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
