//! What came of the cases, for people.

use super::{Played, Wish};
use crate::policy::{DiagnosticPlace, Sources, Style, coverage::Item};
use std::fmt::{self, Write as _};

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const PLAIN: &str = "\u{1b}[0m";

/// Failed cases, what is not reached, and the sum.
pub(super) fn played(played: &Played, wish: Wish) -> String {
    let Played { report, path, sources } = played;
    let (red, green, plain) = match wish.style {
        Style::Coloured => (RED, GREEN, PLAIN),
        Style::Plain => ("", "", ""),
    };
    let mut text = String::new();
    for run in report.failures() {
        push(&mut text, format_args!("{red}FAIL{plain} {run}\n"));
    }
    let coverage = report.coverage();
    let below = wish.coverage_min.filter(|least| coverage.percent() < *least);
    if wish.coverage || below.is_some() {
        for item in coverage.uncovered() {
            push(&mut text, format_args!("{red}NOT REACHED{plain} {}", uncovered(item, sources)));
        }
        let (covered, all) = (coverage.covered(), coverage.items().len());
        let percent = coverage.percent();
        push(&mut text, format_args!("coverage: {percent} %, {covered} of {all}"));
        if let Some(least) = below {
            push(&mut text, format_args!("{red}less than the {least} % asked for{plain}"));
        }
    }
    let (all, failed) = (report.runs().len(), report.failures().count());
    match (all, failed) {
        (0, _) => push(&mut text, format_args!("{}: there are no tests", path.display())),
        (_, 0) => push(&mut text, format_args!("{green}{all} passed{plain}")),
        _ => push(&mut text, format_args!("{} passed, {red}{failed} failed{plain}", all - failed)),
    }
    text.truncate(text.trim_end().len());
    text
}

fn uncovered(item: &Item, sources: &Sources) -> String {
    let DiagnosticPlace { file, line, column } = item.position(sources);
    let (rule, what) = (item.rule(), item.what());
    format!("{file}:{line}:{column}: `{rule}`: no case shows {what}")
}

fn push(text: &mut String, line: fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "{line}");
}
