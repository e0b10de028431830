//! `bailiff schema`

use super::exit::{Exit, complain};
use crate::{config::file::SettingsFile, policy::Policy};
use clap::{Args, ValueEnum};
use std::io::{self, Write as _};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Which kind of file.
    #[arg(value_enum)]
    of: Document,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Document {
    /// The policy file.
    Policy,
    /// The settings file, `bailiff.yaml`.
    Settings,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let schema = match arguments.of {
        Document::Policy => Policy::schema(),
        Document::Settings => SettingsFile::schema(),
    };
    // Whoever reads only the beginning, such as `head`, has what they want.
    match writeln!(io::stdout(), "{schema:#}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&error);
            Exit::Usage
        }
        Ok(()) | Err(_) => Exit::Good,
    }
}
