//! The keys an instance signs with and shows, and their rotation.

use super::SigningKey;
use serde_json::{Value, json};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What an instance signs with, and what its JWKS says.
#[derive(Debug)]
pub struct PublishedKeys(RwLock<State>);

#[derive(Debug)]
struct State {
    current: Arc<SigningKey>,
    /// JWKS elements in the order served.
    published: Vec<Value>,
}

impl PublishedKeys {
    /// One key, which signs and is shown.
    #[must_use]
    pub fn new(key: Arc<SigningKey>) -> Self {
        Self(RwLock::new(State { published: vec![key.jwk()], current: key }))
    }

    /// The key that signs.
    #[must_use]
    pub fn current(&self) -> Arc<SigningKey> {
        Arc::clone(&self.read().current)
    }

    /// Signs with `key` from here on. It is shown beside the keys before it, so that their tokens go
    /// on being verified.
    pub fn rotate_to(&self, key: Arc<SigningKey>) {
        let mut state = self.write();
        state.published.push(key.jwk());
        state.current = key;
    }

    /// Signs with `key` from here on and shows no other: every token signed before is void. With the
    /// identifier of the key before it, this is the rotation that no unknown `kid` announces.
    pub fn replace_with(&self, key: Arc<SigningKey>) {
        *self.write() = State { published: vec![key.jwk()], current: key };
    }

    /// Signs with `key` from here on and goes on showing what was shown before.
    pub fn sign_unpublished(&self, key: Arc<SigningKey>) {
        self.write().current = key;
    }

    /// Shows one more JWKS element, of whatever kind; the key that signs stays.
    pub fn publish(&self, element: Value) {
        self.write().published.push(element);
    }

    /// Shows no key of this identifier any more.
    pub fn withdraw(&self, id: &str) {
        self.write().published.retain(|element| element.get("kid").is_none_or(|kid| kid != id));
    }

    /// The key set as it is served.
    #[must_use]
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.read().published })
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
