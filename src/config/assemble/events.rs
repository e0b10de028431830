//! The parts that deal with events: what was heard, where it is kept, who takes it in and passes it
//! on.

use super::AssembleError;
use crate::{
    authorizer::{
        feed::Feed,
        intake::{Endpoint, Intake},
        operators::{Admitted, Operators},
        revocations::Revocations,
    },
    clerk::webhook::{NoticeOptions, SigningSecret, SigningSecretError},
    config::{
        file::WhenAway,
        settings::{EventSettings, RedisSettings, WebhookSettings},
    },
    core::{clock::SharedClock, event::Event, id::InstanceName},
    revocation::{
        Limits,
        log::{Cursor, EventLog, LocalLog, LogLimits, SharedState, SharedStatus},
    },
    telemetry::metrics::{Metrics, SharedLogFigures},
};
use secrecy::ExposeSecret as _;
use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};
use tokio::task::AbortHandle;

/// How long the start waits for the shared log.
const CATCH_UP: Duration = Duration::from_secs(5);
/// How often what concerns no token any more is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// The parts.
pub(super) struct Events {
    pub(super) revocations: Arc<Revocations>,
    pub(super) intake: Option<Arc<Intake>>,
    pub(super) feed: Option<Feed>,
    pub(super) operators: Option<Arc<Operators>>,
    pub(super) forgetting: Forgetting,
    /// Where events are kept.
    pub(super) log: EventLog,
}

/// Forgets old notices until it is dropped.
#[derive(Debug)]
pub(super) struct Forgetting(AbortHandle);

impl Drop for Forgetting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Puts them together. Must be called within a Tokio runtime.
pub(super) async fn assemble(
    settings: &EventSettings,
    webhooks: &[(InstanceName, WebhookSettings)],
    clock: &SharedClock,
) -> Result<Events, AssembleError> {
    let EventSettings {
        webhook,
        retention,
        targets,
        redis,
        subscriptions,
        operator_token,
        operator_clients,
    } = settings;
    let limits = Limits { retention: *retention, targets: *targets, ..Limits::STANDARD };
    let options = webhooks.iter().map(|(name, webhook)| {
        (name.clone(), NoticeOptions { user_updates: webhook.stale_on_user_update })
    });
    let current = Arc::new(AtomicBool::new(redis.is_none()));
    let must_be_current = must_be_current(redis.as_ref()).then(|| Arc::clone(&current));
    let revocations = Arc::new(Revocations::new(options, limits, clock.clone(), must_be_current));
    let telling = Arc::clone(&revocations);
    let sink = Arc::new(move |event: &Event| telling.hear(event));
    let local = Arc::new(LocalLog::new(LogLimits::STANDARD, sink));
    let log = log(redis.as_ref(), local, clock, current)?;
    // Whoever is asked right after the start knows what the shared log holds, if it can be had.
    log.caught_up(CATCH_UP).await;
    let intake = match webhook {
        None => None,
        Some(_) => Some(Arc::new(Intake::new(endpoints(webhooks)?, log.clone()))),
    };
    let names: Vec<InstanceName> = webhooks.iter().map(|(name, _)| name.clone()).collect();
    let admitted = Admitted { token: operator_token.as_ref(), clients: operator_clients };
    let anybody = admitted.token.is_some() || !admitted.clients.is_empty();
    let operators = if anybody {
        let (names, longest) = (names.clone(), limits.longest_block);
        Some(Arc::new(Operators::new(admitted, names, log.clone(), clock.clone(), longest)?))
    } else {
        None
    };
    let feed = subscriptions.then(|| Feed::new(Arc::clone(log.local()), names, clock.clone()));
    let forgetting = forget(Arc::clone(&revocations), clock.clone());
    Ok(Events { revocations, intake, feed, operators, forgetting, log })
}

/// Shows how the process stands to a shared log, if it has one.
pub(super) fn observe(metrics: &Metrics, log: &EventLog) {
    if log.shared_status().is_some() {
        let log = log.clone();
        metrics.observe_shared_log(move || log.shared_status().as_ref().map(figures));
    }
}

#[expect(clippy::cast_precision_loss, reason = "Unix milliseconds are far below 2^52")]
fn figures(status: &SharedStatus) -> SharedLogFigures {
    SharedLogFigures {
        states: SharedState::NAMES,
        state: status.state.name(),
        lag: status.lag.as_secs_f64(),
        newest: status.newest.map_or(0.0, |newest| newest.unix_millis() as f64 / 1000.0),
        pending: status.pending as u64,
        events: [
            ("connected", status.connections),
            ("interrupted", status.interruptions),
            ("entry_applied", status.entries_applied),
            ("entry_known", status.entries_known),
            ("append_failed", status.appends_failed),
        ],
    }
}

fn must_be_current(redis: Option<&RedisSettings>) -> bool {
    redis.is_some_and(|redis| redis.when_away == WhenAway::Refuse)
}

#[cfg(feature = "redis")]
fn log(
    settings: Option<&RedisSettings>,
    local: Arc<LocalLog>,
    clock: &SharedClock,
    current: Arc<AtomicBool>,
) -> Result<EventLog, AssembleError> {
    use crate::revocation::shared::{self, RedisLog};
    let Some(RedisSettings { url, certificates, prefix, records, ids, when_away: _ }) = settings
    else {
        return Ok(of_this_process(local, clock));
    };
    let settings = shared::RedisSettings {
        url: url.clone(),
        certificates: certificates.as_ref().map(|pem| pem.clone().into_bytes()),
        prefix: prefix.clone(),
        records: *records,
        ids: *ids,
    };
    Ok(EventLog::Redis(Arc::new(RedisLog::follow(&settings, local, clock.clone(), current)?)))
}

#[cfg(not(feature = "redis"))]
fn log(
    settings: Option<&RedisSettings>,
    local: Arc<LocalLog>,
    clock: &SharedClock,
    _current: Arc<AtomicBool>,
) -> Result<EventLog, AssembleError> {
    match settings {
        None => Ok(of_this_process(local, clock)),
        Some(_) => Err(AssembleError::WithoutRedis),
    }
}

/// A log that begins now: what was told before this process started is not in it.
fn of_this_process(local: Arc<LocalLog>, clock: &SharedClock) -> EventLog {
    let millis = u64::try_from(clock.now().unix_millis()).unwrap_or(0);
    local.begin_at(Cursor { millis, sequence: 0 });
    EventLog::Local(local)
}

fn endpoints(webhooks: &[(InstanceName, WebhookSettings)]) -> Result<Vec<Endpoint>, AssembleError> {
    let with_secrets = webhooks.iter().filter(|(_, webhook)| !webhook.secrets.is_empty());
    with_secrets
        .map(|(name, webhook)| {
            let secrets: Result<Vec<SigningSecret>, SigningSecretError> = webhook
                .secrets
                .iter()
                .map(|secret| SigningSecret::parse(secret.expose_secret()))
                .collect();
            Ok(Endpoint {
                instance: name.clone(),
                instance_id: webhook.instance_id.as_deref().map(Into::into),
                secrets: secrets.map_err(|problem| AssembleError::WebhookSecret {
                    instance: name.to_string(),
                    problem,
                })?,
            })
        })
        .collect()
}

fn forget(revocations: Arc<Revocations>, clock: SharedClock) -> Forgetting {
    let task = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(FORGET_EVERY);
        loop {
            ticks.tick().await;
            revocations.expire(clock.now());
        }
    });
    Forgetting(task.abort_handle())
}
