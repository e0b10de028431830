//! Envoy, in front of the sample service, with the configuration that the project ships.

use serde_json::{Value, json};
use std::{
    ffi::OsStr,
    fs,
    io::{self, ErrorKind},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::sleep,
};

/// The addresses that the shipped configuration holds.
const SHIPPED_LISTENER: &str = "127.0.0.1:10000";
const SHIPPED_AUTHORIZER: &str = "127.0.0.1:9191";
const SHIPPED_UPSTREAM: &str = "127.0.0.1:8000";

/// How often, and how many times, the listener is tried after the start: ten seconds altogether.
const PROBE_INTERVAL: Duration = Duration::from_millis(50);
const PROBES: u32 = 200;

/// The addresses that take their place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addresses {
    /// Where Envoy listens.
    pub(super) listener: SocketAddr,
    /// Where it asks.
    pub(super) authorizer: SocketAddr,
    /// Where it sends what is allowed.
    pub(super) upstream: SocketAddr,
}

/// Why Envoy does not run.
#[derive(Debug, Error)]
pub(super) enum EnvoyError {
    /// The configuration is no YAML.
    #[error("the Envoy configuration cannot be read: {0}")]
    Unreadable(String),
    /// The configuration lacks an address, so that it does not lead where it should.
    #[error("the Envoy configuration does not hold the address `{0}` exactly once")]
    AddressMissing(&'static str),
    /// Something else listens where Envoy should.
    #[error("cannot listen on {address}: choose another with --port")]
    PortTaken {
        /// Where it should.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("`{}` cannot be written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The program cannot be run.
    #[error("`{}` cannot be run", program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// It ended by itself.
    #[error("Envoy ended with {status}; the end of its log:\n{log}")]
    Ended {
        /// How.
        status: ExitStatus,
        /// What it said last.
        log: String,
    },
    /// It runs and does not listen.
    #[error("Envoy does not listen on {address}; the end of its log:\n{log}")]
    Deaf {
        /// Where it should.
        address: SocketAddr,
        /// What it said last.
        log: String,
    },
}

/// The shipped configuration with other addresses and without the admin page, as JSON, which Envoy
/// reads as well as YAML.
///
/// # Errors
/// [`EnvoyError::Unreadable`], [`EnvoyError::AddressMissing`].
pub(super) fn configuration(shipped: &str, addresses: &Addresses) -> Result<Value, EnvoyError> {
    let mut configuration: Value = serde_saphyr::from_str(shipped)
        .map_err(|error| EnvoyError::Unreadable(error.to_string()))?;
    if let Some(root) = configuration.as_object_mut() {
        root.remove("admin");
    }
    let mut places = Vec::new();
    socket_addresses(&mut configuration, &mut places);
    for (from, to) in [
        (SHIPPED_LISTENER, addresses.listener),
        (SHIPPED_AUTHORIZER, addresses.authorizer),
        (SHIPPED_UPSTREAM, addresses.upstream),
    ] {
        let mut found = places.iter_mut().filter(|(address, _)| address == from);
        let (Some((_, place)), None) = (found.next(), found.next()) else {
            return Err(EnvoyError::AddressMissing(from));
        };
        place["address"] = json!(to.ip().to_string());
        place["port_value"] = json!(to.port());
    }
    Ok(configuration)
}

/// Finds every `socket_address`, as `address:port` and as the place where it stands.
fn socket_addresses<'v>(value: &'v mut Value, found: &mut Vec<(String, &'v mut Value)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let address = (name == "socket_address").then(|| {
                    let ip = member.get("address").and_then(Value::as_str).unwrap_or_default();
                    let port = member.get("port_value").and_then(Value::as_u64).unwrap_or_default();
                    format!("{ip}:{port}")
                });
                match address {
                    Some(address) => found.push((address, member)),
                    None => socket_addresses(member, found),
                }
            }
        }
        Value::Array(elements) => {
            for element in elements {
                socket_addresses(element, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A running Envoy; dropping it kills it.
#[derive(Debug)]
pub(super) struct Envoy {
    child: Child,
    log: PathBuf,
}

impl Envoy {
    /// Starts Envoy and waits until it listens. The configuration and the log go into `folder`.
    /// `None` if there is no such program.
    ///
    /// # Errors
    /// [`EnvoyError`].
    pub(super) async fn start(
        program: &OsStr,
        configuration: &Value,
        listener: SocketAddr,
        folder: &Path,
    ) -> Result<Option<Self>, EnvoyError> {
        let (file, log) = (folder.join("envoy.json"), folder.join("envoy.log"));
        let cannot_write = |path: &Path| {
            let path = path.to_owned();
            move |source| EnvoyError::File { path, source }
        };
        // Envoy would share the port with another Envoy, and each would get half of the requests.
        TcpListener::bind(listener)
            .await
            .map_err(|source| EnvoyError::PortTaken { address: listener, source })?;
        fs::write(&file, configuration.to_string()).map_err(cannot_write(&file))?;
        let output = fs::File::create(&log).map_err(cannot_write(&log))?;
        let errors = output.try_clone().map_err(cannot_write(&log))?;
        let spawned = Command::new(program)
            .arg("--config-path")
            .arg(&file)
            // No hot restart: it would claim shared memory that another Envoy may hold.
            .args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "info"])
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .kill_on_drop(true)
            .spawn();
        let child = match spawned {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(EnvoyError::Run { program: program.into(), source }),
        };
        let mut envoy = Self { child, log };
        envoy.wait_until_listening(listener).await?;
        Ok(Some(envoy))
    }

    async fn wait_until_listening(&mut self, address: SocketAddr) -> Result<(), EnvoyError> {
        for _ in 0..PROBES {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(EnvoyError::Ended { status, log: self.end_of_log() });
            }
            if TcpStream::connect(address).await.is_ok() {
                return Ok(());
            }
            sleep(PROBE_INTERVAL).await;
        }
        Err(EnvoyError::Deaf { address, log: self.end_of_log() })
    }

    /// Where its log and its access log go.
    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Waits until Envoy ends by itself, which it should not.
    pub(super) async fn ended(&mut self) -> EnvoyError {
        match self.child.wait().await {
            Ok(status) => EnvoyError::Ended { status, log: self.end_of_log() },
            Err(source) => EnvoyError::Run { program: "envoy".into(), source },
        }
    }

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n")
    }
}

#[cfg(test)]
mod tests;
