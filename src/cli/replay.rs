//! `bailiff replay`

use super::exit::{Exit, complain};
use crate::{
    config::policy_file::{self, PolicyFileError},
    policy::{
        Style,
        replay::{Change, Replay, Report},
    },
};
use clap::{Args, ValueEnum};
use std::{
    fmt::Write as _,
    fs::File,
    io::{self, BufRead, BufReader, IsTerminal as _, Read as _},
    path::{Path, PathBuf},
};
use thiserror::Error;

/// The longest line that is read, in bytes. Lines of decisions are far shorter.
const LONGEST_LINE: u64 = 1024 * 1024;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The policy file.
    #[arg(value_name = "POLICY")]
    policy: PathBuf,
    /// The decision log, one JSON object a line, written with `log.replayable`; standard input if
    /// absent or `-`. Lines about something else are passed over.
    #[arg(value_name = "LOG", default_value = "-")]
    log: PathBuf,
    /// How many lines of each kind of change to show.
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    examples: usize,
    /// End with exit code 1 if any decision would change.
    #[arg(long)]
    fail_on_change: bool,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

#[derive(Debug, Error)]
enum ReplayError {
    #[error(transparent)]
    Policy(#[from] PolicyFileError),
    #[error("the log `{}` cannot be read: {source}", path.display())]
    Log { path: PathBuf, source: io::Error },
}

pub(super) fn run(arguments: Arguments) -> Exit {
    let Arguments { policy, log, examples, fail_on_change, format } = arguments;
    match replay(&policy, &log, examples) {
        Ok(report) => {
            match format {
                Format::Text => print(&text(&report)),
                Format::Json => print(&format!("{}\n", serde_json::json!(report))),
            }
            if fail_on_change && report.changed > 0 { Exit::Bad } else { Exit::Good }
        }
        Err(ReplayError::Policy(PolicyFileError::Invalid(errors))) => {
            let style = if io::stderr().is_terminal() { Style::Coloured } else { Style::Plain };
            print_problems(&errors.render(style));
            Exit::Bad
        }
        Err(error) => {
            complain(&error);
            Exit::Usage
        }
    }
}

fn replay(policy: &Path, log: &Path, examples: usize) -> Result<Report, ReplayError> {
    let policy = policy_file::read(policy)?;
    let failed = |source| ReplayError::Log { path: log.to_owned(), source };
    let mut replay = Replay::new(&policy, examples);
    if log == Path::new("-") {
        each_line(io::stdin().lock(), &mut replay).map_err(failed)?;
    } else {
        let file = File::open(log).map_err(failed)?;
        each_line(BufReader::new(file), &mut replay).map_err(failed)?;
    }
    Ok(replay.finish())
}

/// One line after the other, with no more than one in memory.
fn each_line(mut lines: impl BufRead, replay: &mut Replay<'_>) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let whole = line.last() == Some(&b'\n') || (line.len() as u64) < LONGEST_LINE;
        if !whole {
            lines.skip_until(b'\n')?;
        }
        match std::str::from_utf8(&line) {
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) if whole => replay.line(text),
            Ok(_) | Err(_) => replay.unreadable_line(),
        }
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    // A string takes whatever is written to it.
    let _ = write_report(&mut text, report);
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

fn write_report(text: &mut String, report: &Report) -> std::fmt::Result {
    let Report { revision, lines, decisions, others, malformed, .. } = report;
    writeln!(text, "policy revision {revision}")?;
    writeln!(
        text,
        "{lines} lines: {decisions} decisions, {others} about something else, {malformed} unreadable"
    )?;
    writeln!(text, "{:>10} stay as they are", report.same)?;
    writeln!(text, "{:>10} would change", report.changed)?;
    writeln!(text, "{:>10} cannot be told", report.cannot_tell)?;
    for unknown in &report.unknown {
        writeln!(text, "{:>14} {}", unknown.count, unknown.why.meaning())?;
    }
    for change in &report.changes {
        write_change(text, change)?;
    }
    if report.more_changes > 0 {
        writeln!(text, "\nand {} changes of further kinds", report.more_changes)?;
    }
    Ok(())
}

fn write_change(text: &mut String, change: &Change) -> std::fmt::Result {
    let rule = |rule: &Option<String>| rule.clone().unwrap_or_else(|| "no entry".to_owned());
    let (before, after) = (rule(&change.rule_before), rule(&change.rule_after));
    writeln!(text, "\n{} × {}", change.count, change.kind)?;
    writeln!(text, "    {} by {before}", change.reason_before)?;
    writeln!(text, "  → {} by {after}", change.reason_after)?;
    for example in &change.examples {
        writeln!(text, "    line {}: {}, {}", example.line, example.question, example.asker)?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command speaks to the person who ran it")]
fn print(text: &str) {
    print!("{text}");
}

#[expect(clippy::print_stderr, reason = "a command speaks to the person who ran it")]
fn print_problems(text: &str) {
    eprintln!("{text}");
}
