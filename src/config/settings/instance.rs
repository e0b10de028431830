//! Settings of one Clerk instance.

use super::{Flags, SettingsError, comma_list};
use crate::config::{
    env::{self, Environment},
    file::{InstanceEntry, Missing},
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
    /// Hosts it serves.
    pub hosts: Vec<String>,
}

/// Where an instance's keys come from.
#[derive(Clone, Debug)]
pub enum KeySettings {
    /// A pinned public key; no network.
    Pinned(String),
    /// The Backend API, with the secret key.
    BackendApi {
        /// Base address; `None`: Clerk's own.
        api_url: Option<String>,
        /// Secret key.
        secret_key: SecretString,
    },
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
        env::JWT_KEY,
        env::API_URL,
        env::AUTHORIZED_PARTIES,
        env::AUDIENCE,
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
        let keys = KeySettings::resolve(&name, &entry, base, environment)?;
        let list = |variable, from_file: Vec<String>| {
            environment.get(variable).map_or(from_file, comma_list)
        };
        Ok(Self {
            name,
            publishable_key,
            keys,
            issuers: entry.issuers,
            authorized_parties: list(env::AUTHORIZED_PARTIES, entry.authorized_parties),
            accept_missing_azp: entry.missing_azp == Some(Missing::Accept),
            audience: list(env::AUDIENCE, entry.audience),
            accept_missing_audience: entry.missing_audience == Some(Missing::Accept),
            clock_skew: entry
                .clock_skew_ms
                .map_or(DEFAULT_CLOCK_SKEW, |millis| Duration::from_millis(millis.into())),
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
    ) -> Result<Self, SettingsError> {
        let exclusive =
            |one, other| SettingsError::Exclusive { instance: instance.to_owned(), one, other };
        if entry.jwt_key.is_some() && entry.jwt_key_file.is_some() {
            return Err(exclusive("jwt_key", "jwt_key_file"));
        }
        let from_file = |setting, path: &Option<String>| {
            path.as_ref().map(|path| read_named_file(setting, &base.join(path))).transpose()
        };
        let pinned = match environment.get(env::JWT_KEY) {
            Some(pem) => Some(pem.to_owned()),
            None => match &entry.jwt_key {
                Some(pem) => Some(pem.clone()),
                None => from_file("jwt_key_file", &entry.jwt_key_file)?,
            },
        };
        let secret_key = match environment.get(env::SECRET_KEY) {
            Some(key) => Some(key.to_owned()),
            None => from_file("secret_key_file", &entry.secret_key_file)?,
        };
        if let Some(pem) = pinned {
            if entry.jwks_url.is_some() {
                return Err(exclusive("jwt_key", "jwks_url"));
            }
            return Ok(Self::Pinned(pem));
        }
        match (secret_key, &entry.jwks_url) {
            (Some(secret_key), None) => Ok(Self::BackendApi {
                api_url: environment
                    .get(env::API_URL)
                    .map(str::to_owned)
                    .or_else(|| entry.api_url.clone()),
                secret_key: SecretString::from(secret_key.trim().to_owned()),
            }),
            // An address of one's own for the key set is the more specific wish.
            (_, jwks_url) => Ok(Self::FrontendApi { jwks_url: jwks_url.clone() }),
        }
    }
}

fn read_named_file(setting: &'static str, path: &Path) -> Result<String, SettingsError> {
    fs::read_to_string(path).map_err(|source| SettingsError::NamedFile {
        setting,
        path: path.to_owned(),
        source,
    })
}
