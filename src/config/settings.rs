//! What the settings mean: the file, overridden by the environment, overridden by flags.

mod error;
mod events;
mod http;
mod instance;
mod limits;
mod listeners;
mod machines;
mod telemetry;

pub use error::SettingsError;
pub use events::{EventSettings, RedisSettings, WebhookSettings};
pub use http::{AuthzenSettings, HttpSettings};
pub use instance::{BackendApiSettings, InstanceSettings, KeySettings};
pub use limits::LimitSettings;
pub use machines::MachineSettings;
pub use telemetry::TelemetrySettings;

use super::{
    env::{self, Environment},
    file::{LogEntry, SettingsFile, Switch},
};
use crate::{
    authorizer::LogDetail,
    serve::{grpc::ext_authz::MetadataFields, listener::ListenerSettings},
    telemetry::{decision_log::DecisionLogOptions, log::LogFormat},
};
use http::HttpEntry;
use instance::resolve_instances;
use std::path::{Path, PathBuf};

/// What flags set; each overrides the environment and the file.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--policy`
    pub policy: Option<PathBuf>,
    /// `--next-policy`
    pub next_policy: Option<PathBuf>,
    /// `--publishable-key`
    pub publishable_key: Option<String>,
    /// `--grpc`
    pub grpc: Vec<String>,
    /// `--admin`
    pub admin: Option<String>,
    /// `--webhook`
    pub webhook: Option<String>,
    /// `--reflection`
    pub reflection: bool,
    /// `--log`
    pub log: Option<String>,
    /// `--log-format`
    pub log_format: Option<String>,
}

/// Everything `bailiff serve` needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The policy: a file, or a folder of them.
    pub policy: PathBuf,
    /// The policy that is compared with it.
    pub next_policy: Option<PathBuf>,
    /// Whether changed policy files are taken up without a signal.
    pub reload: bool,
    /// The Clerk instances; at least one.
    pub instances: Vec<InstanceSettings>,
    /// gRPC listeners; at least one.
    pub grpc: Vec<ListenerSettings>,
    /// What is asked over HTTP.
    pub http: HttpSettings,
    /// The admin listener.
    pub admin: Option<ListenerSettings>,
    /// Webhooks, revocation and subscriptions.
    pub events: EventSettings,
    /// Whether reflection is served.
    pub reflection: bool,
    /// Whether decisions are explained over gRPC to whoever asks for it.
    pub explain: bool,
    /// What Envoy's other filters and its access log may know about a decision.
    pub dynamic_metadata: MetadataFields,
    /// How much Bailiff takes on, and how it leaves.
    pub limits: LimitSettings,
    /// Logging.
    pub log: LogSettings,
    /// The decision log.
    pub decision_log: DecisionLogOptions,
    /// What is sent to a collector.
    pub telemetry: TelemetrySettings,
    /// Bytes that each instance's cache of verified tokens may hold.
    pub token_cache_bytes: u64,
}

/// Logging.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// Filter in the syntax of `tracing`.
    pub filter: String,
    /// Form of a line.
    pub format: LogFormat,
    /// How much the line of a decision holds.
    pub detail: LogDetail,
}

const DEFAULT_TOKEN_CACHE_BYTES: u64 = 64 * 1024 * 1024;

impl Settings {
    /// Resolves file, environment and flags.
    ///
    /// # Errors
    /// [`SettingsError`], one line that names what to change.
    pub fn resolve(environment: &Environment, flags: &Flags) -> Result<Self, SettingsError> {
        let path = flags.config.clone().or_else(|| environment.get(env::CONFIG).map(PathBuf::from));
        let (file, base) = match &path {
            Some(path) => {
                let base = path.parent().map(Path::to_path_buf).unwrap_or_default();
                (SettingsFile::read(path)?, base)
            }
            None => (SettingsFile::default(), PathBuf::new()),
        };

        let policy = (flags.policy.clone())
            .or_else(|| environment.get(env::POLICY).map(PathBuf::from))
            .or_else(|| file.policy.as_ref().map(|policy| base.join(policy)))
            .ok_or(SettingsError::Missing {
                what: "policy",
                how: "set `policy` in the settings file, `BAILIFF_POLICY` or `--policy`",
            })?;

        let next_policy = (flags.next_policy.clone())
            .or_else(|| environment.get(env::NEXT_POLICY).map(PathBuf::from))
            .or_else(|| file.next_policy.as_ref().map(|policy| base.join(policy)));

        let SettingsFile {
            policy: _,
            next_policy: _,
            reload,
            instances,
            listeners,
            forward_auth,
            authzen,
            authzen_url,
            reflection,
            explain,
            dynamic_metadata,
            revocation,
            events,
            operator_token_file,
            limits,
            operator_clients,
            log,
            decision_log,
            telemetry,
            token_cache,
        } = file;
        let mut log = LogSettings::resolve(log, environment, flags)?;
        let instances = resolve_instances(instances, &base, environment, flags)?;
        let grpc = listeners::grpc(listeners.grpc, &base, environment, flags)?;
        let mut events = EventSettings::resolve(
            revocation,
            listeners.webhook,
            events,
            (operator_token_file, &instances),
            &base,
            (environment, flags),
        )?;
        events.operator_clients = listeners::operator_clients(operator_clients, &grpc)?;
        Ok(Self {
            policy,
            next_policy,
            reload: switched_on(reload, environment)?,
            events,
            instances,
            grpc,
            http: HttpSettings::resolve(
                HttpEntry { listener: listeners.http, forward_auth, authzen, authzen_url },
                &base,
                environment,
            )?,
            admin: listeners::admin(listeners.admin, &base, environment, flags)?,
            reflection: flags.reflection
                || match environment.get(env::REFLECTION) {
                    Some(text) => boolean("BAILIFF_REFLECTION", text)?,
                    None => reflection.unwrap_or(false),
                },
            explain: match environment.get(env::EXPLAIN) {
                Some(text) => boolean("BAILIFF_EXPLAIN", text)?,
                None => explain.unwrap_or(false),
            },
            dynamic_metadata: dynamic_metadata
                .map_or(MetadataFields::ALL, |fields| MetadataFields::of(&fields)),
            limits: LimitSettings::resolve(limits)?,
            decision_log: telemetry::decision_log(decision_log, &mut log, &base, environment)?,
            log,
            telemetry: TelemetrySettings::resolve(telemetry, &base, environment)?,
            token_cache_bytes: token_cache.max_bytes.unwrap_or(DEFAULT_TOKEN_CACHE_BYTES),
        })
    }
}

impl LogSettings {
    fn resolve(
        LogEntry { filter, format, replayable }: LogEntry,
        environment: &Environment,
        flags: &Flags,
    ) -> Result<Self, SettingsError> {
        let owned = |variable| environment.get(variable).map(str::to_owned);
        let filter = flags.log.clone().or_else(|| owned(env::LOG)).or(filter);
        let format = flags.log_format.clone().or_else(|| owned(env::LOG_FORMAT)).or(format);
        let format = match format.as_deref() {
            None | Some("json") => LogFormat::Json,
            Some("text") => LogFormat::Text,
            Some(other) => {
                return Err(SettingsError::Value {
                    setting: "log.format",
                    value: other.to_owned(),
                    expected: "`json` or `text`",
                });
            }
        };
        let replayable = match environment.get(env::LOG_REPLAYABLE) {
            Some(text) => boolean("BAILIFF_LOG_REPLAYABLE", text)?,
            None => replayable.unwrap_or(false),
        };
        let detail = if replayable { LogDetail::Replayable } else { LogDetail::Plain };
        Ok(Self { filter: filter.unwrap_or_else(|| "info".to_owned()), format, detail })
    }
}

fn switched_on(
    from_file: Option<Switch>,
    environment: &Environment,
) -> Result<bool, SettingsError> {
    match environment.get(env::RELOAD) {
        Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(other) => Err(SettingsError::Value {
            setting: env::RELOAD.name,
            value: other.to_owned(),
            expected: "`on` or `off`",
        }),
        None => Ok(match from_file {
            Some(Switch::Off) => false,
            Some(Switch::On) | None => true,
        }),
    }
}

fn boolean(setting: &'static str, text: &str) -> Result<bool, SettingsError> {
    text.parse().map_err(|_| SettingsError::Value {
        setting,
        value: text.to_owned(),
        expected: "`true` or `false`",
    })
}

fn comma_list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
