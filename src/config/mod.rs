//! Settings, and the one place where the parts of a running Bailiff are put together.

mod advice;
pub mod assemble;
pub mod env;
pub mod file;
mod policies;
pub mod policy_file;
pub mod policy_loader;
pub mod readiness;
pub mod settings;
pub mod suite_file;
