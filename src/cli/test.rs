//! `bailiff test`

mod json;
mod junit;
mod text;
mod watch;

use super::{
    SettingsArguments,
    exit::{Exit, complain},
};
use crate::{
    config::{
        policy_file::{PolicyFileError, PolicyFiles},
        suite_file,
    },
    policy::{Diagnostic, Policy, PolicyErrors, Sources, Style, suite::SuiteErrors},
    rehearsal::{self, Report},
};
use clap::{Args, ValueEnum};
use std::{
    error::Error,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    sync::Arc,
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The policy, a file or a folder; otherwise the one that the settings name.
    #[arg(value_name = "POLICY")]
    file: Option<PathBuf>,
    /// Show what of the policy no case reaches.
    #[arg(long)]
    coverage: bool,
    /// Fail if the cases reach less of the policy than this, in percent.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    coverage_min: Option<u8>,
    /// How to print what came of the cases.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Play the cases again whenever the policy or its tests change, until stopped.
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    settings: SettingsArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One document as `JUnit` writes it, for build servers.
    Junit,
}

/// What is wanted of every play.
#[derive(Clone, Copy, Debug)]
struct Wish {
    format: Format,
    coverage: bool,
    coverage_min: Option<u8>,
    style: Style,
}

/// A policy whose cases have been played.
struct Played {
    report: Report,
    /// The file or folder.
    path: PathBuf,
    /// The policy's texts, to say where in them something is.
    sources: Sources,
}

/// Why no case could be played.
enum Unplayed {
    Policy(PolicyErrors),
    Suite(SuiteErrors),
    /// Something cannot be read.
    Unreadable(Box<dyn Error>),
}

pub(super) fn run(arguments: Arguments) -> Exit {
    let Arguments { file, coverage, coverage_min, format, watch, settings } = arguments;
    let path = match settings.policy_path(file) {
        Ok(path) => path,
        Err(error) => {
            complain(&error);
            return Exit::Usage;
        }
    };
    let style = if io::stdout().is_terminal() { Style::Coloured } else { Style::Plain };
    let wish = Wish { format, coverage, coverage_min, style };
    if watch {
        return watch::run(&path, || play(&path, wish));
    }
    play(&path, wish)
}

/// Plays every case once and prints what came of it.
fn play(path: &Path, wish: Wish) -> Exit {
    match load_and_play(path) {
        Ok(played) => {
            print(&match wish.format {
                Format::Text => text::played(&played, wish),
                Format::Json => json::played(&played).to_string(),
                Format::Junit => junit::played(&played.report),
            });
            let reached = played.report.coverage().percent();
            let enough = wish.coverage_min.is_none_or(|least| reached >= least);
            if played.report.is_good() && enough { Exit::Good } else { Exit::Bad }
        }
        Err(Unplayed::Unreadable(error)) => {
            complain(&*error);
            Exit::Usage
        }
        Err(Unplayed::Policy(errors)) => {
            unplayed(&errors.render(wish.style), &errors.diagnostics(), wish.format)
        }
        Err(Unplayed::Suite(errors)) => {
            unplayed(&errors.render(wish.style), &errors.diagnostics(), wish.format)
        }
    }
}

fn load_and_play(path: &Path) -> Result<Played, Unplayed> {
    let files = PolicyFiles::read(path).map_err(|error| match error {
        PolicyFileError::Invalid(errors) => Unplayed::Policy(errors),
        error @ PolicyFileError::Read { .. } => Unplayed::Unreadable(error.into()),
    })?;
    let policy = Policy::load(files.policy.clone()).map_err(Unplayed::Policy)?;
    let suite = suite_file::of(&files).map_err(Unplayed::Suite)?;
    let report = rehearsal::run(Arc::new(policy), &suite);
    Ok(Played { report, path: path.to_owned(), sources: files.policy })
}

fn unplayed(rendered: &str, errors: &[Diagnostic], format: Format) -> Exit {
    match format {
        Format::Text => print_error(rendered),
        Format::Json => print(&serde_json::json!({ "errors": errors }).to_string()),
        Format::Junit => print(&junit::unplayed(errors)),
    }
    Exit::Bad
}

#[expect(clippy::print_stdout, reason = "a command speaks to the person who ran it")]
fn print(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "a command speaks to the person who ran it")]
fn print_error(text: &str) {
    eprintln!("{text}");
}
