//! What Bailiff tells its operators: log lines and metrics. Never a token, a cookie or a key.

pub mod log;
pub mod metrics;
