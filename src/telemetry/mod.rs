//! What Bailiff tells its operators: log lines, decisions, metrics and traces. Never a token, a cookie
//! or a key.

pub mod decision_log;
mod lines;
pub mod log;
pub mod metrics;
pub mod otlp;
pub mod resource;
pub mod trace;

pub use lines::WhenFull;

use decision_log::{DecisionLog, DecisionLogOptions, LogFile, Sink, SinkTarget};
use lines::{Lines, Pace, Writing};
use log::{LogError, LogFormat, LogOptions, Outputs};
use metrics::{Lost, Metrics, MetricsError};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use otlp::{Collector, Health, OtlpError, OtlpOptions, Pushed, Records, Spans};
use resource::ResourceOptions;
use std::{
    fmt, io,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};
use thiserror::Error;
use trace::{Chosen, Tracing};
use tracing::Level;

/// What is told, and to whom.
#[derive(Clone, Debug)]
pub struct TelemetryOptions {
    /// The log.
    pub log: LogOptions,
    /// The decision log.
    pub decisions: DecisionLogOptions,
    /// The collector, where there is one.
    pub otlp: Option<OtlpOptions>,
    /// The share of questions that is recorded where the caller's trace does not say.
    pub sample_ratio: f64,
    /// Who tells.
    pub resource: ResourceOptions,
}

/// Why nothing can be told.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Metrics.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The collector.
    #[error(transparent)]
    Otlp(#[from] OtlpError),
    /// A file that decisions go to.
    #[error("`decision_log.to`: `{}` cannot be opened: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Decisions for a collector that there is none of.
    #[error(
        "`decision_log.to` names `otlp`: set `telemetry.otlp.endpoint` or `OTEL_EXPORTER_OTLP_ENDPOINT`"
    )]
    NoCollector,
    /// A thread that writes.
    #[error("the thread that writes the log cannot be started: {0}")]
    Thread(#[source] io::Error),
}

/// Everything that tells. What is still to be said is said when this is dropped, which must happen
/// within the life of the runtime it was started in, and outside its tasks.
pub struct Telemetry {
    metrics: Arc<Metrics>,
    decisions: Arc<DecisionLog>,
    tracing: Tracing,
    collector: Option<Arc<Health>>,
    // Dropped in this order: spans and decisions first, what tells of their loss last.
    _spans: Option<Spans>,
    _decisions: Vec<Writing>,
    collected: Option<Writing>,
    shown: Option<(Arc<Lines>, Writing)>,
}

impl Telemetry {
    /// Tells nobody anything; metrics are counted all the same.
    ///
    /// # Errors
    /// [`TelemetryError::Metrics`].
    pub fn quiet() -> Result<Self, TelemetryError> {
        Ok(Self {
            metrics: Arc::new(Metrics::new()?),
            decisions: Arc::new(DecisionLog::off()),
            tracing: Tracing::OFF,
            collector: None,
            _spans: None,
            _decisions: Vec::new(),
            collected: None,
            shown: None,
        })
    }

    /// Starts telling, for the whole process. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`TelemetryError`] names what does not hold.
    pub fn start(options: TelemetryOptions) -> Result<Self, TelemetryError> {
        let TelemetryOptions { log, decisions, otlp, sample_ratio, resource } = options;
        let resource = resource::resource(&resource, fastrand::u128(..));
        let collector = match &otlp {
            Some(otlp) => Some(Collector::new(otlp, resource.clone())?),
            None => None,
        };
        let wanted = |wants: fn(&OtlpOptions) -> bool| {
            collector.as_ref().zip(otlp.as_ref()).filter(|(_, otlp)| wants(otlp))
        };
        let stderr = Arc::new(Lines::new(Pace::LOCAL));
        let shown = written(&stderr, io::stderr())?;
        let (collected, collected_lines) = match wanted(|otlp| otlp.logs) {
            Some((collector, _)) => {
                let lines = Arc::new(Lines::new(Pace::REMOTE));
                (Some(written(&lines, Records::new(collector)?)?), Some(lines))
            }
            None => (None, None),
        };
        let spans = match wanted(|otlp| otlp.traces) {
            Some((collector, _)) => Some(Spans::start(collector)?),
            None => None,
        };
        let tracer = spans.as_ref().map(|spans| {
            SdkTracerProvider::builder()
                .with_span_processor(spans.processor())
                .with_sampler(Chosen::new(sample_ratio))
                .with_resource(resource.clone())
                .build()
                .tracer("bailiff")
        });
        let mut opened = Opened::open(&decisions, collector.as_ref())?;
        log::start(
            &log,
            Outputs {
                stderr: Arc::clone(&stderr),
                collector: collected_lines.clone(),
                collects_decisions: decisions.to.contains(&SinkTarget::Otlp),
                audit: opened.sinks.iter().map(|sink| Arc::clone(&sink.lines)).collect(),
                tracer,
            },
        )?;
        let among_the_log = tracing::event_enabled!(target: "bailiff::decision", Level::INFO);
        if decisions.to.contains(&SinkTarget::Stderr) && among_the_log {
            let (target, lines) = (SinkTarget::Stderr, Arc::clone(&stderr));
            opened.sinks.push(Sink { target, format: decisions.format, lines });
        }
        let pushed = match wanted(|otlp| otlp.metrics) {
            Some((collector, otlp)) => Some(Pushed::reader(collector, otlp.metric_interval)?),
            None => None,
        };
        let (reader, unsent) = pushed.unzip();
        let metrics = Arc::new(Metrics::with_reader(resource, reader)?);
        let Opened { sinks, writing, reopen } = opened;
        let decisions = Arc::new(DecisionLog::new(sinks, decisions, reopen));
        let tracing = if spans.is_some() { Tracing::new(sample_ratio) } else { Tracing::OFF };
        let lost = Lost {
            decisions: Arc::clone(&decisions),
            log: Arc::clone(&stderr),
            spans: spans.as_ref().map(|spans| Arc::clone(spans.queue())),
            collected: collected_lines,
            unsent,
        };
        metrics.observe_losses(lost);
        Ok(Self {
            metrics,
            decisions,
            tracing,
            collector: collector.map(|collector| collector.health),
            _spans: spans,
            _decisions: writing,
            collected,
            shown: Some((stderr, shown)),
        })
    }

    /// The instruments.
    #[must_use]
    pub const fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Where decisions are written.
    #[must_use]
    pub const fn decisions(&self) -> &Arc<DecisionLog> {
        &self.decisions
    }

    /// What is recorded as spans.
    #[must_use]
    pub const fn tracing(&self) -> Tracing {
        self.tracing
    }

    /// Says what is still to be said, in order: spans and decisions, the last metrics, then the log.
    /// Waits a bounded time for a collector, and as long as it takes for a reader on this machine.
    pub fn finish(self) {
        let Self {
            metrics,
            decisions,
            tracing: _,
            collector,
            _spans: spans,
            _decisions: writing,
            collected,
            shown,
        } = self;
        if let Some(collector) = collector {
            collector.end();
        }
        drop((spans, writing, decisions));
        metrics.finish();
        if let Some((lines, _)) = shown.as_ref().filter(|(lines, _)| lines.dropped() > 0) {
            tracing::warn!(lines = lines.dropped(), "log lines were dropped");
        }
        drop((collected, shown));
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Telemetry")
    }
}

/// Where decisions go beside standard error.
struct Opened {
    sinks: Vec<Sink>,
    writing: Vec<Writing>,
    reopen: Vec<Arc<AtomicBool>>,
}

impl Opened {
    fn open(
        options: &DecisionLogOptions,
        collector: Option<&Collector>,
    ) -> Result<Self, TelemetryError> {
        let mut opened = Self { sinks: Vec::new(), writing: Vec::new(), reopen: Vec::new() };
        for target in &options.to {
            let lines = |pace| Arc::new(Lines::new(pace));
            let (lines, writing, format) = match target {
                SinkTarget::Stderr => continue,
                SinkTarget::Stdout => {
                    let lines = lines(Pace::LOCAL);
                    let writing = written(&lines, io::stdout())?;
                    (lines, writing, options.format)
                }
                SinkTarget::Otlp => {
                    let records = Records::new(collector.ok_or(TelemetryError::NoCollector)?)?;
                    let lines = lines(Pace::REMOTE);
                    let writing = written(&lines, records)?;
                    (lines, writing, LogFormat::Json)
                }
                SinkTarget::File(path) => {
                    let reopen = Arc::new(AtomicBool::new(false));
                    let file = LogFile::open(path.clone(), Arc::clone(&reopen));
                    let file =
                        file.map_err(|source| TelemetryError::File { path: path.clone(), source })?;
                    opened.reopen.push(reopen);
                    let lines = lines(Pace::LOCAL);
                    let writing = written(&lines, file)?;
                    (lines, writing, LogFormat::Json)
                }
            };
            opened.sinks.push(Sink { target: target.clone(), format, lines });
            opened.writing.push(writing);
        }
        Ok(opened)
    }
}

fn written(
    lines: &Arc<Lines>,
    destination: impl lines::Destination,
) -> Result<Writing, TelemetryError> {
    Writing::start(Arc::clone(lines), destination).map_err(TelemetryError::Thread)
}
