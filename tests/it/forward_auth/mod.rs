//! Proxies that ask by HTTP sub-request: the door by itself, and behind the real proxies with the
//! shipped configurations.

mod browsers;
mod configurations;
mod direct;
mod identity;
mod outages;
mod paths;
mod verdicts;
