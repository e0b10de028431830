//! Bailiff, the authorization sidecar for Clerk.
//!
//! One question, asked through several doors: may this request, from this Clerk identity, do this?
//! The modules, from the bottom up; each uses those above it in this list only, and `clerk`,
//! `policy` and `revocation` do not know one another:
//!
//! - [`core`]: requests, identities, reasons and decisions. No input or output, nothing asynchronous.
//! - [`telemetry`]: log lines and metrics.
//! - [`clerk`]: who a request or a token proves somebody to be: keys, verification, cookies,
//!   handshakes.
//! - [`policy`]: what a rule asks of an identity. Pure: documents in, decisions out.
//! - [`revocation`]: who is cut off although their token is valid.
//! - [`authorizer`]: the one pipeline: find the rule, find out who asks, judge, decide.
//! - [`pb`]: the generated messages of Bailiff's own service.
//! - [`client`]: what a service in Rust asks Bailiff with.
//! - [`serve`]: the doors, the listeners and the rendering of decisions.
//! - [`reload`]: keeps a policy what its files say.
//! - [`config`]: settings, and the one place where the parts are put together.
//! - [`stand_in`]: a Clerk instance on loopback for the demo and the tests.
//! - [`rehearsal`]: plays the cases that a policy is tested with.
//! - [`cli`]: the command line.
//!
//! A request walks down and back once: `serve::grpc::ext_authz` makes a question of it, `authorizer`
//! asks `policy` for the rule and `clerk` for the identity, `policy` judges, and `serve::respond`
//! says the decision.

#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(not(test), deny(clippy::expect_used))]

pub mod authorizer;
pub mod clerk;
pub mod cli;
pub mod client;
pub mod config;
pub mod core;
pub mod pb;
pub mod policy;
pub mod rehearsal;
pub mod reload;
pub mod revocation;
pub mod serve;
pub mod stand_in;
pub mod telemetry;
