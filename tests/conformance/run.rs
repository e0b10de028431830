//! Runs one case through the library.

use crate::{answers::Answers, case::Case};
use bailiff::{
    clerk::{
        Authenticator, BrowserOptions, BrowserSettings, BrowserSettingsError, ClockSkew, Connected,
        Counters, ForwardedHeaders, HandshakeMode, Instance, PublishableKey, PublishableKeyError,
        SatelliteOrigins, SecretKey, VerifiedTokens, WhenMissing,
        backend_api::{
            ApiBase, ApiBaseError, BackendApi, MachineTokenApi, MachineTransports, NoSecretKey,
            PlainHttp, Transport,
        },
        keys::{Key, KeyError, KeySource, KeySourceError, Keys, RotationPolicy},
        request::{Address, Authentication},
    },
    core::{
        clock::{ManualClock, Timestamp},
        credential::CredentialKind,
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        id::InstanceName,
        location::Origin,
    },
};
use secrecy::SecretString;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use thiserror::Error;

/// What the library made of a case.
pub(crate) enum Observed {
    /// The input names something that the library does not know.
    Unsupported,
    /// The options were refused.
    Refused(Refused),
    /// A decision.
    Decided(Box<Decided>),
}

/// Options that the library refuses.
#[derive(Debug, Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    PublishableKey(#[from] PublishableKeyError),
    #[error(transparent)]
    Browser(#[from] BrowserSettingsError),
    #[error(transparent)]
    Base(#[from] ApiBaseError),
    #[error(transparent)]
    Source(#[from] KeySourceError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    NoSecretKey(#[from] NoSecretKey),
}

/// A decision with everything that comparison needs.
pub(crate) struct Decided {
    pub(crate) authentication: Authentication,
    pub(crate) instance: Instance,
    pub(crate) address: Option<Address>,
    pub(crate) calls: Vec<Value>,
    pub(crate) ambiguous_permissions: bool,
}

/// Runs a case with its clock and its answers.
pub(crate) async fn run(case: &Case) -> Observed {
    let Some(accepts) = case.accepts() else { return Observed::Unsupported };
    let answers = Arc::new(Answers::of(case));
    let transport: Arc<dyn Transport> = Arc::clone(&answers) as _;
    match authenticator(case, &transport) {
        Err(refused) => Observed::Refused(refused),
        Ok(authenticator) => {
            let now = Timestamp::from_unix_millis(case.now);
            let (scheme, authority, target) = case.address();
            let line = |(name, value): &'_ (String, String)| (name.clone(), value.clone());
            let lines: Vec<(String, String)> = case.headers.iter().map(line).collect();
            let request = HttpRequest {
                method: &case.method,
                scheme: if scheme == "https" { Scheme::Https } else { Scheme::Http },
                authority,
                target: &target,
                headers: Headers::new(
                    lines
                        .iter()
                        .map(|(name, value)| Header { name, value: value.as_bytes() })
                        .collect(),
                    Repeats::Separate,
                ),
                peer: None,
            };
            let authentication = authenticator.authenticate(&request, accepts, now).await;
            Observed::Decided(Box::new(Decided {
                authentication,
                instance: authenticator.instance().clone(),
                address: Address::of(&request, forwarded_headers(case)).ok(),
                calls: answers.calls(),
                ambiguous_permissions: authenticator.counters().ambiguous_permissions.get() > 0,
            }))
        }
    }
}

/// The recording trusts every peer. A request without a host has not come through a proxy: there the
/// package takes the address as it is.
fn forwarded_headers(case: &Case) -> ForwardedHeaders {
    let named = |name: &str| case.headers.iter().any(|(known, _)| known == name);
    if named("host") || named("x-forwarded-host") {
        ForwardedHeaders::Trusted
    } else {
        ForwardedHeaders::Ignored
    }
}

fn authenticator(case: &Case, transport: &Arc<dyn Transport>) -> Result<Authenticator, Refused> {
    let instance = instance(case)?;
    let base = case.option("apiUrl").unwrap_or(ApiBase::BACKEND_API);
    let base = ApiBase::parse(base, PlainHttp::LoopbackOnly)?;
    let counters = Arc::new(Counters::default());
    let secret_key = SecretString::from(case.option("secretKey").unwrap_or_default());
    let keys = match case.option("jwtKey").filter(|pem| !pem.is_empty()) {
        Some(pem) => Keys::pinned(Key::from_pem(pem)?),
        None => Keys::fetched(
            KeySource::backend_api(&base, secret_key.clone())?,
            Arc::clone(transport),
            Arc::new(ManualClock::at(Timestamp::from_unix_millis(case.now))),
            // The recording repeated without delay, and waited for the end.
            RotationPolicy {
                backoff: Duration::ZERO,
                wait: Duration::from_secs(5),
                ..RotationPolicy::STANDARD
            },
            Arc::clone(&counters),
        ),
    };
    let key = |name| case.option(name).filter(|key| !key.is_empty()).map(SecretString::from);
    let machine_tokens = MachineTokenApi::new(
        base.clone(),
        key("secretKey"),
        key("machineSecretKey"),
        MachineTransports::each(|| Arc::clone(transport)),
    )?;
    let backend_api = BackendApi::new(base, secret_key, Arc::clone(transport));
    Ok(Authenticator::new(
        instance,
        Connected { keys, backend_api: Some(backend_api), machine_tokens: Some(machine_tokens) },
        Arc::new(VerifiedTokens::new(1024 * 1024)),
        counters,
    ))
}

fn instance(case: &Case) -> Result<Instance, Refused> {
    let key = PublishableKey::parse(case.option("publishableKey").unwrap_or_default())?;
    let text = |name| case.option(name).map(ToOwned::to_owned);
    let is = |name| case.options.get(name) == Some(&Value::Bool(true));
    let patterns = |name: &str| {
        case.options.get("organizationSyncOptions").and_then(|o| crate::case::texts(o.get(name)?))
    };
    let options = BrowserOptions {
        // Where nothing but machines is accepted, the package asks for nothing that handshakes need.
        handshake: if case.accepts_only(CredentialKind::M2mToken) {
            HandshakeMode::Off
        } else {
            HandshakeMode::On
        },
        forwarded_headers: forwarded_headers(case),
        proxy_url: text("proxyUrl"),
        domain: text("domain"),
        is_satellite: is("isSatellite"),
        satellite_auto_sync: is("satelliteAutoSync"),
        satellite_origins: SatelliteOrigins::Any,
        sign_in_url: text("signInUrl"),
        sign_up_url: text("signUpUrl"),
        organization_patterns: patterns("organizationPatterns").unwrap_or_default(),
        personal_account_patterns: patterns("personalAccountPatterns"),
    };
    let secret_key = match case.option("secretKey") {
        None | Some("") => SecretKey::Missing,
        Some(_) => SecretKey::Configured,
    };
    let filled = |name| -> Vec<Box<str>> {
        let list = case.list(name).unwrap_or_default().into_iter();
        list.filter(|item| !item.is_empty()).map(Into::into).collect()
    };
    let mut instance = Instance::new(InstanceName::new("conformance"), key);
    instance.browser = BrowserSettings::new(options, instance.publishable_key(), secret_key)?;
    instance.issuers = filled("issuer");
    instance.authorized_parties =
        filled("authorizedParties").iter().map(|party| Origin::new(party)).collect();
    instance.audiences = filled("audience");
    instance.missing_audience = WhenMissing::Accept;
    if let Some(skew) = case.options.get("clockSkewInMs").and_then(Value::as_i64) {
        instance.clock_skew = ClockSkew::from_millis(skew);
    }
    Ok(instance)
}
