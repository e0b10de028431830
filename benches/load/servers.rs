//! The servers: Bailiff as it ships, and a bare one that allows everything.

use crate::Failure;
use envoy_types::pb::envoy::service::auth::v3::{
    CheckRequest, CheckResponse,
    authorization_server::{Authorization, AuthorizationServer},
};
use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::net::{TcpListener, UnixListener};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::{Server, server::TcpIncoming};

const PUBLISHABLE_KEY: &str = "pk_test_bG9hZC5jbGVyay50ZXN0JA"; // load.clerk.test

pub(crate) const POLICY: &str = "\
version: 1
routes:
  /healthz: public
  /dashboard/{**}: signed_in
  /admin/{**}: { role: org:admin }
  /orgs/{org}/invoices/{id}: { GET: { permission: org:invoices:read } }
";

/// A server under load, stopped when dropped.
pub(crate) struct Running {
    pub(crate) name: &'static str,
    pub(crate) process: Child,
    pub(crate) tcp: String,
    pub(crate) unix: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn start_bare(folder: &Path) -> Result<Running, Failure> {
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

pub(crate) fn start_bailiff(
    folder: &Path,
    pem: &str,
    policy: &str,
) -> Result<(Running, Duration), Failure> {
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

/// Serves until it is killed, and prints the TCP address first.
pub(crate) async fn serve_bare(socket: &Path) -> Result<(), Failure> {
    let tcp = TcpListener::bind("127.0.0.1:0").await?;
    let unix = UnixListener::bind(socket)?;
    println!("{}", tcp.local_addr()?);
    // As tonic serves an address: an answer is sent at once.
    let incoming = TcpIncoming::from(tcp).with_nodelay(Some(true));
    let server = || Server::builder().add_service(AuthorizationServer::new(AllowAll));
    tokio::try_join!(
        server().serve_with_incoming(incoming),
        server().serve_with_incoming(UnixListenerStream::new(unix)),
    )?;
    Ok(())
}

/// User and system time of a process so far, from the kernel, in ticks of 10 ms.
pub(crate) fn cpu_time(process: &Child) -> Result<Duration, Failure> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.id()))?;
    let behind_name = stat.rsplit_once(") ").ok_or("unknown stat format")?.1;
    let fields: Vec<&str> = behind_name.split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

pub(crate) fn resident(server: &Running) -> Result<u64, Failure> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
