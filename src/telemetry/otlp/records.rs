//! Lines of JSON as log records. They are taken apart here, on a thread of their own, rather than
//! built twice where a request waits.

use super::{Collector, Health, OtlpError};
use crate::telemetry::{
    decision_log::TARGET,
    lines::{Destination, count},
};
use opentelemetry::{
    InstrumentationScope, Key, SpanId, TraceFlags, TraceId,
    logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity},
};
use opentelemetry_otlp::LogExporter;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    logs::{LogBatch, LogExporter as _, LogProcessor, SdkLogRecord, SdkLogger, SdkLoggerProvider},
};
use serde_json::{Map, Value};
use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::runtime::Handle;

/// Records in one message.
const TOGETHER: usize = 512;

/// Sends lines as records.
pub(in crate::telemetry) struct Records {
    exporter: LogExporter,
    logger: SdkLogger,
    made: Made,
    scope: InstrumentationScope,
    runtime: Handle,
    health: Arc<Health>,
}

/// Records that have been made; the only way to have one is to be a processor.
#[derive(Clone, Debug, Default)]
struct Made(Arc<Mutex<Vec<SdkLogRecord>>>);

impl LogProcessor for Made {
    fn emit(&self, record: &mut SdkLogRecord, _: &InstrumentationScope) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(record.clone());
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }
}

impl Records {
    pub(in crate::telemetry) fn new(collector: &Collector) -> Result<Self, OtlpError> {
        let mut exporter = collector.connection.logs()?;
        exporter.set_resource(&collector.resource);
        let made = Made::default();
        let provider = SdkLoggerProvider::builder().with_log_processor(made.clone()).build();
        Ok(Self {
            exporter,
            logger: provider.logger("bailiff"),
            made,
            scope: InstrumentationScope::builder("bailiff").build(),
            runtime: collector.runtime.clone(),
            health: Arc::clone(&collector.health),
        })
    }

    fn make(&self, line: &[u8]) {
        let Ok(Value::Object(fields)) = serde_json::from_slice(line) else { return };
        let mut record = self.logger.create_log_record();
        fill(&mut record, fields);
        self.logger.emit(record);
    }

    fn send(&self, records: &[SdkLogRecord]) -> bool {
        let batch: Vec<_> = records.iter().map(|record| (record, &self.scope)).collect();
        self.runtime.block_on(self.health.send(self.exporter.export(LogBatch::new(&batch))))
    }
}

impl Destination for Records {
    fn deliver(&mut self, lines: &[u8]) -> u64 {
        lines.split(|byte| *byte == b'\n').for_each(|line| self.make(line));
        let made = mem::take(&mut *self.made.0.lock().unwrap_or_else(PoisonError::into_inner));
        let sent = made.chunks(TOGETHER).try_fold(0, |sent, records| {
            if self.send(records) { Ok(sent + records.len()) } else { Err(sent) }
        });
        let sent = match sent {
            Ok(sent) | Err(sent) => u64::try_from(sent).unwrap_or(u64::MAX),
        };
        count(lines).saturating_sub(sent)
    }
}

/// Fills a record with the fields of a line.
fn fill(record: &mut SdkLogRecord, mut fields: Map<String, Value>) {
    let mut take = |name: &str| match fields.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    if let Some(at) = take("timestamp").and_then(|text| instant(&text)) {
        record.set_timestamp(at);
    }
    if let Some((severity, text)) = take("level").and_then(|level| severity(&level)) {
        record.set_severity_number(severity);
        record.set_severity_text(text);
    }
    if let Some(target) = take("target") {
        if target == TARGET {
            record.set_event_name("bailiff.decision");
        }
        record.set_target(target);
    }
    if let Some(message) = take("message") {
        record.set_body(message.into());
    }
    let trace = take("trace_id").and_then(|id| TraceId::from_hex(&id).ok());
    let span = take("span_id").and_then(|id| SpanId::from_hex(&id).ok());
    if let (Some(trace), Some(span)) = (trace, span) {
        record.set_trace_context(trace, span, Some(TraceFlags::SAMPLED));
    }
    for (name, value) in fields {
        record.add_attribute(Key::from(name), attribute(value));
    }
}

fn attribute(value: Value) -> AnyValue {
    match value {
        Value::String(text) => text.into(),
        Value::Bool(holds) => holds.into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(number)) => number.into(),
            (None, None) => number.to_string().into(),
        },
        nested @ (Value::Null | Value::Array(_) | Value::Object(_)) => nested.to_string().into(),
    }
}

fn instant(text: &str) -> Option<SystemTime> {
    let nanos = OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp_nanos();
    Some(UNIX_EPOCH + Duration::from_nanos(u64::try_from(nanos).ok()?))
}

fn severity(level: &str) -> Option<(Severity, &'static str)> {
    Some(match level {
        "ERROR" => (Severity::Error, "ERROR"),
        "WARN" => (Severity::Warn, "WARN"),
        "INFO" => (Severity::Info, "INFO"),
        "DEBUG" => (Severity::Debug, "DEBUG"),
        "TRACE" => (Severity::Trace, "TRACE"),
        _ => return None,
    })
}
