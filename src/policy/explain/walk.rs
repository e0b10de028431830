//! Walks through requirements as deciding does, and notes what it finds at each.

use super::{Outcome, Step, held, values};
use crate::{
    core::{credential::CredentialKind, identity::Caller},
    policy::{
        access::Mode,
        facts::Facts,
        inquiry::{Entry, Inquiry, Standing},
        requirement::{OrganizationRequirement, Requirement},
    },
};

/// Why the branches behind the first that holds are not looked at.
const ENOUGH: &str = "another branch holds";
/// Why a condition is not worked out.
const LATE: &str = "something else does not hold";
/// Why nothing is put to a machine that is not let in.
const KIND: &str = "this kind of credential is not let in";

/// What comes of each entry's requirement. All of them must hold, as the parts of `all` must.
pub(super) fn entries(
    standing: &Standing<'_>,
    inquiry: &Inquiry<'_>,
    caller: Caller<'_>,
) -> Vec<Option<Step>> {
    let entries = &standing.entries;
    let early = standing.shuts_out(caller)
        || entries.iter().any(|entry| {
            let facts = standing.facts(entry, inquiry, caller);
            entry.enforced().is_some_and(|asked| fails_early(asked, &facts, entry.decides()))
        });
    let step = |entry: &Entry<'_>| {
        let facts = standing.facts(entry, inquiry, caller);
        let asked = entry.requirement()?;
        // What is tried only is tried by itself.
        let late = early && entry.mode == Mode::Enforce && is_condition(asked);
        Some(if late {
            shown(asked, LATE)
        } else if entry.decides() {
            alone(asked, &facts)
        } else {
            step(asked, &facts)
        })
    };
    entries.iter().map(step).collect()
}

/// The same requirements where none is put to anybody.
pub(super) fn untried(entries: &[Entry<'_>], because: &'static str) -> Vec<Option<Step>> {
    let requirements = entries.iter().map(Entry::requirement);
    requirements.map(|asked| asked.map(|asked| shown(asked, because))).collect()
}

const fn is_condition(requirement: &Requirement) -> bool {
    matches!(requirement, Requirement::Condition(_))
}

/// Whether it fails before conditions are worked out; `alone`: as in [`alone`].
fn fails_early(requirement: &Requirement, facts: &Facts<'_>, alone: bool) -> bool {
    let refused = || {
        if alone {
            requirement.evaluate(facts).err().map(|refusal| refusal.reason)
        } else {
            requirement.tried(facts).err()
        }
    };
    !is_condition(requirement)
        && refused().is_some_and(|reason| !reason.is_mended_by_proving_anew())
}

/// A requirement that must let the caller's kind of credential in by itself.
fn alone(requirement: &Requirement, facts: &Facts<'_>) -> Step {
    let refused = requirement.evaluate(facts).err().map(|refusal| refusal.reason);
    let outcome = refused.map_or(Outcome::Holds, Outcome::fails);
    if requirement.admits(facts.caller.kind()) {
        return Step { outcome, ..step(requirement, facts) };
    }
    let held = held::by(requirement, facts.caller, facts.now);
    Step { outcome, has: held.has, note: held.note, ..shown(requirement, KIND) }
}

/// A requirement beside something that lets the caller's kind of credential in.
fn step(requirement: &Requirement, facts: &Facts<'_>) -> Step {
    let parts = match requirement {
        Requirement::All(parts) => {
            let early = parts.iter().any(|part| fails_early(part, facts, false));
            let part = |part: &Requirement| {
                if early && is_condition(part) { shown(part, LATE) } else { step(part, facts) }
            };
            parts.iter().map(part).collect()
        }
        Requirement::Any(branches) => any(branches, facts),
        Requirement::Not(inner) => vec![step(inner, facts)],
        Requirement::SignedIn
        | Requirement::Denied
        | Requirement::Organization(_)
        | Requirement::Role(_)
        | Requirement::Permission(_)
        | Requirement::Feature(_)
        | Requirement::Plan(_)
        | Requirement::Scope(_)
        | Requirement::NoImpersonation
        | Requirement::Credential(_)
        | Requirement::Condition(_)
        | Requirement::Recency(_)
        | Requirement::Reverification(_) => Vec::new(),
    };
    let held = held::by(requirement, facts.caller, facts.now);
    let values = if let Requirement::Condition(condition) = requirement {
        values::of(condition, facts)
    } else {
        Vec::new()
    };
    let outcome = requirement.tried(facts).err().map_or(Outcome::Holds, Outcome::fails);
    Step { has: held.has, note: held.note, values, outcome, parts, ..shown(requirement, "") }
}

/// The first branch that holds ends the search, but for machines one that does not name their kind:
/// another may.
fn any(branches: &[Requirement], facts: &Facts<'_>) -> Vec<Step> {
    let mut enough = false;
    let look = |branch: &Requirement| {
        if enough {
            return shown(branch, ENOUGH);
        }
        let named = branch.tried(facts);
        enough = named.is_ok_and(|named| named || facts.caller.user().is_some());
        step(branch, facts)
    };
    branches.iter().map(look).collect()
}

/// A requirement that is put to nobody.
fn shown(requirement: &Requirement, because: &'static str) -> Step {
    let parts = match requirement {
        Requirement::All(parts) | Requirement::Any(parts) => &**parts,
        Requirement::Not(inner) => std::slice::from_ref(&**inner),
        Requirement::SignedIn
        | Requirement::Denied
        | Requirement::Organization(_)
        | Requirement::Role(_)
        | Requirement::Permission(_)
        | Requirement::Feature(_)
        | Requirement::Plan(_)
        | Requirement::Scope(_)
        | Requirement::NoImpersonation
        | Requirement::Credential(_)
        | Requirement::Condition(_)
        | Requirement::Recency(_)
        | Requirement::Reverification(_) => &[],
    };
    let (key, asked) = words(requirement);
    Step {
        requirement: key,
        asked,
        has: Vec::new(),
        note: None,
        values: Vec::new(),
        outcome: Outcome::NotLookedAt { because },
        parts: parts.iter().map(|part| shown(part, because)).collect(),
    }
}

/// The key of a requirement, and what stands behind it.
fn words(requirement: &Requirement) -> (&'static str, String) {
    match requirement {
        Requirement::SignedIn => ("signed_in", String::new()),
        Requirement::Denied => ("denied", String::new()),
        Requirement::Organization(OrganizationRequirement::Active) => {
            ("organization", "required".to_owned())
        }
        Requirement::Organization(OrganizationRequirement::Named(name)) => {
            ("organization", name.to_string())
        }
        Requirement::Role(role) => ("role", role.to_string()),
        Requirement::Permission(permission) => ("permission", permission.to_string()),
        Requirement::Feature(feature) => ("feature", feature.to_string()),
        Requirement::Plan(plan) => ("plan", plan.to_string()),
        Requirement::Scope(scope) => ("scope", scope.to_string()),
        Requirement::NoImpersonation => ("impersonation", "forbidden".to_owned()),
        Requirement::Credential(kinds) => {
            let kinds: Vec<_> = kinds.iter().map(CredentialKind::as_str).collect();
            ("credential", kinds.join(" or "))
        }
        Requirement::Condition(condition) => ("if", condition.text().to_owned()),
        Requirement::Recency(asked) => (asked.key(), asked.limit().to_string()),
        Requirement::Reverification(asked) => ("reverification", held::reverification(*asked)),
        Requirement::All(_) => ("all", String::new()),
        Requirement::Any(_) => ("any", String::new()),
        Requirement::Not(_) => ("not", String::new()),
    }
}
