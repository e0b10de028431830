//! TLS on the listeners: the real binary, real certificates, the real Envoy.

mod clients;
mod command_line;
mod files;
mod house;
mod peers;
mod proxies;
mod rotation;
mod through_envoy;
