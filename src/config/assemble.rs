//! From settings to running parts: the only place where they are put together.

mod events;
mod http;
mod instances;
mod listeners;
mod telemetry;

use super::{
    advice,
    policies::{FollowedPolicies, PolicySettings},
    policy_loader::{PolicyLoadError, Trial},
    readiness::{self, Following},
    settings::{Settings, WebhookSettings},
};
#[cfg(feature = "redis")]
use crate::revocation::shared::RedisAddressError;
use crate::{
    authorizer::{
        Authorizer, InstanceEntry, Instances, InstancesError, intake::Intake, operators::WeakToken,
    },
    clerk::{
        Counters, VerifiedTokens,
        backend_api::{HttpTransport, HttpTransportError},
        webhook::SigningSecretError,
    },
    core::{
        clock::{SharedClock, SystemClock},
        id::InstanceName,
    },
    reload::{self, PolicyStatus},
    revocation::log::EventLog,
    serve::{
        Doors, PanicHook, ServeOptions,
        admin::AdminPages,
        http::webhook::WebhookDoor,
        listener::{ListenError, tls::Protocols},
        respond::Disclosure,
    },
    telemetry::{
        Telemetry,
        metrics::{InstanceEvent, Metrics},
    },
};
pub use instances::InstanceError;
pub use telemetry::telemetry;

use events::{Events, Forgetting};
use instances::Shared;
use listeners::{Encrypted, Listeners};
use std::{io, sync::Arc};
use telemetry::Reopening;
use thiserror::Error;

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
    _reopening: Reopening,
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
    /// A listener.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

/// Puts everything together and opens the listeners. Policies are tried with `trial` before they come
/// into force. Must be called within a Tokio runtime.
///
/// # Errors
/// [`AssembleError`] names what does not hold.
pub async fn assemble(
    settings: Settings,
    trial: Trial,
    telemetry: &Telemetry,
) -> Result<Parts, AssembleError> {
    let Settings {
        policy,
        next_policy,
        reload,
        instances,
        grpc,
        http,
        admin,
        events,
        reflection,
        explain,
        dynamic_metadata,
        limits,
        log,
        decision_log: _,
        telemetry: _,
        token_cache_bytes,
    } = settings;
    let clock: SharedClock = Arc::new(SystemClock);
    let metrics = Arc::clone(telemetry.metrics());
    let decisions = Arc::clone(telemetry.decisions());
    let reopening = Reopening::on_hangup(Arc::clone(&decisions)).map_err(AssembleError::Follow)?;
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
    let Events { revocations, intake, feed, operators, forgetting, log: event_log } =
        events::assemble(&events, &webhooks, &clock).await?;
    events::observe(&metrics, &event_log);
    // Whoever waits for `ready` in the log finds every listener open.
    let mut listeners = Listeners::new(clock.clone(), limits.serve);
    let grpc = listeners.open_all("grpc", grpc, Protocols::Http2).await?;
    let http = http::open_doors(http, &mut listeners).await?;
    let admin = match admin {
        Some(settings) => Some(listeners.open("admin", settings, Protocols::Http1).await?),
        None => None,
    };
    let webhook = match (&events.webhook, intake) {
        (Some(settings), Some(intake)) => {
            let listener = listeners.open("webhook", settings.clone(), Protocols::Http1).await?;
            Some((listener, webhook_door(intake, &clock, &metrics)))
        }
        _ => None,
    };
    let (ready, following) = readiness::of_all(instances.readiness());
    let in_force = policies.in_force();
    let authorizer =
        Authorizer::new(in_force, instances, clock, Arc::clone(&metrics), ready, revocations);
    let authorizer =
        authorizer.with_decision_log(decisions, log.detail).with_tracing(telemetry.tracing());
    let authorizer = Arc::new(authorizer.with_most_at_once(limits.decisions_at_once));
    let detail = Detail {
        policies: policies.statuses(),
        encrypted: listeners.observed_by(&metrics),
        log: event_log,
    };
    let admin = admin.map(|listener| (listener, pages(&metrics, &authorizer, detail)));
    let followed = policies.follow().map_err(AssembleError::Follow)?;
    let background = Background {
        _readiness: following,
        _policies: followed,
        _forgetting: forgetting,
        _reopening: reopening,
    };
    let doors = Doors { grpc, http, admin, webhook };
    let options = ServeOptions {
        reflection,
        explain,
        disclosure: Disclosure { rule: false },
        metadata: dynamic_metadata,
        limits: limits.serve,
        events: feed,
        operators,
        on_panic: PanicHook::new(move |door| metrics.panicked(door)),
    };
    Ok(Parts { authorizer, doors, options, background })
}

fn webhook_door(intake: Arc<Intake>, clock: &SharedClock, metrics: &Arc<Metrics>) -> WebhookDoor {
    let metrics = Arc::clone(metrics);
    let count = Arc::new(move |outcome| metrics.webhook(outcome));
    WebhookDoor { intake, clock: clock.clone(), count }
}

/// What is good to know besides whether all is well.
struct Detail {
    policies: Vec<PolicyStatus>,
    encrypted: Encrypted,
    log: EventLog,
}

fn pages(
    metrics: &Arc<Metrics>,
    authorizer: &Arc<Authorizer>,
    Detail { policies, encrypted, log }: Detail,
) -> AdminPages {
    let (metrics, authorizer) = (Arc::clone(metrics), Arc::clone(authorizer));
    AdminPages {
        metrics: Arc::new(move || metrics.page()),
        missing: Arc::new(move || authorizer.missing()),
        detail: Arc::new(move || {
            let of_policies = policies.iter().flat_map(PolicyStatus::lines);
            let of_log = log.shared_status().into_iter().flat_map(|status| status.lines());
            of_policies.chain(encrypted.lines()).chain(of_log).collect()
        }),
    }
}

fn observe(metrics: &Metrics, entries: &[InstanceEntry]) {
    let kept: Vec<(InstanceName, Arc<Counters>)> = entries
        .iter()
        .map(|entry| (entry.name.clone(), Arc::clone(entry.authenticator.counters())))
        .collect();
    let circuits = kept.clone();
    metrics.observe_circuits(move |tell| {
        for (name, counters) in &circuits {
            tell(name.as_str(), counters.circuits_open.get());
        }
    });
    metrics.observe_instances(move |tell| {
        for (name, counters) in &kept {
            for (event, counter) in counters.by_name() {
                tell(InstanceEvent { instance: name.as_str(), event, count: counter.get() });
            }
        }
    });
}
