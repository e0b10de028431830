//! `bailiff check`

use super::{
    SettingsArguments,
    exit::{Exit, complain},
};
use crate::{
    config::policy_file::{self, PolicyFileError},
    policy::{Policy, Style},
};
use clap::{Args, ValueEnum};
use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The policy file or folder; otherwise the one that the settings name.
    #[arg(value_name = "POLICY")]
    file: Option<PathBuf>,
    /// How to print what is wrong.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    settings: SettingsArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

pub(super) fn run(arguments: Arguments) -> Exit {
    let Arguments { file, format, settings } = arguments;
    let path = match settings.policy_path(file) {
        Ok(path) => path,
        Err(error) => {
            complain(&error);
            return Exit::Usage;
        }
    };
    let style = if io::stderr().is_terminal() { Style::Coloured } else { Style::Plain };
    match policy_file::read(&path) {
        Ok(policy) => {
            report_good(&path, &policy, format);
            Exit::Good
        }
        Err(PolicyFileError::Invalid(errors)) => {
            match format {
                Format::Text => print_text(&errors.render(style)),
                Format::Json => print_json(&serde_json::json!({ "errors": errors.diagnostics() })),
            }
            Exit::Bad
        }
        Err(error @ PolicyFileError::Read { .. }) => {
            complain(&error);
            Exit::Usage
        }
    }
}

#[expect(clippy::print_stdout, reason = "a command speaks to the person who ran it")]
fn report_good(path: &Path, policy: &Policy, format: Format) {
    match format {
        Format::Text => println!("{}: good, revision {}", path.display(), policy.revision()),
        Format::Json => {
            println!(
                "{}",
                serde_json::json!({ "errors": [], "revision": policy.revision().as_str() })
            );
        }
    }
}

#[expect(clippy::print_stderr, reason = "a command speaks to the person who ran it")]
fn print_text(text: &str) {
    eprintln!("{text}");
}

#[expect(clippy::print_stdout, reason = "machine-readable output")]
fn print_json(json: &serde_json::Value) {
    println!("{json}");
}
