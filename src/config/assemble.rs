//! From settings to running parts: the only place where they are put together.

mod events;

use super::{
    advice,
    policies::{FollowedPolicies, PolicySettings},
    policy_loader::{PolicyLoadError, Trial},
    readiness::{self, Following},
    settings::{
        BackendApiSettings, InstanceSettings, KeySettings, MachineSettings, Settings,
        WebhookSettings,
    },
};
#[cfg(feature = "redis")]
use crate::revocation::shared::RedisAddressError;
use crate::{
    authorizer::{
        Authorizer, InstanceEntry, Instances, InstancesError, intake::Intake, operators::WeakToken,
    },
    clerk::{
        Authenticator, BrowserSettings, BrowserSettingsError, ClockSkew, Connected, Counters,
        HandshakeMode, Instance, PublishableKey, PublishableKeyError, SecretKey, VerifiedTokens,
        WhenMissing,
        backend_api::{
            ApiBase, ApiBaseError, BackendApi, CallLimits, GuardedTransport, HttpTransport,
            HttpTransportError, MachineTokenApi, MachineTransports, NoSecretKey, PlainHttp,
            Transport,
        },
        keys::{Key, KeyError, KeySource, KeySourceError, Keys, RotationPolicy},
        webhook::SigningSecretError,
    },
    core::{
        clock::{SharedClock, SystemClock},
        host_table::{HostPattern, HostPatternError},
        id::InstanceName,
        location::Origin,
    },
    reload::{self, PolicyStatus},
    serve::{
        Doors, PanicHook, ServeOptions,
        admin::AdminPages,
        http::webhook::WebhookDoor,
        listener::{DEFAULT_SOCKET_MODE, ListenAddress, ListenError, Listener},
        respond::Disclosure,
    },
    telemetry::metrics::{InstanceEvent, Metrics, MetricsError},
};
use events::{Events, Forgetting};
use secrecy::SecretString;
use std::{io, num::NonZeroU32, sync::Arc, time::Duration};
use thiserror::Error;

/// How long health checks say that we are leaving before connections are told to go.
const LEAVE: Duration = Duration::from_secs(2);
/// How long calls under way may take after that.
const DRAIN: Duration = Duration::from_secs(10);

/// Calls about each of the three kinds of machine credentials in any ten seconds. Together they stay
/// below what Clerk allows in total: 100 for a development instance, 1,000 for a production instance.
const DEVELOPMENT_CALLS: NonZeroU32 = NonZeroU32::new(30).unwrap();
const PRODUCTION_CALLS: NonZeroU32 = NonZeroU32::new(300).unwrap();

/// A Bailiff that listens already and does not serve yet.
#[derive(Debug)]
pub struct Parts {
    /// Decides.
    pub authorizer: Arc<Authorizer>,
    /// Where it is asked.
    pub doors: Doors,
    /// How it serves.
    pub options: ServeOptions,
    /// What must live as long as it serves.
    pub background: Background,
}

/// What goes on as long as it is held.
#[derive(Debug)]
pub struct Background {
    _readiness: Following,
    _policies: Vec<reload::Handle>,
    _forgetting: Forgetting,
}

/// Why the parts cannot be put together.
#[derive(Debug, Error)]
pub enum AssembleError {
    /// The policy.
    #[error(transparent)]
    Policy(#[from] PolicyLoadError),
    /// Changes of its files cannot be followed.
    #[error("changes of the policy cannot be followed")]
    Follow(#[source] io::Error),
    /// Something about one instance.
    #[error("instance `{instance}`: {problem}")]
    Instance {
        /// Its name.
        instance: String,
        /// What is wrong.
        #[source]
        problem: InstanceError,
    },
    /// Something about all of them.
    #[error(transparent)]
    Instances(#[from] InstancesError),
    /// A secret that webhooks are signed with.
    #[error("instance `{instance}`: {problem}")]
    WebhookSecret {
        /// The instance.
        instance: String,
        /// What is wrong with it.
        problem: SigningSecretError,
    },
    /// The credential of operators.
    #[error(transparent)]
    OperatorToken(#[from] WeakToken),
    /// The shared log.
    #[cfg(feature = "redis")]
    #[error(transparent)]
    Redis(#[from] RedisAddressError),
    /// The shared log, where none can be spoken to.
    #[cfg(not(feature = "redis"))]
    #[error("`revocation.redis` is set, and this build cannot speak to Redis")]
    WithoutRedis,
    /// HTTPS cannot be spoken.
    #[error("HTTPS cannot be set up")]
    Transport(#[from] HttpTransportError),
    /// Metrics.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A listener.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

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

/// Puts everything together and opens the listeners. Policies are tried with `trial` before they come
/// into force. Must be called within a Tokio runtime.
///
/// # Errors
/// [`AssembleError`] names what does not hold.
pub async fn assemble(settings: Settings, trial: Trial) -> Result<Parts, AssembleError> {
    let Settings {
        policy,
        next_policy,
        reload,
        instances,
        grpc,
        admin,
        events,
        reflection,
        explain,
        log,
        token_cache_bytes,
    } = settings;
    let clock: SharedClock = Arc::new(SystemClock);
    let metrics = Arc::new(Metrics::new()?);
    let policies = PolicySettings { live: policy, next: next_policy, reload };
    let policies = FollowedPolicies::load(policies, trial, &metrics, &clock)?;
    advice::about_machines(&policies.in_force().now().live, &instances);
    let shared = Shared {
        clock: clock.clone(),
        transport: Arc::new(HttpTransport::new()?),
        tokens: Arc::new(VerifiedTokens::new(token_cache_bytes)),
    };
    let webhooks: Vec<(InstanceName, WebhookSettings)> = instances
        .iter()
        .map(|settings| (InstanceName::new(&settings.name), settings.webhook.clone()))
        .collect();
    let entries = instances
        .into_iter()
        .map(|settings| {
            let name = settings.name.clone();
            shared
                .instance(settings)
                .map_err(|problem| AssembleError::Instance { instance: name, problem })
        })
        .collect::<Result<Vec<_>, _>>()?;
    observe(&metrics, &entries);
    let instances = Instances::new(entries)?;
    let Events { revocations, intake, feed, operators, forgetting } =
        events::assemble(&events, &webhooks, &clock).await?;
    // Whoever waits for `ready` in the log finds every listener open.
    let grpc = open_all("grpc", &grpc).await?;
    let admin = match admin {
        Some(address) => Some(open("admin", &address).await?),
        None => None,
    };
    let webhook = match (&events.webhook, intake) {
        (Some(address), Some(intake)) => {
            Some((open("webhook", address).await?, webhook_door(intake, &clock, &metrics)))
        }
        _ => None,
    };
    let (ready, following) = readiness::of_all(instances.readiness());
    let in_force = policies.in_force();
    let authorizer =
        Authorizer::new(in_force, instances, clock, Arc::clone(&metrics), ready, revocations);
    let authorizer = Arc::new(authorizer.with_log_detail(log.detail));
    let statuses = policies.statuses();
    let admin = admin.map(|listener| (listener, pages(&metrics, &authorizer, statuses)));
    let followed = policies.follow().map_err(AssembleError::Follow)?;
    let background =
        Background { _readiness: following, _policies: followed, _forgetting: forgetting };
    let doors = Doors { grpc, admin, webhook };
    let options = ServeOptions {
        reflection,
        explain,
        disclosure: Disclosure { rule: false },
        leave: LEAVE,
        drain: DRAIN,
        events: feed,
        operators,
        on_panic: PanicHook::new(move |door| metrics.panicked(door.as_str())),
    };
    Ok(Parts { authorizer, doors, options, background })
}

/// What the instances have in common.
struct Shared {
    clock: SharedClock,
    transport: Arc<HttpTransport>,
    tokens: Arc<VerifiedTokens>,
}

impl Shared {
    fn instance(&self, settings: InstanceSettings) -> Result<InstanceEntry, InstanceError> {
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

async fn open_all(name: &str, addresses: &[ListenAddress]) -> Result<Vec<Listener>, ListenError> {
    let mut listeners = Vec::with_capacity(addresses.len());
    for address in addresses {
        listeners.push(open(name, address).await?);
    }
    Ok(listeners)
}

async fn open(name: &str, address: &ListenAddress) -> Result<Listener, ListenError> {
    let listener = Listener::bind(address, DEFAULT_SOCKET_MODE).await?;
    tracing::info!(listener = name, address = %listener.address(), "listening");
    if !address.is_local() {
        tracing::warn!(
            listener = name,
            "other machines can connect: whoever can, can try tokens; put it behind mTLS or a network policy"
        );
    }
    Ok(listener)
}

fn webhook_door(intake: Arc<Intake>, clock: &SharedClock, metrics: &Arc<Metrics>) -> WebhookDoor {
    let metrics = Arc::clone(metrics);
    let count = Arc::new(move |outcome| metrics.webhook(outcome));
    WebhookDoor { intake, clock: clock.clone(), count }
}

fn pages(
    metrics: &Arc<Metrics>,
    authorizer: &Arc<Authorizer>,
    policies: Vec<PolicyStatus>,
) -> AdminPages {
    let (metrics, authorizer) = (Arc::clone(metrics), Arc::clone(authorizer));
    AdminPages {
        metrics: Arc::new(move || metrics.page()),
        missing: Arc::new(move || authorizer.missing()),
        detail: Arc::new(move || policies.iter().flat_map(PolicyStatus::lines).collect()),
    }
}

fn observe(metrics: &Metrics, entries: &[InstanceEntry]) {
    let kept: Vec<(InstanceName, Arc<Counters>)> = entries
        .iter()
        .map(|entry| (entry.name.clone(), Arc::clone(entry.authenticator.counters())))
        .collect();
    metrics.observe_instances(move |tell| {
        for (name, counters) in &kept {
            for (event, counter) in counters.by_name() {
                tell(InstanceEvent { instance: name.as_str(), event, count: counter.get() });
            }
        }
    });
}
