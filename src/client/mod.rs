//! For services written in Rust: a tower layer that has Bailiff decide about every request before the
//! service sees it.
//!
//! It works the same in front of axum routes and of tonic services. A request that is allowed goes on
//! without the identity headers that the client made up, with those that the policy sets, and with a
//! [`Decision`] and, where somebody is signed in, an [`Identity`] among its extensions. One that is
//! refused is answered as Bailiff says: with status, headers and body over HTTP, with a status over
//! gRPC. Where Bailiff cannot be reached, cannot tell or does not answer in time, the answer is 503, or
//! `UNAVAILABLE`: nothing gets past a Bailiff that is not there.
//!
//! ```no_run
//! use axum::{Extension, Router, routing::get};
//! use bailiff::client::{AuthorizeLayer, Connection, Identity};
//!
//! async fn hello(Extension(caller): Extension<Identity>) -> String {
//!     format!("Hello, {}!", caller.user_id)
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let bailiff = Connection::to("unix:/run/bailiff/bailiff.sock")?;
//! let app = Router::new().route("/hello", get(hello)).layer(AuthorizeLayer::new(bailiff));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! axum::serve(listener, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Where the policy opens a route to everybody, nobody may be signed in: take
//! `Option<Extension<Identity>>` there. In a tonic service both are in `request.extensions()`.

mod answer;
mod connection;
mod question;
mod service;

#[cfg(test)]
mod tests;

pub use crate::pb::v1::{Decision, Identity};
pub use connection::{Connection, NotAnAddress};
pub use service::{AuthorizeLayer, AuthorizeService};
