//! The servers: Bailiff as it ships, and a bare one that allows everything.

use crate::Failure;
use envoy_types::pb::envoy::service::auth::v3::{
    CheckRequest, CheckResponse,
    authorization_client::AuthorizationClient,
    authorization_server::{Authorization, AuthorizationServer},
};
use prost::Message as _;
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

/// The bare server.
pub(crate) fn start_bare(folder: &Path) -> Result<Running, Failure> {
    start_allowing(folder, "bare", &CheckResponse::default())
}

/// The bare server, which allows everything in Bailiff's own words: what there is to tell costs a proxy
/// something, whoever tells it.
pub(crate) async fn start_echo(
    folder: &Path,
    bailiff: &Running,
    request: &CheckRequest,
) -> Result<Running, Failure> {
    let mut client = AuthorizationClient::connect(format!("http://{}", bailiff.tcp)).await?;
    let answer = client.check(request.clone()).await?.into_inner();
    start_allowing(folder, "bare, telling the same", &answer)
}

fn start_allowing(
    folder: &Path,
    name: &'static str,
    answer: &CheckResponse,
) -> Result<Running, Failure> {
    let unix = folder.join(format!("{name}.sock"));
    let answer_file = folder.join(format!("{name}.answer"));
    fs::write(&answer_file, answer.encode_to_vec())?;
    let mut process = Command::new(env::current_exe()?)
        .args(["bare".as_ref(), unix.as_os_str(), answer_file.as_os_str()])
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = process.stdout.take().ok_or("no standard output")?;
    let mut tcp = String::new();
    BufReader::new(stdout).read_line(&mut tcp)?;
    Ok(Running { name, process, tcp: tcp.trim().to_owned(), unix })
}

/// Bailiff, and how long it took to be ready.
pub(crate) fn start_bailiff(
    folder: &Path,
    pem: &str,
    policy: &str,
) -> Result<(Running, Duration), Failure> {
    start_bailiff_with(folder, "bailiff", pem, policy, "")
}

/// The same with more settings.
pub(crate) fn start_bailiff_with(
    folder: &Path,
    name: &'static str,
    pem: &str,
    policy: &str,
    more: &str,
) -> Result<(Running, Duration), Failure> {
    let unix = folder.join(format!("{name}.sock"));
    let settings = folder.join(format!("{name}.yaml"));
    fs::write(folder.join("key.pem"), pem)?;
    fs::write(folder.join("policy.yaml"), policy)?;
    fs::write(
        &settings,
        format!(
            "policy: policy.yaml\ninstances:\n  - publishable_key: {PUBLISHABLE_KEY}\n    jwt_key_file: key.pem\n    \
             authorized_parties: [https://shop.test]\nlisteners:\n  grpc: ['127.0.0.1:0', 'unix:{}']\n  admin: off\n{more}",
            unix.display()
        ),
    )?;
    let started = Instant::now();
    let mut process = Command::new(env!("CARGO_BIN_EXE_bailiff"))
        .args(["serve", "--config"])
        .arg(settings)
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
    Ok((Running { name, process, tcp, unix }, ready_after))
}

/// Allows everything, always in the same words.
#[derive(Clone)]
struct AllowAll(CheckResponse);

#[tonic::async_trait]
impl Authorization for AllowAll {
    async fn check(
        &self,
        _: tonic::Request<CheckRequest>,
    ) -> Result<tonic::Response<CheckResponse>, tonic::Status> {
        Ok(tonic::Response::new(self.0.clone()))
    }
}

/// Serves until it is killed, and prints the TCP address first.
pub(crate) async fn serve_bare(socket: &Path, answer: &Path) -> Result<(), Failure> {
    let answer = CheckResponse::decode(&*fs::read(answer)?)?;
    let tcp = TcpListener::bind("127.0.0.1:0").await?;
    let unix = UnixListener::bind(socket)?;
    println!("{}", tcp.local_addr()?);
    // As tonic serves an address: an answer is sent at once.
    let incoming = TcpIncoming::from(tcp).with_nodelay(Some(true));
    let server =
        || Server::builder().add_service(AuthorizationServer::new(AllowAll(answer.clone())));
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

/// Resident memory in kB.
pub(crate) fn resident(server: &Running) -> Result<u64, Failure> {
    kilobytes(server, "VmRSS:")
}

/// How much of it is no page of a file, which the kernel reads ahead as it likes and can drop, in kB.
pub(crate) fn resident_beside_files(server: &Running) -> Result<u64, Failure> {
    kilobytes(server, "RssAnon:")
}

fn kilobytes(server: &Running, field: &'static str) -> Result<u64, Failure> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or(field)?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}
