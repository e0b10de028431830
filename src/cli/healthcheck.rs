//! `bailiff healthcheck`

use super::{
    connection::{ConnectionArguments, ConnectionError, Target},
    exit::{Exit, complain},
};
use clap::Args;
use std::{io, time::Duration};
use thiserror::Error;
use tokio::time::timeout;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: ConnectionArguments,
    /// Name of the service to ask about; empty for the whole.
    #[arg(long, value_name = "NAME", default_value = "")]
    service: String,
    /// Milliseconds to wait for an answer.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 2000)]
    timeout: u64,
}

#[derive(Debug, Error)]
enum HealthError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error("cannot start: {0}")]
    Runtime(#[from] io::Error),
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
                HealthError::Connection(error) if error.is_about_the_arguments() => Exit::Usage,
                HealthError::Connection(_)
                | HealthError::Runtime(_)
                | HealthError::Timeout(_)
                | HealthError::Call(_)
                | HealthError::NotServing => Exit::Bad,
            }
        }
    }
}

fn check(arguments: Arguments) -> Result<(), HealthError> {
    let Arguments { connection, service, timeout: limit } = arguments;
    let target = connection.read()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        timeout(Duration::from_millis(limit), ask(target, service))
            .await
            .map_err(|_| HealthError::Timeout(limit))?
    })
}

async fn ask(target: Target, service: String) -> Result<(), HealthError> {
    let channel = target.connect().await?;
    let answer = HealthClient::new(channel).check(HealthCheckRequest { service }).await?;
    match answer.into_inner().status() {
        ServingStatus::Serving => Ok(()),
        ServingStatus::NotServing | ServingStatus::Unknown | ServingStatus::ServiceUnknown => {
            Err(HealthError::NotServing)
        }
    }
}
