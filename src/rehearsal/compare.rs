//! Whether what came of a case is what was expected.

use super::{
    help::help,
    people::ClaimsVersion,
    report::{Difference, Failure, Got, Tokens},
};
use crate::{
    core::{id::RuleId, location::Location},
    policy::suite::{Case, Expectation, Person, Who},
};

const HEADER: &str = "header ";
const NOT_SET: &str = "not set";

/// What came of one case with tokens of one version, or with no token at all.
pub(super) struct Played {
    pub(super) version: Option<ClaimsVersion>,
    /// `None` if nothing did.
    pub(super) got: Option<Got>,
}

/// What is wrong with what came of a case, however often it was played.
pub(super) fn failures(case: &Case, person: &Person, played: Vec<Played>) -> Vec<Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    let count = played.len();
    for Played { version, got } in played {
        let differences = got.as_ref().map_or_else(nothing_came, |got| differences(case, got));
        if differences.is_empty() || is_owed_to_version(person, version, got.as_ref(), &differences)
        {
            continue;
        }
        if let Some(same) = failures.iter_mut().find(|same| same.got == got) {
            same.tokens = Tokens::All;
            continue;
        }
        let tokens = match version {
            Some(version) if count > 1 => Tokens::Of(version),
            Some(_) | None => Tokens::All,
        };
        failures.push(Failure { tokens, differences, got, help: None });
    }
    // Of two, the second says what both have in common.
    if let Some(last) = failures.last_mut() {
        last.help = help(case, person, last);
    }
    failures
}

/// Version 1 tokens carry neither features nor plans, so whoever is said to have some is refused
/// more with them, and their service is told less. Where they are let in for it, that is a
/// difference like any other.
fn is_owed_to_version(
    person: &Person,
    version: Option<ClaimsVersion>,
    got: Option<&Got>,
    differences: &[Difference],
) -> bool {
    let Who::User(user) = person.who() else { return false };
    let stricter = got.is_some_and(|got| got.effect != "allow");
    let told_less =
        || differences.iter().all(|other| other.what.starts_with(HEADER) && *other.got == *NOT_SET);
    version == Some(ClaimsVersion::One) && user.needs_version_2() && (stricter || told_less())
}

fn nothing_came() -> Vec<Difference> {
    vec![difference("decision", "a decision", "none: it had to wait for something")]
}

fn difference(what: &str, expected: &str, got: &str) -> Difference {
    Difference { what: what.into(), expected: expected.into(), got: got.into() }
}

fn differences(case: &Case, got: &Got) -> Vec<Difference> {
    let mut differences = Vec::new();
    let as_expected = match &case.expect {
        Expectation::Allow => got.effect == "allow",
        Expectation::Deny(reason) => got.effect == "deny" && got.reason == *reason,
        Expectation::Redirect(expected) => {
            got.effect == "redirect"
                && expected.as_ref().is_none_or(|expected| leads_to(got, expected))
        }
    };
    if !as_expected {
        differences.push(difference("decision", &case.expect.to_string(), &got.to_string()));
    }
    if let Some(expected) = &case.rule {
        let rule = got.rule.as_ref().map(RuleId::as_str);
        if rule != Some(expected) {
            differences.push(difference("rule", expected, rule.unwrap_or("none")));
        }
    }
    for (name, expected) in &case.upstream {
        let set = got.upstream.iter().find(|(set, _)| set == name).map(|(_, value)| &**value);
        if set != expected.as_deref() {
            let shown = |value: Option<&str>| value.unwrap_or(NOT_SET).to_owned();
            let what = format!("{HEADER}{name}");
            differences.push(difference(&what, &shown(expected.as_deref()), &shown(set)));
        }
    }
    differences
}

/// Whether a browser is sent to the expected address or below it. Parameters are looked at only where
/// the expectation has some: those must be there, among others.
fn leads_to(got: &Got, expected: &Location) -> bool {
    let Some(Ok(location)) = got.location.as_deref().map(Location::parse) else { return false };
    let (location, expected) = (location.url(), expected.url());
    let path = expected.path().trim_end_matches('/');
    let below = location.path().strip_prefix(path);
    let mut pairs = expected.query_pairs();
    location.origin() == expected.origin()
        && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        && pairs.all(|pair| location.query_pairs().any(|found| found == pair))
}
