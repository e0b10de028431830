//! A stand-in for a Clerk instance, on loopback: what `bailiff demo` shows and what every test asks.
//!
//! It does what the sidecar and a browser see of Clerk and no more. It keeps everything in memory,
//! its keys die with it, and it lets anybody sign in as anybody: it must never face a network.
//!
//! * [`keys`] and [`tokens`] mint whatever Clerk mints, and whatever an attacker might.
//! * [`people`] are the three who can sign in.
//! * [`clerk`] serves it over HTTP, and misbehaves on request.

pub mod clerk;
pub(crate) mod html;
pub mod keys;
pub mod people;
pub mod tokens;
