//! A long run in which everything changes at once: policies, signing keys, certificates, Redis coming and
//! going, and twice as many callers as are answered. No verdict is ever wrong, and memory stays flat.
//!
//! Not part of the usual tests. Ten minutes, on loopback alone:
//!
//! ```sh
//! BAILIFF_SOAK_SECONDS=600 cargo test --release --test it soak -- --ignored --nocapture
//! ```

use crate::support::{
    certificates::{Authority, Certified, client, replace},
    check::{Asked, Verdict},
    grpc,
    redis::{Redis, program},
    sidecar::{self, Sidecar},
    toolchain::required,
};
use bailiff::stand_in::{
    clerk::{Endpoint, Fault, Setup, StandIn},
    keys::SigningKey,
    people,
};
use rustls::{ClientConfig, version::TLS13};
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::{task::JoinSet, time::sleep};

/// Questions that are decided at once; twice as many callers wait for Clerk.
const AT_ONCE: usize = 32;
/// How much memory may come and go.
const FLAT_KB: u64 = 48 * 1024;
/// What a good token may be told while Clerk is asked for a key that is new: nobody can tell yet.
const WAITING: &[&str] = &["503 keys_unavailable", "503 token_key_pending"];
const NAME: &str = "bailiff.test";
const REFUSED_USER: &str = "user_2soakrevoked0000000000000";

/// The same decisions in every version, of another revision.
fn policy(version: u64) -> String {
    format!(
        "version: 1\nroutes:\n  /open: public\n  /private: signed_in\n  /admin: {{ role: org:admin }}\n  \
         /keys: {{ credential: api_key }}\n  /version/{version}: denied\n"
    )
}

/// What became of all calls.
#[derive(Default)]
struct Tally {
    calls: AtomicU64,
    told: Mutex<BTreeMap<String, u64>>,
    wrong: Mutex<Vec<String>>,
}

impl Tally {
    fn heard(&self, path: &str, told: &str, expected: &[&str]) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let right = told == "503 overloaded" || expected.contains(&told);
        if !right {
            let mut wrong = self.wrong.lock().expect("nobody panicked");
            wrong.push(format!("{path}: {told}, not {expected:?}"));
        }
        *self.told.lock().expect("nobody panicked").entry(format!("{path} {told}")).or_default() +=
            1;
    }
}

/// The world that changes.
struct World {
    clerk: StandIn,
    sidecar: Sidecar,
    authority: Authority,
    tally: Tally,
    over: AtomicBool,
}

impl World {
    fn client(&self) -> ClientConfig {
        client(&self.authority, None, &[&TLS13])
    }

    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::Relaxed)
    }
}

fn write(directory: &Path, name: &str, text: &str) {
    fs::write(directory.join(name), text).expect("it is written");
}

async fn world(redis: &Redis) -> World {
    let clerk = StandIn::start(Setup::new()).await.expect("the Clerk instance starts");
    let authority = Authority::new();
    let directory = TempDir::new().expect("a temporary directory");
    let path = directory.path();
    write(path, "secret", clerk.secret_key());
    write(path, "redis", &redis.url());
    write(path, "operator", "made-up-operator-credential");
    authority.certify(&[NAME, "127.0.0.1"]).write(path, "server");
    write(path, "ca.pem", authority.pem());
    let tls = json!({ "certificate_file": "server.pem", "key_file": "server.key.pem" });
    let settings = json!({
        "policy": path.join("policy.yaml"),
        "instances": [{
            "publishable_key": clerk.publishable_key(),
            "secret_key_file": "secret",
            "api_url": clerk.backend_api_url(),
            "handshake": "off",
            "machine_tokens": { "calls_per_ten_seconds": 100_000 },
        }],
        "listeners": {
            "grpc": { "address": "127.0.0.1:0", "tls": tls },
            "admin": "127.0.0.1:0",
        },
        "revocation": { "redis": { "url_file": "redis" } },
        "operator_token_file": "operator",
        "limits": { "decisions_at_once": AT_ONCE },
        "log": { "format": "json", "filter": "info,bailiff::decision=off" },
    });
    let sidecar = Sidecar::start_in(directory, &policy(0), &settings).await;
    clerk.faults().inject(Endpoint::VerifyApiKey, Fault::Slow(Duration::from_millis(300)));
    World { clerk, sidecar, authority, tally: Tally::default(), over: AtomicBool::new(false) }
}

/// Asks the same things again and again; every hundred calls over a new connection.
async fn ask_on(world: Arc<World>, address: SocketAddr) {
    while world.goes_on() {
        let channel = grpc::tls_channel(address, world.client(), NAME).await;
        let mut client = grpc::check_client(channel.expect("a connection"));
        // Signed with whatever key is current.
        let bearer = |facts| format!("Bearer {}", world.clerk.token(&facts));
        let boss = format!("Bearer {}", world.clerk.token_of(&people::boss()));
        let mut refused = people::boss().starting_facts("sess_soak");
        REFUSED_USER.clone_into(&mut refused.user_id);
        let mut reader = people::boss().starting_facts("sess_reader");
        reader.organization = None;
        let (refused, reader) = (bearer(refused), bearer(reader));
        let forged = format!("{}x", boss.trim_end_matches(char::is_alphanumeric));
        let asked = [
            ("/open", "", &["200"][..]),
            ("/nowhere", "", &["403 no_route"]),
            ("/private", "", &["401 signed_out"]),
            ("/private", &*boss, &["200"]),
            ("/admin", &*boss, &["200"]),
            ("/admin", &*reader, &["403 role", "403 organization_required"]),
            ("/private", &*refused, &["403 access_revoked"]),
            ("/private", &*forged, &["401 token_invalid_signature", "401 token_invalid"]),
            ("/version/0", "", &["403 denied", "403 no_route"]),
        ];
        for (path, bearer, expected) in asked.iter().cycle().take(asked.len() * 11) {
            let mut asked = Asked::get(path);
            if !bearer.is_empty() {
                asked = asked.header("authorization", bearer);
            }
            let answer = client.check(asked.message()).await;
            let answer = answer.unwrap_or_else(|error| panic!("a call failed: {error:?}"));
            let told = Verdict::of(answer.into_inner()).told();
            let slow_down = told == "503 overloaded";
            let waits = !bearer.is_empty() && WAITING.contains(&&*told);
            world.tally.heard(path, &told, if waits { WAITING } else { expected });
            if slow_down {
                sleep(Duration::from_millis(2)).await;
            }
        }
    }
}

/// Keeps places taken: asks about keys that Clerk must be asked about, and does not know.
async fn press_on(world: Arc<World>, address: SocketAddr, number: usize) {
    let channel = grpc::tls_channel(address, world.client(), NAME).await.expect("a connection");
    let mut client = grpc::check_client(channel);
    let mut count = 0;
    while world.goes_on() {
        count += 1;
        let bearer = format!("Bearer ak_madeup{number}x{count}");
        let asked = Asked::get("/keys").header("authorization", &bearer);
        let answer = client.check(asked.message()).await.expect("an answer");
        let told = Verdict::of(answer.into_inner()).told();
        let refused = !told.starts_with("200");
        world.tally.heard("/keys", if refused { "refused" } else { &told }, &["refused"]);
        sleep(Duration::from_millis(10)).await;
    }
}

fn revoke(world: &World) {
    let mut command = sidecar::bailiff();
    command.args(["revoke", REFUSED_USER, "--why", "the soak", "--for", "1h", "--address"]);
    command.arg(world.sidecar.grpc().to_string());
    command.arg("--ca-file").arg(world.sidecar.file("ca.pem"));
    command.arg("--token-file").arg(world.sidecar.file("operator"));
    let output = command.output().expect("the command runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn change(world: &World, tick: u64, redis_runs: bool) -> bool {
    replace(&world.sidecar.file("policy.yaml"), &policy(tick));
    // Not more often than Clerk is asked for names that are new.
    if tick.is_multiple_of(6) {
        let key = SigningKey::generate(&format!("ins_soak_{tick}")).expect("a key");
        world.clerk.keys().rotate_to(Arc::new(key));
    }
    if tick.is_multiple_of(3) {
        let certified: Certified = world.authority.certify(&[NAME, "127.0.0.1"]);
        certified.write(world.sidecar.file("").as_path(), "server");
    }
    tick.is_multiple_of(5) && redis_runs
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: see the head of this file"]
#[expect(clippy::disallowed_methods, reason = "a test has no settings of its own")]
async fn nothing_goes_wrong_and_nothing_grows_while_everything_changes() {
    let Some(program) = required(program()) else { return };
    let seconds = std::env::var("BAILIFF_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    let seconds: u64 = seconds.unwrap_or(600).clamp(20, 3600);
    let mut redis = Redis::start(&program, &["--appendonly", "yes"]).await;
    let world = Arc::new(world(&redis).await);
    let address = world.sidecar.grpc();
    revoke(&world);
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        callers.spawn(ask_on(Arc::clone(&world), address));
    }
    for number in 0..2 * AT_ONCE {
        callers.spawn(press_on(Arc::clone(&world), address, number));
    }
    let (mut runs, mut restarts, mut warm, mut most) = (true, 0, 0, 0);
    let ticks = seconds / 2;
    for tick in 1..=ticks {
        if change(&world, tick, runs) {
            redis.kill();
            runs = false;
        } else if !runs {
            redis.start_again().await;
            (runs, restarts) = (true, restarts + 1);
        }
        sleep(Duration::from_secs(2)).await;
        let now = world.sidecar.resident_kb();
        if tick <= ticks / 3 {
            warm = warm.max(now);
        }
        most = most.max(now);
        if let Some(Err(error)) = callers.try_join_next() {
            panic!("{error}:\n{}", world.sidecar.log());
        }
    }
    world.over.store(true, Ordering::Relaxed);
    while let Some(ended) = callers.join_next().await {
        ended.expect("no call failed");
    }
    let loads = world.sidecar.log().matches("\"policy loaded\"").count();
    let rotated = world.sidecar.log().matches("a certificate was replaced").count();
    report(
        &world,
        seconds,
        &[
            ("policies loaded", loads as u64),
            ("signing keys rotated", ticks / 6),
            ("certificates rotated", rotated as u64),
            ("Redis restarted", restarts),
            ("resident kB, warm", warm),
            ("resident kB, most", most),
        ],
    );
    let wrong = world.tally.wrong.lock().expect("nobody panicked");
    assert!(wrong.is_empty(), "{} wrong: {:?}", wrong.len(), &wrong[..wrong.len().min(10)]);
    let told = world.tally.told.lock().expect("nobody panicked");
    assert!(told.keys().any(|told| told.ends_with("overloaded")), "there was no overload");
    let times = |path: &str, told_that: &str| {
        told.get(&format!("{path} {told_that}")).copied().unwrap_or(0)
    };
    for path in ["/private", "/admin"] {
        let waited: u64 = WAITING.iter().map(|waiting| times(path, waiting)).sum();
        assert!(waited * 10 < times(path, "200"), "{waited} had to wait for a key at {path}");
    }
    assert!(loads > 3 && rotated > 1 && restarts > 0, "too little changed");
    assert!(most < warm + FLAT_KB, "memory grew from {warm} to {most} kB");
}

#[expect(clippy::print_stdout, reason = "the figures are what this is run for")]
fn report(world: &World, seconds: u64, figures: &[(&str, u64)]) {
    println!("{} calls in {seconds} s", world.tally.calls.load(Ordering::Relaxed));
    for (what, number) in figures {
        println!("{number:>10}  {what}");
    }
    for (told, times) in &*world.tally.told.lock().expect("nobody panicked") {
        println!("{times:>10}  {told}");
    }
}
