//! Doors that speak plain HTTP.

pub mod webhook;
