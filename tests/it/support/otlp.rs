//! A receiver of OpenTelemetry's own messages, over gRPC and over HTTP, that keeps all it gets.

use super::PATIENCE;
use axum::{Router, body::Bytes, extract::State, routing::post};
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::{
            ExportLogsServiceRequest, ExportLogsServiceResponse,
            logs_service_server::{LogsService, LogsServiceServer},
        },
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    common::v1::{AnyValue, KeyValue, any_value::Value},
    logs::v1::LogRecord,
    trace::v1::Span,
};
use prost::Message;
use std::{collections::BTreeMap, fmt::Write as _, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::watch, task::AbortHandle};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

/// What has been received.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    /// Spans, each with the attributes of its resource.
    pub(crate) spans: Vec<(BTreeMap<String, String>, Span)>,
    /// Log records.
    pub(crate) logs: Vec<LogRecord>,
    /// Metrics, by name, as they came last.
    pub(crate) metrics: BTreeMap<String, String>,
    /// The headers of every message.
    pub(crate) headers: Vec<BTreeMap<String, String>>,
    /// Everything in words.
    pub(crate) text: String,
}

impl Received {
    /// Spans of this name.
    pub(crate) fn named(&self, name: &str) -> Vec<&Span> {
        self.spans.iter().map(|(_, span)| span).filter(|span| span.name == name).collect()
    }

    /// Bodies of log records.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.logs.iter().map(|record| told(record.body.as_ref())).collect()
    }

    fn message(&mut self, headers: BTreeMap<String, String>, message: &dyn std::fmt::Debug) {
        self.headers.push(headers);
        writeln!(self.text, "{message:?}").expect("a string");
    }
}

/// Attributes in words.
pub(crate) fn attributes(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    attributes.iter().map(|pair| (pair.key.clone(), told(pair.value.as_ref()))).collect()
}

fn told(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::BoolValue(holds)) => holds.to_string(),
        other => format!("{other:?}"),
    }
}

#[derive(Clone, Debug)]
struct Keeper(Arc<watch::Sender<Received>>);

impl Keeper {
    fn traces(&self, headers: BTreeMap<String, String>, message: ExportTraceServiceRequest) {
        self.0.send_modify(|received| {
            received.message(headers, &message);
            for group in message.resource_spans {
                let resource = group.resource.unwrap_or_default();
                for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                    received.spans.push((attributes(&resource.attributes), span));
                }
            }
        });
    }

    fn logs(&self, headers: BTreeMap<String, String>, message: ExportLogsServiceRequest) {
        self.0.send_modify(|received| {
            received.message(headers, &message);
            let scopes = message.resource_logs.into_iter().flat_map(|group| group.scope_logs);
            received.logs.extend(scopes.flat_map(|scope| scope.log_records));
        });
    }

    fn metrics(&self, headers: BTreeMap<String, String>, message: ExportMetricsServiceRequest) {
        self.0.send_modify(|received| {
            received.message(headers, &message);
            let scopes = message.resource_metrics.into_iter().flat_map(|group| group.scope_metrics);
            for metric in scopes.flat_map(|scope| scope.metrics) {
                received.metrics.insert(metric.name.clone(), format!("{:?}", metric.data));
            }
        });
    }
}

fn headers(map: &http::HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    map.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

#[tonic::async_trait]
impl TraceService for Keeper {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let (metadata, _, message) = request.into_parts();
        self.traces(headers(metadata.as_ref()), message);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Keeper {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let (metadata, _, message) = request.into_parts();
        self.logs(headers(metadata.as_ref()), message);
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Keeper {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let (metadata, _, message) = request.into_parts();
        self.metrics(headers(metadata.as_ref()), message);
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

fn read<T: Message + Default>(body: &Bytes) -> T {
    T::decode(&**body).expect("a message of OTLP")
}

/// A running receiver.
pub(crate) struct Receiver {
    grpc: SocketAddr,
    http: SocketAddr,
    received: watch::Receiver<Received>,
    tasks: [AbortHandle; 2],
}

impl Receiver {
    /// Starts it on loopback.
    pub(crate) async fn start() -> Self {
        let (sender, received) = watch::channel(Received::default());
        let keeper = Keeper(Arc::new(sender));
        let grpc = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let http = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addresses = [&grpc, &http].map(|listener| listener.local_addr().expect("an address"));
        let router = Router::new()
            .route(
                "/v1/traces",
                post(
                    |State(keeper): State<Keeper>, map: http::HeaderMap, body: Bytes| async move {
                        keeper.traces(headers(&map), read(&body));
                    },
                ),
            )
            .route(
                "/v1/logs",
                post(
                    |State(keeper): State<Keeper>, map: http::HeaderMap, body: Bytes| async move {
                        keeper.logs(headers(&map), read(&body));
                    },
                ),
            )
            .route(
                "/v1/metrics",
                post(
                    |State(keeper): State<Keeper>, map: http::HeaderMap, body: Bytes| async move {
                        keeper.metrics(headers(&map), read(&body));
                    },
                ),
            )
            .with_state(keeper.clone());
        let over_grpc = Server::builder()
            .add_service(TraceServiceServer::new(keeper.clone()))
            .add_service(LogsServiceServer::new(keeper.clone()))
            .add_service(MetricsServiceServer::new(keeper))
            .serve_with_incoming(TcpListenerStream::new(grpc));
        let over_grpc = tokio::spawn(over_grpc).abort_handle();
        let over_http = tokio::spawn(async move { axum::serve(http, router).await }).abort_handle();
        let [grpc, http] = addresses;
        Self { grpc, http, received, tasks: [over_grpc, over_http] }
    }

    /// Its address for a protocol.
    pub(crate) fn endpoint(&self, protocol: &str) -> String {
        let address = if protocol == "grpc" { self.grpc } else { self.http };
        format!("http://{address}")
    }

    /// Everything received so far.
    pub(crate) fn received(&self) -> Received {
        self.received.borrow().clone()
    }

    /// Waits until enough has been received for `wanted` to take something from it.
    pub(crate) async fn until<T>(&self, wanted: impl Fn(&Received) -> Option<T>) -> T {
        let mut received = self.received.clone();
        let found = async {
            loop {
                if let Some(found) = wanted(&received.borrow_and_update()) {
                    return found;
                }
                received.changed().await.expect("the receiver runs");
            }
        };
        tokio::time::timeout(PATIENCE, found)
            .await
            .unwrap_or_else(|_| panic!("not received in time: {}", self.received().text))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}
