//! A real Redis that a test kills, pauses and starts again.

use super::{
    process::Process,
    redis_authority::Authority,
    toolchain::{Missing, tools},
};
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A Redis on loopback that writes what it holds to a folder of its own.
pub(crate) struct Redis {
    program: PathBuf,
    folder: TempDir,
    port: u16,
    process: Option<Process>,
    options: Vec<String>,
    scheme: &'static str,
}

/// The server's program, from the distribution.
pub(crate) fn program() -> Result<PathBuf, Missing> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("redis-server"))
        .chain([tools().join("redis-server")])
        .find(|program| program.is_file())
        .ok_or_else(|| Missing::new("`redis-server` is not installed"))
}

impl Redis {
    /// Starts one, with more options of its own command line.
    pub(crate) async fn start(program: &Path, options: &[&str]) -> Self {
        let mut redis = Self::stopped(program, "redis");
        redis.options = options.iter().map(ToString::to_string).collect();
        redis.start_again().await;
        redis
    }

    /// Starts one that speaks nothing but TLS, as `name`.
    pub(crate) async fn start_with_tls(program: &Path, authority: &Authority, name: &str) -> Self {
        let mut redis = Self::stopped(program, "rediss");
        redis.options = authority.options(name, redis.folder.path());
        let port = redis.port.to_string();
        redis.options.extend(["--port", "0", "--tls-port", &port].map(str::to_owned));
        redis.start_again().await;
        redis
    }

    fn stopped(program: &Path, scheme: &'static str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        Self {
            program: program.to_owned(),
            folder: tempfile::tempdir().expect("a folder"),
            port,
            process: None,
            options: Vec::new(),
            scheme,
        }
    }

    /// Starts it after it was killed, at the same port and with what it had written.
    pub(crate) async fn start_again(&mut self) {
        let mut command = Command::new(&self.program);
        command
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--dir"])
            .arg(self.folder.path())
            .args(["--save", ""])
            .args(&self.options);
        let process = Process::start("redis-server", &mut command);
        process.line(|line| line.contains("Ready to accept connections").then_some(())).await;
        self.process = Some(process);
    }

    /// Ends it at once, whatever it is doing.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// Lets it answer nothing while it keeps its connections.
    pub(crate) fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        self.process.as_ref().expect("it runs").signal(name);
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// The same with a user and a password.
    pub(crate) fn url_of(&self, user: &str, password: &str) -> String {
        format!("{}://{user}:{password}@127.0.0.1:{}", self.scheme, self.port)
    }
}
