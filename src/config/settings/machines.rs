//! Settings about machine credentials.

use super::{SettingsError, instance::named_file};
use crate::{
    clerk::MachineOptions,
    config::{
        env::{self, Environment},
        file::{InstanceEntry, MachineTokensEntry},
    },
};
use secrecy::SecretString;
use std::{num::NonZeroU32, path::Path, time::Duration};

/// What is set about machine credentials of one instance.
#[derive(Clone, Debug)]
pub struct MachineSettings {
    /// The secret key of the machine that Bailiff stands for.
    pub secret_key: Option<SecretString>,
    /// Base address of the Backend API; `None`: Clerk's own.
    pub api_url: Option<String>,
    /// Whom tokens are for, and how long Clerk's word counts.
    pub options: MachineOptions,
    /// Calls in any ten seconds, for each kind of credential; `None`: by the kind of instance.
    pub calls_per_ten_seconds: Option<NonZeroU32>,
}

impl MachineSettings {
    /// Nothing set.
    #[must_use]
    pub const fn standard(api_url: Option<String>) -> Self {
        Self {
            secret_key: None,
            api_url,
            options: MachineOptions::STANDARD,
            calls_per_ten_seconds: None,
        }
    }

    pub(super) fn resolve(
        entry: &InstanceEntry,
        base: &Path,
        environment: &Environment,
    ) -> Result<Self, SettingsError> {
        let secret_key = match environment.get(env::MACHINE_SECRET_KEY) {
            Some(key) => Some(key.to_owned()),
            None => named_file(
                "machine_secret_key_file",
                base,
                entry.machine_secret_key_file.as_deref(),
            )?,
        };
        if secret_key.as_deref().is_some_and(|key| key.trim().starts_with("sk_")) {
            return Err(SettingsError::WrongKey {
                setting: "machine_secret_key_file` or `CLERK_MACHINE_SECRET_KEY",
                held: "the secret key of an instance",
                help: "it takes the secret key of a machine, which begins with `ak_`",
            });
        }
        let id = environment
            .get(env::MACHINE_ID)
            .map(str::to_owned)
            .or_else(|| entry.machine_id.clone());
        let MachineTokensEntry { remember_ms, remember_unknown_ms, calls_per_ten_seconds } =
            entry.machine_tokens;
        let standard = MachineOptions::STANDARD;
        let time = |millis: Option<u32>, standard| {
            millis.map_or(standard, |millis| Duration::from_millis(millis.into()))
        };
        Ok(Self {
            secret_key: secret_key.map(|key| SecretString::from(key.trim().to_owned())),
            api_url: environment
                .get(env::API_URL)
                .map(str::to_owned)
                .or_else(|| entry.api_url.clone()),
            options: MachineOptions {
                id: id.map(machine_id).transpose()?,
                remember: time(remember_ms, standard.remember),
                remember_unknown: time(remember_unknown_ms, standard.remember_unknown),
            },
            calls_per_ten_seconds: calls_per_ten_seconds.map(calls).transpose()?,
        })
    }
}

fn machine_id(text: String) -> Result<Box<str>, SettingsError> {
    let rest = text.strip_prefix("mch_").unwrap_or_default();
    if rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(SettingsError::Value {
            setting: "machine_id",
            value: text,
            expected: "the id of a machine, such as `mch_2xYz`",
        });
    }
    Ok(text.into())
}

fn calls(number: u32) -> Result<NonZeroU32, SettingsError> {
    NonZeroU32::new(number).filter(|number| number.get() >= 2).ok_or_else(|| SettingsError::Value {
        setting: "machine_tokens.calls_per_ten_seconds",
        value: number.to_string(),
        expected: "a number from 2 on",
    })
}

#[cfg(test)]
mod tests;
