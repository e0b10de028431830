//! The decision log: a line for every decision, and those of operators' orders beside them.
//!
//! A line is made of a plain struct in a buffer that its thread keeps, without passing through
//! `tracing`: it is written for every request there is. Where it goes takes it in without waiting,
//! unless waiting was asked for.

mod file;
mod filter;
mod json;
mod line;
mod text;

#[cfg(test)]
mod tests;

pub(super) use file::LogFile;
pub use filter::{EFFECTS, MASKABLE, Mask, NotMaskable, Only};
pub use line::{DecisionLine, LineTime, TARGET};

use super::{
    lines::{Lines, WhenFull},
    log::LogFormat,
};
use std::{
    cell::RefCell,
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Where lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SinkTarget {
    /// Standard output.
    Stdout,
    /// Standard error, among the lines of the log, where its filter lets them through.
    Stderr,
    /// The collector.
    Otlp,
    /// A file.
    File(PathBuf),
}

impl fmt::Display for SinkTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => formatter.write_str("stdout"),
            Self::Stderr => formatter.write_str("stderr"),
            Self::Otlp => formatter.write_str("otlp"),
            Self::File(path) => path.display().fmt(formatter),
        }
    }
}

/// What is written, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionLogOptions {
    /// Where to.
    pub to: Vec<SinkTarget>,
    /// Form of the lines on the two standard streams; everything else gets JSON.
    pub format: LogFormat,
    /// The share of allowed requests that is written. Refusals always are.
    pub allow_sample: f64,
    /// Which decisions are written.
    pub only: Only,
    /// Fields that are left out.
    pub mask: Mask,
    /// What becomes of lines that come faster than they are written.
    pub when_full: WhenFull,
}

impl DecisionLogOptions {
    /// Every decision, with the log.
    #[must_use]
    pub fn standard(format: LogFormat) -> Self {
        Self {
            to: vec![SinkTarget::Stderr],
            format,
            allow_sample: 1.0,
            only: Only::ALL,
            mask: Mask::NOTHING,
            when_full: WhenFull::Drop,
        }
    }
}

/// Takes decisions in.
#[derive(Debug)]
pub struct DecisionLog {
    sinks: Box<[Sink]>,
    allow_sample: f64,
    only: Only,
    mask: Mask,
    when_full: WhenFull,
    reopen: Vec<Arc<AtomicBool>>,
}

/// One place that lines go to.
#[derive(Debug)]
pub(super) struct Sink {
    pub(super) target: SinkTarget,
    pub(super) format: LogFormat,
    pub(super) lines: Arc<Lines>,
}

/// Lines that did not get where they should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostLines {
    /// Where to.
    pub sink: String,
    /// Dropped since too many were waiting.
    pub dropped: u64,
    /// Lost since they could not be written.
    pub failed: u64,
}

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl DecisionLog {
    /// A log that nobody reads.
    #[must_use]
    pub fn off() -> Self {
        let options =
            DecisionLogOptions { to: Vec::new(), ..DecisionLogOptions::standard(LogFormat::Json) };
        Self::new(Vec::new(), options, Vec::new())
    }

    /// `reopen`: what tells files to open anew.
    pub(super) fn new(
        sinks: Vec<Sink>,
        options: DecisionLogOptions,
        reopen: Vec<Arc<AtomicBool>>,
    ) -> Self {
        let DecisionLogOptions { to: _, format: _, allow_sample, only, mask, when_full } = options;
        Self { sinks: sinks.into(), allow_sample, only, mask, when_full, reopen }
    }

    /// Whether a decision is to be written. Asked before its line is made.
    #[must_use]
    pub fn wants(&self, door: &str, effect: &str, rule: Option<&str>) -> bool {
        !self.sinks.is_empty()
            && self.only.wants(door, effect, rule)
            && (self.allow_sample >= 1.0
                || effect != "allow"
                || fastrand::f64() < self.allow_sample)
    }

    /// Writes a decision that is wanted.
    pub fn write(&self, mut line: DecisionLine<'_>) {
        self.mask.apply(&mut line);
        BUFFER.with_borrow_mut(|buffer| {
            buffer.clear();
            if json::write(&line, buffer).is_err() {
                // Nothing of a line can fail to be JSON.
                return;
            }
            buffer.push(b'\n');
            for sink in &self.sinks {
                match sink.format {
                    LogFormat::Json => sink.lines.add(buffer, self.when_full),
                    LogFormat::Text => {
                        sink.lines.add(text::of(buffer).as_bytes(), self.when_full);
                    }
                }
            }
        });
    }

    /// Has files opened anew by their names, as after a rotation.
    pub fn reopen(&self) {
        for reopen in &self.reopen {
            reopen.store(true, Ordering::Relaxed);
        }
    }

    /// Lines that were lost so far, by where they should have gone. On standard error they are counted
    /// with those of the log.
    #[must_use]
    pub fn lost(&self) -> Vec<LostLines> {
        let lost = |sink: &Sink| LostLines {
            sink: sink.target.to_string(),
            dropped: sink.lines.dropped(),
            failed: sink.lines.failed(),
        };
        self.sinks.iter().map(lost).collect()
    }
}
