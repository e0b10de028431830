//! How the process stands to the log of events that it shares with its replicas.

use super::Metrics;
use opentelemetry::KeyValue;
use std::sync::Arc;

/// What is shown of a shared log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharedLogFigures {
    /// Every state there is.
    pub states: [&'static str; 3],
    /// The one it is in.
    pub state: &'static str,
    /// How far what is known here may be behind, in seconds.
    pub lag: f64,
    /// The moment of the newest entry known here, in Unix seconds; zero for none.
    pub newest: f64,
    /// Events in force here that are not stored yet.
    pub pending: u64,
    /// What happened, and how often so far.
    pub events: [(&'static str, u64); 5],
}

impl Metrics {
    /// Shows how it stands. `read` is called whenever the page is, and must not wait; nothing is
    /// shown where it finds nothing.
    pub fn observe_shared_log(
        &self,
        read: impl Fn() -> Option<SharedLogFigures> + Send + Sync + 'static,
    ) {
        let read = Arc::new(read);
        let gauge = |name, what, value: fn(SharedLogFigures) -> f64| {
            let read = Arc::clone(&read);
            // The meter keeps the instrument; its handle is of no further use.
            let _ = self
                .meter
                .f64_observable_gauge(name)
                .with_description(what)
                .with_callback(move |observer| {
                    if let Some(figures) = read() {
                        observer.observe(value(figures), &[]);
                    }
                })
                .build();
        };
        gauge(
            "bailiff_shared_log_lag_seconds",
            "How far what is known of the shared log may be behind it.",
            |figures| figures.lag,
        );
        gauge(
            "bailiff_shared_log_newest_timestamp_seconds",
            "The moment of the newest entry that is known, in Unix time; 0 for none.",
            |figures| figures.newest,
        );
        let told = Arc::clone(&read);
        let _ = self
            .meter
            .u64_observable_gauge("bailiff_shared_log_pending")
            .with_description("Events that are in force here and not stored in the shared log yet.")
            .with_callback(move |observer| {
                if let Some(figures) = told() {
                    observer.observe(figures.pending, &[]);
                }
            })
            .build();
        let told = Arc::clone(&read);
        let _ = self
            .meter
            .u64_observable_gauge("bailiff_shared_log_state")
            .with_description("1 for the state that the link to the shared log is in.")
            .with_callback(move |observer| {
                let Some(SharedLogFigures { states, state, .. }) = told() else { return };
                for name in states {
                    observer.observe(u64::from(name == state), &[KeyValue::new("state", name)]);
                }
            })
            .build();
        let _ = self
            .meter
            .u64_observable_counter("bailiff_shared_log_events")
            .with_description("What happened on the link to the shared log.")
            .with_callback(move |observer| {
                for (event, count) in read().into_iter().flat_map(|figures| figures.events) {
                    observer.observe(count, &[KeyValue::new("event", event)]);
                }
            })
            .build();
    }
}

#[cfg(test)]
mod tests {
    use super::{Metrics, SharedLogFigures};

    #[test]
    fn the_page_shows_the_state_and_what_happened() {
        let metrics = Metrics::new().unwrap();
        assert!(!metrics.page().contains("shared_log"));
        metrics.observe_shared_log(|| {
            Some(SharedLogFigures {
                states: ["catching_up", "current", "away"],
                state: "away",
                lag: 2.5,
                newest: 1_764_000_000.25,
                pending: 3,
                events: [
                    ("connected", 1),
                    ("interrupted", 2),
                    ("entry_applied", 40),
                    ("entry_known", 5),
                    ("append_failed", 6),
                ],
            })
        });
        let page = metrics.page();
        for expected in [
            r#"bailiff_shared_log_state{state="away"} 1"#,
            r#"bailiff_shared_log_state{state="current"} 0"#,
            r#"bailiff_shared_log_state{state="catching_up"} 0"#,
            "bailiff_shared_log_lag_seconds 2.5",
            "bailiff_shared_log_newest_timestamp_seconds 1764000000.25",
            "bailiff_shared_log_pending 3",
            r#"bailiff_shared_log_events_total{event="entry_applied"} 40"#,
            r#"bailiff_shared_log_events_total{event="interrupted"} 2"#,
        ] {
            assert!(page.contains(expected), "{expected} is missing from\n{page}");
        }
    }
}
