//! Spans on their way to the collector.

use super::{Collector, Health, OtlpError};
use opentelemetry::Context;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanExporter as _, SpanProcessor},
};
use std::{
    mem,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::runtime::Handle;

/// Spans that may wait.
const MOST: usize = 8192;
/// How many are sent without waiting for more, and together.
const ENOUGH: usize = 512;
/// How long the first one waits for company.
const GATHERING: Duration = Duration::from_secs(1);

/// Spans that have ended and wait to be sent, bounded.
#[derive(Debug, Default)]
pub(in crate::telemetry) struct SpanQueue {
    waiting: Mutex<Waiting>,
    something: Condvar,
    dropped: AtomicU64,
    failed: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    spans: Vec<SpanData>,
    ended: bool,
}

impl SpanQueue {
    fn add(&self, span: SpanData) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.spans.len() >= MOST || waiting.ended {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.spans.push(span);
        let tell = matches!(waiting.spans.len(), 1 | ENOUGH);
        drop(waiting);
        if tell {
            self.something.notify_one();
        }
    }

    /// Waits for spans. `None` once the end has come and all are sent.
    fn take(&self) -> Option<Vec<SpanData>> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let nothing = |waiting: &mut Waiting| waiting.spans.is_empty() && !waiting.ended;
        let waiting = self.something.wait_while(waiting, nothing);
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let more = |waiting: &mut Waiting| waiting.spans.len() < ENOUGH && !waiting.ended;
        let waited = self.something.wait_timeout_while(waiting, GATHERING, more);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let spans = mem::take(&mut waiting.spans);
        (!spans.is_empty()).then_some(spans)
    }

    fn end(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.something.notify_one();
    }

    /// Spans that were dropped because too many were waiting.
    pub(in crate::telemetry) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Spans that could not be sent.
    pub(in crate::telemetry) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }
}

/// Takes ended spans in.
#[derive(Debug)]
struct Entrance(Arc<SpanQueue>);

impl SpanProcessor for Entrance {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.0.add(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The thread that sends spans. What waits is sent when this is dropped.
#[derive(Debug)]
pub(in crate::telemetry) struct Spans {
    queue: Arc<SpanQueue>,
    thread: Option<JoinHandle<()>>,
}

impl Spans {
    pub(in crate::telemetry) fn start(collector: &Collector) -> Result<Self, OtlpError> {
        let mut exporter = collector.connection.spans()?;
        exporter.set_resource(&collector.resource);
        let queue = Arc::new(SpanQueue::default());
        let sender = Sender {
            queue: Arc::clone(&queue),
            exporter,
            runtime: collector.runtime.clone(),
            health: Arc::clone(&collector.health),
        };
        let thread = thread::Builder::new().name("bailiff-spans".to_owned());
        let thread = thread.spawn(move || sender.run()).map_err(OtlpError::Thread)?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Where ended spans go.
    pub(in crate::telemetry) fn processor(&self) -> impl SpanProcessor + use<> {
        Entrance(Arc::clone(&self.queue))
    }

    pub(in crate::telemetry) const fn queue(&self) -> &Arc<SpanQueue> {
        &self.queue
    }
}

impl Drop for Spans {
    fn drop(&mut self) {
        self.queue.end();
        if let Some(thread) = self.thread.take() {
            // A sender that panicked sends nothing more.
            let _ = thread.join();
        }
    }
}

struct Sender {
    queue: Arc<SpanQueue>,
    exporter: SpanExporter,
    runtime: Handle,
    health: Arc<Health>,
}

impl Sender {
    fn run(self) {
        while let Some(mut spans) = self.queue.take() {
            while !spans.is_empty() {
                let batch: Vec<SpanData> = spans.drain(..spans.len().min(ENOUGH)).collect();
                let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
                let sending = self.health.send(self.exporter.export(batch));
                if !self.runtime.block_on(sending) {
                    self.queue.failed.fetch_add(count, Ordering::Relaxed);
                }
            }
        }
    }
}
