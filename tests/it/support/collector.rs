//! The OpenTelemetry Collector, built from its own modules.

use super::{
    process::Process,
    toolchain::{Missing, located, prepared, repository, run},
};
use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::Command,
    sync::OnceLock,
};
use tempfile::TempDir;

/// A running collector that tells in words what it receives.
pub(crate) struct Collector {
    pub(crate) process: Process,
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
    _folder: TempDir,
}

fn program() -> Result<PathBuf, Missing> {
    static PROGRAM: OnceLock<Result<PathBuf, Missing>> = OnceLock::new();
    let obtain = || {
        let pinned = concat!(include_str!("collector/go.sum"), include_str!("collector/main.go"));
        let home = prepared("collector", pinned, |home| {
            fs::create_dir_all(home)?;
            run(Command::new(located(&["go"])?)
                .args(["build", "-trimpath", "-mod=readonly", "-o"])
                .arg(home.join("collector"))
                .arg(".")
                .current_dir(repository().join("tests/it/support/collector")))
        })?;
        Ok(home.join("collector"))
    };
    PROGRAM.get_or_init(obtain).clone()
}

impl Collector {
    /// Starts it on loopback.
    pub(crate) async fn start() -> Result<Self, Missing> {
        let program = program()?;
        let folder = TempDir::new().expect("a folder");
        let [grpc, http] = [(); 2].map(|()| {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            listener.local_addr().expect("an address")
        });
        let settings = format!(
            "receivers: {{ otlp: {{ protocols: {{ grpc: {{ endpoint: '{grpc}' }}, http: {{ endpoint: '{http}' }} }} }} }}\n\
             exporters: {{ debug: {{ verbosity: detailed, sampling_initial: 1000000 }} }}\n\
             service:\n  telemetry: {{ metrics: {{ level: none }} }}\n  pipelines:\n    \
             traces: {{ receivers: [otlp], exporters: [debug] }}\n    \
             metrics: {{ receivers: [otlp], exporters: [debug] }}\n    \
             logs: {{ receivers: [otlp], exporters: [debug] }}\n"
        );
        let path = folder.path().join("collector.yaml");
        fs::write(&path, settings).expect("the settings are written");
        let mut command = Command::new(program);
        let process = Process::start("collector", command.arg("--config").arg(path));
        process.line(|line| line.contains("Everything is ready").then_some(())).await;
        Ok(Self { process, grpc, http, _folder: folder })
    }
}
