//! `bailiff healthcheck`

use super::{
    connection::connect,
    exit::{Exit, complain},
};
use crate::serve::listener::{ListenAddress, ListenAddressError};
use clap::Args;
use std::{io, time::Duration};
use thiserror::Error;
use tokio::time::timeout;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Address of the gRPC listener, `host:port` or `unix:/path`.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9191")]
    address: String,
    /// Name of the service to ask about; empty for the whole.
    #[arg(long, value_name = "NAME", default_value = "")]
    service: String,
    /// Milliseconds to wait for an answer.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 2000)]
    timeout: u64,
}

#[derive(Debug, Error)]
enum HealthError {
    #[error("`--address`: {0}")]
    Address(#[from] ListenAddressError),
    #[error("cannot start: {0}")]
    Runtime(#[from] io::Error),
    #[error("no connection")]
    Connect(#[from] tonic::transport::Error),
    #[error("no answer within {0} ms")]
    Timeout(u64),
    #[error("{}", .0.message())]
    Call(#[from] tonic::Status),
    #[error("not serving")]
    NotServing,
}

pub(super) fn run(arguments: Arguments) -> Exit {
    match check(arguments) {
        Ok(()) => Exit::Good,
        Err(error) => {
            complain(&error);
            match error {
                HealthError::Address(_) => Exit::Usage,
                HealthError::Runtime(_)
                | HealthError::Connect(_)
                | HealthError::Timeout(_)
                | HealthError::Call(_)
                | HealthError::NotServing => Exit::Bad,
            }
        }
    }
}

fn check(Arguments { address, service, timeout: limit }: Arguments) -> Result<(), HealthError> {
    let address: ListenAddress = address.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        timeout(Duration::from_millis(limit), ask(&address, service))
            .await
            .map_err(|_| HealthError::Timeout(limit))?
    })
}

async fn ask(address: &ListenAddress, service: String) -> Result<(), HealthError> {
    let channel = connect(address).await?;
    let answer = HealthClient::new(channel).check(HealthCheckRequest { service }).await?;
    match answer.into_inner().status() {
        ServingStatus::Serving => Ok(()),
        ServingStatus::NotServing | ServingStatus::Unknown | ServingStatus::ServiceUnknown => {
            Err(HealthError::NotServing)
        }
    }
}
