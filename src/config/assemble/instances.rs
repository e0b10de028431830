//! One Clerk instance: its keys, its calls and what its tokens must be.

use crate::{
    authorizer::InstanceEntry,
    clerk::{
        Authenticator, BrowserSettings, BrowserSettingsError, ClockSkew, Connected, Counters,
        HandshakeMode, Instance, PublishableKey, PublishableKeyError, SecretKey, VerifiedTokens,
        WhenMissing,
        backend_api::{
            ApiBase, ApiBaseError, BackendApi, CallLimits, GuardedTransport, HttpTransport,
            MachineTokenApi, MachineTransports, NoSecretKey, PlainHttp, Transport,
        },
        keys::{Key, KeyError, KeySource, KeySourceError, Keys, RotationPolicy},
    },
    config::settings::{BackendApiSettings, InstanceSettings, KeySettings, MachineSettings},
    core::{
        clock::SharedClock,
        host_table::{HostPattern, HostPatternError},
        id::InstanceName,
        location::Origin,
    },
};
use secrecy::SecretString;
use std::{num::NonZeroU32, sync::Arc};
use thiserror::Error;

/// Calls about each of the three kinds of machine credentials in any ten seconds. Together they stay
/// below what Clerk allows in total: 100 for a development instance, 1,000 for a production instance.
const DEVELOPMENT_CALLS: NonZeroU32 = NonZeroU32::new(30).unwrap();
const PRODUCTION_CALLS: NonZeroU32 = NonZeroU32::new(300).unwrap();

/// What is wrong with the settings of one instance.
#[derive(Debug, Error)]
pub enum InstanceError {
    /// The publishable key.
    #[error("`publishable_key`: {0}")]
    PublishableKey(#[from] PublishableKeyError),
    /// The pinned key.
    #[error("`jwt_key`: {0}")]
    PinnedKey(#[from] KeyError),
    /// An address of Clerk's.
    #[error("`{setting}`: {problem}")]
    Address {
        /// The setting.
        setting: &'static str,
        /// What is wrong.
        problem: ApiBaseError,
    },
    /// The address of the key set.
    #[error(transparent)]
    KeySource(#[from] KeySourceError),
    /// Options that concern browsers.
    #[error(transparent)]
    Browser(#[from] BrowserSettingsError),
    /// A host.
    #[error("`hosts`: `{host}`: {problem}")]
    Host {
        /// As it is written.
        host: String,
        /// What is wrong.
        problem: HostPatternError,
    },
}

/// What the instances have in common.
pub(super) struct Shared {
    pub(super) clock: SharedClock,
    pub(super) transport: Arc<HttpTransport>,
    pub(super) tokens: Arc<VerifiedTokens>,
}

impl Shared {
    pub(super) fn instance(
        &self,
        settings: InstanceSettings,
    ) -> Result<InstanceEntry, InstanceError> {
        let InstanceSettings {
            name,
            publishable_key,
            keys,
            backend_api,
            machines,
            browser,
            issuers,
            authorized_parties,
            accept_missing_azp,
            audience,
            accept_missing_audience,
            clock_skew,
            hosts,
            webhook: _,
        } = settings;
        let when_missing = |accept| {
            if accept { WhenMissing::Accept } else { WhenMissing::Refuse }
        };
        let publishable_key = PublishableKey::parse(&publishable_key)?;
        let counters = Arc::new(Counters::default());
        let backend_api = backend_api.map(Backend::of).transpose()?;
        let keys = self.keys(keys, &publishable_key, backend_api.as_ref(), &counters)?;
        let secret_key =
            if backend_api.is_some() { SecretKey::Configured } else { SecretKey::Missing };
        let handshakes = browser.handshake == HandshakeMode::On;
        let browser = BrowserSettings::new(browser, &publishable_key, secret_key)?;
        if handshakes && !authorized_parties.is_empty() && !accept_missing_azp {
            tracing::warn!(
                instance = name,
                "`missing_azp: refuse` refuses the sessions that handshakes bring: Clerk mints them \
                 without an Origin; set `missing_azp: accept` if browsers are to stay signed in"
            );
        }
        let name = InstanceName::new(&name);
        let authorized_parties: Vec<Origin> =
            authorized_parties.iter().map(|origin| Origin::new(origin)).collect();
        let machine_tokens =
            self.machine_tokens(&machines, &publishable_key, backend_api.as_ref(), &counters)?;
        let mut instance = Instance::new(name.clone(), publishable_key);
        instance.machines = machines.options;
        instance.issuers = issuers.into_iter().map(String::into_boxed_str).collect();
        instance.authorized_parties.clone_from(&authorized_parties);
        instance.missing_azp = when_missing(accept_missing_azp);
        instance.audiences = audience.into_iter().map(String::into_boxed_str).collect();
        instance.missing_audience = when_missing(accept_missing_audience);
        let skew = i64::try_from(clock_skew.as_millis()).unwrap_or(i64::MAX);
        instance.clock_skew = ClockSkew::from_millis(skew);
        instance.browser = browser;
        let backend_api = backend_api.map(|Backend { base, secret_key }| {
            BackendApi::new(base, secret_key, self.guarded(CallLimits::STANDARD, &counters))
        });
        let outside = Connected { keys, backend_api, machine_tokens };
        Ok(InstanceEntry {
            name,
            authenticator: Authenticator::new(
                instance,
                outside,
                Arc::clone(&self.tokens),
                counters,
            ),
            hosts: patterns(hosts)?,
            authorized_parties,
        })
    }

    /// For calls that a request waits for; keys are fetched in the background and on their own.
    fn guarded(&self, limits: CallLimits, counters: &Arc<Counters>) -> Arc<dyn Transport> {
        Arc::new(GuardedTransport::new(
            Arc::clone(&self.transport) as _,
            limits,
            self.clock.clone(),
            Arc::clone(counters),
        ))
    }

    /// What Clerk can be asked about opaque machine credentials with: either secret key will do.
    fn machine_tokens(
        &self,
        settings: &MachineSettings,
        publishable_key: &PublishableKey,
        backend_api: Option<&Backend>,
        counters: &Arc<Counters>,
    ) -> Result<Option<MachineTokenApi>, InstanceError> {
        let base = base("api_url", settings.api_url.as_deref().unwrap_or(ApiBase::BACKEND_API))?;
        let calls = settings.calls_per_ten_seconds.unwrap_or(if publishable_key.is_development() {
            DEVELOPMENT_CALLS
        } else {
            PRODUCTION_CALLS
        });
        let transports =
            MachineTransports::each(|| self.guarded(CallLimits::at_rate(calls), counters));
        let secret_key = backend_api.map(|backend| backend.secret_key.clone());
        let machine_secret_key = settings.secret_key.clone();
        match MachineTokenApi::new(base, secret_key, machine_secret_key, transports) {
            Ok(api) => Ok(Some(api)),
            Err(NoSecretKey) => Ok(None),
        }
    }

    fn keys(
        &self,
        settings: KeySettings,
        publishable_key: &PublishableKey,
        backend_api: Option<&Backend>,
        counters: &Arc<Counters>,
    ) -> Result<Keys, InstanceError> {
        let source = match (settings, backend_api) {
            (KeySettings::Pinned(pem), _) => return Ok(Keys::pinned(Key::from_pem(&pem)?)),
            (KeySettings::BackendApi, Some(Backend { base, secret_key })) => {
                KeySource::backend_api(base, secret_key.clone())?
            }
            (KeySettings::FrontendApi { jwks_url: Some(url) }, _) => {
                KeySource::at(&base("jwks_url", &url)?)
            }
            (KeySettings::FrontendApi { jwks_url: None } | KeySettings::BackendApi, _) => {
                let host = publishable_key.frontend_api_host();
                let base = ApiBase::frontend_api(host).map_err(|problem| {
                    InstanceError::Address { setting: "publishable_key", problem }
                })?;
                KeySource::frontend_api(&base)?
            }
        };
        Ok(Keys::fetched(
            source,
            Arc::clone(&self.transport) as _,
            self.clock.clone(),
            RotationPolicy::STANDARD,
            Arc::clone(counters),
        ))
    }
}

/// The Backend API, its address understood.
struct Backend {
    base: ApiBase,
    secret_key: SecretString,
}

impl Backend {
    fn of(settings: BackendApiSettings) -> Result<Self, InstanceError> {
        let BackendApiSettings { url, secret_key } = settings;
        let base = base("api_url", url.as_deref().unwrap_or(ApiBase::BACKEND_API))?;
        Ok(Self { base, secret_key })
    }
}

fn base(setting: &'static str, text: &str) -> Result<ApiBase, InstanceError> {
    ApiBase::parse(text, PlainHttp::LoopbackOnly)
        .map_err(|problem| InstanceError::Address { setting, problem })
}

fn patterns(hosts: Vec<String>) -> Result<Vec<HostPattern>, InstanceError> {
    let pattern = |host: String| {
        HostPattern::parse(&host).map_err(|problem| InstanceError::Host { host, problem })
    };
    hosts.into_iter().map(pattern).collect()
}
