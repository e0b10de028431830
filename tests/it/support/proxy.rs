//! Proxies that ask by HTTP sub-request, run with the shipped configurations.
//!
//! Only addresses are rewritten, and what keeps a proxy within its own folder.

use super::{PATIENCE, http, process::Process, toolchain};
use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// Which proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    Traefik,
    Caddy,
    Haproxy,
}

/// Where the shipped configurations listen, ask and send requests to.
const LISTENS: &str = "127.0.0.1:10000";
const ASKS: &str = "127.0.0.1:9192";
const SERVICE: &str = "127.0.0.1:8000";

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Nginx, Self::Traefik, Self::Caddy, Self::Haproxy];

    /// The name of its folder, and of its profile.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Traefik => "traefik",
            Self::Caddy => "caddy",
            Self::Haproxy => "haproxy",
        }
    }

    /// The status of every page where nobody can be asked.
    pub(crate) const fn when_away(self) -> u16 {
        match self {
            Self::Nginx | Self::Haproxy => 503,
            Self::Traefik => 500,
            Self::Caddy => 502,
        }
    }

    /// Its configuration files.
    pub(crate) fn files(self) -> Vec<(String, String)> {
        let folder = toolchain::repository().join("deploy").join(self.name());
        let entries = fs::read_dir(folder).expect("the shipped configurations");
        let read = |entry: std::io::Result<fs::DirEntry>| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read_to_string(entry.path()).expect("a configuration is text"))
        };
        entries.map(read).collect()
    }

    /// Where its binary is.
    fn binary(self) -> Result<std::path::PathBuf, toolchain::Missing> {
        match self {
            Self::Nginx => toolchain::located(&["nginx"]),
            Self::Traefik => toolchain::traefik(),
            Self::Caddy => toolchain::located(&["caddy"]),
            Self::Haproxy => toolchain::located(&["haproxy"]),
        }
    }

    /// What the proxy itself says about the shipped files; `None` where it cannot be had. Traefik has
    /// nothing to say: it takes its configuration in when it runs.
    pub(crate) fn validate(self) -> Option<Result<(), toolchain::Missing>> {
        let binary = toolchain::required(self.binary())?;
        let directory = TempDir::new().expect("a temporary directory");
        for (name, text) in self.files() {
            fs::write(directory.path().join(name), text).expect("the file is written");
        }
        let mut command = command(self, &binary, directory.path());
        match self {
            Self::Nginx => command.arg("-t"),
            Self::Caddy => {
                let file = directory.path().join("Caddyfile");
                let mut validate = Command::new(&binary);
                validate.env("HOME", directory.path());
                validate.args(["validate", "--adapter", "caddyfile", "--config"]).arg(file);
                command = validate;
                &mut command
            }
            Self::Haproxy => command.arg("-c"),
            Self::Traefik => return None,
        };
        Some(toolchain::run(&mut command))
    }
}

/// A running proxy.
pub(crate) struct Proxy {
    process: Process,
    address: SocketAddr,
    _directory: TempDir,
}

impl Proxy {
    /// Starts it between clients and `service`, asking at `bailiff`; `None` where it cannot be had.
    pub(crate) async fn start(
        kind: Kind,
        bailiff: SocketAddr,
        service: SocketAddr,
    ) -> Option<Self> {
        Self::start_with(kind, free(), bailiff, service, |text| text).await
    }

    /// The same at an address of the caller's, with the configuration changed further.
    pub(crate) async fn start_with(
        kind: Kind,
        address: SocketAddr,
        bailiff: SocketAddr,
        service: SocketAddr,
        change: impl Fn(String) -> String,
    ) -> Option<Self> {
        let binary = toolchain::required(kind.binary())?;
        let directory = TempDir::new().expect("a temporary directory");
        let mut whole = String::new();
        for (name, text) in kind.files() {
            whole.push_str(&text);
            let text = text
                .replace(LISTENS, &address.to_string())
                .replace("http://:10000", &format!("http://:{}", address.port()))
                .replace(ASKS, &bailiff.to_string())
                .replace(SERVICE, &service.to_string())
                .replace("\nhttp {", &within(directory.path()));
            fs::write(directory.path().join(name), change(text)).expect("the file is written");
        }
        for named in [LISTENS, ASKS, SERVICE] {
            assert!(whole.contains(named), "{named} is not in the configuration of {kind:?}");
        }
        let process = Process::start(kind.name(), &mut command(kind, &binary, directory.path()));
        let started = tokio::time::timeout(PATIENCE, async {
            while TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            while kind == Kind::Traefik && knows_no_route(address).await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let started = started.await;
        assert!(started.is_ok(), "{kind:?} does not start:\n{}", process.log());
        Some(Self { process, address, _directory: directory })
    }

    /// Where clients connect.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a page behind it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Everything it printed.
    pub(crate) fn log(&self) -> String {
        self.process.log()
    }
}

/// Whether Traefik, which listens before it has read its routes, answers by itself. The request gets
/// no further than to Bailiff, which takes the header for a forged one.
async fn knows_no_route(address: SocketAddr) -> bool {
    let answer = http::raw(address, "GET / HTTP/1.1", &["x_clerk_auth_status: signed-in"]).await;
    answer.status == 404 && answer.body.starts_with("404 page not found")
}

/// nginx keeps what it writes in one folder, whoever runs it.
fn within(directory: &Path) -> String {
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let path = |kind| format!("    {kind}_temp_path {}/{kind};\n", directory.display());
    format!("\nhttp {{\n    access_log off;\n{}", kinds.map(path).concat())
}

fn command(kind: Kind, binary: &Path, directory: &Path) -> Command {
    let mut command = Command::new(binary);
    command.current_dir(directory).env("HOME", directory);
    match kind {
        Kind::Nginx => {
            let pid = directory.join("nginx.pid");
            // One process, which ends with the test.
            let globals =
                format!("daemon off; master_process off; error_log stderr; pid {};", pid.display());
            command.arg("-p").arg(directory).arg("-c").arg(directory.join("nginx.conf"));
            command.args(["-g", &globals]);
        }
        Kind::Traefik => {
            command.arg("--configFile=traefik.yaml");
        }
        Kind::Caddy => {
            command.args(["run", "--adapter", "caddyfile", "--config", "Caddyfile"]);
        }
        Kind::Haproxy => {
            command.args(["-db", "-f", "haproxy.cfg"]);
        }
    }
    command
}

/// An address that nobody listens at: these proxies cannot say which port the system chose.
pub(crate) fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound listener has an address")
}
