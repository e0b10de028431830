//! `bailiff serve`

use super::{
    SettingsArguments,
    exit::{Exit, complain},
};
use crate::{
    config::{
        assemble::{self, AssembleError, Parts},
        policy_loader::Trial,
        settings::Settings,
        suite_file,
    },
    serve::{self, shutdown},
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
            match error.downcast_ref() {
                Some(AssembleError::Policy(error)) if error.is_about_the_policy() => Exit::Bad,
                Some(_) | None => Exit::Usage,
            }
        }
    }
}

fn start(settings: Settings, skip_tests: bool) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let telemetry = {
        let _within = runtime.enter();
        assemble::telemetry(&settings)?
    };
    let trial = if skip_tests {
        tracing::warn!("the policy's own tests are skipped: nobody has seen what it decides");
        Trial::skipped()
    } else {
        suite_file::trial()
    };
    let served = runtime.block_on(async {
        let stop = shutdown::requested()?;
        let parts = assemble::assemble(settings, trial, &telemetry).await?;
        let Parts { authorizer, doors, options, background } = parts;
        serve::run(doors, authorizer, options, stop).await?;
        drop(background);
        Ok(())
    });
    telemetry.finish();
    served
}
