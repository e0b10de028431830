//! What one decision costs: `cargo bench --bench decision`.

use bailiff::{
    authorizer::{Authorizer, Door, LogDetail},
    clerk::{BrowserOptions, HandshakeMode, PublishableKey},
    config::{
        assemble,
        policy_loader::Trial,
        settings::{
            BackendApiSettings, EventSettings, HttpSettings, InstanceSettings, KeySettings,
            LimitSettings, LogSettings, MachineSettings, Settings, TelemetrySettings,
            WebhookSettings,
        },
    },
    core::{
        clock::Timestamp,
        header::{Header, Headers, Repeats},
        host::Host,
        http_request::{HttpRequest, Scheme},
        path::CanonicalPath,
        peer::Peer,
        question::{Also, CredentialSource, Question, Wanted},
        reason::Reason,
    },
    pb::envoy,
    policy::{Inquiry, Policy, Routed, Source, Who},
    serve::grpc::ext_authz::{ExtAuthzDoor, MetadataFields},
    stand_in::{
        keys::SigningKey,
        people,
        tokens::{Minting, Token},
    },
    telemetry::{
        Telemetry,
        decision_log::{DecisionLogOptions, SinkTarget},
        log::LogFormat,
        otlp::{OtlpOptions, Protocol},
        trace::Nothing,
    },
};
use criterion::{Criterion, criterion_group, criterion_main};
use envoy_types::pb::envoy::service::auth::v3::{
    AttributeContext, CheckRequest,
    attribute_context::{HttpRequest as CheckHttpRequest, Request},
};
use prost::{Message as _, bytes::Bytes};
use secrecy::SecretString;
use std::{fmt::Write as _, fs, hint::black_box, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};
use tracing::Instrument as _;

const PUBLISHABLE_KEY: &str = "pk_live_Y2xlcmsuc2hvcC50ZXN0JA"; // clerk.shop.test
const ORIGIN: &str = "https://shop.test";

/// A Bailiff with a pinned key, without listeners.
struct Bench {
    runtime: Runtime,
    parts: assemble::Parts,
    telemetry: Telemetry,
    key: SigningKey,
    _folder: TempDir,
}

impl Bench {
    /// `token_cache_bytes`: room for verified tokens.
    fn new(token_cache_bytes: u64) -> Self {
        Self::beside(token_cache_bytes, None)
    }

    /// `next`: a policy that is compared with the one in force.
    fn beside(token_cache_bytes: u64, next: Option<&str>) -> Self {
        Self::with(token_cache_bytes, next, |_, _| Telemetry::quiet().expect("instruments"))
    }

    /// With everything that can be told: decisions to a file, one in a hundred as spans, metrics and
    /// the log to a collector.
    fn telling() -> Self {
        Self::with(64 * 1024 * 1024, None, |settings, folder| {
            "info".clone_into(&mut settings.log.filter);
            settings.decision_log.to = vec![SinkTarget::File(folder.join("decisions.log"))];
            settings.telemetry.otlp = Some(OtlpOptions {
                endpoint: collector(),
                protocol: Protocol::HttpProtobuf,
                headers: Vec::new(),
                certificates: None,
                traces: true,
                metrics: true,
                logs: true,
                metric_interval: Duration::from_secs(1),
            });
            assemble::telemetry(settings).expect("telemetry")
        })
    }

    /// `telemetry`: what tells, for settings that it may change, with a folder of its own.
    fn with(
        token_cache_bytes: u64,
        next: Option<&str>,
        telemetry: impl FnOnce(&mut Settings, &Path) -> Telemetry,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let policy = folder.path().join("policy.yaml");
        fs::write(&policy, include_str!("../deploy/policy.yaml")).expect("a policy");
        let next_policy = next.map(|text| {
            let path = folder.path().join("next.yaml");
            fs::write(&path, text).expect("a policy");
            path
        });
        let key = SigningKey::generate("ins_bench").expect("a key");
        let mut settings = Settings {
            policy,
            next_policy,
            reload: false,
            instances: vec![InstanceSettings {
                name: "shop".to_owned(),
                publishable_key: PUBLISHABLE_KEY.to_owned(),
                keys: KeySettings::Pinned(key.public_pem()),
                backend_api: Some(BackendApiSettings {
                    url: None,
                    secret_key: SecretString::from("sk_live_bench"),
                }),
                browser: BrowserOptions { handshake: HandshakeMode::On, ..BrowserOptions::none() },
                machines: MachineSettings::standard(None),
                issuers: Vec::new(),
                authorized_parties: vec![ORIGIN.to_owned()],
                accept_missing_azp: false,
                audience: Vec::new(),
                accept_missing_audience: false,
                clock_skew: Duration::from_secs(5),
                webhook: WebhookSettings::NONE,
                hosts: Vec::new(),
            }],
            grpc: Vec::new(),
            http: HttpSettings::NONE,
            admin: None,
            events: EventSettings::NONE,
            reflection: false,
            explain: false,
            dynamic_metadata: MetadataFields::ALL,
            limits: LimitSettings::STANDARD,
            log: LogSettings {
                filter: "off".to_owned(),
                format: LogFormat::Json,
                detail: LogDetail::Plain,
            },
            decision_log: DecisionLogOptions::standard(LogFormat::Json),
            telemetry: TelemetrySettings::off(),
            token_cache_bytes,
        };
        let runtime = Runtime::new().expect("a runtime");
        let telemetry = {
            let _within = runtime.enter();
            telemetry(&mut settings, folder.path())
        };
        let parts = runtime
            .block_on(assemble::assemble(settings, Trial::skipped(), &telemetry))
            .expect("parts");
        Self { runtime, parts, telemetry, key, _folder: folder }
    }

    fn authorizer(&self) -> &Arc<Authorizer> {
        &self.parts.authorizer
    }

    fn door(&self) -> ExtAuthzDoor {
        let options = &self.parts.options;
        ExtAuthzDoor::new(
            Arc::clone(self.authorizer()),
            options.disclosure,
            options.metadata,
            options.on_panic.clone(),
        )
    }

    /// What a call costs but for the connection: from message to message.
    fn check(&self, door: &ExtAuthzDoor, message: &Bytes) -> Vec<u8> {
        let request = envoy::CheckRequest::decode(black_box(message.clone())).expect("a request");
        self.runtime.block_on(door.decide(request, None)).encode_to_vec()
    }

    fn authorization(&self) -> String {
        let facts = people::boss().starting_facts("sess_2benchDemo");
        let minting = Minting {
            issuer: "https://clerk.shop.test".to_owned(),
            issued_at: bailiff::core::clock::Clock::now(&bailiff::core::clock::SystemClock),
            lifetime: Duration::from_secs(3600),
            authorized_party: Some(ORIGIN.to_owned()),
        };
        format!("Bearer {}", Token::session(&facts, &minting).sign(&self.key))
    }
}

/// Takes whatever it is sent, and is never done. Returns its address.
fn collector() -> String {
    let listener = tokio::runtime::Handle::current().block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = axum::Router::new().fallback(|| async {});
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

const HEADERS: &[(&str, &str)] = &[
    (":authority", "shop.test"),
    (":method", "GET"),
    (":path", "/dashboard/reports?from=2026-01-01&to=2026-02-01"),
    (":scheme", "https"),
    ("accept", "application/json, text/plain, */*"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "en-GB,en;q=0.9,de;q=0.8"),
    ("cookie", "theme=dark; locale=en; _ga=GA1.1.1029384756.1700000000; consent=all"),
    ("origin", "https://shop.test"),
    ("referer", "https://shop.test/dashboard"),
    ("sec-fetch-dest", "empty"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-site", "same-origin"),
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
    ),
    ("x-forwarded-for", "203.0.113.7"),
    ("x-forwarded-proto", "https"),
    ("x-request-id", "7f0b8a52-6f2b-4f0e-8d8c-3a3ff8e4d7c1"),
];

fn question(authorization: &str) -> Question<'_> {
    let lines = HEADERS
        .iter()
        .copied()
        .chain([("authorization", authorization)])
        .map(|(name, value)| Header { name, value: value.as_bytes() })
        .collect();
    Question {
        credential: CredentialSource::Request,
        instance: None,
        wanted: Wanted::Http(HttpRequest {
            method: "GET",
            scheme: Scheme::Https,
            authority: "shop.test",
            target: "/dashboard/reports?from=2026-01-01&to=2026-02-01",
            headers: Headers::new(lines, Repeats::Separate),
            peer: None,
        }),
        also: Also::default(),
        peer: Peer::UNKNOWN,
    }
}

/// The cookies of a signed-in browser beside those of the page itself, its token twice as Clerk's
/// front end writes it.
fn cookie(authorization: &str) -> String {
    let token = authorization.trim_start_matches("Bearer ");
    let key = PublishableKey::parse(PUBLISHABLE_KEY).expect("a key");
    let suffix = key.cookie_suffix();
    let (session, client_uat) = (suffix.suffixed("__session"), suffix.suffixed("__client_uat"));
    format!(
        "theme=dark; locale=en; __client_uat=1700000000; {client_uat}=1700000000; \
         __session={token}; {session}={token}; consent=all"
    )
}

fn cookie_question(cookie: &str) -> Question<'_> {
    let lines = HEADERS
        .iter()
        .copied()
        .filter(|(name, _)| !matches!(*name, "cookie" | "sec-fetch-dest" | "referer"))
        .chain([("cookie", cookie), ("sec-fetch-dest", "document")])
        .map(|(name, value)| Header { name, value: value.as_bytes() })
        .collect();
    let mut question = question("");
    if let Wanted::Http(request) = &mut question.wanted {
        request.headers = Headers::new(lines, Repeats::Separate);
    }
    question
}

fn check_message(authorization: &str) -> Bytes {
    let headers = HEADERS.iter().copied().chain([("authorization", authorization)]);
    let http = CheckHttpRequest {
        method: "GET".into(),
        path: "/dashboard/reports?from=2026-01-01&to=2026-02-01".into(),
        host: "shop.test".into(),
        scheme: "https".into(),
        protocol: "HTTP/2".into(),
        headers: headers.map(|(name, value)| (name.into(), value.into())).collect(),
        ..CheckHttpRequest::default()
    };
    let request = Some(Request { http: Some(http), ..Request::default() });
    CheckRequest { attributes: Some(AttributeContext { request, ..AttributeContext::default() }) }
        .encode_to_vec()
        .into()
}

fn decisions(criterion: &mut Criterion) {
    let bench = Bench::new(64 * 1024 * 1024);
    let known = bench.authorization();
    let mut group = criterion.benchmark_group("decision");
    group.bench_function("cached token", |bencher| {
        let question = question(&known);
        bencher.iter(|| {
            bench
                .runtime
                .block_on(bench.authorizer().authorize(black_box(&question), Door::ExtAuthz))
        });
    });
    group.bench_function("cached cookie session", |bencher| {
        let cookie = cookie(&known);
        let question = cookie_question(&cookie);
        bencher.iter(|| {
            bench
                .runtime
                .block_on(bench.authorizer().authorize(black_box(&question), Door::ExtAuthz))
        });
    });
    // A store that holds nothing makes every token a new one.
    let forgetful = Bench::new(0);
    let unknown = forgetful.authorization();
    group.bench_function("new token", |bencher| {
        let question = question(&unknown);
        bencher.iter(|| {
            forgetful
                .runtime
                .block_on(forgetful.authorizer().authorize(black_box(&question), Door::ExtAuthz))
        });
    });
    let compared = Bench::beside(64 * 1024 * 1024, Some(include_str!("../deploy/policy.yaml")));
    let authorization = compared.authorization();
    group.bench_function("cached token, compared with a next policy", |bencher| {
        let question = question(&authorization);
        bencher.iter(|| {
            compared
                .runtime
                .block_on(compared.authorizer().authorize(black_box(&question), Door::ExtAuthz))
        });
    });
    group.finish();

    let (message, door) = (check_message(&known), bench.door());
    criterion.bench_function("Check: decode, decide, encode", |bencher| {
        bencher.iter(|| bench.check(&door, &message));
    });
}

/// A decision about a cached token as a door asks for it, by itself and from message to message, telling
/// nobody and telling everybody.
fn telling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("telemetry");
    // What tells is of the whole process, so that it comes last.
    for (name, start) in [
        ("off", (|| Bench::new(64 * 1024 * 1024)) as fn() -> Bench),
        ("decision log, metrics, one trace in a hundred", Bench::telling),
    ] {
        let bench = start();
        let known = bench.authorization();
        let question = question(&known);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let span = bench.authorizer().tracing().decide("ext_authz", &Nothing);
                let asked = bench.authorizer().authorize(black_box(&question), Door::ExtAuthz);
                bench.runtime.block_on(asked.instrument(span))
            });
        });
        let (message, door) = (check_message(&known), bench.door());
        group.bench_function(format!("Check, {name}"), |bencher| {
            bencher.iter(|| bench.check(&door, &message));
        });
        drop(door);
        let Bench { runtime, parts, telemetry, .. } = bench;
        drop(parts);
        telemetry.finish();
        drop(runtime);
    }
    group.finish();
}

fn routes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("route match");
    for count in [10, 1_000, 10_000] {
        let mut text = "version: 1\nroutes:\n".to_owned();
        for number in 0..count {
            writeln!(text, "  /area{}/things{number}/{{id}}/parts/{{**}}: signed_in", number % 50)
                .expect("a string");
        }
        let policy = Policy::load(Source::new("bench", &text)).expect("a policy");
        let host = Host::parse("shop.test").expect("a host");
        let number = count / 2;
        let raw = format!("/area{}/things{number}/17/parts/a/b", number % 50);
        let path = CanonicalPath::parse(&raw).expect("a path");
        assert!(matches!(policy.route(&host, &path, "GET"), Routed::Rule(_)));
        group.bench_function(format!("{count} routes"), |bencher| {
            bencher
                .iter(|| matches!(policy.route(&host, black_box(&path), "GET"), Routed::Rule(_)));
        });
    }
    group.finish();
}

/// Deciding for somebody known already, beside explaining the same.
fn explanations(criterion: &mut Criterion) {
    let text = include_str!("../deploy/policy.yaml");
    let policy = Policy::load(Source::new("bench", text)).expect("a policy");
    let question = question("");
    let inquiry = Inquiry {
        wanted: &question.wanted,
        who: Who::Nobody(Reason::SignedOut),
        also_action: None,
        also_require: None,
        peer: Peer::UNKNOWN,
        now: Timestamp::from_unix_seconds(0),
    };
    let mut group = criterion.benchmark_group("explain");
    group.bench_function("decide", |bencher| {
        bencher.iter(|| policy.rule_on(black_box(&inquiry)));
    });
    group.bench_function("decide and explain", |bencher| {
        bencher.iter(|| policy.explain(black_box(&inquiry)));
    });
    group.finish();
}

criterion_group!(benches, decisions, routes, explanations, telling);
criterion_main!(benches);
