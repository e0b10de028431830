//! Telemetry and the decision log as they are written in the settings file.

use super::Switch;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is sent to an OpenTelemetry collector.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TelemetryEntry {
    /// The collector; nothing is sent unless it has an endpoint.
    #[serde(default)]
    pub otlp: OtlpEntry,
    /// The share of questions that is recorded as spans where the caller's trace does not say; 0.01
    /// unless set.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub sample_ratio: Option<f64>,
    /// Attributes of the resource, such as `deployment.environment.name`.
    #[serde(default)]
    pub resource: BTreeMap<String, String>,
}

/// The collector.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtlpEntry {
    /// Its address: `http://` or `https://`, without the path of a signal.
    pub endpoint: Option<String>,
    /// How it is spoken to; `grpc` unless set.
    #[schemars(extend("enum" = ["grpc", "http/protobuf", null]))]
    pub protocol: Option<String>,
    /// File of headers for every message, `name=value` on each line. They are never written here.
    pub headers_file: Option<String>,
    /// File of certificates to trust instead of the system's, as PEM.
    pub certificates_file: Option<String>,
    /// Whether it gets traces; on unless set.
    pub traces: Option<Switch>,
    /// Whether it gets metrics; on unless set.
    pub metrics: Option<Switch>,
    /// Whether it gets the lines of the log; on unless set.
    pub logs: Option<Switch>,
}

/// The decision log.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionLogEntry {
    /// Where decisions go: `stderr`, `stdout`, `otlp`, or paths of files with a `/`, relative to this
    /// file; an empty list for nowhere. `stderr` unless set.
    pub to: Option<Sinks>,
    /// `json` or `text`, on the two standard streams; as `log.format` unless set.
    #[schemars(extend("enum" = ["json", "text", null]))]
    pub format: Option<String>,
    /// The share of allowed requests that is written; all unless set. Refusals always are.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub allow_sample: Option<f64>,
    /// Which decisions are written; all unless set.
    #[serde(default)]
    pub only: OnlyEntry,
    /// Fields that are left out.
    #[serde(default)]
    pub mask: Vec<String>,
    /// What happens when decisions come faster than they are written; `drop` unless set.
    pub on_full: Option<OnFull>,
    /// Whether lines hold what replaying needs; off unless set. The same as `log.replayable`.
    pub replayable: Option<bool>,
}

/// One place that decisions go to, or a list of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Sinks {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// Which decisions are written. An empty list chooses all.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnlyEntry {
    /// Doors, by their names in the log.
    #[serde(default)]
    pub doors: Vec<String>,
    /// `allow`, `deny`, `redirect`.
    #[serde(default)]
    pub effects: Vec<String>,
    /// Rules, by their ids in the log.
    #[serde(default)]
    pub rules: Vec<String>,
}

/// What happens when decisions come faster than they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFull {
    /// Lines are dropped and counted.
    Drop,
    /// Decisions wait.
    Block,
}
