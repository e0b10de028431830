//! Lints about what a requirement comes to.

use super::{
    super::{requirement::Requirement, source::Place, wording::Excerpt},
    Findings,
    finding::{Finding, Never},
    view::View,
    worlds::{Worlds, accepted},
};
use crate::core::{
    credential::{CredentialKind, CredentialKinds},
    id::RuleId,
    recency::Recency,
};

/// A requirement and where it stands.
#[derive(Clone, Copy)]
struct Asked<'p> {
    requirement: &'p Requirement,
    id: &'p RuleId,
    place: Place,
}

/// Looks at every requirement of every rule and guard.
pub(super) fn requirements(view: &View<'_>, findings: &mut Findings) {
    for rule in view.rules() {
        if let Some(requirement) = rule.access.requirement() {
            let asked = Asked { requirement, id: &rule.id, place: rule.place };
            asked.look(Worlds::of_rule(requirement).as_ref(), findings);
        }
    }
    for guard in &view.guards {
        let asked = Asked { requirement: &guard.require, id: &guard.id, place: guard.place };
        asked.look(Worlds::of_guard(guard).as_ref(), findings);
    }
}

impl Asked<'_> {
    fn look(&self, worlds: Option<&Worlds<'_>>, findings: &mut Findings) {
        self.whole(worlds, findings);
        self.parts(self.requirement, worlds, findings);
    }

    fn found(&self, findings: &mut Findings, finding: Finding) {
        findings.at(self.place, Some(self.id), None, finding);
    }

    /// `contradiction` and `always-true`.
    fn whole(&self, worlds: Option<&Worlds<'_>>, findings: &mut Findings) {
        let rule = self.id.clone();
        if accepted(self.requirement).is_empty() {
            let reason = Never::NoCredential;
            self.found(findings, Finding::Contradiction { rule, reason });
        } else if worlds.is_some_and(|worlds| !worlds.any()) && !says_denied(self.requirement) {
            let reason = reason(self.requirement);
            self.found(findings, Finding::Contradiction { rule, reason });
        } else if accepted(self.requirement) == CredentialKinds::SESSION
            && worlds.is_some_and(Worlds::all)
            && is_composed(self.requirement)
        {
            self.found(findings, Finding::AlwaysTrue(rule));
        }
    }

    /// What is odd about a part, wherever it stands but under `not`, where everything is turned round.
    fn parts(&self, part: &Requirement, worlds: Option<&Worlds<'_>>, findings: &mut Findings) {
        match part {
            Requirement::Any(branches) => {
                self.branches(branches, worlds, findings);
                for branch in branches {
                    self.parts(branch, worlds, findings);
                }
            }
            Requirement::All(parts) => {
                let twice = |(at, part): &(usize, &Requirement)| parts[..*at].contains(part);
                if let Some((_, part)) = parts.iter().enumerate().find(twice) {
                    self.found(findings, Finding::AskedTwice(excerpt(part)));
                }
                for part in parts {
                    self.parts(part, worlds, findings);
                }
            }
            Requirement::Not(_)
            | Requirement::SignedIn
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
            | Requirement::Reverification(_) => {}
        }
    }

    /// `any-with-one`, `role-instead-of-permission`, dead branches and those that others cover.
    fn branches(
        &self,
        branches: &[Requirement],
        worlds: Option<&Worlds<'_>>,
        findings: &mut Findings,
    ) {
        if branches.len() < 2 {
            self.found(findings, Finding::AnyWithOne);
            return;
        }
        let role = |branch: &Requirement| {
            if let Requirement::Role(role) = branch { Some(format!("`{role}`")) } else { None }
        };
        let roles: Vec<String> = branches.iter().filter_map(role).collect();
        if roles.len() > 1 {
            let roles = Excerpt::of(&roles.join(", "));
            self.found(findings, Finding::RoleInsteadOfPermission(roles));
        }
        let Some(worlds) = worlds.filter(|worlds| worlds.any()) else { return };
        let mut left_out = Vec::new();
        // Of two that are the same, the second is the one too many.
        for branch in branches.iter().rev() {
            if !worlds.any_part(branch) {
                self.found(findings, Finding::DeadBranch(excerpt(branch)));
                left_out.push(branch);
            } else if worlds.is_same_without(&[&*left_out, &[branch]].concat()) {
                self.found(findings, Finding::CoveredBranch(excerpt(branch)));
                left_out.push(branch);
            }
        }
    }
}

fn excerpt(requirement: &Requirement) -> Excerpt {
    Excerpt::of(&requirement.to_string())
}

/// Whether nobody is meant to meet it.
fn says_denied(requirement: &Requirement) -> bool {
    conjuncts(requirement).contains(&&Requirement::Denied)
}

/// Whether it is more than a single thing, so that it was meant to ask for something.
const fn is_composed(requirement: &Requirement) -> bool {
    matches!(requirement, Requirement::Any(_) | Requirement::All(_) | Requirement::Not(_))
}

/// What must hold in any case.
fn conjuncts(requirement: &Requirement) -> Vec<&Requirement> {
    if let Requirement::All(parts) = requirement {
        parts.iter().flat_map(conjuncts).collect()
    } else {
        vec![requirement]
    }
}

fn reason(requirement: &Requirement) -> Never {
    let kinds = accepted(requirement);
    let conjuncts = conjuncts(requirement);
    if kinds == CredentialKinds::SESSION {
        let scope = conjuncts.iter().any(|part| matches!(part, Requirement::Scope(_)));
        return if scope { Never::SessionScope } else { Never::Parts };
    }
    if kinds.contains(CredentialKind::SessionToken) {
        return Never::Parts;
    }
    conjuncts.into_iter().find_map(of_people).map_or(Never::Parts, Never::MachineFact)
}

/// What only people have.
const fn of_people(requirement: &Requirement) -> Option<&'static str> {
    match requirement {
        Requirement::SignedIn | Requirement::Recency(Recency::Session(_)) => Some("no session"),
        Requirement::Organization(_) => Some("no active organization"),
        Requirement::Role(_) => Some("no role"),
        Requirement::Permission(_) => Some("no permissions"),
        Requirement::Feature(_) => Some("no features"),
        Requirement::Plan(_) => Some("no plan"),
        Requirement::Recency(Recency::FirstFactor(_)) => Some("no first factor"),
        Requirement::Reverification(_) => Some("no factors to verify again"),
        Requirement::Denied
        | Requirement::Scope(_)
        | Requirement::NoImpersonation
        | Requirement::Credential(_)
        | Requirement::Condition(_)
        | Requirement::All(_)
        | Requirement::Any(_)
        | Requirement::Not(_) => None,
    }
}
