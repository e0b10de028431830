//! The connection to a collector, for each of the two protocols.

use super::{OtlpError, OtlpOptions, Protocol, TIMEOUT};
use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{
    LogExporter, MetricExporter, Protocol as SdkProtocol, SpanExporter, WithExportConfig as _,
    WithHttpConfig as _, WithTonicConfig as _,
};
use reqwest::{Certificate as HttpCertificate, redirect::Policy};
use secrecy::ExposeSecret as _;
use std::{collections::HashMap, time::Duration};
use tonic::{
    metadata::{AsciiMetadataValue, MetadataKey, MetadataMap},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// More than any answer of a collector.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// How messages go out.
pub(super) enum Connection {
    Grpc { channel: Channel, metadata: MetadataMap },
    Http { client: Client, base: String, headers: HashMap<String, String> },
}

impl Connection {
    pub(super) fn new(options: &OtlpOptions) -> Result<Self, OtlpError> {
        match options.protocol {
            Protocol::Grpc => Self::grpc(options),
            Protocol::HttpProtobuf => Self::http(options),
        }
    }

    fn grpc(options: &OtlpOptions) -> Result<Self, OtlpError> {
        let failed = |error: tonic::transport::Error| OtlpError::Connection(chain(&error));
        let mut metadata = MetadataMap::new();
        for (name, value) in &options.headers {
            let refused = || OtlpError::Header(name.clone());
            let key: MetadataKey<_> = name.parse().map_err(|_| refused())?;
            let mut value: AsciiMetadataValue =
                value.expose_secret().parse().map_err(|_| refused())?;
            value.set_sensitive(true);
            metadata.insert(key, value);
        }
        let mut endpoint = Endpoint::from_shared(options.endpoint.clone())
            .map_err(failed)?
            .connect_timeout(CONNECT_TIMEOUT);
        if options.endpoint.starts_with("https://") {
            let tls = ClientTlsConfig::new();
            let tls = match &options.certificates {
                Some(pem) => tls.ca_certificate(Certificate::from_pem(pem)),
                None => tls.with_native_roots(),
            };
            endpoint = endpoint.tls_config(tls).map_err(failed)?;
        }
        Ok(Self::Grpc { channel: endpoint.connect_lazy(), metadata })
    }

    fn http(options: &OtlpOptions) -> Result<Self, OtlpError> {
        let failed = |error: reqwest::Error| OtlpError::Connection(chain(&error));
        let mut headers = HashMap::new();
        for (name, value) in &options.headers {
            let value = value.expose_secret();
            let sound = http::HeaderName::try_from(name).is_ok()
                && http::HeaderValue::try_from(value).is_ok();
            if !sound {
                return Err(OtlpError::Header(name.clone()));
            }
            headers.insert(name.clone(), value.to_owned());
        }
        let mut client = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .user_agent(concat!("bailiff/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = &options.certificates {
            let trusted = HttpCertificate::from_pem_bundle(pem.as_bytes()).map_err(failed)?;
            client = client.tls_certs_only(trusted);
        }
        let client = Client(client.build().map_err(failed)?);
        let base = options.endpoint.trim_end_matches('/').to_owned();
        Ok(Self::Http { client, base, headers })
    }

    pub(super) fn spans(&self) -> Result<SpanExporter, OtlpError> {
        let built = match self {
            Self::Grpc { channel, metadata } => SpanExporter::builder()
                .with_tonic()
                .with_channel(channel.clone())
                .with_metadata(metadata.clone())
                .with_timeout(TIMEOUT)
                .build(),
            Self::Http { client, base, headers } => SpanExporter::builder()
                .with_http()
                .with_protocol(SdkProtocol::HttpBinary)
                .with_http_client(client.clone())
                .with_headers(headers.clone())
                .with_endpoint(format!("{base}/v1/traces"))
                .with_timeout(TIMEOUT)
                .build(),
        };
        built.map_err(|error| OtlpError::Exporter(error.to_string()))
    }

    pub(super) fn logs(&self) -> Result<LogExporter, OtlpError> {
        let built = match self {
            Self::Grpc { channel, metadata } => LogExporter::builder()
                .with_tonic()
                .with_channel(channel.clone())
                .with_metadata(metadata.clone())
                .with_timeout(TIMEOUT)
                .build(),
            Self::Http { client, base, headers } => LogExporter::builder()
                .with_http()
                .with_protocol(SdkProtocol::HttpBinary)
                .with_http_client(client.clone())
                .with_headers(headers.clone())
                .with_endpoint(format!("{base}/v1/logs"))
                .with_timeout(TIMEOUT)
                .build(),
        };
        built.map_err(|error| OtlpError::Exporter(error.to_string()))
    }

    pub(super) fn metrics(&self) -> Result<MetricExporter, OtlpError> {
        let built = match self {
            Self::Grpc { channel, metadata } => MetricExporter::builder()
                .with_tonic()
                .with_channel(channel.clone())
                .with_metadata(metadata.clone())
                .with_timeout(TIMEOUT)
                .build(),
            Self::Http { client, base, headers } => MetricExporter::builder()
                .with_http()
                .with_protocol(SdkProtocol::HttpBinary)
                .with_http_client(client.clone())
                .with_headers(headers.clone())
                .with_endpoint(format!("{base}/v1/metrics"))
                .with_timeout(TIMEOUT)
                .build(),
        };
        built.map_err(|error| OtlpError::Exporter(error.to_string()))
    }
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Sends over HTTP without following redirects.
#[derive(Clone, Debug)]
pub(super) struct Client(reqwest::Client);

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut answer = self.0.execute(request.try_into()?).await?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err("the answer is too large".into());
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::builder().status(answer.status()).body(body.into())?;
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}
