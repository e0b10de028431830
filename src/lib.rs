//! Bailiff, the authorization sidecar for Clerk.

pub mod core;
pub mod telemetry;
