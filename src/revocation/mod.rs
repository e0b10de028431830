//! Who is cut off although their token is valid.
//!
//! Tokens are verified without asking Clerk, so they outlive what they tell by up to their lifetime.
//! What happens in between comes as [`Notice`](crate::core::notice::Notice)s, and the index answers
//! from memory whether one concerns a token.

mod entry;
mod index;
pub mod log;
#[cfg(feature = "redis")]
pub mod shared;
mod target;

pub use index::{Limits, RevocationIndex, Standing, Subject};
