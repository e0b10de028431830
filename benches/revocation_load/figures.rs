//! Percentiles.

use std::time::Duration;

/// Times that something took, ascending.
pub(crate) struct Figures(Vec<Duration>);

impl Figures {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The time that so many of a hundred stay below.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let last = self.0.len().saturating_sub(1);
        self.0.get((self.0.len() * percent / 100).min(last)).copied().unwrap_or_default()
    }

    /// Half, nearly all, and all.
    pub(crate) fn print(&self, what: &str) {
        let millis = |percent| self.percentile(percent).as_secs_f64() * 1e3;
        println!(
            "{what:36} p50 {:>8.2} ms   p99 {:>8.2} ms   max {:>8.2} ms   of {}",
            millis(50),
            millis(99),
            millis(100),
            self.0.len()
        );
    }
}
