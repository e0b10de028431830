//! The keys that check an instance's tokens: where they come from and how they are kept fresh.
//!
//! A key is looked up by the token's `kid` among the keys of the configured instance. Nothing a
//! token says chooses where keys are fetched from.

mod fetch;
mod key;
mod refresh;
mod rotation;
mod set;

pub use fetch::{KeySource, KeySourceError};
pub use key::{Jwk, Key, KeyError};
pub use refresh::{Keys, Readiness};
pub use set::{Freshness, KeySet, Lookup, RotationPolicy};
