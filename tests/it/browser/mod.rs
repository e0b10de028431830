//! What people see: a real browser, the real Envoy with the shipped configuration, the real sidecar
//! and a Clerk instance with sign-in pages, handshakes and a Backend API.

mod cookies;
mod handshakes;
mod sessions;
mod site;
