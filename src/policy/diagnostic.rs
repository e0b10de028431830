//! What is wrong with a policy, said so that it can be put right: place, message, help.

use super::{
    problem::Problem,
    source::{File, Line, Place, Sources},
};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;
use std::fmt;

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
}

/// Everything that is wrong with the texts of one policy; at least one thing.
#[derive(Clone, Debug)]
pub struct PolicyErrors {
    sources: Sources,
    errors: Vec<PolicyError>,
    /// How many there were before the list was cut to what can be shown.
    total: usize,
}

/// One error as data, for machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
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
        self.errors.iter().map(|error| self.diagnostic(error)).collect()
    }

    fn diagnostic(&self, error: &PolicyError) -> Diagnostic {
        let Line { file, number, column, text, range } = self.sources.line(error.place);
        Diagnostic {
            file: file.to_owned(),
            line: number,
            column,
            text: text.get(range).unwrap_or_default().to_owned(),
            message: error.problem.to_string(),
            help: error.problem.help().map(Into::into),
            other: error.other.map(|other| self.sources.position(other)),
        }
    }

    /// The errors for a person: each with its line, the offending text underlined.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        let renderer = match style {
            Style::Plain => Renderer::plain(),
            Style::Coloured => Renderer::styled(),
        };
        let mut rendered: Vec<String> =
            self.errors.iter().map(|error| self.render_one(error, &renderer)).collect();
        let left = self.total - self.errors.len();
        if left > 0 {
            rendered.push(format!("and {left} more"));
        }
        rendered.join("\n\n")
    }

    fn render_one(&self, error: &PolicyError, renderer: &Renderer) -> String {
        let mut group = Group::with_title(Level::ERROR.primary_title(error.problem.to_string()))
            .element(self.snippet(error.place, AnnotationKind::Primary, None));
        if let Some(other) = error.other {
            group = group.element(self.snippet(other, AnnotationKind::Context, Some(OTHER)));
        }
        if let Some(help) = error.problem.help() {
            group = group.element(Level::HELP.message(help));
        }
        renderer.render(&[group])
    }

    /// Only the line itself is handed over: a policy may be long.
    fn snippet(
        &self,
        place: Place,
        kind: AnnotationKind,
        label: Option<&'static str>,
    ) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let line = self.sources.line(place);
        Snippet::source(line.text)
            .line_start(line.number)
            .path(line.file)
            .annotation(kind.span(line.range).label(label))
    }
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(Style::Plain))
    }
}

impl std::error::Error for PolicyErrors {}
