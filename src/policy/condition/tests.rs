//! Conditions as a policy's author meets them.

mod absent;
mod agreement;
mod documentation;
mod errors;
mod hostile;
mod identities;
mod numbers;
mod operations;
mod problems;
mod requests;
mod world;
