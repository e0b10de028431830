//! Bailiff, the authorization sidecar for Clerk.

pub mod clerk;
pub mod core;
pub mod pb;
pub mod policy;
pub mod stand_in;
pub mod telemetry;
