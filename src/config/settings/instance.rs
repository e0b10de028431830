//! Settings of one Clerk instance.

use super::{Flags, MachineSettings, SettingsError, WebhookSettings, boolean, comma_list};
use crate::{
    clerk::{BrowserOptions, ForwardedHeaders, HandshakeMode, SatelliteOrigins},
    config::{
        env::{self, Environment},
        file::{Forwarded, InstanceEntry, Missing, Switch},
    },
    core::location::Origin,
};
use secrecy::SecretString;
use std::{fs, path::Path, time::Duration};

const DEFAULT_CLOCK_SKEW: Duration = Duration::from_secs(5);

/// One Clerk instance.
#[derive(Clone, Debug)]
pub struct InstanceSettings {
    /// Its name.
    pub name: String,
    /// Publishable key, as written.
    pub publishable_key: String,
    /// Where its keys come from.
    pub keys: KeySettings,
    /// The Backend API, where there is a secret key for it.
    pub backend_api: Option<BackendApiSettings>,
    /// How machine credentials are treated.
    pub machines: MachineSettings,
    /// How browsers are treated.
    pub browser: BrowserOptions,
    /// Accepted issuers; empty: the Frontend API's address.
    pub issuers: Vec<String>,
    /// Origins whose tokens are accepted; empty: every one.
    pub authorized_parties: Vec<String>,
    /// Whether a token without `azp` passes where authorized parties are set.
    pub accept_missing_azp: bool,
    /// Audiences; empty: not looked at.
    pub audience: Vec<String>,
    /// Whether a token without `aud` passes where audiences are set.
    pub accept_missing_audience: bool,
    /// Tolerated clock difference.
    pub clock_skew: Duration,
    /// Where it tells of events.
    pub webhook: WebhookSettings,
    /// Hosts it serves.
    pub hosts: Vec<String>,
}

/// The Backend API and the key to it.
#[derive(Clone, Debug)]
pub struct BackendApiSettings {
    /// Base address; `None`: Clerk's own.
    pub url: Option<String>,
    /// Secret key.
    pub secret_key: SecretString,
}

/// Where an instance's keys come from.
#[derive(Clone, Debug)]
pub enum KeySettings {
    /// A pinned public key; no network.
    Pinned(String),
    /// The Backend API.
    BackendApi,
    /// The Frontend API of the publishable key, or another address.
    FrontendApi {
        /// The key set's address; `None`: the instance's own.
        jwks_url: Option<String>,
    },
}

/// The instances of the file, or the one that the environment and the flags speak of.
pub(super) fn resolve_instances(
    mut entries: Vec<InstanceEntry>,
    base: &Path,
    environment: &Environment,
    flags: &Flags,
) -> Result<Vec<InstanceSettings>, SettingsError> {
    let about_instance = [
        env::PUBLISHABLE_KEY,
        env::SECRET_KEY,
        env::MACHINE_SECRET_KEY,
        env::MACHINE_ID,
        env::JWT_KEY,
        env::API_URL,
        env::AUTHORIZED_PARTIES,
        env::AUDIENCE,
        env::SIGN_IN_URL,
        env::SIGN_UP_URL,
        env::PROXY_URL,
        env::DOMAIN,
        env::IS_SATELLITE,
        env::WEBHOOK_SIGNING_SECRET,
    ];
    if entries.len() > 1 {
        if let Some(set) = about_instance.into_iter().find(|v| environment.get(*v).is_some()) {
            return Err(SettingsError::WhichInstance { variable: set.name });
        }
        if flags.publishable_key.is_some() {
            return Err(SettingsError::WhichInstance { variable: "--publishable-key" });
        }
    }
    if entries.is_empty() {
        entries.push(InstanceEntry::default());
    }
    let mut names = Vec::new();
    let mut instances = Vec::with_capacity(entries.len());
    for entry in entries {
        let instance = InstanceSettings::resolve(entry, base, environment, flags)?;
        if names.contains(&instance.name) {
            return Err(SettingsError::DuplicateInstance(instance.name));
        }
        names.push(instance.name.clone());
        instances.push(instance);
    }
    Ok(instances)
}

impl InstanceSettings {
    fn resolve(
        entry: InstanceEntry,
        base: &Path,
        environment: &Environment,
        flags: &Flags,
    ) -> Result<Self, SettingsError> {
        let owned = |variable| environment.get(variable).map(str::to_owned);
        let name = entry.name.clone().unwrap_or_else(|| "default".to_owned());
        let publishable_key = (flags.publishable_key.clone())
            .or_else(|| owned(env::PUBLISHABLE_KEY))
            .or_else(|| entry.publishable_key.clone())
            .ok_or(SettingsError::Missing {
                what: "publishable key",
                how: "set `publishable_key` for the instance, `CLERK_PUBLISHABLE_KEY` or `--publishable-key`",
            })?;
        let backend_api = BackendApiSettings::resolve(&entry, base, environment)?;
        let machines = MachineSettings::resolve(&entry, base, environment)?;
        let keys = KeySettings::resolve(&name, &entry, base, environment, backend_api.is_some())?;
        let webhook = WebhookSettings::resolve(&entry, base, environment)?;
        let browser = browser_options(&entry, environment, backend_api.is_some())?;
        let list = |variable, from_file: Vec<String>| {
            environment.get(variable).map_or(from_file, comma_list)
        };
        Ok(Self {
            name,
            publishable_key,
            keys,
            backend_api,
            machines,
            browser,
            issuers: entry.issuers,
            authorized_parties: list(env::AUTHORIZED_PARTIES, entry.authorized_parties),
            accept_missing_azp: entry.missing_azp == Some(Missing::Accept),
            audience: list(env::AUDIENCE, entry.audience),
            accept_missing_audience: entry.missing_audience == Some(Missing::Accept),
            clock_skew: entry
                .clock_skew_ms
                .map_or(DEFAULT_CLOCK_SKEW, |millis| Duration::from_millis(millis.into())),
            webhook,
            hosts: entry.hosts,
        })
    }
}

impl KeySettings {
    /// A pinned key wins over the network, since whoever pins one means it; a secret key, over the
    /// public key set.
    fn resolve(
        instance: &str,
        entry: &InstanceEntry,
        base: &Path,
        environment: &Environment,
        has_secret_key: bool,
    ) -> Result<Self, SettingsError> {
        let exclusive =
            |one, other| SettingsError::Exclusive { instance: instance.to_owned(), one, other };
        if entry.jwt_key.is_some() && entry.jwt_key_file.is_some() {
            return Err(exclusive("jwt_key", "jwt_key_file"));
        }
        let pinned = match environment.get(env::JWT_KEY) {
            Some(pem) => Some(pem.to_owned()),
            None => match &entry.jwt_key {
                Some(pem) => Some(pem.clone()),
                None => named_file("jwt_key_file", base, entry.jwt_key_file.as_deref())?,
            },
        };
        if let Some(pem) = pinned {
            if entry.jwks_url.is_some() {
                return Err(exclusive("jwt_key", "jwks_url"));
            }
            return Ok(Self::Pinned(pem));
        }
        Ok(match &entry.jwks_url {
            None if has_secret_key => Self::BackendApi,
            // An address of its own for the key set is the more specific wish.
            jwks_url => Self::FrontendApi { jwks_url: jwks_url.clone() },
        })
    }
}

impl BackendApiSettings {
    fn resolve(
        entry: &InstanceEntry,
        base: &Path,
        environment: &Environment,
    ) -> Result<Option<Self>, SettingsError> {
        let secret_key = match environment.get(env::SECRET_KEY) {
            Some(key) => Some(key.to_owned()),
            None => named_file("secret_key_file", base, entry.secret_key_file.as_deref())?,
        };
        // The two are easily confused: one of a machine begins like an API key.
        if secret_key.as_deref().is_some_and(|key| key.trim().starts_with("ak_")) {
            return Err(SettingsError::WrongKey {
                setting: "secret_key_file` or `CLERK_SECRET_KEY",
                held: "the secret key of a machine",
                help: "it takes the secret key of the instance, which begins with `sk_`; set \
                       `machine_secret_key_file` or `CLERK_MACHINE_SECRET_KEY` to this one",
            });
        }
        let url =
            environment.get(env::API_URL).map(str::to_owned).or_else(|| entry.api_url.clone());
        Ok(secret_key
            .map(|key| Self { url, secret_key: SecretString::from(key.trim().to_owned()) }))
    }
}

fn browser_options(
    entry: &InstanceEntry,
    environment: &Environment,
    has_secret_key: bool,
) -> Result<BrowserOptions, SettingsError> {
    let text = |variable, from_file: &Option<String>| {
        environment.get(variable).map(str::to_owned).or_else(|| from_file.clone())
    };
    let handshake = match entry.handshake {
        Some(Switch::On) => HandshakeMode::On,
        None if has_secret_key => HandshakeMode::On,
        Some(Switch::Off) | None => HandshakeMode::Off,
    };
    let is_satellite = match environment.get(env::IS_SATELLITE) {
        Some(text) => boolean("CLERK_IS_SATELLITE", text)?,
        None => entry.is_satellite.unwrap_or(false),
    };
    Ok(BrowserOptions {
        handshake,
        forwarded_headers: match entry.forwarded_headers {
            Some(Forwarded::Trusted) => ForwardedHeaders::Trusted,
            Some(Forwarded::Ignored) | None => ForwardedHeaders::Ignored,
        },
        proxy_url: text(env::PROXY_URL, &entry.proxy_url),
        domain: text(env::DOMAIN, &entry.domain),
        is_satellite,
        satellite_auto_sync: entry.satellite_auto_sync,
        satellite_origins: SatelliteOrigins::Listed(
            entry.satellite_origins.iter().map(|origin| Origin::new(origin)).collect(),
        ),
        sign_in_url: text(env::SIGN_IN_URL, &entry.sign_in_url),
        sign_up_url: text(env::SIGN_UP_URL, &entry.sign_up_url),
        organization_patterns: entry.organization_patterns.clone(),
        personal_account_patterns: entry.personal_account_patterns.clone(),
    })
}

/// The text of a file that a setting names, beside the settings file.
pub(super) fn named_file(
    setting: &'static str,
    base: &Path,
    path: Option<&str>,
) -> Result<Option<String>, SettingsError> {
    path.map(|path| read_named_file(setting, &base.join(path))).transpose()
}

pub(super) fn read_named_file(setting: &'static str, path: &Path) -> Result<String, SettingsError> {
    fs::read_to_string(path).map_err(|source| SettingsError::NamedFile {
        setting,
        path: path.to_owned(),
        source,
    })
}
