//! Webhooks as Clerk sends them, and the client that sends them.

use crate::{
    Failure,
    clerk::{INSTANCE_ID, SIGNING_SECRET, now},
};
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use serde_json::json;
use std::{net::SocketAddr, time::Duration};

/// A client that keeps its connections.
#[derive(Clone)]
pub(crate) struct Sender(Client<HttpConnector, Full<Bytes>>);

/// A message. It is signed when it is sent, as Svix signs every delivery anew.
#[derive(Clone)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) timestamp: i64,
    pub(crate) signature: Option<String>,
}

impl Webhook {
    /// Tells that a session was revoked.
    pub(crate) fn revoked(id: &str, session: &str) -> Self {
        Self::of(id, session, INSTANCE_ID)
    }

    /// The same about a session of another Clerk instance.
    pub(crate) fn of(id: &str, session: &str, instance: &str) -> Self {
        let body = json!({
            "object": "event", "type": "session.revoked", "instance_id": instance,
            "timestamp": now() * 1000, "data": { "id": session },
        });
        let (id, body) = (id.to_owned(), body.to_string());
        Self { id, body, timestamp: now(), signature: None }.signed_at(now())
    }

    /// Signed anew, as of that moment.
    pub(crate) fn signed_at(self, timestamp: i64) -> Self {
        let secret = STANDARD.decode(SIGNING_SECRET.trim_start_matches("whsec_"));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret.unwrap_or_default());
        let signed = format!("{}.{timestamp}.{}", self.id, self.body);
        let signature = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
        Self { timestamp, signature: Some(format!("v1,{signature}")), ..self }
    }
}

impl Sender {
    pub(crate) fn new() -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            // The door closes connections that say nothing for ten seconds.
            .pool_idle_timeout(Duration::from_secs(5))
            .build_http();
        Self(client)
    }

    /// Sends it, and returns the status and what the answer says.
    pub(crate) async fn send(
        &self,
        message: &Webhook,
        to: SocketAddr,
    ) -> Result<(u16, String), Failure> {
        let mut request = http::Request::post(format!("http://{to}/"))
            .header("content-type", "application/json")
            .header("svix-id", &message.id)
            .header("svix-timestamp", message.timestamp);
        if let Some(signature) = &message.signature {
            request = request.header("svix-signature", signature);
        }
        let request = request.body(Full::new(Bytes::from(message.body.clone())))?;
        let answer = self.0.request(request).await?;
        let status = answer.status().as_u16();
        let said = answer.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&said).trim().to_owned()))
    }
}
