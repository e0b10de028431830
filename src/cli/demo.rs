//! `bailiff demo`: everything in one process but Envoy, which it runs if it finds it.

mod envoy;
mod guide;
mod sidecar;
mod upstream;

use super::exit::{Exit, complain};
use crate::{
    serve::shutdown,
    stand_in::clerk::{Setup, StandIn},
};
use clap::Args;
use envoy::{Addresses, Envoy};
use guide::{Guide, Proxy};
use sidecar::Sidecar;
use std::{
    error::Error,
    ffi::OsString,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};
use upstream::{Links, Upstream};

/// The Envoy configuration that the project ships.
const ENVOY_CONFIGURATION: &str = include_str!("../../deploy/envoy/envoy.yaml");

/// The sample policy that the project ships, and the address in it that stands for the sign-in page.
const POLICY: &str = include_str!("../../deploy/policy.yaml");
const POLICY_CLERK: &str = "http://localhost:10001/";

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Envoy's program [default: `envoy` on the search path, if there is one].
    #[arg(long, value_name = "FILE")]
    envoy: Option<PathBuf>,
    /// Run without Envoy.
    #[arg(long, conflicts_with = "envoy")]
    without_envoy: bool,
    /// Port of the proxy; the stand-in Clerk instance takes the next one.
    #[arg(long, value_name = "PORT", default_value_t = 10000,
          value_parser = clap::value_parser!(u16).range(1..=65534))]
    port: u16,
    /// Port of the gRPC listener.
    #[arg(long, value_name = "PORT", default_value_t = 9191)]
    grpc_port: u16,
}

pub(super) fn run(arguments: Arguments) -> Exit {
    match start(arguments) {
        Ok(()) => Exit::Good,
        Err(error) => {
            complain(&*error);
            Exit::Usage
        }
    }
}

fn start(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::Builder::new().prefix("bailiff-demo-").tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(demonstrate(arguments, folder.path()))
}

/// Starts everything, prints the guide and stays until Ctrl-C.
async fn demonstrate(arguments: Arguments, folder: &Path) -> Result<(), Box<dyn Error>> {
    let Arguments { envoy, without_envoy, port, grpc_port } = arguments;
    let stop = shutdown::requested()?;
    let listener = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let grpc = SocketAddr::from((Ipv4Addr::LOCALHOST, grpc_port));
    let origin = format!("http://localhost:{port}");
    let clerk = StandIn::start(Setup {
        port: port + 1,
        allowed_origins: vec![origin.clone()],
        ..Setup::new()
    })
    .await?;
    let upstream = Upstream::start(Links {
        sign_in: clerk.sign_in_url(),
        sign_out: clerk.sign_out_url(),
        organization_selection: clerk.organization_selection_url(),
        home: format!("{origin}/"),
    })
    .await?;
    let policy = folder.join("policy.yaml");
    fs::write(&policy, sample_policy(clerk.browser_url()))?;
    let sidecar = Sidecar::prepare(&clerk, &policy, grpc, &origin).await?;

    let addresses = Addresses { listener, authorizer: grpc, upstream: upstream.address() };
    let program = program(envoy, without_envoy);
    let proxied = async {
        let mut envoy = match program {
            Some((program, must_exist)) => {
                let configuration = envoy::configuration(ENVOY_CONFIGURATION, &addresses)?;
                let envoy = Envoy::start(&program, &configuration, listener, folder).await?;
                if envoy.is_none() && must_exist {
                    return Err(format!("`{}` is not there", program.display()).into());
                }
                envoy
            }
            None => None,
        };
        show(&Guide {
            clerk: clerk.browser_url(),
            upstream: upstream.address(),
            grpc,
            policy: &policy,
            proxy: envoy.as_ref().map(|envoy| Proxy { origin: &origin, log: envoy.log() }),
        });
        match &mut envoy {
            Some(envoy) => Err(envoy.ended().await.into()),
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        served = sidecar.run(stop) => served,
        failed = proxied => failed,
    }
}

/// Which Envoy to run, and whether it is a failure if it is not there.
fn program(envoy: Option<PathBuf>, without_envoy: bool) -> Option<(OsString, bool)> {
    match envoy {
        Some(path) => Some((path.into_os_string(), true)),
        None if without_envoy => None,
        None => Some(("envoy".into(), false)),
    }
}

/// The sample policy with the pages of this demo's Clerk instance.
fn sample_policy(clerk: &str) -> String {
    POLICY.replace(POLICY_CLERK, &format!("{clerk}/"))
}

#[expect(clippy::print_stdout, reason = "a command speaks to the person who ran it")]
fn show(guide: &Guide<'_>) {
    println!("{guide}");
}

#[cfg(test)]
mod tests;
