//! Reads a listener's files again, so that rotated certificates come into use without a restart.
//!
//! They are compared by their content every few seconds rather than watched: that sees renames, links that
//! are swapped and network file systems alike, and nobody rotates certificates by the second.

use super::{
    Protocols, TlsSettings,
    certificates::{self, Configured, TlsError, Validity},
    status::TlsStatus,
};
use crate::core::clock::{SharedClock, Timestamp};
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use std::{sync::Arc, time::Duration};
use tokio::{
    task::{AbortHandle, spawn_blocking},
    time::{MissedTickBehavior, interval},
};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(3);
/// How long before its end a certificate is warned about.
const SOON: Duration = Duration::from_secs(7 * 24 * 3600);
/// How often it is.
const REMIND: Duration = Duration::from_secs(24 * 3600);

/// Goes on until it is dropped.
#[derive(Debug)]
pub(super) struct Rotation(AbortHandle);

impl Drop for Rotation {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What is rotated, and what has been made of the files so far.
pub(super) struct Rotated {
    pub(super) settings: TlsSettings,
    pub(super) protocols: Protocols,
    /// Of what is in use.
    pub(super) digest: [u8; 32],
    /// Of what is in use.
    pub(super) validity: Validity,
    pub(super) current: Arc<ArcSwap<ServerConfig>>,
    pub(super) status: Arc<TlsStatus>,
    pub(super) clock: SharedClock,
}

/// What a look at the files came to.
enum Look {
    Unchanged,
    Changed([u8; 32], Box<Configured>),
    Bad(TlsError),
}

impl Rotation {
    pub(super) fn start(mut rotated: Rotated) -> Self {
        let task = tokio::spawn(async move {
            let mut ticks = interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            // Told once, not at every look.
            let mut told = None;
            let mut warned = None;
            loop {
                ticks.tick().await;
                rotated.look(&mut told).await;
                rotated.warn_of_the_end(&mut warned);
            }
        });
        Self(task.abort_handle())
    }
}

impl Rotated {
    /// Takes up what has changed, or keeps what is in use and says why. Reading waits on disks, so it is
    /// done where nobody else waits.
    async fn look(&mut self, told: &mut Option<String>) {
        let (settings, protocols, digest) = (self.settings.clone(), self.protocols, self.digest);
        let Ok(looked) = spawn_blocking(move || read(&settings, protocols, digest)).await else {
            return;
        };
        let certificate = self.settings.certificate_file.display();
        let now = self.clock.now();
        let looked = match looked {
            Look::Changed(_, new)
                if new.validity.not_after <= now && self.validity.not_after > now =>
            {
                let path = certificates::shown(&self.settings.certificate_file);
                Look::Bad(TlsError::Expired { path })
            }
            looked @ (Look::Unchanged | Look::Changed(..) | Look::Bad(_)) => looked,
        };
        match looked {
            Look::Unchanged => {
                *told = None;
                self.status.unchanged();
            }
            Look::Changed(digest, configured) => {
                self.status.replaced(&configured);
                let Configured { server, validity } = *configured;
                self.current.store(Arc::new(server));
                (self.digest, self.validity) = (digest, validity);
                *told = None;
                let not_after = validity.not_after.rfc3339();
                tracing::info!(%certificate, not_after, "a certificate was replaced");
            }
            // A pair may be seen while one of its files has been replaced alone; it is looked at again.
            Look::Bad(error) => {
                self.status.kept(&error);
                let text = error.to_string();
                if told.as_ref() != Some(&text) {
                    tracing::error!(
                        %certificate,
                        error = text,
                        "a certificate cannot be replaced, the last good one stays in use"
                    );
                    *told = Some(text);
                }
            }
        }
    }

    /// Says that the certificate in use is not good, or not for long.
    fn warn_of_the_end(&self, warned: &mut Option<Timestamp>) {
        let now = self.clock.now();
        let Validity { not_before, not_after } = self.validity;
        let bad = now < not_before || now.plus(SOON) >= not_after;
        if !bad {
            *warned = None;
            return;
        }
        if warned.is_some_and(|last| now.since(last) < REMIND) {
            return;
        }
        *warned = Some(now);
        let certificate = self.settings.certificate_file.display();
        let (from, until) = (not_before.rfc3339(), not_after.rfc3339());
        if now < not_before {
            tracing::warn!(%certificate, from, "the certificate is not good yet: clients will not connect");
        } else if now >= not_after {
            tracing::error!(%certificate, until, "the certificate has expired: clients will not connect");
        } else {
            tracing::warn!(%certificate, until, "the certificate expires soon");
        }
    }
}

fn read(settings: &TlsSettings, protocols: Protocols, in_use: [u8; 32]) -> Look {
    let read = match certificates::read(settings) {
        Ok(read) if read.digest() == in_use => return Look::Unchanged,
        Ok(read) => read,
        Err(error) => return Look::Bad(error),
    };
    match certificates::configure(settings, &read, protocols) {
        Ok(configured) => Look::Changed(read.digest(), Box::new(configured)),
        Err(error) => Look::Bad(error),
    }
}
