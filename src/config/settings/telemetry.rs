//! Settings of what is sent to a collector, and of the decision log.

#[cfg(test)]
mod tests;

use super::{LogSettings, SettingsError, comma_list, instance::named_file};
use crate::{
    authorizer::{Door, LogDetail},
    config::{
        env::{self, Environment},
        file::{DecisionLogEntry, OnFull, OnlyEntry, OtlpEntry, Sinks, Switch, TelemetryEntry},
    },
    telemetry::{
        WhenFull,
        decision_log::{DecisionLogOptions, EFFECTS, Mask, Only, SinkTarget},
        log::LogFormat,
        otlp::{OtlpOptions, Protocol},
        resource::ResourceOptions,
    },
};
use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use std::{path::Path, time::Duration};
use url::Url;

/// Most callers say for themselves whether they are traced; of the others a few are enough.
const DEFAULT_SAMPLE_RATIO: f64 = 0.01;
/// As the OpenTelemetry SDKs have it.
const DEFAULT_METRIC_INTERVAL: Duration = Duration::from_secs(60);

const ENDPOINT: &str = "telemetry.otlp.endpoint";
const PROTOCOL: &str = "telemetry.otlp.protocol";
const HEADERS: &str = "telemetry.otlp.headers_file";
const RATIO: &str = "telemetry.sample_ratio";
const RESOURCE: &str = "telemetry.resource";

/// What is sent to a collector.
#[derive(Clone, Debug)]
pub struct TelemetrySettings {
    /// The collector, where there is one.
    pub otlp: Option<OtlpOptions>,
    /// The share of questions that is recorded where the caller's trace does not say.
    pub sample_ratio: f64,
    /// Who sends.
    pub resource: ResourceOptions,
}

impl TelemetrySettings {
    /// Nothing is sent.
    #[must_use]
    pub fn off() -> Self {
        Self {
            otlp: None,
            sample_ratio: DEFAULT_SAMPLE_RATIO,
            resource: ResourceOptions::standard(),
        }
    }

    pub(super) fn resolve(
        entry: TelemetryEntry,
        base: &Path,
        environment: &Environment,
    ) -> Result<Self, SettingsError> {
        let TelemetryEntry { otlp, sample_ratio, resource } = entry;
        let sample_ratio = match environment.get(env::TRACES_SAMPLER_ARG) {
            Some(text) => ratio(env::TRACES_SAMPLER_ARG.name, text.parse().ok(), text)?,
            None => match sample_ratio {
                Some(number) => ratio(RATIO, Some(number), &number.to_string())?,
                None => DEFAULT_SAMPLE_RATIO,
            },
        };
        let mut attributes: Vec<(String, String)> = resource.into_iter().collect();
        if let Some(list) = environment.get(env::RESOURCE_ATTRIBUTES) {
            attributes.extend(pairs(env::RESOURCE_ATTRIBUTES.name, list)?);
        }
        if attributes.iter().any(|(name, _)| name.is_empty()) {
            return Err(SettingsError::Value {
                setting: RESOURCE,
                value: String::new(),
                expected: "a name of an attribute",
            });
        }
        // The variable that is about the name alone comes last, as the specification has it.
        let named =
            |(name, value): &(String, String)| (name == "service.name").then(|| value.clone());
        let service_name = environment
            .get(env::SERVICE_NAME)
            .map(str::to_owned)
            .or_else(|| attributes.iter().rev().find_map(named))
            .unwrap_or_else(|| ResourceOptions::standard().service_name);
        attributes.retain(|(name, _)| name != "service.name");
        Ok(Self {
            otlp: collector(otlp, base, environment)?,
            sample_ratio,
            resource: ResourceOptions { service_name, attributes },
        })
    }
}

fn collector(
    entry: OtlpEntry,
    base: &Path,
    environment: &Environment,
) -> Result<Option<OtlpOptions>, SettingsError> {
    let OtlpEntry { endpoint, protocol, headers_file, certificates_file, traces, metrics, logs } =
        entry;
    let owned = |variable| environment.get(variable).map(str::to_owned);
    let Some(endpoint) = owned(env::OTLP_ENDPOINT).or(endpoint) else {
        return Ok(None);
    };
    let sound = Url::parse(&endpoint).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    if !sound {
        return Err(SettingsError::Value {
            setting: ENDPOINT,
            // It may hold a password.
            value: "…".to_owned(),
            expected: "an address that begins with `http://` or `https://`, without credentials or a query",
        });
    }
    let protocol = owned(env::OTLP_PROTOCOL).or(protocol);
    let protocol = match protocol.as_deref() {
        None | Some("grpc") => Protocol::Grpc,
        Some("http/protobuf") => Protocol::HttpProtobuf,
        Some(other) => {
            return Err(SettingsError::Value {
                setting: PROTOCOL,
                value: other.to_owned(),
                expected: "`grpc` or `http/protobuf`",
            });
        }
    };
    let headers = match environment.get(env::OTLP_HEADERS) {
        Some(list) => pairs(env::OTLP_HEADERS.name, list)?,
        None => match named_file(HEADERS, base, headers_file.as_deref())? {
            Some(text) => pairs(HEADERS, &text)?,
            None => Vec::new(),
        },
    };
    let headers = headers.into_iter().map(|(name, value)| (name, SecretString::from(value)));
    let certificates = "telemetry.otlp.certificates_file";
    let certificates = match environment.get(env::OTLP_CERTIFICATE) {
        Some(path) => named_file(certificates, Path::new(""), Some(path))?,
        None => named_file(certificates, base, certificates_file.as_deref())?,
    };
    let interval = match environment.get(env::METRIC_EXPORT_INTERVAL) {
        None => DEFAULT_METRIC_INTERVAL,
        Some(text) => match text.parse() {
            Ok(millis @ 1..) => Duration::from_millis(millis),
            Ok(0) | Err(_) => {
                return Err(SettingsError::Value {
                    setting: env::METRIC_EXPORT_INTERVAL.name,
                    value: text.to_owned(),
                    expected: "a number of milliseconds",
                });
            }
        },
    };
    let on = |switch: Option<Switch>| switch != Some(Switch::Off);
    Ok(Some(OtlpOptions {
        endpoint,
        protocol,
        headers: headers.collect(),
        certificates,
        traces: on(traces),
        metrics: on(metrics),
        logs: on(logs),
        metric_interval: interval,
    }))
}

/// `name=value`, separated by commas or lines, percent-encoded. A value is never told: it may be a
/// secret.
fn pairs(setting: &'static str, text: &str) -> Result<Vec<(String, String)>, SettingsError> {
    let items = text.split([',', '\n']).map(str::trim).filter(|item| !item.is_empty());
    items
        .map(|item| {
            let (name, value) = item.split_once('=')?;
            let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
            Some((name.trim().to_owned(), value.into_owned()))
        })
        .collect::<Option<_>>()
        .ok_or(SettingsError::Value {
            setting,
            value: "…".to_owned(),
            expected: "a list of `name=value`",
        })
}

fn ratio(setting: &'static str, number: Option<f64>, text: &str) -> Result<f64, SettingsError> {
    number.filter(|number| (0.0..=1.0).contains(number)).ok_or_else(|| SettingsError::Value {
        setting,
        value: text.to_owned(),
        expected: "a number from 0 to 1",
    })
}

/// The decision log's settings, and in which detail decisions are logged.
pub(super) fn decision_log(
    entry: DecisionLogEntry,
    log: &mut LogSettings,
    base: &Path,
    environment: &Environment,
) -> Result<DecisionLogOptions, SettingsError> {
    let DecisionLogEntry { to, format, allow_sample, only, mask, on_full, replayable } = entry;
    if replayable == Some(true) && environment.get(env::LOG_REPLAYABLE).is_none() {
        log.detail = LogDetail::Replayable;
    }
    let (to, base) = match environment.get(env::DECISION_LOG) {
        Some("off") => (Some(Vec::new()), Path::new("")),
        Some(list) => (Some(comma_list(list)), Path::new("")),
        None => (
            to.map(|to| match to {
                Sinks::One(one) => vec![one],
                Sinks::Many(many) => many,
            }),
            base,
        ),
    };
    let to = match to {
        Some(to) => to.iter().map(|text| sink(text, base)).collect::<Result<Vec<_>, _>>()?,
        None => vec![SinkTarget::Stderr],
    };
    if let Some(twice) = to.iter().enumerate().find(|(at, sink)| to[..*at].contains(sink)) {
        return Err(SettingsError::Value {
            setting: "decision_log.to",
            value: twice.1.to_string(),
            expected: "named once",
        });
    }
    let when_full = match on_full {
        None | Some(OnFull::Drop) => WhenFull::Drop,
        Some(OnFull::Block) if to.contains(&SinkTarget::Otlp) => {
            return Err(SettingsError::Value {
                setting: "decision_log.on_full",
                value: "block".to_owned(),
                expected: "possible with `otlp`: no decision waits for a collector",
            });
        }
        Some(OnFull::Block) => WhenFull::Block,
    };
    let format = match format.as_deref() {
        None => log.format,
        Some("json") => LogFormat::Json,
        Some("text") => LogFormat::Text,
        Some(other) => {
            return Err(SettingsError::Value {
                setting: "decision_log.format",
                value: other.to_owned(),
                expected: "`json` or `text`",
            });
        }
    };
    let allow_sample = match allow_sample {
        Some(number) => ratio("decision_log.allow_sample", Some(number), &number.to_string())?,
        None => 1.0,
    };
    Ok(DecisionLogOptions {
        to,
        format,
        allow_sample,
        only: chosen(only)?,
        mask: Mask::of(&mask).map_err(SettingsError::Mask)?,
        when_full,
    })
}

fn sink(text: &str, base: &Path) -> Result<SinkTarget, SettingsError> {
    match text {
        "stdout" => Ok(SinkTarget::Stdout),
        "stderr" => Ok(SinkTarget::Stderr),
        "otlp" => Ok(SinkTarget::Otlp),
        path if path.contains('/') => Ok(SinkTarget::File(base.join(path))),
        other => Err(SettingsError::Value {
            setting: "decision_log.to",
            value: other.to_owned(),
            expected: "`stdout`, `stderr`, `otlp` or a path with a `/`",
        }),
    }
}

fn chosen(entry: OnlyEntry) -> Result<Only, SettingsError> {
    let OnlyEntry { doors, effects, rules } = entry;
    let is_door = |name: &String| Door::ALL.iter().any(|door| door.as_str() == name);
    if let Some(other) = doors.iter().find(|name| !is_door(name)) {
        return Err(SettingsError::Value {
            setting: "decision_log.only.doors",
            value: other.clone(),
            expected: "a door as the log names them",
        });
    }
    if let Some(other) = effects.iter().find(|name| !EFFECTS.contains(&name.as_str())) {
        return Err(SettingsError::Value {
            setting: "decision_log.only.effects",
            value: other.clone(),
            expected: "`allow`, `deny` or `redirect`",
        });
    }
    Ok(Only { doors, effects, rules })
}
