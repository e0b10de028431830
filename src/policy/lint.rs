//! What is valid and yet hardly meant.
//!
//! Lints look at a compiled policy. Each is a function that adds what it finds; `finding` holds the
//! words, `code` the names. A policy allows what it means below `lints`, for everything or for single
//! rules, and an allowance that allows nothing is found in turn.

mod code;
mod finding;
mod guards;
mod logic;
mod names;
mod openness;
mod routing;
mod view;
mod worlds;

pub use code::Code;
pub use finding::{Finding, Never, Often};

use super::{
    Policy,
    access::Rule,
    diagnostic::{Diagnostic, Severity, Shown, Style},
    source::{Place, Sources},
    suite::Suite,
};
use crate::core::id::RuleId;
use view::View;

/// An entry of `lints`.
#[derive(Clone, Debug)]
pub(super) struct Silencer {
    pub(super) code: Code,
    /// For this rule alone.
    pub(super) rule: Option<RuleId>,
    pub(super) place: Place,
}

impl Silencer {
    fn silences(&self, lint: &Lint) -> bool {
        self.code == lint.finding.code()
            && self.rule.as_ref().is_none_or(|rule| lint.rule.as_ref() == Some(rule))
    }
}

/// One finding and its place.
#[derive(Clone, Debug)]
pub struct Lint {
    finding: Finding,
    place: Place,
    /// Another place, and what is said of it.
    other: Option<(Place, &'static str)>,
    /// The rule it is about.
    rule: Option<RuleId>,
}

impl Lint {
    /// What was found.
    #[must_use]
    pub const fn finding(&self) -> &Finding {
        &self.finding
    }

    /// The rule it is about, if it is about one: what `lints` allows it by.
    #[must_use]
    pub const fn rule(&self) -> Option<&RuleId> {
        self.rule.as_ref()
    }

    fn shown(&self) -> Shown {
        let code = self.finding.code();
        Shown {
            severity: code.severity(),
            code: code.as_str(),
            message: self.finding.to_string(),
            help: Some(self.finding.help()),
            place: self.place,
            other: self.other,
            rule: self.rule.clone(),
        }
    }
}

/// What was found in one policy; often nothing.
#[derive(Clone, Debug)]
pub struct Lints {
    sources: Sources,
    lints: Vec<Lint>,
}

impl Lints {
    /// In the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = &Lint> {
        self.lints.iter()
    }

    /// Whether there is more than notes.
    #[must_use]
    pub fn has_warnings(&self) -> bool {
        self.iter().any(|lint| lint.finding.code().severity() < Severity::Note)
    }

    /// As data, in the order of their places.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.iter().map(|lint| lint.shown().data(&self.sources)).collect()
    }

    /// For a person; empty where nothing was found.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        let rendered: Vec<String> =
            self.iter().map(|lint| lint.shown().render(&self.sources, style)).collect();
        rendered.join("\n\n")
    }
}

impl Policy {
    /// Looks through a policy that was loaded from `sources` and is tested by `suite`.
    #[must_use]
    pub fn lint(&self, sources: &Sources, suite: &Suite) -> Lints {
        let view = View::of(self);
        let mut findings = Findings(Vec::new());
        openness::open_unlisted(&view, &mut findings);
        openness::catch_all_public(&view, &mut findings);
        openness::unsafe_method_public(&view, &mut findings);
        openness::public_under_protected(&view, &mut findings);
        openness::host_loosens_route(&view, &mut findings);
        openness::shadow_rule(&view, &mut findings);
        routing::unreachable_route(&view, &mut findings);
        routing::hidden_method(&view, &mut findings);
        guards::guard_matches_nothing(&view, &mut findings);
        guards::guard_closes_route(&view, &mut findings);
        logic::requirements(&view, &mut findings);
        names::similar_name(&view, &mut findings);
        if suite.is_empty() {
            findings.at(Place::START, None, None, Finding::MissingTests);
        }
        Lints { sources: sources.clone(), lints: findings.without(&self.silencers) }
    }
}

/// Where lints put what they find.
struct Findings(Vec<Lint>);

impl Findings {
    fn at_rule(&mut self, rule: &Rule, finding: Finding) {
        self.at(rule.place, Some(&rule.id), None, finding);
    }

    fn at(
        &mut self,
        place: Place,
        rule: Option<&RuleId>,
        other: Option<(Place, &'static str)>,
        finding: Finding,
    ) {
        self.0.push(Lint { finding, place, other, rule: rule.cloned() });
    }

    /// What no silencer allows, and the silencers that allow nothing.
    fn without(mut self, silencers: &[Silencer]) -> Vec<Lint> {
        for silencer in silencers {
            let used = self.0.iter().any(|lint| silencer.silences(lint));
            if !used && silencer.code != Code::UnusedSilencer {
                let (code, rule) = (silencer.code, silencer.rule.clone());
                let finding = Finding::UnusedSilencer { code, rule };
                self.at(silencer.place, None, None, finding);
            }
        }
        self.0.retain(|lint| !silencers.iter().any(|silencer| silencer.silences(lint)));
        self.0.sort_by_key(|lint| (lint.place, lint.finding.code()));
        self.0
    }
}

#[cfg(test)]
mod tests;
