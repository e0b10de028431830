//! The sample service: a page for every address, showing the identity headers it was sent.
//!
//! It checks nothing. Whoever reaches it was let through by the proxy.

use crate::stand_in::html::{escape, page};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use std::{
    fmt::Write as _,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};
use tokio::{net::TcpListener, task::JoinHandle};

/// The addresses worth a visit: path, and what the policy asks for.
const PLACES: [(&str, &str); 10] = [
    ("/", "optional: shows who is signed in, if somebody is"),
    ("/docs/intro", "public"),
    ("/dashboard", "signed in"),
    ("/account", "a factor verified within ten minutes"),
    ("/team", "an active organization"),
    ("/invoices", "permission org:invoices:read"),
    ("/reports", "plan pro"),
    ("/exports", "feature exports"),
    ("/admin", "role org:admin"),
    ("/attic", "denied to everyone"),
];

/// The headers that tell who asks, as the sample policy names them.
const IDENTITY: [&str; 8] = [
    "x-user-id",
    "x-session-id",
    "x-org-id",
    "x-org-slug",
    "x-org-role",
    "x-org-permissions",
    "x-features",
    "x-plans",
];

/// The pages of the Clerk instance that the sample service links to.
#[derive(Clone, Debug)]
pub(super) struct Links {
    /// Where to sign in.
    pub(super) sign_in: String,
    /// Where to sign out.
    pub(super) sign_out: String,
    /// Where to choose an organization.
    pub(super) organization_selection: String,
    /// Where to come back to: the proxy as browsers see it.
    pub(super) home: String,
}

/// The running service; dropping it stops it.
#[derive(Debug)]
pub(super) struct Upstream {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Upstream {
    /// Serves on any free port of 127.0.0.1.
    ///
    /// # Errors
    /// No port is to be had.
    pub(super) async fn start(links: Links) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(show).with_state(Arc::new(links));
        let server = tokio::spawn(async move {
            // Ends only by being dropped.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, server })
    }

    /// Where it listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn show(State(links): State<Arc<Links>>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/healthz" {
        return "well\n".into_response();
    }
    if path == "/favicon.ico" {
        return StatusCode::NO_CONTENT.into_response();
    }
    let who = header(request.headers(), "x-user-id");
    let greeting = match &who {
        Some(user) => format!("You are <code>{}</code>.", escape(user)),
        None => "Nobody is signed in, or nobody was asked.".to_owned(),
    };
    let body = format!(
        "{top}<h1>{method} {path}</h1><p class=\"good\">This page was let through. {greeting}</p>\
         <div class=\"cards\"><section class=\"card\"><h2>What the service was told</h2>{told}</section>\
         <section class=\"card\"><h2>Try</h2>{places}</section></div>",
        top = top(&links, who.is_some()),
        method = escape(request.method().as_str()),
        path = escape(path),
        told = told(request.headers()),
        places = places(),
    );
    page(&format!("{path} at the sample shop"), &body)
}

fn top(links: &Links, signed_in: bool) -> String {
    let link = |address: &str, text: &str| {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("redirect_url", &links.home)
            .finish();
        format!("<a href=\"{}\">{text}</a>", escape(&format!("{address}?{query}")))
    };
    let mut top = "<header class=\"top\"><strong>Sample shop</strong>".to_owned();
    if signed_in {
        top.push_str(&link(&links.organization_selection, "Change organization"));
        top.push_str(&link(&links.sign_in, "Be somebody else"));
        top.push_str(&link(&links.sign_out, "Sign out"));
    } else {
        top.push_str(&link(&links.sign_in, "Sign in"));
    }
    top + "</header>"
}

/// A row per identity header.
fn told(headers: &HeaderMap) -> String {
    let mut rows = String::new();
    for name in IDENTITY {
        let value = match header(headers, name) {
            Some(value) => format!("<code>{}</code>", escape(&value)),
            None => "<span class=\"soft\">not sent</span>".to_owned(),
        };
        let _ = write!(rows, "<tr><th><code>{name}</code><td>{value}");
    }
    format!("<table>{rows}</table>")
}

fn places() -> String {
    let mut rows = String::new();
    for (path, asks) in PLACES {
        let _ = write!(rows, "<tr><th><a href=\"{path}\">{path}</a><td>{asks}");
    }
    format!("<table>{rows}</table>")
}

/// Every value of a header, so that a second one sent by a client could not hide.
fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    (!values.is_empty()).then(|| values.join(" | "))
}

#[cfg(test)]
mod tests;
