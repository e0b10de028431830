//! What the tests stand on: the real binaries, an upstream that tells what it received, and clients
//! that send exactly what a test says.

pub(crate) mod certificates;
pub(crate) mod check;
pub(crate) mod chromium;
pub(crate) mod deployment_tools;

pub(crate) mod collector;
pub(crate) mod envoy;
pub(crate) mod frames;
pub(crate) mod grpc;
pub(crate) mod house;
pub(crate) mod http;
pub(crate) mod otlp;
pub(crate) mod process;
pub(crate) mod proxied;
pub(crate) mod proxy;
pub(crate) mod redis;
pub(crate) mod redis_authority;
pub(crate) mod scripted_authorizer;
pub(crate) mod secrets;
pub(crate) mod sidecar;
pub(crate) mod stack;
pub(crate) mod tokens;
pub(crate) mod toolchain;
pub(crate) mod upstream;
pub(crate) mod webhooks;

use std::time::Duration;

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
