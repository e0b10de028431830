//! What is wrong with a policy, said so that it can be put right: place, message, help.

use super::{
    problem::Problem,
    source::{File, Line, Place, Sources},
};
use crate::core::id::RuleId;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;
use std::{borrow::Cow, fmt};

/// Errors beyond this many are counted, not shown.
const MOST_SHOWN: usize = 50;

/// What is said of the other place, where two contradict each other.
const OTHER: &str = "the other one is here";

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct PolicyError {
    problem: Problem,
    place: Place,
    /// The other place, where two contradict each other.
    other: Option<Place>,
}

impl PolicyError {
    pub(super) const fn new(place: Place, problem: Problem) -> Self {
        Self { problem, place, other: None }
    }

    pub(super) const fn with_other(mut self, other: Place) -> Self {
        self.other = Some(other);
        self
    }

    /// The same in another of several texts.
    pub(super) fn in_file(self, file: File) -> Self {
        let other = self.other.map(|other| other.in_file(file));
        Self { problem: self.problem, place: self.place.in_file(file), other }
    }

    /// What is wrong.
    #[must_use]
    pub const fn problem(&self) -> &Problem {
        &self.problem
    }

    fn shown(&self) -> Shown {
        Shown {
            severity: Severity::Error,
            code: self.problem.code(),
            message: self.problem.to_string(),
            help: self.problem.help(),
            place: self.place,
            other: self.other.map(|other| (other, OTHER)),
            rule: None,
        }
    }
}

/// Everything that is wrong with the texts of one policy; at least one thing.
#[derive(Clone, Debug)]
pub struct PolicyErrors {
    sources: Sources,
    errors: Vec<PolicyError>,
    /// How many there were before the list was cut to what can be shown.
    total: usize,
}

/// How much something weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The policy does not load.
    Error,
    /// The policy says something that is hardly meant.
    Warning,
    /// Worth a look.
    Note,
}

/// One error, warning or note as data, for machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How much it weighs.
    pub severity: Severity,
    /// What kind of thing it is: `unknown-key`, `similar-name`.
    pub code: &'static str,
    /// The source's name.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// The text at that place, as far as it stands in that line.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// The other place, where two contradict each other.
    pub other: Option<DiagnosticPlace>,
    /// The rule it is about, where it is about a sound one.
    pub rule: Option<String>,
}

impl Diagnostic {
    /// Place and message in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

/// A place as data, for machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DiagnosticPlace {
    /// The source's name.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
}

/// Whether terminal colours are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With ANSI colours.
    Coloured,
}

impl PolicyErrors {
    /// Takes what was found, in any order.
    pub(super) fn new(sources: impl Into<Sources>, mut errors: Vec<PolicyError>) -> Self {
        errors.sort_by_key(|error| error.place);
        let total = errors.len();
        errors.truncate(MOST_SHOWN);
        Self { sources: sources.into(), errors, total }
    }

    /// How many things are wrong.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.total
    }

    /// The errors in the order of their places; at most 50.
    pub fn iter(&self) -> impl Iterator<Item = &PolicyError> {
        self.errors.iter()
    }

    /// The errors as data, in the order of their places; at most 50.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.errors.iter().map(|error| error.shown().data(&self.sources)).collect()
    }

    /// The errors for a person: each with its line, the offending text underlined.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        let mut rendered: Vec<String> =
            self.errors.iter().map(|error| error.shown().render(&self.sources, style)).collect();
        let left = self.total - self.errors.len();
        if left > 0 {
            rendered.push(format!("and {left} more"));
        }
        rendered.join("\n\n")
    }
}

/// What is to be shown of one thing, whatever its severity.
pub(super) struct Shown {
    pub(super) severity: Severity,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) help: Option<Cow<'static, str>>,
    pub(super) place: Place,
    /// Another place, and what is said of it.
    pub(super) other: Option<(Place, &'static str)>,
    /// The rule it is about.
    pub(super) rule: Option<RuleId>,
}

impl Shown {
    /// For a machine.
    pub(super) fn data(self, sources: &Sources) -> Diagnostic {
        let Line { file, number, column, text, range } = sources.line(self.place);
        Diagnostic {
            severity: self.severity,
            code: self.code,
            file: file.to_owned(),
            line: number,
            column,
            text: text.get(range).unwrap_or_default().to_owned(),
            message: self.message,
            help: self.help.map(Into::into),
            other: self.other.map(|(other, _)| sources.position(other)),
            rule: self.rule.map(|rule| rule.as_str().to_owned()),
        }
    }

    /// For a person: with its line, the text that is meant underlined.
    pub(super) fn render(self, sources: &Sources, style: Style) -> String {
        let renderer = match style {
            Style::Plain => Renderer::plain(),
            Style::Coloured => Renderer::styled(),
        };
        let title = match self.severity {
            Severity::Error => Level::ERROR.primary_title(self.message),
            Severity::Warning => Level::WARNING.primary_title(self.message).id(self.code),
            Severity::Note => Level::NOTE.primary_title(self.message).id(self.code),
        };
        let mut group = Group::with_title(title).element(snippet(
            sources,
            self.place,
            AnnotationKind::Primary,
            None,
        ));
        if let Some((other, label)) = self.other {
            group = group.element(snippet(sources, other, AnnotationKind::Context, Some(label)));
        }
        if let Some(help) = self.help {
            group = group.element(Level::HELP.message(help));
        }
        if let Some(rule) = self.rule {
            group = group.element(Level::NOTE.message(format!("found at `{rule}`")));
        }
        renderer.render(&[group])
    }
}

/// Only the line itself is handed over: a policy may be long.
fn snippet<'s>(
    sources: &'s Sources,
    place: Place,
    kind: AnnotationKind,
    label: Option<&'static str>,
) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
    let line = sources.line(place);
    Snippet::source(line.text)
        .line_start(line.number)
        .path(line.file)
        .annotation(kind.span(line.range).label(label))
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(Style::Plain))
    }
}

impl std::error::Error for PolicyErrors {}
