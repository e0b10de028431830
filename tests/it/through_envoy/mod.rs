//! Requests of people, through the real Envoy with the shipped configuration, to a service behind.

mod browsers;
mod credentials;
mod grpc_services;
mod identity_headers;
mod metadata;
mod outages;
mod paths;
mod responses;
mod verdicts;
mod withheld_credentials;
