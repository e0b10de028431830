//! Which policy is in force, what became of changes of its files, and what the next one would change.

use super::{Metrics, MetricsError};
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Meter},
};
use prometheus::{IntGaugeVec, Opts, Registry};

/// What became of a change of a policy's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadResult {
    /// It is in force.
    Loaded,
    /// A file cannot be read.
    Unreadable,
    /// The policy is not good.
    Invalid,
    /// The policy does not pass its own tests.
    TestsFailed,
    /// The code that reads policies panicked.
    Panicked,
}

impl ReloadResult {
    /// The name used in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Unreadable => "unreadable",
            Self::Invalid => "invalid",
            Self::TestsFailed => "tests_failed",
            Self::Panicked => "panicked",
        }
    }
}

pub(super) struct PolicyMetrics {
    reloads: Counter<u64>,
    bad: Gauge<u64>,
    last_good: Gauge<f64>,
    differences: Counter<u64>,
    /// Not an OpenTelemetry gauge: those go on telling every revision there ever was.
    info: IntGaugeVec,
}

impl PolicyMetrics {
    pub(super) fn new(registry: &Registry, meter: &Meter) -> Result<Self, MetricsError> {
        let failed = |error: prometheus::Error| MetricsError::Exporter(error.to_string());
        let what = Opts::new("bailiff_policy_info", "The revision of each policy in force.");
        let info = IntGaugeVec::new(what, &["policy", "revision"]).map_err(failed)?;
        registry.register(Box::new(info.clone())).map_err(failed)?;
        Ok(Self {
            reloads: meter
                .u64_counter("bailiff_policy_reloads")
                .with_description("Looks at changed policy files, by what became of them.")
                .build(),
            bad: meter
                .u64_gauge("bailiff_policy_bad")
                .with_description(
                    "1 while the files of a policy are refused, 0 while they are in force.",
                )
                .build(),
            last_good: meter
                .f64_gauge("bailiff_policy_last_good_timestamp")
                .with_unit("s")
                .with_description("When a policy was last found good, in Unix time.")
                .build(),
            differences: meter
                .u64_counter("bailiff_shadow_differences")
                .with_description("Decisions that the next policy would have made otherwise.")
                .build(),
            info,
        })
    }
}

impl Metrics {
    /// Shows that a policy is in force, in place of the revision before. `policy` is `live` or `next`,
    /// `at` in Unix seconds.
    #[expect(clippy::cast_precision_loss, reason = "Unix seconds are far below 2^52")]
    pub fn policy_loaded(
        &self,
        policy: &'static str,
        before: Option<&str>,
        revision: &str,
        at: i64,
    ) {
        let metrics = &self.policy;
        if let Some(before) = before.filter(|before| *before != revision) {
            // It is there, unless it was shown never.
            let _ = metrics.info.remove_label_values(&[policy, before]);
        }
        metrics.info.with_label_values(&[policy, revision]).set(1);
        metrics.last_good.record(at as f64, &[KeyValue::new("policy", policy)]);
        self.policy_looked_at(policy, ReloadResult::Loaded);
    }

    /// Counts one look at changed files.
    pub fn policy_looked_at(&self, policy: &'static str, result: ReloadResult) {
        let metrics = &self.policy;
        let label = KeyValue::new("policy", policy);
        metrics.bad.record(u64::from(result != ReloadResult::Loaded), std::slice::from_ref(&label));
        metrics.reloads.add(1, &[label, KeyValue::new("result", result.as_str())]);
    }

    /// Counts one decision that the next policy would have made otherwise. `rule` is an id of a policy,
    /// `live` and `next` are effect and reason. What goes beyond 2,000 combinations is counted
    /// together.
    pub fn next_differs(&self, rule: &str, live: &str, next: &str) {
        let labels = [("rule", rule), ("live", live), ("next", next)];
        let labels = labels.map(|(name, value)| KeyValue::new(name, value.to_owned()));
        self.policy.differences.add(1, &labels);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Metrics;
    use super::ReloadResult;

    fn shows(metrics: &Metrics, expected: &str) {
        let page = metrics.page();
        assert!(page.lines().any(|line| line == expected), "{expected} is missing from\n{page}");
    }

    #[test]
    fn the_page_shows_the_revision_in_force_and_no_other() {
        let metrics = Metrics::new().unwrap();
        metrics.policy_loaded("live", None, "a1", 1_700_000_000);
        metrics.policy_loaded("next", None, "n1", 1_700_000_001);
        metrics.policy_loaded("live", Some("a1"), "b2", 1_700_000_002);
        metrics.policy_loaded("live", Some("b2"), "b2", 1_700_000_003);
        shows(&metrics, r#"bailiff_policy_info{policy="live",revision="b2"} 1"#);
        shows(&metrics, r#"bailiff_policy_info{policy="next",revision="n1"} 1"#);
        assert!(!metrics.page().contains("a1"));
        shows(&metrics, r#"bailiff_policy_last_good_timestamp_seconds{policy="live"} 1700000003"#);
    }

    #[test]
    fn a_refused_policy_is_bad_until_one_is_loaded() {
        let metrics = Metrics::new().unwrap();
        metrics.policy_loaded("live", None, "a1", 1_700_000_000);
        metrics.policy_looked_at("live", ReloadResult::Invalid);
        shows(&metrics, r#"bailiff_policy_bad{policy="live"} 1"#);
        shows(&metrics, r#"bailiff_policy_reloads_total{policy="live",result="invalid"} 1"#);
        shows(&metrics, r#"bailiff_policy_info{policy="live",revision="a1"} 1"#);
        metrics.policy_loaded("live", Some("a1"), "b2", 1_700_000_001);
        shows(&metrics, r#"bailiff_policy_bad{policy="live"} 0"#);
        shows(&metrics, r#"bailiff_policy_reloads_total{policy="live",result="loaded"} 2"#);
    }

    #[test]
    fn differences_are_counted_by_rule_and_their_number_is_bounded() {
        let metrics = Metrics::new().unwrap();
        metrics.next_differs("GET /a", "allow", "deny role");
        shows(
            &metrics,
            r#"bailiff_shadow_differences_total{live="allow",next="deny role",rule="GET /a"} 1"#,
        );
        for number in 0..10_000 {
            metrics.next_differs(&format!("/{number}"), "allow", "deny role");
        }
        let page = metrics.page();
        assert!(page.matches("bailiff_shadow_differences_total{").count() <= 2001);
    }
}
