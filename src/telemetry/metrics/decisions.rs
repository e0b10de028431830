//! Decisions, and how long they took.
//!
//! Each is counted while its caller waits. What its labels are is known beforehand, so they are looked
//! up once and not every time.

use crate::core::{decision::Effect, reason::Reason};
use opentelemetry::{
    KeyValue,
    metrics::{BoundCounter, BoundHistogram, Counter, Histogram},
};
use std::{fmt, sync::OnceLock, time::Duration};

const EFFECTS: usize = 3;

/// Counts the decisions of one door.
pub struct DoorMetrics {
    door: &'static str,
    decisions: Counter<u64>,
    duration: Histogram<f64>,
    // Made when the first decision comes: what never came is not shown.
    counts: Box<[OnceLock<BoundCounter<u64>>]>,
    durations: OnceLock<BoundHistogram<f64>>,
}

impl DoorMetrics {
    pub(super) fn new(
        door: &'static str,
        decisions: Counter<u64>,
        duration: Histogram<f64>,
    ) -> Self {
        let counts = (0..EFFECTS * Reason::ALL.len()).map(|_| OnceLock::new()).collect();
        Self { door, decisions, duration, counts, durations: OnceLock::new() }
    }

    /// Counts one decision.
    pub fn decided(&self, effect: &Effect, reason: Reason, took: Duration) {
        let row = match effect {
            Effect::Allow(_) => 0,
            Effect::Deny(_) => 1,
            Effect::Redirect(_) => 2,
        };
        if let Some(count) = self.counts.get(row * Reason::ALL.len() + reason as usize) {
            let bind = || {
                self.decisions.bind(&[
                    KeyValue::new("door", self.door),
                    KeyValue::new("effect", effect.as_str()),
                    KeyValue::new("reason", reason.code()),
                ])
            };
            count.get_or_init(bind).add(1);
        }
        let bind = || self.duration.bind(&[KeyValue::new("door", self.door)]);
        self.durations.get_or_init(bind).record(took.as_secs_f64());
    }
}

impl fmt::Debug for DoorMetrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("DoorMetrics").field(&self.door).finish()
    }
}

#[cfg(test)]
mod tests;
