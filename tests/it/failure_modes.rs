//! What happens when something that Bailiff leans on is away, slow or wrong. Each test is a row of the
//! table of failure modes in docs/operations.md; the rows that concern one part alone name tests of that
//! part.

use crate::support::{
    PATIENCE,
    check::{Asked, Verdict},
    grpc, http,
    sidecar::{self, Sidecar},
    stack::SHOP,
    tokens::{Instance, Person::Boss, seconds_from_now},
    webhooks,
};
use aws_lc_rs::hmac;
use bailiff::stand_in::{
    clerk::{Endpoint, Fault, Grant, Setup, StandIn},
    keys::SigningKey,
    people,
    tokens::Token,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    process::Stdio,
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

const POLICY: &str = "
version: 1
routes:
  /public:  public
  /private: signed_in
  /ingest:  { credential: api_key }
";

/// A sidecar that fetches keys from a Clerk instance on loopback and asks it about opaque credentials.
struct World {
    clerk: StandIn,
    sidecar: Sidecar,
}

impl World {
    /// `arrange` lets things go wrong before the sidecar starts.
    async fn start(arrange: impl FnOnce(&StandIn), change: impl FnOnce(&mut Value)) -> Self {
        let clerk = StandIn::start(Setup::new()).await.expect("the Clerk instance starts");
        arrange(&clerk);
        let directory = TempDir::new().expect("a temporary directory");
        fs::write(directory.path().join("secret"), clerk.secret_key()).expect("it is written");
        let mut settings = json!({
            "policy": directory.path().join("policy.yaml"),
            "instances": [{
                "publishable_key": clerk.publishable_key(),
                "secret_key_file": "secret",
                "api_url": clerk.backend_api_url(),
                "handshake": "off",
            }],
            "listeners": { "grpc": "127.0.0.1:0", "admin": "127.0.0.1:0" },
            "log": { "format": "json" },
        });
        change(&mut settings);
        let sidecar = Sidecar::start_unready(directory, POLICY, &settings).await;
        Self { clerk, sidecar }
    }

    async fn told(&self, path: &str, token: &str) -> String {
        told(&self.sidecar, path, token).await
    }

    /// A token that the sidecar has not seen.
    fn token(&self) -> String {
        self.clerk.token_of(&people::boss())
    }
}

async fn told(sidecar: &Sidecar, path: &str, token: &str) -> String {
    let bearer = format!("Bearer {token}");
    Asked::get(path).header("authorization", &bearer).of(sidecar).await.told()
}

/// Waits until that is told.
async fn becomes(sidecar: &Sidecar, path: &str, token: &str, wanted: &str) {
    let waited = tokio::time::timeout(PATIENCE * 2, async {
        while told(sidecar, path, token).await != wanted {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(waited.await.is_ok(), "not `{wanted}` in time:\n{}", sidecar.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_cannot_be_fetched_at_start_close_what_needs_them_until_they_can() {
    let world = World::start(|clerk| clerk.faults().inject_everywhere(&Fault::Down), |_| {}).await;
    assert_eq!(world.told("/private", &world.token()).await, "503 keys_unavailable");
    assert_eq!(Asked::get("/public").of(&world.sidecar).await.told(), "200");
    assert_eq!(Asked::get("/private").of(&world.sidecar).await.told(), "401 signed_out");
    let page = http::get(&world.sidecar.admin("/readyz"), &[]).await;
    assert_eq!(page.status, 503);
    assert!(page.body.contains("no keys for the instance `default`"), "{}", page.body);
    assert_eq!(http::get(&world.sidecar.admin("/healthz"), &[]).await.status, 200);

    world.clerk.faults().clear();
    becomes(&world.sidecar, "/private", &world.token(), "200").await;
    assert_eq!(http::get(&world.sidecar.admin("/readyz"), &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_at_hand_outlive_clerk() {
    let world = World::start(|_| {}, |_| {}).await;
    becomes(&world.sidecar, "/private", &world.token(), "200").await;
    for fault in [Fault::Down, Fault::server_error(), Fault::garbage(), Fault::BrokenOff] {
        world.clerk.faults().inject_everywhere(&fault);
        assert_eq!(world.told("/private", &world.token()).await, "200", "{fault:?}");
        // A key that is not known cannot be asked for; whoever names one is refused, nobody else.
        let stranger = Instance::new();
        let strange = Token::session(&Boss.facts(), &world.clerk.minting()).header("kid", "ins_x");
        let strange = world.told("/private", &strange.sign(stranger.key())).await;
        assert!(strange.starts_with("503 "), "{fault:?}: {strange}");
        assert_eq!(world.told("/private", &world.token()).await, "200", "{fault:?}");
        assert_eq!(http::get(&world.sidecar.admin("/readyz"), &[]).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_tokens_keep_the_tokens_of_a_new_key_waiting_for_seconds_at_most() {
    let world = World::start(|_| {}, |_| {}).await;
    becomes(&world.sidecar, "/private", &world.token(), "200").await;
    let stranger = Instance::new();
    let forged = |name: &str| {
        let token = Token::session(&Boss.facts(), &world.clerk.minting());
        token.header("kid", name).sign(stranger.key())
    };
    let rotate = |name| {
        let key = SigningKey::generate(name).expect("a key");
        world.clerk.keys().rotate_to(Arc::new(key));
    };

    // Signatures that do not fit cost the next key nothing.
    let first = world.clerk.keys().current();
    for _ in 0..20 {
        let told = world.told("/private", &forged(first.id())).await;
        assert_eq!(told, "401 token_invalid_signature");
    }
    rotate("ins_second");
    assert_eq!(world.told("/private", &world.token()).await, "200");

    // Made-up names do: until Clerk may be asked again, nobody can tell new keys from them.
    for number in 0..20 {
        let told = world.told("/private", &forged(&format!("ins_{number}"))).await;
        assert_eq!(told, "503 token_key_pending");
    }
    rotate("ins_third");
    assert_eq!(world.told("/private", &world.token()).await, "503 token_key_pending");
    becomes(&world.sidecar, "/private", &world.token(), "200").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_api_that_is_away_slow_or_busy_refuses_what_must_be_asked_there_and_soon() {
    for fault in [
        Fault::Down,
        Fault::Slow(PATIENCE * 10),
        Fault::server_error(),
        Fault::garbage(),
        Fault::too_many_requests(1),
        Fault::unauthorized(),
    ] {
        let world = World::start(|_| {}, |_| {}).await;
        becomes(&world.sidecar, "/private", &world.token(), "200").await;
        let [key, known] =
            [(); 2].map(|()| world.clerk.issue(Grant::api_key("user_1", &[])).secret);
        assert_eq!(world.told("/ingest", &known).await, "200");
        world.clerk.faults().inject(Endpoint::VerifyApiKey, fault.clone());
        // `told` waits for as long as its patience lasts, and the slow answer comes long after.
        let refused = world.told("/ingest", &key).await;
        assert_eq!(refused, "503 upstream_unavailable", "{fault:?}");
        assert_eq!(world.told("/ingest", &known).await, "200", "{fault:?}");
        assert_eq!(world.told("/private", &world.token()).await, "200", "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_never_comes_leaves_a_token_until_it_expires_and_no_longer() {
    let instance = Instance::new();
    let directory = TempDir::new().expect("a temporary directory");
    let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
    settings["instances"][0]["clock_skew_ms"] = json!(0);
    let sidecar = Sidecar::start_in(directory, SHOP, &settings).await;
    let token = instance.token_with(Boss, |token| token.claim("exp", seconds_from_now(3)));
    assert_eq!(told(&sidecar, "/dashboard", &token).await, "200");
    becomes(&sidecar, "/dashboard", &token, "401 token_expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_away_at_start_keeps_nobody_from_starting_and_no_webhook_is_acknowledged() {
    let instance = Instance::new();
    let directory = TempDir::new().expect("a temporary directory");
    let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
    // Nothing listens there: the port was free a moment ago and is reserved for nobody.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("redis://{}", free.local_addr().expect("an address"));
    drop(free);
    fs::write(directory.path().join("redis"), url).expect("it is written");
    fs::write(directory.path().join("webhook"), webhooks::SECRET).expect("it is written");
    settings["revocation"] = json!({ "redis": { "url_file": "redis" } });
    settings["instances"][0]["webhook_signing_secret_files"] = json!(["webhook"]);
    settings["listeners"]["webhook"] = json!("127.0.0.1:0");
    let sidecar = Sidecar::start_in(directory, SHOP, &settings).await;
    let token = instance.token_with(Boss, |token| token.claim("iat", seconds_from_now(-10)));
    assert_eq!(told(&sidecar, "/dashboard", &token).await, "200");

    // Clerk sends it again, to whoever can keep it then; here it is in force already.
    let data = json!({ "id": "sess_2shop00000000000000000000" });
    let webhook = signed("msg_1", &webhooks::event("session.revoked", &data));
    assert_eq!(webhook.send(sidecar.webhook()).await, (503, "not_stored".to_owned()));
    assert_eq!(told(&sidecar, "/dashboard", &token).await, "401 session_revoked");
}

/// A message signed as Svix does.
fn signed(id: &str, event: &Value) -> webhooks::Webhook {
    let (body, timestamp) = (event.to_string(), webhooks::now());
    let secret = STANDARD.decode(webhooks::SECRET.trim_start_matches("whsec_")).expect("base64");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let tag = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(tag));
    webhooks::Webhook { id: id.to_owned(), timestamp, signature, body }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_behind_refuses_tokens_from_its_future() {
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, SHOP).await;
    // To a clock that is a minute behind, everything is minted in a minute.
    for (claims, seconds, expected) in [
        (&["iat"][..], 60, "401 token_issued_in_the_future"),
        (&["nbf"], 60, "401 token_not_active_yet"),
        (&["iat", "nbf"], 2, "200"),
    ] {
        let token = instance.token_with(Boss, |token| {
            claims.iter().fold(token, |token, name| token.claim(name, seconds_from_now(seconds)))
        });
        assert_eq!(told(&sidecar, "/dashboard", &token).await, expected, "{claims:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_ahead_ends_tokens_early() {
    let instance = Instance::new();
    let sidecar = Sidecar::start(&instance, SHOP).await;
    for (seconds, expected) in [(-60, "401 token_expired"), (-6, "401 token_expired"), (-1, "200")]
    {
        let token =
            instance.token_with(Boss, |token| token.claim("exp", seconds_from_now(seconds)));
        assert_eq!(told(&sidecar, "/dashboard", &token).await, expected, "{seconds}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_the_log_stops_nothing() {
    let instance = Instance::new();
    let directory = TempDir::new().expect("a temporary directory");
    let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
    settings["listeners"].as_object_mut().expect("a map").remove("admin");
    settings["listeners"]["admin"] = json!("off");
    settings["log"]["filter"] = json!("trace");
    fs::write(directory.path().join("policy.yaml"), SHOP).expect("the policy is written");
    let full = || Stdio::from(File::options().write(true).open("/dev/full").expect("a device"));
    let mut command = sidecar::command(directory.path(), &settings);
    let mut child = command.stdout(full()).stderr(full()).spawn().expect("it starts");
    let socket = directory.path().join("grpc.sock");
    let connected = tokio::time::timeout(PATIENCE, async {
        while tokio::net::UnixStream::connect(&socket).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    connected.await.expect("it listens");
    let mut client = grpc::check_client(grpc::unix_channel(&socket).await);
    let bearer = format!("Bearer {}", instance.token(Boss));
    for _ in 0..50 {
        let asked = Asked::get("/admin/users").header("authorization", &bearer).message();
        let answer = client.check(asked).await.expect("an answer").into_inner();
        assert_eq!(Verdict::of(answer).told(), "200");
        let nobody = Asked::get("/admin/users").message();
        let answer = client.check(nobody).await.expect("an answer").into_inner();
        assert_eq!(Verdict::of(answer).told(), "401 signed_out");
    }
    assert!(child.try_wait().expect("a state").is_none(), "it runs on");
    let _ = child.kill();
    let _ = child.wait();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_said_at_start() {
    let instance = Instance::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let directory = TempDir::new().expect("a temporary directory");
    let mut settings = sidecar::settings(directory.path(), &[("main", &instance)]);
    settings["listeners"]["grpc"] = json!([address]);
    fs::write(directory.path().join("policy.yaml"), SHOP).expect("the policy is written");
    let output = sidecar::command(directory.path(), &settings).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&address), "{said}");
}
