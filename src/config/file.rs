//! `bailiff.yaml` as it is written: a mirror of the text, without any meaning yet.

mod doors;
mod limits;
mod listeners;
mod telemetry;

pub use doors::{ForwardAuthEntry, OneOrMany};
pub use limits::LimitsEntry;
pub use listeners::{
    ClientAuth, FullListener, ListenerEntry, Listeners, ListenersEntry, MinimumVersion, TlsEntry,
};
pub use telemetry::{DecisionLogEntry, OnFull, OnlyEntry, OtlpEntry, Sinks, TelemetryEntry};

use crate::serve::grpc::ext_authz::MetadataField;
use schemars::JsonSchema;
use serde::Deserialize;
use std::{fs, path::Path};
use thiserror::Error;

/// The settings file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsFile {
    /// Path of the policy file, or of a folder of them, relative to this file.
    pub policy: Option<String>,
    /// Path of a policy that is compared with the one in force, relative to this file.
    pub next_policy: Option<String>,
    /// Whether changed policy files are taken up without a signal; `on` unless set.
    pub reload: Option<Switch>,
    /// The Clerk instances; the first serves every host that no other claims.
    #[serde(default)]
    pub instances: Vec<InstanceEntry>,
    /// Where to listen.
    #[serde(default)]
    pub listeners: ListenersEntry,
    /// Proxies that ask by HTTP sub-request; none unless set.
    pub forward_auth: Option<ForwardAuthEntry>,
    /// Whether the `AuthZEN` API is served over HTTP; off unless set.
    pub authzen: Option<Switch>,
    /// The address of that API as services know it; the listener's own unless set.
    pub authzen_url: Option<String>,
    /// Whether gRPC reflection is served; off unless set.
    pub reflection: Option<bool>,
    /// Whether services that ask over gRPC can have decisions explained; off unless set.
    pub explain: Option<bool>,
    /// What Envoy's access log and other filters may know about a decision; all of it unless set,
    /// nothing for an empty list.
    pub dynamic_metadata: Option<Vec<MetadataField>>,
    /// What is heard of revocations, and how replicas share it.
    #[serde(default)]
    pub revocation: RevocationEntry,
    /// Whether services may subscribe to Clerk's events; off unless set.
    pub events: Option<Switch>,
    /// File that holds what operators show to revoke by hand; nobody may unless set.
    pub operator_token_file: Option<String>,
    /// Names, of which a client certificate must have one for its holder to revoke by hand without the
    /// operator token: DNS names, or URIs such as `spiffe://shop.test/operator`.
    #[serde(default)]
    pub operator_clients: Vec<String>,
    /// How much Bailiff takes on, and how it leaves.
    #[serde(default)]
    pub limits: LimitsEntry,
    /// Logging.
    #[serde(default)]
    pub log: LogEntry,
    /// The decision log.
    #[serde(default)]
    pub decision_log: DecisionLogEntry,
    /// What is sent to an OpenTelemetry collector.
    #[serde(default)]
    pub telemetry: TelemetryEntry,
    /// The cache of verified tokens.
    #[serde(default)]
    pub token_cache: TokenCacheEntry,
}

/// One Clerk instance.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceEntry {
    /// Name, unique; `default` unless set.
    pub name: Option<String>,
    /// Publishable key.
    pub publishable_key: Option<String>,
    /// File that holds the secret key. The key itself is never written here.
    pub secret_key_file: Option<String>,
    /// File that holds the secret key of the machine that Bailiff stands for. The key itself is never
    /// written here.
    pub machine_secret_key_file: Option<String>,
    /// That machine's id, `mch_...`: machine-to-machine tokens must be meant for it.
    pub machine_id: Option<String>,
    /// How Clerk is asked about opaque machine credentials.
    #[serde(default)]
    pub machine_tokens: MachineTokensEntry,
    /// Public key as PEM.
    pub jwt_key: Option<String>,
    /// File that holds the public key as PEM.
    pub jwt_key_file: Option<String>,
    /// Address of the key set, where it is not at the instance's own host.
    pub jwks_url: Option<String>,
    /// Base address of the Backend API.
    pub api_url: Option<String>,
    /// Issuers whose tokens are accepted; the Frontend API's address unless set.
    #[serde(default)]
    pub issuers: Vec<String>,
    /// Origins whose tokens are accepted.
    #[serde(default)]
    pub authorized_parties: Vec<String>,
    /// What becomes of tokens without `azp` where authorized parties are set.
    pub missing_azp: Option<Missing>,
    /// Audiences that tokens may be meant for.
    #[serde(default)]
    pub audience: Vec<String>,
    /// What becomes of tokens without `aud` where audiences are set.
    pub missing_audience: Option<Missing>,
    /// Tolerated difference between Clerk's clock and this one, in milliseconds.
    pub clock_skew_ms: Option<u32>,
    /// Whether browsers are sent to Clerk for fresh cookies; `on` unless there is no secret key.
    pub handshake: Option<Switch>,
    /// Clerk: `signInUrl`.
    pub sign_in_url: Option<String>,
    /// Clerk: `signUpUrl`.
    pub sign_up_url: Option<String>,
    /// Clerk: `proxyUrl`, the Frontend API as browsers reach it.
    pub proxy_url: Option<String>,
    /// Clerk: `domain`.
    pub domain: Option<String>,
    /// Clerk: `isSatellite`.
    pub is_satellite: Option<bool>,
    /// Clerk: `satelliteAutoSync`.
    #[serde(default)]
    pub satellite_auto_sync: bool,
    /// The satellites of this application, as origins.
    #[serde(default)]
    pub satellite_origins: Vec<String>,
    /// Clerk: `organizationSyncOptions.organizationPatterns`.
    #[serde(default)]
    pub organization_patterns: Vec<String>,
    /// Clerk: `organizationSyncOptions.personalAccountPatterns`.
    pub personal_account_patterns: Option<Vec<String>>,
    /// Whether `X-Forwarded-Host` and `X-Forwarded-Proto` tell the address the user sees. They do
    /// only where every peer is a proxy that sets or strips them.
    pub forwarded_headers: Option<Forwarded>,
    /// Files that hold the secrets that Clerk signs this instance's webhooks with.
    #[serde(default)]
    pub webhook_signing_secret_files: Vec<String>,
    /// Clerk's id of the instance, `ins_...`: webhooks about others are not taken in.
    pub instance_id: Option<String>,
    /// Whether every change of a user makes their tokens stale, for policies that read claims made of
    /// metadata.
    #[serde(default)]
    pub stale_on_user_update: bool,
    /// Hosts this instance serves: `shop.test` or `*.shop.test`.
    #[serde(default)]
    pub hosts: Vec<String>,
}

/// How Clerk is asked about opaque machine credentials: API keys and tokens that are no JWTs.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineTokensEntry {
    /// How long a credential that Clerk has vouched for counts without asking again, in milliseconds;
    /// one that is revoked counts for as long. 30,000 unless set.
    pub remember_ms: Option<u32>,
    /// How long one that Clerk does not know is refused without asking again, in milliseconds. 5,000
    /// unless set.
    pub remember_unknown_ms: Option<u32>,
    /// How many calls may go out in any ten seconds for each of the three kinds, at least 2. 30 for a
    /// development instance and 300 for a production instance unless set: all three stay below what
    /// Clerk allows in total, 100 and 1,000.
    pub calls_per_ten_seconds: Option<u32>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// What forwarded headers count for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Forwarded {
    /// Nothing.
    Ignored,
    /// The address the user sees.
    Trusted,
}

/// What becomes of a token that lacks a claim which settings constrain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// It is refused.
    Refuse,
    /// It is accepted.
    Accept,
}

/// What is heard of revocations.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationEntry {
    /// How long notices are kept, in seconds: as long as a token lives at most.
    pub retention_seconds: Option<u64>,
    /// How many sessions, users and organizations are kept.
    pub targets: Option<usize>,
    /// The Redis that replicas share events through.
    pub redis: Option<RedisEntry>,
}

/// The Redis that replicas share events through.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedisEntry {
    /// File that holds its address, `redis://` or `rediss://`, with its password.
    pub url_file: Option<String>,
    /// File of certificates to trust instead of the system's, as PEM.
    pub certificates_file: Option<String>,
    /// What the names of its keys begin with; `bailiff` unless set.
    pub prefix: Option<String>,
    /// How many events it holds, roughly.
    pub records: Option<usize>,
    /// What holds while it cannot be reached.
    pub when_away: Option<WhenAway>,
}

/// What holds while the shared log cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenAway {
    /// Decisions are made by what is known.
    Continue,
    /// Nobody who is signed in is let through.
    Refuse,
}

/// Logging.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogEntry {
    /// Filter, for instance `info`.
    pub filter: Option<String>,
    /// `json` or `text`.
    #[schemars(extend("enum" = ["json", "text", null]))]
    pub format: Option<String>,
    /// Whether decisions are logged with what replaying them needs; off unless set.
    pub replayable: Option<bool>,
}

/// The cache of verified tokens.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenCacheEntry {
    /// Bytes it may hold, for each instance.
    pub max_bytes: Option<u64>,
}

/// Why a settings file cannot be used.
#[derive(Debug, Error)]
pub enum SettingsFileError {
    /// It cannot be read.
    #[error("settings file `{path}` cannot be read: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not what a settings file looks like.
    #[error("settings file `{path}`, {problem}")]
    Parse {
        /// The file.
        path: String,
        /// Line, column and what is wrong there, in one line.
        problem: String,
    },
}

impl SettingsFile {
    /// The JSON Schema (draft 2020-12) of a settings file.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Reads and parses a settings file.
    ///
    /// # Errors
    /// [`SettingsFileError`] when the file is missing, malformed, or names an unknown setting.
    pub fn read(path: &Path) -> Result<Self, SettingsFileError> {
        let shown = path.display().to_string();
        let text = fs::read_to_string(path)
            .map_err(|source| SettingsFileError::Read { path: shown.clone(), source })?;
        Self::parse(&text).map_err(|problem| SettingsFileError::Parse { path: shown, problem })
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        // YAML 1.2: `off` is a text, and what a listener may be.
        let options = serde_saphyr::options! { strict_booleans: true };
        serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let place = error
                .location()
                .map(|place| format!("line {}, column {}: ", place.line(), place.column()))
                .unwrap_or_default();
            let message = error.without_snippet().to_string();
            let first = message.lines().next().unwrap_or_default();
            format!("{place}{first}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::SettingsFile;

    #[test]
    fn an_unknown_setting_is_named_with_its_place_in_one_line() {
        let problem = SettingsFile::parse("policy: p.yaml\nreflektion: true\n").unwrap_err();
        assert!(problem.starts_with("line 2, column 1: "), "{problem}");
        assert!(problem.contains("reflektion") && !problem.contains('\n'), "{problem}");
    }

    #[test]
    fn a_secret_key_cannot_be_written_into_the_file() {
        let problem = SettingsFile::parse("instances:\n  - secret_key: sk_test_abc\n").unwrap_err();
        assert!(problem.contains("secret_key"), "{problem}");
        assert!(!problem.contains("sk_test_abc"), "{problem}");
    }

    #[test]
    fn an_empty_file_sets_nothing() {
        assert!(SettingsFile::parse("\n# nothing\n").is_ok());
        assert!(SettingsFile::parse("").is_ok_and(|file| file.instances.is_empty()));
    }
}
