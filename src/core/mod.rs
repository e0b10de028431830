//! The vocabulary every other module shares: requests, identities, reasons and decisions.
//!
//! Nothing here reads a clock, a socket or a file, and nothing is asynchronous. What can fail has
//! failed before a value of these types exists.

pub mod age;
pub mod asker;
pub mod clock;
pub mod cookie;
pub mod credential;
pub mod decision;
pub mod entitlement;
pub mod event;
pub mod header;
pub mod host;
pub mod host_table;
pub mod http_request;
pub mod id;
pub mod identity;
pub mod ksuid;
pub mod location;
pub mod machine;
pub mod notice;
pub mod organization;
pub mod path;
pub mod peer;
pub mod presentation;
pub mod question;
pub mod reason;
pub mod recency;
pub mod reverification;
pub mod span;
pub mod text_template;
