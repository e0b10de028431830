//! The real binary, as people run it. What it prints on start is read here and nowhere else.

use super::{
    envoy::AuthorizerAddress,
    process::Process,
    tokens::{Instance, ORIGIN},
};
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A running `bailiff serve`.
pub(crate) struct Sidecar {
    process: Process,
    grpc: SocketAddr,
    admin: SocketAddr,
    http: Option<SocketAddr>,
    webhook: Option<SocketAddr>,
    directory: TempDir,
}

impl Sidecar {
    /// Starts it for one instance with a pinned key, and waits until it is ready.
    pub(crate) async fn start(instance: &Instance, policy: &str) -> Self {
        Self::start_with_settings(instance, policy, &json!({})).await
    }

    /// The same with these settings besides.
    pub(crate) async fn start_with_settings(
        instance: &Instance,
        policy: &str,
        more: &Value,
    ) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let mut settings = settings(directory.path(), &[("main", instance)]);
        let fields = settings.as_object_mut().expect("a map");
        fields.extend(more.as_object().expect("a map").clone());
        Self::start_in(directory, policy, &settings).await
    }

    /// The same, asked over HTTP as well: by every proxy on this machine, and through `AuthZEN`.
    pub(crate) async fn start_over_http(instance: &Instance, policy: &str) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let settings = with_http(settings(directory.path(), &[("main", instance)]));
        Self::start_in(directory, policy, &settings).await
    }

    /// Starts it with these settings, in a directory that holds what they name, and waits until it
    /// is ready.
    pub(crate) async fn start_in(directory: TempDir, policy: &str, settings: &Value) -> Self {
        let sidecar = Self::start_unready(directory, policy, settings).await;
        sidecar.process.line(|line| message(line, "ready").then_some(())).await;
        sidecar
    }

    /// The same without waiting: it listens, and may have no keys yet.
    pub(crate) async fn start_unready(directory: TempDir, policy: &str, settings: &Value) -> Self {
        fs::write(directory.path().join("policy.yaml"), policy).expect("the policy is written");
        let process = Process::start("bailiff", &mut command(directory.path(), settings));
        let grpc = process.line(|line| listening(line, "grpc")).await;
        let admin = process.line(|line| listening(line, "admin")).await;
        let listener = &settings["listeners"]["http"];
        let http = match listener.as_str().or_else(|| listener["address"].as_str()) {
            Some(address) if !address.starts_with("unix:") => {
                Some(process.line(|line| listening(line, "http")).await)
            }
            Some(_) | None => None,
        };
        let webhook = match settings["listeners"].get("webhook") {
            Some(_) => Some(process.line(|line| listening(line, "webhook")).await),
            None => None,
        };
        Self { process, grpc, admin, http, webhook, directory }
    }

    /// Where its gRPC services listen over TCP.
    pub(crate) const fn grpc(&self) -> SocketAddr {
        self.grpc
    }

    /// The same for Envoy.
    pub(crate) const fn over_tcp(&self) -> AuthorizerAddress {
        AuthorizerAddress::Tcp(self.grpc)
    }

    /// Its unix socket, for Envoy.
    pub(crate) fn over_unix(&self) -> AuthorizerAddress {
        AuthorizerAddress::Unix(self.socket())
    }

    /// The path of its unix socket.
    pub(crate) fn socket(&self) -> PathBuf {
        socket(self.directory.path())
    }

    /// Where it is asked over HTTP.
    pub(crate) const fn http(&self) -> SocketAddr {
        self.http.expect("the settings open the listener")
    }

    /// Where it takes webhooks in.
    pub(crate) const fn webhook(&self) -> SocketAddr {
        self.webhook.expect("the settings open the listener")
    }

    /// Where its admin listener is.
    pub(crate) const fn admin_address(&self) -> SocketAddr {
        self.admin
    }

    /// How much memory it has in use.
    pub(crate) fn resident_kb(&self) -> u64 {
        self.process.resident_kb()
    }

    /// A page of its admin listener.
    pub(crate) fn admin(&self, path: &str) -> String {
        format!("http://{}{path}", self.admin)
    }

    /// Waits until there are so many log lines about which `wanted` is true.
    pub(crate) async fn logged_times(&self, times: usize, wanted: impl Fn(&Value) -> bool) {
        let matching = |line: &&String| fields(line).is_some_and(|fields| wanted(&fields));
        let enough = |lines: &[String]| lines.iter().filter(matching).count() >= times;
        self.process.lines(|lines| enough(lines).then_some(())).await;
    }

    /// A file in its directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Everything it printed.
    pub(crate) fn log(&self) -> String {
        self.process.log()
    }

    /// Waits for a log line about which `wanted` is true, and returns its fields.
    pub(crate) async fn logged(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let matching = |line: &str| fields(line).filter(|fields| wanted(fields));
        self.process.line(matching).await
    }

    /// Sends it a signal: `STOP` makes it slow for ever, `CONT` wakes it, `TERM` ends it.
    pub(crate) fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Waits for it to end, and returns everything it printed.
    pub(crate) async fn ended(self) -> String {
        self.process.ended().await
    }

    /// Waits for it to end.
    pub(crate) async fn exit_code(self) -> Option<i32> {
        self.process.exit_code().await
    }
}

/// Settings for these instances, whose keys are written to `directory`: gRPC on a free port and on
/// a unix socket, the admin pages on a free port.
pub(crate) fn settings(directory: &Path, instances: &[(&str, &Instance)]) -> Value {
    let instance = |(name, instance): &(&str, &Instance)| {
        let key_file = directory.join(format!("{name}.pem"));
        fs::write(&key_file, instance.key().public_pem()).expect("the key is written");
        json!({
            "name": name,
            "publishable_key": instance.publishable_key(),
            "jwt_key_file": key_file,
            "authorized_parties": [ORIGIN],
        })
    };
    json!({
        "policy": directory.join("policy.yaml"),
        "instances": instances.iter().map(instance).collect::<Vec<_>>(),
        "listeners": {
            "grpc": ["127.0.0.1:0", format!("unix:{}", socket(directory).display())],
            "admin": "127.0.0.1:0",
        },
        "log": { "format": "json" },
    })
}

/// The settings with the HTTP listener on a free port, for every proxy on this machine and `AuthZEN`.
pub(crate) fn with_http(mut settings: Value) -> Value {
    settings["listeners"]["http"] = json!("127.0.0.1:0");
    settings["forward_auth"] = json!({
        "profile": ["nginx", "traefik", "caddy", "haproxy"],
        "trusted_peers": ["127.0.0.1"],
    });
    settings["authzen"] = json!("on");
    settings
}

/// `bailiff serve` with these settings and nothing of the environment.
pub(crate) fn command(directory: &Path, settings: &Value) -> Command {
    let file = directory.join("bailiff.yaml");
    fs::write(&file, settings.to_string()).expect("the settings are written");
    let mut command = bailiff();
    command.arg("serve").arg("--config").arg(file);
    command
}

/// The binary with nothing of the environment.
pub(crate) fn bailiff() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bailiff"));
    command.env_clear();
    command
}

fn socket(directory: &Path) -> PathBuf {
    directory.join("grpc.sock")
}

fn fields(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok()
}

fn message(line: &str, wanted: &str) -> bool {
    fields(line).is_some_and(|fields| fields["message"] == wanted)
}

/// The TCP address in a line that says where `listener` listens.
fn listening(line: &str, listener: &str) -> Option<SocketAddr> {
    let fields = fields(line)?;
    if fields["message"] != "listening" || fields["listener"] != listener {
        return None;
    }
    fields["address"].as_str()?.parse().ok()
}
