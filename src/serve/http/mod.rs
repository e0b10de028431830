//! Doors that speak plain HTTP.

pub(super) mod server;
pub mod webhook;
