//! Doors that speak plain HTTP.

mod authzen;
mod caller;
mod doors;
pub mod forward_auth;
pub(super) mod server;
pub mod webhook;

#[cfg(test)]
mod tests;

pub use authzen::AuthzenApi;
pub use doors::HttpDoors;
pub(super) use doors::{Behind, serve};
