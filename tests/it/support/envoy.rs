//! The real Envoy, run with the shipped configuration.
//!
//! Only what a test must choose is rewritten, in the parsed document and by name: ports, the
//! address of the authorizer and of the upstream, and one more upstream for gRPC.

use super::{PATIENCE, process::Process, toolchain};
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// The configuration that the project ships.
pub(crate) const SHIPPED: &str = include_str!("../../../deploy/envoy/envoy.yaml");

/// Where Envoy asks.
#[derive(Clone, Debug)]
pub(crate) enum AuthorizerAddress {
    /// Over TCP.
    Tcp(SocketAddr),
    /// Over a unix socket.
    Unix(PathBuf),
    /// Over a unix socket without a file.
    Abstract(String),
    /// Over TCP with TLS both ways: the address, the name that the sidecar shows, and the folder that holds
    /// `envoy.pem`, `envoy.key.pem` and `ca.pem`.
    Tls(SocketAddr, &'static str, PathBuf),
}

/// A running Envoy.
pub(crate) struct Envoy {
    process: Process,
    address: SocketAddr,
    _directory: TempDir,
}

impl Envoy {
    /// Starts Envoy before `upstream`. gRPC requests go to the same address over HTTP/2.
    pub(crate) async fn start(
        binary: &Path,
        authorizer: &AuthorizerAddress,
        upstream: SocketAddr,
    ) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let file = directory.path().join("envoy.json");
        let admin_file = directory.path().join("admin");
        fs::write(&file, rewritten(authorizer, upstream).to_string()).expect("the file is written");
        let process = Process::start(
            "envoy",
            Command::new(binary)
                .arg("-c")
                .arg(&file)
                .arg("--admin-address-path")
                .arg(&admin_file)
                .args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "warn"])
                .args(["--file-flush-interval-msec", "50"]),
        );
        let started = tokio::time::timeout(PATIENCE, bound_address(&admin_file)).await;
        let Ok(address) = started else { panic!("envoy does not start:\n{}", process.log()) };
        Self { process, address, _directory: directory }
    }

    /// Where clients connect.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a page behind Envoy.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The access log's line about the first request for `path`.
    pub(crate) async fn access_log(&self, path: &str) -> Value {
        let about = |line: &str| {
            let entry: Value = serde_json::from_str(line).ok()?;
            (entry["path"] == path).then_some(entry)
        };
        self.process.line(about).await
    }
}

/// What `envoy --mode validate` says about the shipped file: its last line on failure.
pub(crate) fn validate(binary: &Path) -> Result<(), toolchain::Missing> {
    let file = toolchain::repository().join("deploy/envoy/envoy.yaml");
    toolchain::run(Command::new(binary).args(["--mode", "validate", "-c"]).arg(file))
}

/// The shipped configuration as a document.
pub(crate) fn shipped() -> Value {
    serde_saphyr::from_str(SHIPPED).expect("the shipped configuration is YAML")
}

fn rewritten(authorizer: &AuthorizerAddress, upstream: SocketAddr) -> Value {
    let mut document = shipped();
    let authorizer = match authorizer {
        AuthorizerAddress::Tcp(address) => socket_address(*address),
        AuthorizerAddress::Unix(path) => json!({ "pipe": { "path": path } }),
        AuthorizerAddress::Abstract(name) => json!({ "pipe": { "path": format!("@{name}") } }),
        AuthorizerAddress::Tls(address, name, folder) => {
            cluster(&mut document, "bailiff")["transport_socket"] = mutual_tls(name, folder);
            socket_address(*address)
        }
    };
    let any_port = json!(0);
    *at(&mut document, "/admin/address/socket_address/port_value") = any_port.clone();
    let listener = "/static_resources/listeners/0";
    *at(&mut document, &format!("{listener}/address/socket_address/port_value")) = any_port;
    set_endpoint(&mut document, "bailiff", authorizer);
    set_endpoint(&mut document, "upstream", socket_address(upstream));

    // Services that speak gRPC need HTTP/2, which the cluster for the authorizer shows how to say.
    let mut grpc = cluster(&mut document, "bailiff").clone();
    let fields = grpc.as_object_mut().expect("a cluster is a map");
    let of_bailiff = ["health_checks", "circuit_breakers", "transport_socket"];
    fields.retain(|field, _| !of_bailiff.contains(&field.as_str()));
    fields.insert("name".to_owned(), json!("upstream_grpc"));
    *at(&mut grpc, "/load_assignment/cluster_name") = json!("upstream_grpc");
    array(&mut document, "/static_resources/clusters").push(grpc);
    set_endpoint(&mut document, "upstream_grpc", socket_address(upstream));
    let routes = format!(
        "{listener}/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes"
    );
    let to_grpc = json!({
        "match": { "prefix": "/", "grpc": {} },
        "route": { "cluster": "upstream_grpc" },
    });
    array(&mut document, &routes).insert(0, to_grpc);
    document
}

fn mutual_tls(name: &str, folder: &Path) -> Value {
    let file = |file: &str| json!({ "filename": folder.join(file) });
    json!({
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": name,
            "common_tls_context": {
                "alpn_protocols": ["h2"],
                "tls_certificates": [{
                    "certificate_chain": file("envoy.pem"),
                    "private_key": file("envoy.key.pem"),
                }],
                "validation_context": {
                    "trusted_ca": file("ca.pem"),
                    "match_typed_subject_alt_names": [
                        { "san_type": "DNS", "matcher": { "exact": name } },
                    ],
                },
            },
        },
    })
}

fn socket_address(address: SocketAddr) -> Value {
    json!({ "socket_address": { "address": address.ip(), "port_value": address.port() } })
}

fn set_endpoint(document: &mut Value, name: &str, address: Value) {
    let endpoint = "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address";
    *at(cluster(document, name), endpoint) = address;
}

fn cluster<'d>(document: &'d mut Value, name: &str) -> &'d mut Value {
    let mut clusters = array(document, "/static_resources/clusters").iter_mut();
    let found = clusters.find(|cluster| cluster["name"] == name);
    found.unwrap_or_else(|| panic!("no cluster {name} in the shipped configuration"))
}

fn array<'d>(document: &'d mut Value, pointer: &str) -> &'d mut Vec<Value> {
    at(document, pointer).as_array_mut().unwrap_or_else(|| panic!("{pointer} is not a list"))
}

fn at<'d>(document: &'d mut Value, pointer: &str) -> &'d mut Value {
    document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not there"))
}

/// Waits until Envoy serves, and asks its admin interface which port the listener got.
async fn bound_address(admin_file: &Path) -> SocketAddr {
    let client = super::http::client();
    loop {
        if let Ok(admin) = fs::read_to_string(admin_file)
            && let Ok(ready) = client.get(format!("http://{admin}/ready")).send().await
            && ready.status().is_success()
            && let Ok(answer) =
                client.get(format!("http://{admin}/listeners?format=json")).send().await
            && let Ok(listeners) = answer.json::<Value>().await
            && let Some(bound) =
                listeners.pointer("/listener_statuses/0/local_address/socket_address")
            && let (Some(ip), Some(port)) =
                (bound["address"].as_str(), bound["port_value"].as_u64())
            && let Ok(address) = format!("{ip}:{port}").parse()
        {
            return address;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
