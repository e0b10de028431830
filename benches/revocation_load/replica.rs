//! A sidecar as it ships.

use crate::{
    Failure,
    clerk::{INSTANCE_ID, SIGNING_SECRET},
};
use bailiff::stand_in::clerk::StandIn;
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

pub(crate) const CALLS_PER_TEN_SECONDS: u32 = 300;

const POLICY: &str = "\
version: 1
routes:
  /private: signed_in
  /oauth: { credential: oauth_token }
";

/// A running sidecar, stopped when dropped.
pub(crate) struct Replica {
    process: Child,
    pub(crate) grpc: SocketAddr,
    pub(crate) webhook: SocketAddr,
    _folder: TempDir,
}

impl Replica {
    /// Starts it, and waits until it is ready. With the address of a Redis it shares events there.
    pub(crate) fn start(clerk: &StandIn, redis: Option<&str>) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text);
        write("policy.yaml", POLICY)?;
        write("secret", clerk.secret_key())?;
        write("webhook", SIGNING_SECRET)?;
        let mut settings = json!({
            "policy": "policy.yaml",
            "instances": [{
                "publishable_key": clerk.publishable_key(),
                "secret_key_file": "secret",
                "api_url": clerk.backend_api_url(),
                "instance_id": INSTANCE_ID,
                "webhook_signing_secret_files": ["webhook"],
                "handshake": "off",
                "machine_tokens": { "calls_per_ten_seconds": CALLS_PER_TEN_SECONDS },
            }],
            "listeners": { "grpc": "127.0.0.1:0", "admin": "off", "webhook": "127.0.0.1:0" },
            "log": { "format": "json" },
        });
        if let Some(url) = redis {
            write("redis", url)?;
            settings["revocation"] = json!({ "redis": { "url_file": "redis" } });
        }
        write("bailiff.yaml", &settings.to_string())?;
        let mut process = Command::new(env!("CARGO_BIN_EXE_bailiff"))
            .args(["serve", "--config"])
            .arg(folder.path().join("bailiff.yaml"))
            .env_clear()
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = process.stderr.take().ok_or("no standard error")?;
        let mut lines = BufReader::new(stderr).lines();
        let [mut grpc, mut webhook] = [None, None];
        let mut ready = false;
        while !ready {
            let line = lines.next().ok_or("the sidecar ended")??;
            let line: Value = serde_json::from_str(&line)?;
            let address = || line["address"].as_str().and_then(|address| address.parse().ok());
            match (line["message"].as_str(), line["listener"].as_str()) {
                (Some("listening"), Some("grpc")) => grpc = address(),
                (Some("listening"), Some("webhook")) => webhook = address(),
                (Some("ready"), _) => ready = true,
                _ => {}
            }
        }
        // Whoever reads the log must keep up, as a log collector does.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let grpc = grpc.ok_or("no gRPC listener")?;
        let webhook = webhook.ok_or("no webhook listener")?;
        Ok(Self { process, grpc, webhook, _folder: folder })
    }

    /// Resident memory in kB.
    pub(crate) fn resident(&self) -> Result<u64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.ok_or("no VmRSS")?.trim().trim_end_matches(" kB");
        Ok(number.trim().parse()?)
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
