//! How the listeners are that speak TLS.

use super::Metrics;
use crate::core::clock::Timestamp;
use opentelemetry::KeyValue;
use std::sync::Arc;

/// One listener that speaks TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenerState<'a> {
    /// Its name in the settings.
    pub listener: &'a str,
    /// Its address: several may have one name.
    pub address: &'a str,
    /// When the certificate that it shows expires.
    pub not_after: Timestamp,
    /// Whether the files hold something that cannot be used, so that what they held before is.
    pub certificate_bad: bool,
    /// Handshakes that came to nothing.
    pub failed_handshakes: u64,
    /// Clients with a certificate that holds and a name that is not let in.
    pub refused_clients: u64,
}

/// The connections of one listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections<'a> {
    /// Its name in the settings.
    pub listener: &'a str,
    /// Its address: several may have one name.
    pub address: &'a str,
    /// Those that are open.
    pub open: usize,
    /// Those that were closed as they came, since there were too many.
    pub refused: u64,
}

fn labels(listener: &str, address: &str) -> [KeyValue; 2] {
    [("listener", listener), ("address", address)]
        .map(|(name, value)| KeyValue::new(name, value.to_owned()))
}

impl Metrics {
    /// Shows how many connections there are. `read` is called whenever the page is, and passes on every
    /// listener; it must not wait.
    pub fn observe_connections(
        &self,
        read: impl Fn(&mut dyn FnMut(Connections<'_>)) + Send + Sync + 'static,
    ) {
        let read = Arc::new(read);
        let reading = Arc::clone(&read);
        // The meter keeps the instruments; their handles are of no further use.
        let _ = self
            .meter
            .u64_observable_gauge("bailiff_connections")
            .with_description("Connections that are open, by listener.")
            .with_callback(move |observer| {
                reading(&mut |told| {
                    let open = u64::try_from(told.open).unwrap_or(u64::MAX);
                    observer.observe(open, &labels(told.listener, told.address));
                });
            })
            .build();
        let _ = self
            .meter
            .u64_observable_counter("bailiff_connections_refused")
            .with_description("Connections closed as they came, since there were too many.")
            .with_callback(move |observer| {
                read(&mut |told| {
                    observer.observe(told.refused, &labels(told.listener, told.address));
                });
            })
            .build();
    }

    /// Shows how listeners are. `read` is called whenever the page is, and passes on every one; it must
    /// not wait.
    pub fn observe_listeners(
        &self,
        read: impl Fn(&mut dyn FnMut(ListenerState<'_>)) + Send + Sync + 'static,
    ) {
        let read = Arc::new(read);
        let reading = Arc::clone(&read);
        // The meter keeps the instruments; their handles are of no further use.
        let _ = self
            .meter
            .i64_observable_gauge("bailiff_tls_certificate_not_after")
            .with_unit("s")
            .with_description("When a listener's certificate expires, in Unix seconds.")
            .with_callback(move |observer| {
                reading(&mut |state| {
                    observer.observe(
                        state.not_after.unix_seconds(),
                        &labels(state.listener, state.address),
                    );
                });
            })
            .build();
        let reading = Arc::clone(&read);
        let _ = self
            .meter
            .u64_observable_gauge("bailiff_tls_certificate_bad")
            .with_description("1 while a listener's certificate files cannot be used.")
            .with_callback(move |observer| {
                reading(&mut |state| {
                    observer.observe(
                        u64::from(state.certificate_bad),
                        &labels(state.listener, state.address),
                    );
                });
            })
            .build();
        let reading = Arc::clone(&read);
        let _ = self
            .meter
            .u64_observable_counter("bailiff_tls_failures")
            .with_description("Connections that TLS ended, by listener and cause.")
            .with_callback(move |observer| {
                reading(&mut |state| {
                    for (cause, count) in [
                        ("handshake", state.failed_handshakes),
                        ("client_not_allowed", state.refused_clients),
                    ] {
                        let [listener, address] = labels(state.listener, state.address);
                        observer
                            .observe(count, &[listener, address, KeyValue::new("cause", cause)]);
                    }
                });
            })
            .build();
    }
}
