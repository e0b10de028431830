//! The transport over HTTP: bounded in time and size, no redirects, no proxy from the environment.

use super::{API_VERSION, Answer, NoAnswer, Outgoing, Sending, Transport};
use http::{HeaderValue, header};
use reqwest::{Client, Response, redirect::Policy};
use secrecy::ExposeSecret as _;
use std::time::Duration;
use thiserror::Error;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(5);
/// More than any key set or list of cookies.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// Sends over HTTP/1.1 and HTTP/2, with the machine's certificates.
#[derive(Debug)]
pub struct HttpTransport(Client);

/// The HTTP client cannot be built: the TLS set-up is incomplete.
#[derive(Debug, Error)]
#[error("cannot set up the client for calls to Clerk")]
pub struct HttpTransportError(#[source] reqwest::Error);

impl HttpTransport {
    /// Sets the client up, and rustls with aws-lc-rs if nobody has set it up before.
    ///
    /// # Errors
    /// [`HttpTransportError`] if the TLS back end refuses its configuration.
    pub fn new() -> Result<Self, HttpTransportError> {
        // An error means that there is a provider already.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .user_agent(concat!("bailiff/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(HttpTransportError)
    }

    async fn exchange(&self, request: Outgoing<'_>) -> Result<Answer, NoAnswer> {
        let mut builder = self
            .0
            .request(request.method, request.url)
            .header("clerk-api-version", API_VERSION)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(secret_key) = request.secret_key {
            let mut value =
                HeaderValue::from_str(&format!("Bearer {}", secret_key.expose_secret()))
                    .map_err(|_| NoAnswer::Connect)?;
            value.set_sensitive(true);
            builder = builder.header(header::AUTHORIZATION, value);
        }
        if let Some(json) = request.json {
            builder = builder.body(json);
        }
        let response = builder.send().await.map_err(|error| {
            if error.is_timeout() { NoAnswer::Timeout } else { NoAnswer::Connect }
        })?;
        read(response).await
    }
}

async fn read(mut response: Response) -> Result<Answer, NoAnswer> {
    let status = response.status().as_u16();
    let content_type = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(Into::into);
    let retry_after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| NoAnswer::BrokenOff)? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(NoAnswer::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, content_type, retry_after, body })
}

impl Transport for HttpTransport {
    fn send<'a>(&'a self, request: Outgoing<'a>) -> Sending<'a> {
        Box::pin(self.exchange(request))
    }
}

#[cfg(test)]
mod tests;
