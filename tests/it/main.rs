//! Everything that crosses a door: the real binary, the real Envoy, real clients.
//!
//! The tests obtain what they need into `target/tools`. Where something cannot be had on a machine,
//! its tests say so and do nothing; `BAILIFF_REQUIRE_ALL=1` turns each such skip into a failure.

mod authzen;
mod browser;
mod chaos;
mod clients;
mod commands;
mod conditions;
mod deployment;
mod docs;
mod doors;
mod envoy_configuration;
mod events;
mod explain;
mod failure_modes;
mod forward_auth;
mod fuzz;
mod incidents;
mod layering;
mod limits;
mod machines;
mod one_verdict;
mod operations;
mod panics;
mod policy_tests;
mod readme;
mod reload;
mod response_headers;
mod revocation;
mod schema;
mod security;
mod shared_log;
mod shared_log_link;
mod soak;
mod support;
mod telemetry;
mod through_envoy;
mod tls;
