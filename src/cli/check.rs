//! `bailiff check`

mod sarif;

use super::{
    SettingsArguments,
    exit::{Exit, complain},
};
use crate::{
    config::policy_file::PolicyFiles,
    core::id::Revision,
    policy::{
        Diagnostic, Policy, PolicyErrors, Severity, Style,
        lint::Lints,
        suite::{Suite, SuiteErrors},
    },
};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The policy file or folder; otherwise the one that the settings name.
    #[arg(value_name = "POLICY")]
    file: Option<PathBuf>,
    /// How to print what is found.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Take warnings for errors; notes never are.
    #[arg(long)]
    deny_warnings: bool,
    #[command(flatten)]
    settings: SettingsArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One SARIF 2.1.0 document, for code scanners.
    Sarif,
}

pub(super) fn run(arguments: Arguments) -> Exit {
    let Arguments { file, format, deny_warnings, settings } = arguments;
    let path = match settings.policy_path(file) {
        Ok(path) => path,
        Err(error) => {
            complain(&error);
            return Exit::Usage;
        }
    };
    match PolicyFiles::read(&path) {
        Ok(files) => {
            let checked = Checked::of(&files);
            let exit = checked.exit(deny_warnings);
            checked.report(&path, format, exit);
            exit
        }
        Err(error) => {
            complain(&error);
            Exit::Usage
        }
    }
}

/// What becomes of a policy.
enum Checked {
    Valid(Revision, Lints),
    Invalid(PolicyErrors),
    /// It is valid, and its cases are not.
    Untestable(SuiteErrors),
}

impl Checked {
    fn of(PolicyFiles { policy: sources, tests }: &PolicyFiles) -> Self {
        let policy = match Policy::load(sources.clone()) {
            Ok(policy) => policy,
            Err(errors) => return Self::Invalid(errors),
        };
        match Suite::load(sources.as_slice(), tests) {
            Ok(suite) => Self::Valid(policy.revision().clone(), policy.lint(sources, &suite)),
            Err(errors) => Self::Untestable(errors),
        }
    }

    fn exit(&self, deny_warnings: bool) -> Exit {
        match self {
            Self::Valid(_, lints) if deny_warnings && lints.has_warnings() => Exit::Bad,
            Self::Valid(..) => Exit::Good,
            Self::Invalid(_) | Self::Untestable(_) => Exit::Bad,
        }
    }

    fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            Self::Valid(_, lints) => lints.diagnostics(),
            Self::Invalid(errors) => errors.diagnostics(),
            Self::Untestable(errors) => errors.diagnostics(),
        }
    }

    fn report(&self, path: &Path, format: Format, exit: Exit) {
        match format {
            Format::Text => self.report_text(path, exit),
            Format::Json => {
                let (errors, warnings): (Vec<_>, Vec<_>) = self
                    .diagnostics()
                    .into_iter()
                    .partition(|diagnostic| diagnostic.severity == Severity::Error);
                let revision = match self {
                    Self::Valid(revision, _) => Some(revision.as_str()),
                    Self::Invalid(_) | Self::Untestable(_) => None,
                };
                let document =
                    json!({ "errors": errors, "warnings": warnings, "revision": revision });
                print(&document.to_string());
            }
            Format::Sarif => print(&format!("{:#}", sarif::report(&self.diagnostics()))),
        }
    }

    fn report_text(&self, path: &Path, exit: Exit) {
        let style = if io::stderr().is_terminal() { Style::Coloured } else { Style::Plain };
        match self {
            Self::Invalid(errors) => say(&errors.render(style)),
            Self::Untestable(errors) => say(&errors.render(style)),
            Self::Valid(revision, lints) => {
                let count = |severity| {
                    lints.iter().filter(|lint| lint.finding().code().severity() == severity).count()
                };
                let (warnings, notes) = (count(Severity::Warning), count(Severity::Note));
                if warnings + notes > 0 {
                    say(&format!("{}\n", lints.render(style)));
                }
                let found = [counted(warnings, "warning"), counted(notes, "note")].concat();
                let verdict = match exit {
                    Exit::Good => "good",
                    Exit::Bad | Exit::Usage => "warnings are denied",
                };
                print(&format!("{}: {verdict}, revision {revision}{found}", path.display()));
            }
        }
    }
}

/// `, 2 notes`; nothing for none.
fn counted(count: usize, what: &str) -> String {
    match count {
        0 => String::new(),
        1 => format!(", 1 {what}"),
        _ => format!(", {count} {what}s"),
    }
}

#[expect(clippy::print_stderr, reason = "a command speaks to the person who ran it")]
fn say(text: &str) {
    eprintln!("{text}");
}

#[expect(clippy::print_stdout, reason = "a command speaks to the person who ran it")]
fn print(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests;
