//! `bailiff serve`

use super::{
    SettingsArguments,
    exit::{Exit, complain},
};
use crate::{
    config::{
        assemble::{self, AssembleError, Parts},
        policy_file::PolicyFileError,
        settings::Settings,
        suite_file::{self, RehearsalError},
    },
    serve::{self, shutdown},
    telemetry::log::Log,
};
use clap::Args;
use std::error::Error;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    settings: SettingsArguments,
    /// Serve a policy whose own tests have not been played.
    #[arg(long)]
    skip_tests: bool,
}

pub(super) fn run(arguments: Arguments) -> Exit {
    let Arguments { settings, skip_tests } = arguments;
    let settings = match settings.resolve() {
        Ok(settings) => settings,
        Err(error) => {
            complain(&error);
            return Exit::Usage;
        }
    };
    match start(settings, skip_tests) {
        Ok(()) => Exit::Good,
        Err(error) => {
            complain(&*error);
            let invalid = matches!(
                error.downcast_ref(),
                Some(AssembleError::Policy(PolicyFileError::Invalid(_)))
            );
            let untested = error.downcast_ref().is_some_and(RehearsalError::is_about_the_policy);
            if invalid || untested { Exit::Bad } else { Exit::Usage }
        }
    }
}

fn start(settings: Settings, skip_tests: bool) -> Result<(), Box<dyn Error>> {
    let log = Log::start(&settings.log.filter, settings.log.format)?;
    if skip_tests {
        tracing::warn!("the policy's own tests are skipped: nobody has seen what it decides");
    } else {
        let cases = suite_file::rehearse(&settings.policy)?;
        tracing::info!(cases, "the policy passes its own tests");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        let stop = shutdown::requested()?;
        let Parts { authorizer, doors, options, background } = assemble::assemble(settings).await?;
        serve::run(doors, authorizer, options, stop).await?;
        drop(background);
        Ok(())
    });
    if log.dropped_lines() > 0 {
        tracing::warn!(lines = log.dropped_lines(), "log lines were dropped");
    }
    served
}
