//! One test for each way in which a neighbour was broken, the incident named beside it.
//!
//! The requests go to `Check` as they stand, without a proxy that settles or refuses anything
//! beforehand, unless the incident was about the proxy.

mod headers;
mod operation;
mod paths;
mod tokens;
