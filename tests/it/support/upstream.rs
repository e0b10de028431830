//! A service behind the proxy that tells what it received, and remembers that it was asked.

use axum::{Json, Router, extract::State, response::IntoResponse, response::Response};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
};

/// A running service: echoes over HTTP, answers `grpc.health.v1.Health` over gRPC.
pub(crate) struct Upstream {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Value>>>,
    task: JoinHandle<()>,
}

impl Upstream {
    /// Starts it on a free port.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (_, health) = tonic_health::server::health_reporter();
        let app = tonic::service::Routes::new(health)
            .into_axum_router()
            .reset_fallback()
            .fallback(echo)
            .layer(axum::middleware::from_fn_with_state(Arc::clone(&seen), remember));
        let app: Router = app;
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        Self { address, seen, task }
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything it was asked, in order: `method`, `target` and `headers` as `[name, value]` pairs.
    pub(crate) fn seen(&self) -> Vec<Value> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Panics if any request came through.
    #[track_caller]
    pub(crate) fn saw_nothing(&self) {
        assert_eq!(self.seen(), Vec::<Value>::new(), "nothing may reach the service");
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The values of a header in what the echo answered.
pub(crate) fn received<'e>(echo: &'e Value, name: &str) -> Vec<&'e str> {
    let headers = echo["headers"].as_array().map(Vec::as_slice).unwrap_or_default();
    headers.iter().filter(|pair| pair[0] == name).filter_map(|pair| pair[1].as_str()).collect()
}

async fn remember(
    State(seen): State<Arc<Mutex<Vec<Value>>>>,
    mut request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let headers: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]))
        .collect();
    let told = json!({
        "method": request.method().as_str(),
        "target": request.uri().path_and_query().map(ToString::to_string),
        "headers": headers,
    });
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(told.clone());
    request.extensions_mut().insert(Told(told));
    next.run(request).await
}

#[derive(Clone)]
struct Told(Value);

/// Tells what it received, and sets each cookie that a header `x-set-cookie` asks for.
async fn echo(
    headers: http::HeaderMap,
    axum::Extension(Told(told)): axum::Extension<Told>,
    // Read to its end, as services do: a connection that closes before is an error to some proxies.
    _body: axum::body::Bytes,
) -> Response {
    let mut response = Json(told).into_response();
    for wanted in headers.get_all("x-set-cookie") {
        response.headers_mut().append(http::header::SET_COOKIE, wanted.clone());
    }
    response
}

/// A service that accepts one upgrade after the other and then sends back what it receives.
pub(crate) struct UpgradingUpstream {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl UpgradingUpstream {
    /// Starts it on a free port.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { break };
                    head.push(byte);
                }
                let answer = "HTTP/1.1 101 Switching Protocols\r\n\
                              connection: upgrade\r\nupgrade: websocket\r\n\r\n";
                let _ = stream.write_all(answer.as_bytes()).await;
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            }
        });
        Self { address, task }
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for UpgradingUpstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}
