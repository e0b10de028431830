//! The servers behind a real Envoy, which asks them and answers by itself: the bare one, Bailiff, Bailiff
//! without metadata, and a bare one that tells what Bailiff tells.

use crate::{
    Failure, median,
    request::{HOST, TARGET, check_message, headers, token},
    servers::{
        POLICY, Running, cpu_time, start_bailiff, start_bailiff_with, start_bare, start_echo,
    },
    traffic::Round,
};
use bailiff::stand_in::keys::SigningKey;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::json;
use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const IN_FLIGHT: usize = 32;

/// An Envoy, stopped when dropped.
struct Envoy {
    process: Child,
    port: u16,
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) async fn compare(rounds: usize, length: Duration) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let key = SigningKey::generate("ins_load")?;
    let (folder_path, pem) = (folder.path(), key.public_pem());
    let (bailiff, _) = start_bailiff(folder_path, &pem, POLICY)?;
    let silent = "dynamic_metadata: []\n";
    let (silent, _) =
        start_bailiff_with(folder_path, "bailiff, no metadata", &pem, POLICY, silent)?;
    let echo = start_echo(folder_path, &bailiff, &check_message(&token(&key))).await?;
    let authorization = format!("Bearer {}", token(&key));
    let mut asked = Vec::new();
    for server in [start_bare(folder_path)?, bailiff, silent, echo] {
        let envoy = start_envoy(folder_path, &server)?;
        ready(&envoy, &authorization).await?;
        load(&envoy, &authorization, Duration::from_millis(500)).await?;
        asked.push(Asked { envoy, server, rounds: Vec::new(), cpu: [Duration::ZERO; 2] });
    }
    for _ in 0..rounds {
        for asked in &mut asked {
            asked.go_on(&authorization, length).await?;
        }
    }
    println!("through Envoy, unix socket, {IN_FLIGHT} in flight, {rounds} rounds of {length:?}");
    for one in &asked {
        one.print(&asked[0])?;
    }
    println!("ratio: of the throughput with the bare server behind Envoy (median of rounds)");
    Ok(())
}

/// A server, the Envoy before it, and what has been measured.
struct Asked {
    envoy: Envoy,
    server: Running,
    rounds: Vec<Round>,
    /// Of Envoy and of the server.
    cpu: [Duration; 2],
}

impl Asked {
    async fn go_on(&mut self, authorization: &str, length: Duration) -> Result<(), Failure> {
        let processes = [&self.envoy.process, &self.server.process];
        let before = [cpu_time(processes[0])?, cpu_time(processes[1])?];
        self.rounds.push(load(&self.envoy, authorization, length).await?);
        for ((sum, process), before) in self.cpu.iter_mut().zip(processes).zip(before) {
            *sum += cpu_time(process)?.saturating_sub(before);
        }
        Ok(())
    }

    fn print(&self, bare: &Self) -> Result<(), Failure> {
        let requests = self.rounds.iter().map(|round| round.latencies.len()).sum::<usize>();
        let requests = f64::from(u32::try_from(requests)?);
        let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / requests;
        let beside = self.rounds.iter().zip(&bare.rounds);
        println!(
            "{:23} {:>6.0} requests/s  p50 {:>5} us  p99 {:>5} us  CPU a request: Envoy {:>5.1} us, server \
             {:>5.1} us  ratio {:.3}",
            self.server.name,
            median(self.rounds.iter().map(|round| round.per_second)),
            median(self.rounds.iter().map(|round| f64::from(round.percentile(50)))),
            median(self.rounds.iter().map(|round| f64::from(round.percentile(99)))),
            each(self.cpu[0]),
            each(self.cpu[1]),
            median(beside.map(|(ours, bare)| ours.per_second / bare.per_second)),
        );
        Ok(())
    }
}

fn program() -> PathBuf {
    env::var_os("BAILIFF_ENVOY").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/envoy/envoy/_bin/envoy"),
        PathBuf::from,
    )
}

fn start_envoy(folder: &Path, asked: &Running) -> Result<Envoy, Failure> {
    // Taken for a moment, to learn of a port that is free.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let file = folder.join(format!("envoy-{}.json", asked.name));
    fs::write(&file, configuration(port, &asked.unix).to_string())?;
    let process = Command::new(program())
        .arg("--config-path")
        .arg(file)
        .args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "off"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(Envoy { process, port })
}

/// Waits until it answers by what it asked.
async fn ready(envoy: &Envoy, authorization: &str) -> Result<(), Failure> {
    let started = Instant::now();
    while load(envoy, authorization, Duration::from_millis(50)).await.is_err() {
        if started.elapsed() > Duration::from_secs(20) {
            return Err("Envoy is not ready".into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn configuration(port: u16, socket: &Path) -> serde_json::Value {
    let extension = "type.googleapis.com/envoy.extensions";
    let http2 = json!({ "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": format!("{extension}.upstreams.http.v3.HttpProtocolOptions"),
        "explicit_http_config": { "http2_protocol_options": {} },
    } });
    let authorization = json!({
        "@type": format!("{extension}.filters.http.ext_authz.v3.ExtAuthz"),
        "transport_api_version": "V3",
        "grpc_service": { "envoy_grpc": { "cluster_name": "authorizer" }, "timeout": "2s" },
        "encode_raw_headers": true,
    });
    let manager = json!({
        "@type":
            format!("{extension}.filters.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "ingress",
        "http_filters": [
            { "name": "envoy.filters.http.ext_authz", "typed_config": authorization },
            {
                "name": "envoy.filters.http.router",
                "typed_config": { "@type": format!("{extension}.filters.http.router.v3.Router") },
            },
        ],
        "route_config": { "virtual_hosts": [{
            "name": "all",
            "domains": ["*"],
            "routes": [{ "match": { "prefix": "/" }, "direct_response": { "status": 200 } }],
        }] },
    });
    json!({ "static_resources": {
        "listeners": [{
            "name": "ingress",
            "address": { "socket_address": { "address": "127.0.0.1", "port_value": port } },
            "filter_chains": [{ "filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": manager,
            }] }],
        }],
        "clusters": [{
            "name": "authorizer",
            "type": "STATIC",
            "typed_extension_protocol_options": http2,
            "load_assignment": { "cluster_name": "authorizer", "endpoints": [{ "lb_endpoints": [{
                "endpoint": { "address": { "pipe": { "path": socket } } },
            }] }] },
        }],
    } })
}

async fn load(envoy: &Envoy, authorization: &str, length: Duration) -> Result<Round, Failure> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let mut request = http::Request::get(format!("http://127.0.0.1:{}{TARGET}", envoy.port))
        .header("host", HOST)
        .body(())?;
    for (name, value) in headers(authorization) {
        request.headers_mut().append(name, value.parse()?);
    }
    let (parts, ()) = request.into_parts();
    let started = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..IN_FLIGHT {
        let (client, parts) = (client.clone(), parts.clone());
        tasks.push(tokio::spawn(async move {
            let mut latencies = Vec::new();
            while started.elapsed() < length {
                let sent = Instant::now();
                let request = http::Request::from_parts(parts.clone(), Empty::new());
                let answer = client.request(request).await?;
                if !answer.status().is_success() {
                    return Err(format!("the answer was {}", answer.status()).into());
                }
                answer.into_body().collect().await?;
                latencies.push(u32::try_from(sent.elapsed().as_micros())?);
            }
            Ok::<_, Failure>(latencies)
        }));
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.append(&mut task.await??);
    }
    let took = started.elapsed();
    latencies.sort_unstable();
    let count = f64::from(u32::try_from(latencies.len())?);
    Ok(Round { per_second: count / took.as_secs_f64(), latencies, cpu: 0.0 })
}
