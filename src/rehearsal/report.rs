//! What came of a suite.

use super::{people::ClaimsVersion, stage::StageError};
use crate::{
    core::{
        decision::{Decision, Effect},
        id::RuleId,
        reason::Reason,
    },
    policy::{
        coverage::Coverage,
        suite::{Case, CasePlace, Person},
    },
};
use std::{borrow::Cow, fmt};

/// What came of every case, and what of the policy they reached.
#[derive(Clone, Debug)]
#[must_use = "a policy whose cases fail must not be used"]
pub struct Report {
    pub(super) runs: Vec<Run>,
    pub(super) coverage: Coverage,
}

/// One case as one person.
#[derive(Clone, Debug)]
pub struct Run {
    /// Where the case is written.
    pub place: CasePlace,
    /// What it is called.
    pub name: Option<Box<str>>,
    /// Who asked.
    pub person: Box<str>,
    /// What was asked, as the case says it.
    pub asked: Box<str>,
    /// What was to come of it.
    pub expected: Box<str>,
    /// What is wrong with what came of it; nothing where the case holds.
    pub failures: Vec<Failure>,
}

/// What is wrong with what came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// With which tokens.
    pub tokens: Tokens,
    /// Where it is other than expected; at least one thing.
    pub differences: Vec<Difference>,
    /// What came of it; `None` if nothing could.
    pub got: Option<Got>,
    /// What might mend it.
    pub help: Option<Cow<'static, str>>,
}

/// The tokens with which a case was played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// All that there are.
    All,
    /// Those of one version, while those of the other come to something else.
    Of(ClaimsVersion),
}

/// Something that is other than expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is: `decision`, `rule`, `header x-user-id`.
    pub what: Box<str>,
    /// What was expected.
    pub expected: Box<str>,
    /// What it is.
    pub got: Box<str>,
}

/// A decision, as far as cases ask about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    /// `allow`, `deny` or `redirect`.
    pub effect: &'static str,
    /// Why.
    pub reason: Reason,
    /// The rule that decided.
    pub rule: Option<RuleId>,
    /// The message for a person.
    pub message: Cow<'static, str>,
    /// Where a browser is sent.
    pub location: Option<Box<str>>,
    /// The headers that the service is told.
    pub upstream: Vec<(Box<str>, Box<str>)>,
}

impl Report {
    /// Every case as every person, in the order in which they are written.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Those that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(|run| !run.passed())
    }

    /// Whether none failed.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failures().next().is_none()
    }

    /// What of the policy was reached.
    #[must_use]
    pub const fn coverage(&self) -> &Coverage {
        &self.coverage
    }
}

impl Run {
    pub(super) fn of(case: &Case, person: &Person, failures: Vec<Failure>) -> Self {
        Self {
            place: case.place.clone(),
            name: case.name.clone(),
            person: person.name().into(),
            asked: case.ask.to_string().into(),
            expected: case.expect.to_string().into(),
            failures,
        }
    }

    /// Whether everything came as expected.
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// The case in one line: its name, or what it says.
    #[must_use]
    pub fn title(&self) -> String {
        let Self { name, person, asked, .. } = self;
        match name {
            Some(name) => format!("{name} (as {person}: {asked})"),
            None => format!("as {person}: {asked}"),
        }
    }
}

impl Failure {
    /// Nothing could be played at all.
    pub(super) fn unplayable(error: &StageError) -> Self {
        let got = format!("nothing: {error}").into();
        let expected = "a rehearsal".into();
        let differences = vec![Difference { what: "decision".into(), expected, got }];
        Self { tokens: Tokens::All, differences, got: None, help: None }
    }
}

impl Got {
    pub(super) fn of(decision: Decision) -> Self {
        let effect = decision.effect.as_str();
        let (location, upstream) = match decision.effect {
            Effect::Allow(upstream) => (None, upstream.set),
            Effect::Deny(_) => (None, Vec::new()),
            Effect::Redirect(location) => (Some(location.as_str().into()), Vec::new()),
        };
        let Decision { reason, rule, message, .. } = decision;
        Self { effect, reason, rule, message, location, upstream }
    }
}

/// As a case would expect it.
impl fmt::Display for Got {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.effect, &self.location) {
            (effect, Some(location)) => {
                write!(formatter, "{effect} {location} ({})", self.reason.code())
            }
            ("deny", None) => write!(formatter, "deny {}", self.reason.code()),
            (effect, None) => formatter.write_str(effect),
        }
    }
}

impl fmt::Display for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => formatter.write_str("of every version"),
            Self::Of(version) => {
                write!(formatter, "of version {version}; the other comes to something else")
            }
        }
    }
}

/// A failed run for a person to read; a run that passed in one line.
impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.title())?;
        for failure in &self.failures {
            write!(formatter, "{failure}")?;
        }
        Ok(())
    }
}

/// Lines, each after a line end, so that they stand below a title.
impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |label: &str, text: &str| write!(formatter, "\n  {label:<9} {text}");
        for Difference { what, expected, got } in &self.differences {
            if **what != *"decision" {
                line("about", what)?;
            }
            line("expected", expected)?;
            line("got", got)?;
        }
        if let Some(got) = &self.got {
            if let Some(rule) = &got.rule {
                line("rule", rule.as_str())?;
            }
            line("message", &got.message)?;
        }
        if let Tokens::Of(_) = self.tokens {
            line("tokens", &self.tokens.to_string())?;
        }
        if let Some(help) = &self.help {
            line("help", help)?;
        }
        Ok(())
    }
}
