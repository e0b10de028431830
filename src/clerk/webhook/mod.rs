//! What Clerk tells by webhook: whether a message is Clerk's, what it says, and whose tokens it
//! concerns.
//!
//! Webhooks can come late, twice, out of order or not at all, so they only ever make a revocation
//! faster; what holds without them is the lifetime of tokens.

mod message;
mod notices;
mod signature;

pub use message::{MAX_MESSAGE_BYTES, Message, MessageError};
pub use notices::{NoticeOptions, UnknownTarget, notices};
pub use signature::{
    MESSAGE_ID, SIGNATURE, SignatureError, Signed, SigningSecret, SigningSecretError, TIMESTAMP,
};
