//! Settings of what comes from Clerk by webhook, where it is kept, and who may hear of it.

use super::{
    Flags, InstanceSettings, SettingsError, comma_list,
    instance::{named_file, read_named_file},
    listeners,
};
use crate::{
    config::{
        env::{self, Environment},
        file::{InstanceEntry, ListenerEntry, RedisEntry, RevocationEntry, Switch, WhenAway},
    },
    serve::listener::ListenerSettings,
};
use secrecy::SecretString;
use std::{path::Path, time::Duration};

const DEFAULT_WEBHOOK: &str = "127.0.0.1:9193";
const DEFAULT_RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
const DEFAULT_TARGETS: usize = 1_000_000;
const DEFAULT_RECORDS: usize = 50_000;
/// Clerk delivers a message again for about 28 hours.
const IDS_REMEMBERED: Duration = Duration::from_secs(48 * 60 * 60);

/// The webhook endpoint of one instance.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Signing secrets; none: the instance has no endpoint.
    pub secrets: Vec<SecretString>,
    /// Its id at Clerk, `ins_...`.
    pub instance_id: Option<String>,
    /// Whether every change of a user makes their tokens stale.
    pub stale_on_user_update: bool,
}

/// What concerns events of all instances.
#[derive(Clone, Debug)]
pub struct EventSettings {
    /// Where webhooks arrive, if they do.
    pub webhook: Option<ListenerSettings>,
    /// How long notices are kept: as long as a token lives at most.
    pub retention: Duration,
    /// How many sessions, users and organizations are kept at most.
    pub targets: usize,
    /// The shared log, where there is one.
    pub redis: Option<RedisSettings>,
    /// Whether services may subscribe.
    pub subscriptions: bool,
    /// What operators show, where they may give orders.
    pub operator_token: Option<SecretString>,
    /// Names of which a client's certificate has one where an operator calls.
    pub operator_clients: Vec<Box<str>>,
}

/// The shared log.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// Address, with its password.
    pub url: SecretString,
    /// Certificates to trust instead of the system's, as PEM.
    pub certificates: Option<String>,
    /// What the names of its keys begin with.
    pub prefix: String,
    /// How many records it holds, roughly.
    pub records: usize,
    /// How long the ids of messages are remembered.
    pub ids: Duration,
    /// What holds while it cannot be reached.
    pub when_away: WhenAway,
}

impl WebhookSettings {
    /// No endpoint.
    pub const NONE: Self =
        Self { secrets: Vec::new(), instance_id: None, stale_on_user_update: false };

    pub(super) fn resolve(
        entry: &InstanceEntry,
        base: &Path,
        environment: &Environment,
    ) -> Result<Self, SettingsError> {
        let secrets = match environment.get(env::WEBHOOK_SIGNING_SECRET) {
            Some(list) => comma_list(list),
            None => entry
                .webhook_signing_secret_files
                .iter()
                .map(|path| read_named_file("webhook_signing_secret_files", &base.join(path)))
                .collect::<Result<_, _>>()?,
        };
        Ok(Self {
            secrets: secrets.into_iter().map(SecretString::from).collect(),
            instance_id: entry.instance_id.clone(),
            stale_on_user_update: entry.stale_on_user_update,
        })
    }
}

impl EventSettings {
    /// Nothing arrives, and nobody subscribes or gives orders.
    pub const NONE: Self = Self {
        webhook: None,
        retention: DEFAULT_RETENTION,
        targets: DEFAULT_TARGETS,
        redis: None,
        subscriptions: false,
        operator_token: None,
        operator_clients: Vec::new(),
    };

    pub(super) fn resolve(
        entry: RevocationEntry,
        listener: Option<ListenerEntry>,
        events: Option<Switch>,
        (operator_token_file, instances): (Option<String>, &[InstanceSettings]),
        base: &Path,
        (environment, flags): (&Environment, &Flags),
    ) -> Result<Self, SettingsError> {
        let owned = |variable| environment.get(variable).map(str::to_owned);
        let RevocationEntry { retention_seconds, targets, redis } = entry;
        let expected = instances.iter().any(|instance| !instance.webhook.secrets.is_empty());
        let flag = ("--webhook", flags.webhook.as_deref());
        let listener =
            listeners::one("listeners.webhook", flag, env::WEBHOOK, environment, listener)?;
        let webhook = match (listener, expected) {
            (None, false) => None,
            (Some(ListenerEntry::Address(text)), _) if text == "off" => None,
            (Some(_), false) => {
                return Err(SettingsError::Missing {
                    what: "webhook signing secret",
                    how: "set `webhook_signing_secret_files` for an instance or `CLERK_WEBHOOK_SIGNING_SECRET`, or leave `listeners.webhook` out",
                });
            }
            (Some(entry), true) => Some(listeners::listener("listeners.webhook", entry, base)?),
            (None, true) => {
                let entry = ListenerEntry::Address(DEFAULT_WEBHOOK.to_owned());
                Some(listeners::listener("listeners.webhook", entry, base)?)
            }
        };
        let token = match owned(env::OPERATOR_TOKEN) {
            Some(token) => Some(token),
            None => named_file("operator_token_file", base, operator_token_file.as_deref())?,
        };
        let subscriptions = match environment.get(env::EVENTS) {
            None => events == Some(Switch::On),
            Some("on") => true,
            Some("off") => false,
            Some(other) => {
                return Err(SettingsError::Value {
                    setting: "BAILIFF_EVENTS",
                    value: other.to_owned(),
                    expected: "`on` or `off`",
                });
            }
        };
        Ok(Self {
            webhook,
            retention: retention_seconds.map_or(DEFAULT_RETENTION, Duration::from_secs),
            targets: targets.unwrap_or(DEFAULT_TARGETS),
            redis: RedisSettings::resolve(redis, base, environment)?,
            subscriptions,
            operator_token: token.map(SecretString::from),
            operator_clients: Vec::new(),
        })
    }
}

impl RedisSettings {
    fn resolve(
        entry: Option<RedisEntry>,
        base: &Path,
        environment: &Environment,
    ) -> Result<Option<Self>, SettingsError> {
        let from_environment = environment.get(env::REDIS_URL).map(str::to_owned);
        if entry.is_none() && from_environment.is_none() {
            return Ok(None);
        }
        let entry = entry.unwrap_or_default();
        let url = match from_environment {
            Some(url) => Some(url),
            None => named_file("revocation.redis.url_file", base, entry.url_file.as_deref())?,
        };
        let url = url.ok_or(SettingsError::Missing {
            what: "address of Redis",
            how: "set `revocation.redis.url_file` or `BAILIFF_REDIS_URL`",
        })?;
        let certificates = entry.certificates_file.as_deref();
        Ok(Some(Self {
            url: SecretString::from(url.trim().to_owned()),
            certificates: named_file("revocation.redis.certificates_file", base, certificates)?,
            prefix: entry.prefix.unwrap_or_else(|| "bailiff".to_owned()),
            records: entry.records.unwrap_or(DEFAULT_RECORDS),
            ids: IDS_REMEMBERED,
            when_away: entry.when_away.unwrap_or(WhenAway::Continue),
        }))
    }
}
