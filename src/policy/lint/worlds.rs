//! Who could meet a requirement: every combination of the facts that it looks at, tried in turn.
//!
//! A fact is a part of the requirement that looks at the caller, such as `role: org:admin`. A world
//! says for one kind of credential which facts hold. Worlds that cannot be, such as two roles at the
//! same time, are left out where that is known; the ones that are left are at least those that can be,
//! so what holds in none of them holds for nobody.

use super::super::{
    guard::Guard,
    requirement::{OrganizationRequirement, Requirement},
};
use crate::core::credential::{CredentialKind, CredentialKinds};
use std::ptr;

/// More facts than this are too many combinations.
const MOST_FACTS: usize = 12;

/// A requirement in every world.
pub(super) struct Worlds<'r> {
    /// What a rule asks itself: a machine is let in only by a part of it that names its kind.
    own: Option<&'r Requirement>,
    /// What a guard asks besides.
    added: Option<&'r Requirement>,
    facts: Vec<&'r Requirement>,
    possible: Vec<World>,
    /// Whether it asks that something is not the case of which a token may say nothing. In that case
    /// neither holds, which no world tells.
    negates_unknown: bool,
}

/// For one kind of credential, which facts hold, by bit.
#[derive(Clone, Copy, Debug)]
struct World {
    kind: CredentialKind,
    facts: u16,
}

/// That a requirement holds; and whether that by itself lets the kind of credential in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Holds {
    named: bool,
}

impl<'r> Worlds<'r> {
    /// What a rule asks; `None` where it asks too much to try.
    pub(super) fn of_rule(own: &'r Requirement) -> Option<Self> {
        Self::new(Some(own), None)
    }

    /// What a guard asks of whomever rules let in.
    pub(super) fn of_guard(guard: &'r Guard) -> Option<Self> {
        Self::new(None, Some(&guard.require))
    }

    /// What a rule and a guard ask together.
    pub(super) fn of_both(own: &'r Requirement, added: &'r Requirement) -> Option<Self> {
        Self::new(Some(own), Some(added))
    }

    fn new(own: Option<&'r Requirement>, added: Option<&'r Requirement>) -> Option<Self> {
        let mut facts = Vec::new();
        for requirement in own.into_iter().chain(added) {
            collect(requirement, &mut facts);
        }
        if facts.len() > MOST_FACTS {
            return None;
        }
        let combinations = 0..1_u16 << facts.len();
        let kinds = CredentialKind::ALL.into_iter();
        let accepted = kinds.filter(|kind| own.is_none_or(|own| own.admits(*kind)));
        let worlds =
            accepted.flat_map(|kind| combinations.clone().map(move |facts| World { kind, facts }));
        let possible = worlds.filter(|world| world.is_possible(&facts)).collect();
        let negates_unknown = own.into_iter().chain(added).any(negates_unknown);
        Some(Self { own, added, facts, possible, negates_unknown })
    }

    /// Whether it holds in some world.
    pub(super) fn any(&self) -> bool {
        self.possible.iter().any(|world| self.is_met(*world, &[]))
    }

    /// Whether it holds in every world, and there is one.
    pub(super) fn all(&self) -> bool {
        let met = |world: &World| self.is_met(*world, &[]);
        !self.negates_unknown && !self.possible.is_empty() && self.possible.iter().all(met)
    }

    /// Whether a part of it holds in some world.
    pub(super) fn any_part(&self, part: &Requirement) -> bool {
        self.possible.iter().any(|world| self.holds(part, *world, &[]).is_some())
    }

    /// Whether it comes to the same in every world without these branches.
    pub(super) fn is_same_without(&self, left_out: &[&Requirement]) -> bool {
        let same = |world: &World| self.is_met(*world, &[]) == self.is_met(*world, left_out);
        !self.negates_unknown && self.possible.iter().all(same)
    }

    fn is_met(&self, world: World, left_out: &[&Requirement]) -> bool {
        let session = world.kind == CredentialKind::SessionToken;
        let own = |own| self.holds(own, world, left_out).is_some_and(|own| own.named || session);
        let added = |added| self.holds(added, world, left_out).is_some();
        self.own.is_none_or(own) && self.added.is_none_or(added)
    }

    /// As [`Requirement::evaluate`] has it.
    fn holds(
        &self,
        requirement: &Requirement,
        world: World,
        left_out: &[&Requirement],
    ) -> Option<Holds> {
        let session = world.kind == CredentialKind::SessionToken;
        let holds = match requirement {
            Requirement::Credential(kinds) => {
                return kinds.contains(world.kind).then_some(Holds { named: true });
            }
            Requirement::All(parts) => {
                let parts = parts.iter().map(|part| self.holds(part, world, left_out));
                return parts.collect::<Option<Vec<_>>>()?.into_iter().max();
            }
            Requirement::Any(branches) => {
                let is_there =
                    |branch: &&Requirement| !left_out.iter().any(|out| ptr::eq(*out, *branch));
                let branches = branches.iter().filter(is_there);
                return branches.filter_map(|branch| self.holds(branch, world, left_out)).max();
            }
            Requirement::Not(inner) => self.holds(inner, world, left_out).is_none(),
            Requirement::Denied => false,
            Requirement::SignedIn => session,
            Requirement::NoImpersonation | Requirement::Condition(_) => {
                self.is_fact(requirement, world)
            }
            Requirement::Scope(_) => !session && self.is_fact(requirement, world),
            Requirement::Organization(_)
            | Requirement::Role(_)
            | Requirement::Permission(_)
            | Requirement::Feature(_)
            | Requirement::Plan(_)
            | Requirement::Recency(_)
            | Requirement::Reverification(_) => session && self.is_fact(requirement, world),
        };
        holds.then_some(Holds { named: false })
    }

    fn is_fact(&self, requirement: &Requirement, world: World) -> bool {
        let at = self.facts.iter().position(|fact| *fact == requirement);
        at.is_some_and(|at| world.has(at))
    }
}

impl World {
    const fn has(self, fact: usize) -> bool {
        self.facts & (1 << fact) != 0
    }

    /// Whether its facts can hold together.
    fn is_possible(self, facts: &[&Requirement]) -> bool {
        let held =
            || facts.iter().enumerate().filter(|(at, _)| self.has(*at)).map(|(_, fact)| *fact);
        let count = |which: fn(&Requirement) -> bool| held().filter(|fact| which(fact)).count();
        let active = facts
            .iter()
            .position(|fact| **fact == Requirement::Organization(OrganizationRequirement::Active));
        count(|fact| matches!(fact, Requirement::Role(_))) <= 1
            && count(|fact| is_named(fact, true)) <= 1
            && count(|fact| is_named(fact, false)) <= 1
            && active.is_none_or(|active| self.has(active) || count(is_of_organization) == 0)
            && held().all(|held| {
                facts.iter().enumerate().all(|(at, fact)| self.has(at) || !is_looser(fact, held))
            })
    }
}

/// Whether it names an organization by its id, or else by its slug. One organization has one of each.
fn is_named(fact: &Requirement, by_id: bool) -> bool {
    let Requirement::Organization(OrganizationRequirement::Named(name)) = fact else {
        return false;
    };
    name.starts_with("org_") == by_id
}

/// Whether what happened lately enough for `tight` did for `loose`.
fn is_looser(loose: &Requirement, tight: &Requirement) -> bool {
    let (Requirement::Recency(loose), Requirement::Recency(tight)) = (loose, tight) else {
        return false;
    };
    loose.key() == tight.key() && loose.limit() > tight.limit()
}

/// Whether it can hold only where an organization is active.
const fn is_of_organization(fact: &Requirement) -> bool {
    matches!(
        fact,
        Requirement::Organization(OrganizationRequirement::Named(_))
            | Requirement::Role(_)
            | Requirement::Permission(_)
    )
}

/// Whether a part asks that something is not the case of which a token may say nothing.
fn negates_unknown(requirement: &Requirement) -> bool {
    match requirement {
        Requirement::All(parts) | Requirement::Any(parts) => parts.iter().any(negates_unknown),
        Requirement::Not(inner) => {
            let mut facts = Vec::new();
            collect(inner, &mut facts);
            facts.iter().any(|fact| matches!(fact, Requirement::Recency(_)))
        }
        Requirement::SignedIn
        | Requirement::Denied
        | Requirement::Credential(_)
        | Requirement::Organization(_)
        | Requirement::Role(_)
        | Requirement::Permission(_)
        | Requirement::Feature(_)
        | Requirement::Plan(_)
        | Requirement::Scope(_)
        | Requirement::NoImpersonation
        | Requirement::Condition(_)
        | Requirement::Recency(_)
        | Requirement::Reverification(_) => false,
    }
}

/// The kinds of credential that a rule lets be looked at.
pub(super) fn accepted(own: &Requirement) -> CredentialKinds {
    CredentialKind::ALL.into_iter().filter(|kind| own.admits(*kind)).collect()
}

/// Every fact once.
fn collect<'r>(requirement: &'r Requirement, facts: &mut Vec<&'r Requirement>) {
    match requirement {
        Requirement::All(parts) | Requirement::Any(parts) => {
            parts.iter().for_each(|part| collect(part, facts));
        }
        Requirement::Not(inner) => collect(inner, facts),
        Requirement::SignedIn | Requirement::Denied | Requirement::Credential(_) => {}
        Requirement::Organization(_)
        | Requirement::Role(_)
        | Requirement::Permission(_)
        | Requirement::Feature(_)
        | Requirement::Plan(_)
        | Requirement::Scope(_)
        | Requirement::NoImpersonation
        | Requirement::Condition(_)
        | Requirement::Recency(_)
        | Requirement::Reverification(_) => {
            if !facts.contains(&requirement) {
                facts.push(requirement);
            }
        }
    }
}

#[cfg(test)]
mod tests;
