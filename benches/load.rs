//! `Check` over loopback gRPC, Bailiff against a bare server that allows everything, in one run.
//!
//! ```sh
//! cargo bench --bench load                 # 5 rounds of 2 seconds for each server and transport
//! cargo bench --bench load -- 9 3          # 9 rounds of 3 seconds
//! cargo bench --bench load -- reload 5 4   # Bailiff with 10,000 rules, left alone and reloaded in turn
//! ```
//!
//! Rounds alternate between the two servers, so that whatever else the machine does meets both. What
//! counts is the ratio. The bare server is a process of its own, like Bailiff: this program again.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]
#![expect(clippy::disallowed_methods, reason = "it measures wall time of real servers")]

use bailiff::{
    core::clock::{Clock as _, SystemClock},
    stand_in::{
        keys::SigningKey,
        people,
        tokens::{Minting, Token},
    },
};
use envoy_types::pb::envoy::service::auth::v3::{
    AttributeContext, CheckRequest, CheckResponse,
    attribute_context::{HttpRequest, Request},
    authorization_client::AuthorizationClient,
    authorization_server::{Authorization, AuthorizationServer},
};
use std::{
    env,
    error::Error,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tonic::transport::{Channel, Endpoint, Server, Uri};

type Failure = Box<dyn Error + Send + Sync>;

const PUBLISHABLE_KEY: &str = "pk_test_bG9hZC5jbGVyay50ZXN0JA"; // load.clerk.test
const ISSUER: &str = "https://load.clerk.test";
const CONNECTIONS: usize = 4;
const IN_FLIGHT: usize = 64;
/// Few enough that the machine is not busy: what is asked is how long a reload makes others wait.
const IN_FLIGHT_AT_RELOAD: usize = 4;
const RULES_AT_RELOAD: usize = 10_000;
const POLICY: &str = "\
version: 1
routes:
  /healthz: public
  /dashboard/{**}: signed_in
  /admin/{**}: { role: org:admin }
  /orgs/{org}/invoices/{id}: { GET: { permission: org:invoices:read } }
";

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["bare", socket] => runtime.block_on(serve_bare(Path::new(socket))),
        [] => runtime.block_on(compare(5, Duration::from_secs(2))),
        [rounds, seconds] => {
            runtime.block_on(compare(rounds.parse()?, Duration::from_secs(seconds.parse()?)))
        }
        ["reload", rounds, seconds] => {
            runtime.block_on(reload(rounds.parse()?, Duration::from_secs(seconds.parse()?)))
        }
        _ => Err("usage: load [[reload] ROUNDS SECONDS]".into()),
    }
}

// === the bare server ===

#[derive(Clone)]
struct AllowAll;

#[tonic::async_trait]
impl Authorization for AllowAll {
    async fn check(
        &self,
        _: tonic::Request<CheckRequest>,
    ) -> Result<tonic::Response<CheckResponse>, tonic::Status> {
        Ok(tonic::Response::new(CheckResponse::default()))
    }
}

async fn serve_bare(socket: &Path) -> Result<(), Failure> {
    let tcp = TcpListener::bind("127.0.0.1:0").await?;
    let unix = UnixListener::bind(socket)?;
    println!("{}", tcp.local_addr()?);
    let server = || Server::builder().add_service(AuthorizationServer::new(AllowAll));
    tokio::try_join!(
        server().serve_with_incoming(TcpListenerStream::new(tcp)),
        server().serve_with_incoming(UnixListenerStream::new(unix)),
    )?;
    Ok(())
}

// === the comparison ===

/// A server under load, stopped when dropped.
struct Running {
    name: &'static str,
    process: Child,
    tcp: String,
    unix: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Round {
    per_second: f64,
    /// Latencies in microseconds, ascending.
    latencies: Vec<u32>,
    /// Server CPU for each Check, in microseconds.
    cpu: f64,
}

impl Round {
    fn percentile(&self, percent: usize) -> u32 {
        let last = self.latencies.len().saturating_sub(1);
        let at = (self.latencies.len() * percent / 100).min(last);
        self.latencies.get(at).copied().unwrap_or_default()
    }
}

async fn compare(rounds: usize, length: Duration) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let key = SigningKey::generate("ins_load")?;
    let (bailiff, ready_after) = start_bailiff(folder.path(), &key.public_pem(), POLICY)?;
    println!(
        "bailiff: ready after {} ms, {} kB resident",
        ready_after.as_millis(),
        resident(&bailiff)?
    );
    let bare = start_bare(folder.path())?;
    println!("bare:    {} kB resident", resident(&bare)?);
    let request = check_request(&token(&key));

    for unix in [false, true] {
        let mut ratios = Vec::new();
        let mut results: [Vec<Round>; 2] = [Vec::new(), Vec::new()];
        for server in [&bare, &bailiff] {
            load(server, unix, IN_FLIGHT, &request, Duration::from_millis(500)).await?;
        }
        for _ in 0..rounds {
            let bare = load(&bare, unix, IN_FLIGHT, &request, length).await?;
            let ours = load(&bailiff, unix, IN_FLIGHT, &request, length).await?;
            ratios.push(ours.per_second / bare.per_second);
            results[0].push(bare);
            results[1].push(ours);
        }
        println!(
            "\n{} x {CONNECTIONS} connections, {IN_FLIGHT} in flight, {rounds} rounds of {length:?}",
            if unix { "unix socket" } else { "TCP loopback" }
        );
        for (server, rounds) in [&bare, &bailiff].into_iter().zip(&results) {
            println!(
                "{:8} {:>7.0} Check/s   p50 {:>5} us   p99 {:>5} us   server CPU {:>5.1} us/Check",
                server.name,
                median(rounds.iter().map(|round| round.per_second)),
                median(rounds.iter().map(|round| f64::from(round.percentile(50)))),
                median(rounds.iter().map(|round| f64::from(round.percentile(99)))),
                median(rounds.iter().map(|round| round.cpu)),
            );
        }
        println!(
            "ratio    {:.3} of the bare server's throughput (median of rounds)",
            median(ratios.into_iter())
        );
    }
    println!("\nbailiff after the load: {} kB resident", resident(&bailiff)?);
    Ok(())
}

// === reloading ===

async fn reload(rounds: usize, length: Duration) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let key = SigningKey::generate("ins_load")?;
    let (bailiff, _) = start_bailiff(folder.path(), &key.public_pem(), &full_size(0))?;
    let request = check_request(&token(&key));
    load(&bailiff, true, IN_FLIGHT_AT_RELOAD, &request, Duration::from_millis(500)).await?;
    let mut results: [Vec<Round>; 2] = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        results[0].push(load(&bailiff, true, IN_FLIGHT_AT_RELOAD, &request, length).await?);
        let path = folder.path().join("policy.yaml");
        let replacing = tokio::spawn(async move {
            for version in 1.. {
                let aside = path.with_extension("aside");
                tokio::fs::write(&aside, full_size(round * 1000 + version)).await?;
                tokio::fs::rename(&aside, &path).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Ok::<_, Failure>(())
        });
        results[1].push(load(&bailiff, true, IN_FLIGHT_AT_RELOAD, &request, length).await?);
        replacing.abort();
        // The last change is still to be taken up.
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    println!(
        "unix socket, {CONNECTIONS} connections, {IN_FLIGHT_AT_RELOAD} in flight, {rounds} rounds of {length:?}"
    );
    for (name, rounds) in ["left alone", "reloaded"].into_iter().zip(&results) {
        println!(
            "{name:10} {:>7.0} Check/s   p50 {:>5} us   p99 {:>5} us   longest {:>6} us",
            median(rounds.iter().map(|round| round.per_second)),
            median(rounds.iter().map(|round| f64::from(round.percentile(50)))),
            median(rounds.iter().map(|round| f64::from(round.percentile(99)))),
            median(rounds.iter().map(|round| f64::from(round.percentile(100)))),
        );
    }
    println!("bailiff after the reloads: {} kB resident", resident(&bailiff)?);
    Ok(())
}

/// Ten thousand rules beside those that are asked; each version is another policy.
fn full_size(version: usize) -> String {
    let rules = (0..RULES_AT_RELOAD).map(|number| {
        format!("  /v{version}/r{number}/{{id}}: {{ permission: org:invoices:read }}\n")
    });
    POLICY.to_owned() + &rules.collect::<String>()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn start_bare(folder: &Path) -> Result<Running, Failure> {
    let unix = folder.join("bare.sock");
    let mut process = Command::new(env::current_exe()?)
        .args(["bare".as_ref(), unix.as_os_str()])
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = process.stdout.take().ok_or("no standard output")?;
    let mut tcp = String::new();
    BufReader::new(stdout).read_line(&mut tcp)?;
    Ok(Running { name: "bare", process, tcp: tcp.trim().to_owned(), unix })
}

fn start_bailiff(folder: &Path, pem: &str, policy: &str) -> Result<(Running, Duration), Failure> {
    let unix = folder.join("bailiff.sock");
    fs::write(folder.join("key.pem"), pem)?;
    fs::write(folder.join("policy.yaml"), policy)?;
    fs::write(
        folder.join("bailiff.yaml"),
        format!(
            "policy: policy.yaml\ninstances:\n  - publishable_key: {PUBLISHABLE_KEY}\n    jwt_key_file: key.pem\n    \
             authorized_parties: [https://shop.test]\nlisteners:\n  grpc: ['127.0.0.1:0', 'unix:{}']\n  admin: off\n",
            unix.display()
        ),
    )?;
    let started = Instant::now();
    let mut process = Command::new(env!("CARGO_BIN_EXE_bailiff"))
        .args(["serve", "--config"])
        .arg(folder.join("bailiff.yaml"))
        .env("BAILIFF_LOG", env::var("BAILIFF_LOG").unwrap_or_else(|_| "info".to_owned()))
        .stderr(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(process.stderr.take().ok_or("no standard error")?).lines();
    let mut tcp = None;
    let mut ready = false;
    while !ready || tcp.is_none() {
        let line: serde_json::Value = serde_json::from_str(&lines.next().ok_or("no ready line")??)?;
        match line["message"].as_str() {
            Some("listening") if line["listener"] == "grpc" => {
                let address = line["address"].as_str().unwrap_or_default();
                if !address.starts_with("unix:") {
                    tcp = Some(address.to_owned());
                }
            }
            Some("ready") => ready = true,
            _ => {}
        }
    }
    let ready_after = started.elapsed();
    // Whoever reads the log must keep up, as a log collector does.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    let tcp = tcp.ok_or("no TCP listener")?;
    Ok((Running { name: "bailiff", process, tcp, unix }, ready_after))
}

async fn connect(server: &Running, unix: bool) -> Result<Channel, Failure> {
    if !unix {
        return Ok(Endpoint::from_shared(format!("http://{}", server.tcp))?.connect().await?);
    }
    let path = server.unix.clone();
    let connector = tower::service_fn(move |_: Uri| {
        let path = path.clone();
        async move { UnixStream::connect(path).await.map(hyper_util::rt::TokioIo::new) }
    });
    Ok(Endpoint::from_static("http://socket").connect_with_connector(connector).await?)
}

async fn load(
    server: &Running,
    unix: bool,
    in_flight: usize,
    request: &CheckRequest,
    length: Duration,
) -> Result<Round, Failure> {
    let mut tasks = Vec::new();
    let cpu_before = cpu_time(server)?;
    let started = Instant::now();
    let end = started + length;
    for _ in 0..CONNECTIONS {
        let channel = connect(server, unix).await?;
        for _ in 0..in_flight / CONNECTIONS {
            let (mut client, request) =
                (AuthorizationClient::new(channel.clone()), request.clone());
            tasks.push(tokio::spawn(async move {
                let mut latencies = Vec::new();
                while Instant::now() < end {
                    let sent = Instant::now();
                    let answer = client.check(request.clone()).await?.into_inner();
                    if answer.status.is_some_and(|status| status.code != 0) {
                        return Err("the request was denied".into());
                    }
                    latencies.push(u32::try_from(sent.elapsed().as_micros())?);
                }
                Ok::<_, Failure>(latencies)
            }));
        }
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.append(&mut task.await??);
    }
    let took = started.elapsed();
    let cpu = cpu_time(server)?.saturating_sub(cpu_before);
    latencies.sort_unstable();
    let count = f64::from(u32::try_from(latencies.len())?);
    Ok(Round {
        per_second: count / took.as_secs_f64(),
        cpu: cpu.as_secs_f64() * 1e6 / count,
        latencies,
    })
}

/// User and system time of a server so far, from the kernel, in ticks of 10 ms.
fn cpu_time(server: &Running) -> Result<Duration, Failure> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.process.id()))?;
    let behind_name = stat.rsplit_once(") ").ok_or("unknown stat format")?.1;
    let fields: Vec<&str> = behind_name.split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

fn resident(server: &Running) -> Result<u64, Failure> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}

// === the request ===

fn token(key: &SigningKey) -> String {
    let minting = Minting {
        issuer: ISSUER.to_owned(),
        issued_at: SystemClock.now(),
        lifetime: Duration::from_secs(3600),
        authorized_party: Some("https://shop.test".to_owned()),
    };
    Token::session(&people::boss().starting_facts("sess_2loadDemo"), &minting).sign(key)
}

fn check_request(token: &str) -> CheckRequest {
    let authorization = format!("Bearer {token}");
    let headers: &[(&str, &str)] = &[
        (":authority", "shop.test"),
        (":method", "GET"),
        (":path", "/dashboard/reports?from=2026-01-01&to=2026-02-01"),
        (":scheme", "https"),
        ("accept", "application/json, text/plain, */*"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("accept-language", "en-GB,en;q=0.9,de;q=0.8"),
        ("authorization", &authorization),
        ("cache-control", "no-cache"),
        ("cookie", "theme=dark; locale=en; _ga=GA1.1.1029384756.1700000000; consent=all"),
        ("dnt", "1"),
        ("origin", "https://shop.test"),
        ("pragma", "no-cache"),
        ("priority", "u=1, i"),
        ("referer", "https://shop.test/dashboard"),
        ("sec-ch-ua", "\"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\""),
        ("sec-ch-ua-mobile", "?0"),
        ("sec-ch-ua-platform", "\"Linux\""),
        ("sec-fetch-dest", "empty"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-site", "same-origin"),
        (
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        ),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-proto", "https"),
        ("x-request-id", "7f0b8a52-6f2b-4f0e-8d8c-3a3ff8e4d7c1"),
    ];
    let http = HttpRequest {
        method: "GET".into(),
        path: "/dashboard/reports?from=2026-01-01&to=2026-02-01".into(),
        host: "shop.test".into(),
        scheme: "https".into(),
        protocol: "HTTP/2".into(),
        headers: headers.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
        ..HttpRequest::default()
    };
    CheckRequest {
        attributes: Some(AttributeContext {
            request: Some(Request { http: Some(http), ..Request::default() }),
            ..AttributeContext::default()
        }),
    }
}
