//! Bailiff, the authorization sidecar for Clerk.

pub mod authorizer;
pub mod clerk;
pub mod cli;
pub mod config;
pub mod core;
pub mod pb;
pub mod policy;
pub mod serve;
pub mod stand_in;
pub mod telemetry;
