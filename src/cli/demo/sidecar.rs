//! The sidecar itself, exactly as `bailiff serve` runs it.

use crate::{
    authorizer::LogDetail,
    clerk::{BrowserOptions, HandshakeMode},
    config::{
        assemble::{self, Parts},
        policy_loader::Trial,
        settings::{
            BackendApiSettings, EventSettings, HttpSettings, InstanceSettings, KeySettings,
            LimitSettings, LogSettings, MachineSettings, Settings, TelemetrySettings,
            WebhookSettings,
        },
    },
    serve::{self, grpc::ext_authz::MetadataFields, listener::ListenAddress},
    stand_in::clerk::StandIn,
    telemetry::{Telemetry, decision_log::DecisionLogOptions, log::LogFormat},
};
use secrecy::SecretString;
use std::{error::Error, net::SocketAddr, path::Path, time::Duration};

/// A sidecar that listens already and does not serve yet.
pub(super) struct Sidecar {
    parts: Parts,
    telemetry: Telemetry,
}

impl Sidecar {
    /// Puts a sidecar together for the stand-in instance: keys from its Frontend API, tokens only of
    /// the application at `origin`.
    ///
    /// # Errors
    /// A setting that does not hold, or a port that is taken.
    pub(super) async fn prepare(
        clerk: &StandIn,
        policy: &Path,
        grpc: SocketAddr,
        origin: &str,
    ) -> Result<Self, Box<dyn Error>> {
        let settings = Settings {
            policy: policy.to_owned(),
            next_policy: None,
            reload: true,
            instances: vec![InstanceSettings {
                name: "demo".to_owned(),
                publishable_key: clerk.publishable_key().to_owned(),
                keys: KeySettings::BackendApi,
                backend_api: Some(BackendApiSettings {
                    url: Some(clerk.backend_api_url()),
                    secret_key: SecretString::from(clerk.secret_key()),
                }),
                machines: MachineSettings::standard(Some(clerk.backend_api_url())),
                browser: BrowserOptions {
                    handshake: HandshakeMode::On,
                    proxy_url: Some(clerk.browser_url().to_owned()),
                    sign_in_url: Some(clerk.sign_in_url()),
                    ..BrowserOptions::none()
                },
                issuers: Vec::new(),
                authorized_parties: vec![origin.to_owned()],
                // Tokens that a handshake brings are minted without an Origin.
                accept_missing_azp: true,
                audience: Vec::new(),
                accept_missing_audience: false,
                clock_skew: Duration::from_secs(5),
                webhook: WebhookSettings::NONE,
                hosts: Vec::new(),
            }],
            grpc: vec![ListenAddress::Tcp(grpc).into()],
            http: HttpSettings::NONE,
            admin: None,
            events: EventSettings::NONE,
            reflection: true,
            explain: true,
            dynamic_metadata: MetadataFields::ALL,
            limits: LimitSettings::STANDARD,
            decision_log: DecisionLogOptions::standard(LogFormat::Text),
            telemetry: TelemetrySettings::off(),
            log: LogSettings {
                filter: "info".to_owned(),
                format: LogFormat::Text,
                detail: LogDetail::Plain,
            },
            token_cache_bytes: 8 * 1024 * 1024,
        };
        let telemetry = assemble::telemetry(&settings)?;
        let mut parts = assemble::assemble(settings, Trial::skipped(), &telemetry).await?;
        // Nobody has to be told that the demo is about to end.
        parts.options.limits.leave = Duration::ZERO;
        parts.options.limits.drain = Duration::from_secs(1);
        Ok(Self { parts, telemetry })
    }

    /// Serves until it is told to stop.
    ///
    /// # Errors
    /// A server that fails.
    pub(super) async fn run(self, stop: impl Future<Output = ()>) -> Result<(), Box<dyn Error>> {
        let Parts { authorizer, doors, options, background } = self.parts;
        serve::run(doors, authorizer, options, stop).await?;
        drop(background);
        self.telemetry.finish();
        Ok(())
    }
}
