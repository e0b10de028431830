//! Opens the listeners, and keeps an eye on those that speak TLS.

use crate::{
    core::clock::SharedClock,
    serve::{
        limits::Limits,
        listener::{
            Crowd, ListenError, Listener, ListenerSettings,
            tls::{Protocols, Tls, TlsStatus},
        },
    },
    telemetry::metrics::{Connections, ListenerState, Metrics},
};
use std::sync::Arc;

/// The listeners that have been opened.
#[derive(Debug)]
pub(super) struct Listeners {
    clock: SharedClock,
    limits: Limits,
    encrypted: Encrypted,
    crowds: Vec<(&'static str, String, Arc<Crowd>)>,
}

/// Those of them that speak TLS, by their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Encrypted(Vec<(&'static str, String, Arc<TlsStatus>)>);

impl Listeners {
    pub(super) fn new(clock: SharedClock, limits: Limits) -> Self {
        Self { clock, limits, encrypted: Encrypted::default(), crowds: Vec::new() }
    }

    pub(super) async fn open_all(
        &mut self,
        name: &'static str,
        settings: Vec<ListenerSettings>,
        protocols: Protocols,
    ) -> Result<Vec<Listener>, ListenError> {
        let mut listeners = Vec::with_capacity(settings.len());
        for settings in settings {
            listeners.push(self.open(name, settings, protocols).await?);
        }
        Ok(listeners)
    }

    pub(super) async fn open(
        &mut self,
        name: &'static str,
        settings: ListenerSettings,
        protocols: Protocols,
    ) -> Result<Listener, ListenError> {
        let ListenerSettings { address, socket, tls } = settings;
        let tls = tls
            .map(|settings| Tls::start(settings, protocols, self.clock.clone()))
            .transpose()
            .map_err(|cause| ListenError::Tls {
                address: address.clone(),
                cause: Box::new(cause),
            })?;
        let listener = Listener::bind(&address, &socket).await?.with_limits(&self.limits);
        let bound = listener.address().to_string();
        self.crowds.push((name, bound.clone(), listener.crowd()));
        let encrypted = tls.is_some();
        tracing::info!(listener = name, address = %listener.address(), tls = encrypted, "listening");
        if !address.is_local() && !encrypted {
            tracing::warn!(
                listener = name,
                "other machines can connect: whoever can, can try tokens; put it behind mTLS or a network policy"
            );
        }
        Ok(match tls {
            None => listener,
            Some(tls) => {
                self.encrypted.0.push((name, bound, tls.status()));
                listener.with_tls(tls)
            }
        })
    }

    /// Shows all of them among the metrics from now on, and returns those that speak TLS.
    pub(super) fn observed_by(self, metrics: &Metrics) -> Encrypted {
        let Self { encrypted, crowds, .. } = self;
        metrics.observe_connections(move |tell| {
            for (listener, address, crowd) in &crowds {
                tell(Connections {
                    listener,
                    address,
                    open: crowd.inside(),
                    refused: crowd.turned_away(),
                });
            }
        });
        if !encrypted.0.is_empty() {
            let shown = encrypted.clone();
            metrics.observe_listeners(move |tell| {
                for (listener, address, status) in &shown.0 {
                    tell(ListenerState {
                        listener,
                        address,
                        not_after: status.not_after(),
                        certificate_bad: status.problem().is_some(),
                        failed_handshakes: status.failed_handshakes(),
                        refused_clients: status.refused_clients(),
                    });
                }
            });
        }
        encrypted
    }
}

impl Encrypted {
    /// How the certificates are, a line or two each.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().flat_map(|(listener, _, status)| {
            let until = status.not_after().rfc3339();
            let good = format!("tls of listener {listener}: certificate good until {until}");
            let problem = status.problem().map(|problem| {
                format!(
                    "tls of listener {listener}: its files are refused, what they held before stays in use: {problem}"
                )
            });
            std::iter::once(good).chain(problem)
        })
    }
}
