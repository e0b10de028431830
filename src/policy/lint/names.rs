//! A name spelt nearly like another one.

use super::{
    super::{
        requirement::{OrganizationRequirement, Requirement},
        source::Place,
        wording::Excerpt,
    },
    Findings,
    finding::{Finding, Often},
    view::View,
};
use crate::core::id::RuleId;
use std::collections::BTreeMap;
use strsim::osa_distance;

/// Shorter words differ by a letter without being misspelt: `read` and `lead`, `pro` and `pre`.
const SHORTEST: usize = 5;
/// One more slip is forgiven in words this long.
const LONG: usize = 12;
const OTHER: &str = "the other one is used here";

/// Where a name is used.
struct Used<'p> {
    count: usize,
    place: Place,
    rule: &'p RuleId,
}

/// What it names, and the name as messages write it.
type Name = (&'static str, String);

pub(super) fn similar_name(view: &View<'_>, findings: &mut Findings) {
    let mut names: BTreeMap<Name, Used<'_>> = BTreeMap::new();
    for rule in view.rules() {
        if let Some(requirement) = rule.access.requirement() {
            collect(requirement, rule.place, &rule.id, &mut names);
        }
    }
    for guard in &view.guards {
        collect(&guard.require, guard.place, &guard.id, &mut names);
    }
    for ((what, name), used) in &names {
        let others = names.iter().filter(|((kind, other), _)| kind == what && other != name);
        let near = others.filter(|((_, other), _)| is_near(name, other));
        // Of two that are used equally often, the later one is the slip.
        let known = near.filter(|(_, other)| {
            (other.count, used.place) > (used.count, other.place) && other.count >= used.count
        });
        if let Some(((_, other), known)) = known.max_by_key(|(_, other)| other.count) {
            let often = if known.count > used.count { Often::More } else { Often::Equally };
            let (name, other) = (Excerpt::of(name), Excerpt::of(other));
            let finding = Finding::SimilarName { what, name, other, often };
            findings.at(used.place, Some(used.rule), Some((known.place, OTHER)), finding);
        }
    }
}

fn collect<'p>(
    requirement: &Requirement,
    place: Place,
    rule: &'p RuleId,
    names: &mut BTreeMap<Name, Used<'p>>,
) {
    let name = match requirement {
        Requirement::Role(role) => ("the role", role.to_string()),
        Requirement::Permission(permission) => ("the permission", permission.to_string()),
        Requirement::Feature(feature) => ("the feature", feature.to_string()),
        Requirement::Plan(plan) => ("the plan", plan.to_string()),
        Requirement::Scope(scope) => ("the scope", scope.to_string()),
        Requirement::Organization(OrganizationRequirement::Named(name)) => {
            ("the organization", name.to_string())
        }
        Requirement::All(parts) | Requirement::Any(parts) => {
            return parts.iter().for_each(|part| collect(part, place, rule, names));
        }
        Requirement::Not(inner) => return collect(inner, place, rule, names),
        Requirement::Organization(OrganizationRequirement::Active)
        | Requirement::SignedIn
        | Requirement::Denied
        | Requirement::NoImpersonation
        | Requirement::Credential(_)
        | Requirement::Condition(_)
        | Requirement::Recency(_)
        | Requirement::Reverification(_) => return,
    };
    let used = names.entry(name).or_insert(Used { count: 0, place, rule });
    used.count += 1;
}

/// Whether the names differ in one word, and that by a slip, or only in letter case and separators.
fn is_near(left: &str, right: &str) -> bool {
    if folded(left) == folded(right) {
        return true;
    }
    let mut differing = left.split(':').zip(right.split(':')).filter(|(left, right)| left != right);
    let (Some((left_word, right_word)), None) = (differing.next(), differing.next()) else {
        return false;
    };
    left.split(':').count() == right.split(':').count() && is_slip(left_word, right_word)
}

fn is_slip(left: &str, right: &str) -> bool {
    let shorter = left.len().min(right.len());
    let most = if shorter >= LONG { 2 } else { 1 };
    // Versions and tiers are told apart by their numbers.
    let letters = |word: &str| word.replace(|letter: char| letter.is_ascii_digit(), "");
    shorter >= SHORTEST && letters(left) != letters(right) && osa_distance(left, right) <= most
}

fn folded(name: &str) -> String {
    name.chars()
        .filter(|letter| !matches!(letter, '-' | '_' | '.'))
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests;
