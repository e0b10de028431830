//! What the tests of this module share: signed tokens, an instance, and a Clerk that answers from a
//! script. The keys are those of the published cases; they protect nothing.

use super::{
    Authenticator, BrowserOptions, BrowserSettings, Connected, Counters, HandshakeMode, Instance,
    PublishableKey, SatelliteOrigins, SecretKey, VerifiedTokens,
    backend_api::{
        Answer, ApiBase, BackendApi, MachineTokenApi, MachineTransports, NoAnswer, Outgoing,
        PlainHttp, Sending, Transport,
    },
    keys::{Key, Keys},
};
use crate::core::{
    clock::Timestamp,
    header::{Header, Headers, Repeats},
    http_request::{HttpRequest, Scheme},
    id::InstanceName,
};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

pub(super) const PUBLIC_A: &str = include_str!("../../conformance/keys/rsa-a.public.pem");
pub(super) const PUBLIC_B: &str = include_str!("../../conformance/keys/rsa-b.public.pem");
pub(super) const JWKS_DEV: &str = include_str!("../../conformance/keys/jwks-dev.json");
pub(super) const JWKS_OTHER: &str = include_str!("../../conformance/keys/jwks-other.json");
pub(super) const JWKS_WRONG: &str = include_str!("../../conformance/keys/jwks-wrong-modulus.json");
const PRIVATE_A: &str = include_str!("../../conformance/keys/rsa-a.private.pem");
const PRIVATE_B: &str = include_str!("../../conformance/keys/rsa-b.private.pem");

pub(super) const DEVELOPMENT: &str = "pk_test_dGlkeS1vdHRlci00Mi5jbGVyay5hY2NvdW50cy5kZXYk";
pub(super) const PRODUCTION: &str = "pk_live_Y2xlcmsuYWNtZS13aWRnZXRzLmNvbSQ";
/// The cookie suffix of [`PRODUCTION`].
pub(super) const SUFFIX: &str = "GKT37j1e";

/// The clock of all tests, in seconds.
pub(super) const NOW: i64 = 1_770_000_000;

pub(super) fn now() -> Timestamp {
    Timestamp::from_unix_seconds(NOW)
}

/// The instant that many milliseconds from [`NOW`].
pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(NOW * 1000 + millis)
}

/// Whose private key signs.
#[derive(Clone, Copy)]
pub(super) enum Signer {
    /// The instance.
    A,
    /// Somebody else.
    B,
}

/// A token of the instance, its payload changed by `changes`: null removes a claim.
pub(super) fn token(changes: &Value) -> String {
    sign(&header(), &claims(changes), Signer::A)
}

pub(super) fn header() -> Value {
    json!({"alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": "ins_2zDev01", "typ": "JWT"})
}

pub(super) fn claims(changes: &Value) -> Value {
    let mut claims = json!({
        "azp": "https://app.acme-widgets.com",
        "exp": NOW + 60,
        "iat": NOW,
        "iss": "https://clerk.acme-widgets.com",
        "nbf": NOW - 10,
        "sid": "sess_2zA1b2C3",
        "sub": "user_2zZ9y8X7",
    });
    merge(&mut claims, changes);
    claims
}

fn merge(into: &mut Value, changes: &Value) {
    let members = into.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
}

/// Signs any header and payload with RSA and SHA-256.
pub(super) fn sign(header: &Value, payload: &Value, signer: Signer) -> String {
    let pem = match signer {
        Signer::A => PRIVATE_A,
        Signer::B => PRIVATE_B,
    };
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(payload));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The production instance, without any option.
pub(super) fn instance() -> Instance {
    instance_of(PRODUCTION, "main")
}

pub(super) fn instance_of(key: &str, name: &str) -> Instance {
    Instance::new(InstanceName::new(name), PublishableKey::parse(key).unwrap())
}

/// Options with handshakes on.
pub(super) fn options() -> BrowserOptions {
    BrowserOptions { handshake: HandshakeMode::On, ..BrowserOptions::none() }
}

/// An instance with these options.
pub(super) fn browsing(key: &str, options: BrowserOptions) -> Instance {
    let mut instance = instance_of(key, "main");
    let settings =
        BrowserSettings::new(options, &instance.publishable_key, SecretKey::Configured).unwrap();
    instance.browser = settings;
    instance
}

/// Options of a primary with one satellite.
pub(super) fn primary_options() -> BrowserOptions {
    let satellite = crate::core::location::Origin::new("https://satellite.test");
    BrowserOptions { satellite_origins: SatelliteOrigins::Listed(vec![satellite]), ..options() }
}

/// A Clerk that answers from a list, the last entry again and again, and counts what it is asked.
#[derive(Debug)]
pub(super) struct Script {
    answers: Mutex<VecDeque<Result<(u16, String), NoAnswer>>>,
    pub(super) calls: Mutex<Vec<String>>,
}

impl Script {
    pub(super) fn new(
        answers: impl IntoIterator<Item = Result<(u16, String), NoAnswer>>,
    ) -> Arc<Self> {
        let answers = Mutex::new(answers.into_iter().collect());
        Arc::new(Self { answers, calls: Mutex::new(Vec::new()) })
    }

    /// A Clerk that must not be asked.
    pub(super) fn silent() -> Arc<Self> {
        Self::new([])
    }

    pub(super) fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    /// Replaces what is still to be answered.
    pub(super) fn now_answers(&self, answer: Result<(u16, String), NoAnswer>) {
        *self.answers.lock().unwrap() = VecDeque::from([answer]);
    }
}

impl Transport for Script {
    fn send<'a>(&'a self, request: Outgoing<'a>) -> Sending<'a> {
        let query = request.url.query().unwrap_or_default();
        let call = format!("{} {}?{query}", request.method, request.url.path());
        self.calls.lock().unwrap().push(call);
        let mut answers = self.answers.lock().unwrap();
        let answer = match answers.len() {
            0 => Err(NoAnswer::Connect),
            1 => answers[0].clone(),
            _ => answers.pop_front().unwrap(),
        };
        Box::pin(async move {
            let (status, body) = answer?;
            let content_type = Some("application/json".into());
            Ok(Answer { status, content_type, retry_after: None, body: body.into_bytes() })
        })
    }
}

/// An answer that the fixture gives.
#[expect(clippy::unnecessary_wraps, reason = "stands among answers that do not come")]
pub(super) fn ok(body: &Value) -> Result<(u16, String), NoAnswer> {
    Ok((200, body.to_string()))
}

/// An authenticator with the instance's key pinned, and a Clerk that answers from a script.
pub(super) fn authenticator(instance: Instance, script: &Arc<Script>) -> Authenticator {
    let tokens = Arc::new(VerifiedTokens::new(1024 * 1024));
    authenticator_with(instance, Keys::pinned(Key::from_pem(PUBLIC_A).unwrap()), script, tokens)
}

pub(super) fn authenticator_with(
    instance: Instance,
    keys: Keys,
    script: &Arc<Script>,
    tokens: Arc<VerifiedTokens>,
) -> Authenticator {
    let transport: Arc<dyn Transport> = Arc::clone(script) as _;
    let base = ApiBase::parse(ApiBase::BACKEND_API, PlainHttp::LoopbackOnly).unwrap();
    let secret_key = SecretString::from("sk_test_x");
    let transports = MachineTransports::each(|| Arc::clone(&transport));
    let machine_tokens =
        MachineTokenApi::new(base.clone(), Some(secret_key.clone()), None, transports).ok();
    let backend_api = Some(BackendApi::new(base, secret_key, transport));
    let connected = Connected { keys, backend_api, machine_tokens };
    Authenticator::new(instance, connected, tokens, Arc::new(Counters::default()))
}

/// A GET of `target` at the application.
pub(super) fn get<'a>(target: &'a str, headers: &'a [(&'a str, &'a str)]) -> HttpRequest<'a> {
    let lines = headers.iter().map(|&(name, value)| Header { name, value: value.as_bytes() });
    HttpRequest {
        method: "GET",
        scheme: Scheme::Https,
        authority: "app.acme-widgets.com",
        target,
        headers: Headers::new(lines.collect(), Repeats::Separate),
        peer: None,
    }
}

/// Runs a future to its end.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
