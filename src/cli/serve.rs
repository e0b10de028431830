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
    },
    serve::{self, shutdown},
    telemetry::log::Log,
};
use std::error::Error;

pub(super) fn run(arguments: SettingsArguments) -> Exit {
    let settings = match arguments.resolve() {
        Ok(settings) => settings,
        Err(error) => {
            complain(&error);
            return Exit::Usage;
        }
    };
    match start(settings) {
        Ok(()) => Exit::Good,
        Err(error) => {
            complain(&*error);
            match error.downcast_ref() {
                Some(AssembleError::Policy(PolicyFileError::Invalid(_))) => Exit::Bad,
                Some(_) | None => Exit::Usage,
            }
        }
    }
}

fn start(settings: Settings) -> Result<(), Box<dyn Error>> {
    let log = Log::start(&settings.log.filter, settings.log.format)?;
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
