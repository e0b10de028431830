//! Puts a requirement to a caller. Total: every question has an answer, and nothing here can fail.

use super::{
    condition::ConditionError,
    facts::{Facts, Parameters},
    requirement::{OrganizationRequirement, Requirement},
};
use crate::core::{
    clock::Timestamp,
    credential::CredentialKind,
    identity::{Caller, User},
    reason::Reason,
    reverification::Reverification,
};
use std::{borrow::Cow, cell::Cell, iter};

/// The longest message, in characters. Policies may hold long lists.
const LONGEST_MESSAGE: usize = 400;

/// Which requirement does not hold, and what would satisfy it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stable reason.
    pub reason: Reason,
    /// What was asked, for a person. Names nothing but what the policy itself names.
    pub message: Cow<'static, str>,
    /// The reverification asked for, where the reason is that one is due.
    pub reverification: Option<Reverification>,
    /// Why a condition could not be worked out, if that is the reason.
    pub error: Option<ConditionError>,
}

/// A requirement that must hold together with others.
#[derive(Clone, Copy, Debug)]
pub struct Demand<'a> {
    /// What is asked.
    pub requirement: &'a Requirement,
    /// What `params` stands for in its conditions.
    pub parameters: Parameters<'a>,
}

/// Which of several requirements does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The rule's own.
    Own,
    /// One that was added, counted from 0.
    Added(usize),
}

/// Whether a `credential` that names the caller's kind is among what holds.
#[derive(Clone, Copy)]
struct Named(bool);

/// A requirement that does not hold, before words are made of it.
#[derive(Clone, Debug)]
struct Failure<'r> {
    reason: Reason,
    requirement: &'r Requirement,
    reverification: Option<Reverification>,
    error: Option<ConditionError>,
}

impl Requirement {
    /// Whether the requirement holds for a caller.
    ///
    /// Where several parts of a map or of `all` fail, the one that is reported is the first by
    /// reason, in the order of [`Reason::ALL`], but what users mend themselves by proving anew who
    /// they are comes last: a reverification is reported only when all else holds, since the front
    /// end opens a dialog by it. Within one reason, the first that is written. Conditions are worked
    /// out only where all else but that holds.
    /// Where no branch of `any` holds, the reason is the one that all branches share, or else
    /// [`Reason::Alternatives`].
    ///
    /// What cannot be known, such as a condition that cannot be worked out, does not hold, and neither
    /// does a `not` around it.
    ///
    /// # Errors
    /// [`Refusal`] if it does not hold.
    pub fn evaluate(&self, facts: &Facts<'_>) -> Result<(), Refusal> {
        self.check_alone(facts).map_err(Refusal::from)
    }

    /// Whether it holds by itself: for a machine, a part of it that holds must name the kind.
    fn check_alone(&self, facts: &Facts<'_>) -> Result<(), Failure<'_>> {
        let kind = facts.caller.kind();
        if !self.admits(kind) {
            return Err(self.failure(Reason::CredentialKind));
        }
        match self.check(facts)? {
            Named(false) if kind != CredentialKind::SessionToken => {
                Err(self.failure(Reason::CredentialKind))
            }
            Named(_) => Ok(()),
        }
    }

    /// Whether it holds beside something that lets the caller's kind of credential in, and then
    /// whether it would let it in itself; or why it does not hold.
    pub(super) fn tried(&self, facts: &Facts<'_>) -> Result<bool, Reason> {
        match self.check(facts) {
            Ok(Named(named)) => Ok(named),
            Err(failure) => Err(failure.reason),
        }
    }

    /// Whether it holds beside something that lets the caller's kind of credential in; and whether it
    /// would let it in itself.
    fn check<'r>(&'r self, facts: &Facts<'_>) -> Result<Named, Failure<'r>> {
        let held = match (self, facts.caller) {
            (Self::Credential(kinds), caller) => {
                let held = kinds.contains(caller.kind());
                return self.holds(held, Reason::CredentialKind).map(|()| Named(true));
            }
            (Self::All(parts), _) => return check_all(parts, facts),
            (Self::Any(branches), _) => return self.check_any(branches, facts),
            (Self::Not(inner), _) => match inner.check(facts) {
                Ok(_) => Err(self.failure(Reason::Excluded)),
                Err(failure) if failure.reason.is_about_the_unknown() => Err(failure),
                Err(_) => Ok(()),
            },
            (Self::Condition(condition), _) => match condition.holds(facts) {
                Ok(holds) => self.holds(holds, Reason::Condition),
                Err(error) => {
                    let error = Some(error);
                    Err(Failure { error, ..self.failure(Reason::ConditionError) })
                }
            },
            (Self::NoImpersonation, caller) => {
                self.holds(caller.actor().is_none(), Reason::Impersonation)
            }
            (Self::Denied, _) => Err(self.failure(Reason::Denied)),
            (Self::Scope(scope), Caller::Machine(machine)) => {
                self.holds(machine.has_scope(scope), Reason::Scope)
            }
            (Self::Scope(_), Caller::User(_)) => Err(self.failure(Reason::Scope)),
            (_, Caller::User(user)) => self.check_user(user, facts.now),
            (_, Caller::Machine(_)) => Err(self.failure(Reason::CredentialKind)),
        };
        held.map(|()| Named(false))
    }

    /// What only a person with a session can have.
    fn check_user(&self, user: &User, now: Timestamp) -> Result<(), Failure<'_>> {
        let organization = user.organization.as_ref();
        match self {
            Self::Organization(asked) => match (asked, organization) {
                (_, None) => Err(self.failure(Reason::OrganizationRequired)),
                (OrganizationRequirement::Active, Some(_)) => Ok(()),
                (OrganizationRequirement::Named(name), Some(active)) => {
                    self.holds(active.is(name), Reason::Organization)
                }
            },
            Self::Role(role) => match organization {
                None => Err(self.failure(Reason::OrganizationRequired)),
                Some(active) => self.holds(active.has_role(role), Reason::Role),
            },
            Self::Permission(permission) => match organization {
                None => Err(self.failure(Reason::OrganizationRequired)),
                Some(active) => self.holds(active.has_permission(permission), Reason::Permission),
            },
            Self::Feature(feature) => self.holds(user.features.has(feature), Reason::Feature),
            Self::Plan(plan) => self.holds(user.plans.has(plan), Reason::Plan),
            Self::Recency(asked) => asked.check(user, now).map_err(|reason| {
                let due = || asked.reverification();
                let reverification =
                    if reason.is_mended_by_verifying_again() { due() } else { None };
                Failure { reverification, ..self.failure(reason) }
            }),
            Self::Reverification(asked) => {
                if asked.holds(user.factor_ages) {
                    Ok(())
                } else {
                    let reverification = Some(*asked);
                    Err(Failure { reverification, ..self.failure(Reason::Reverification) })
                }
            }
            Self::SignedIn => Ok(()),
            Self::Denied
            | Self::Scope(_)
            | Self::NoImpersonation
            | Self::Credential(_)
            | Self::Condition(_)
            | Self::All(_)
            | Self::Any(_)
            | Self::Not(_) => Err(self.failure(Reason::Denied)),
        }
    }

    /// A branch that names the caller's kind of credential counts before one that does not.
    fn check_any<'r>(
        &'r self,
        branches: &'r [Self],
        facts: &Facts<'_>,
    ) -> Result<Named, Failure<'r>> {
        let mut held = None;
        let mut common: Option<Failure<'r>> = None;
        for branch in branches {
            match branch.check(facts) {
                Ok(Named(true)) => return Ok(Named(true)),
                Ok(named) if facts.caller.user().is_some() => return Ok(named),
                Ok(named) => held = Some(named),
                Err(failure) => {
                    common = Some(match common {
                        None => Failure { requirement: self, ..failure },
                        Some(first) if first.reason.is_about_the_unknown() => first,
                        Some(_) if failure.reason.is_about_the_unknown() => failure,
                        Some(first) if first.reason == failure.reason => first,
                        Some(_) => self.failure(Reason::Alternatives),
                    });
                }
            }
        }
        held.ok_or(common.unwrap_or(self.failure(Reason::Alternatives)))
    }

    const fn failure(&self, reason: Reason) -> Failure<'_> {
        Failure { reason, requirement: self, reverification: None, error: None }
    }

    const fn holds(&self, holds: bool, reason: Reason) -> Result<(), Failure<'_>> {
        if holds { Ok(()) } else { Err(self.failure(reason)) }
    }
}

impl<'a> Demand<'a> {
    /// What nothing in the path belongs to.
    #[must_use]
    pub const fn of(requirement: &'a Requirement) -> Self {
        Self { requirement, parameters: Parameters::NONE }
    }

    /// Whether several requirements hold together. Only a rule's own lets machines in; what is added
    /// to it can do no more than refuse them.
    ///
    /// # Errors
    /// A [`Refusal`] if one does not hold, and which one.
    pub fn evaluate_all(
        own: Self,
        added: impl Iterator<Item = Self> + Clone,
        facts: &Facts<'a>,
    ) -> Result<(), (Blame, Refusal)> {
        let added = added.enumerate().map(|(number, demand)| (Blame::Added(number), demand));
        let demands = iter::once((Blame::Own, own)).chain(added);
        let check = |(blame, demand): (Blame, Self)| {
            let facts = Facts { parameters: demand.parameters, ..*facts };
            match blame {
                Blame::Own => demand.requirement.check_alone(&facts).err(),
                Blame::Added(_) => demand.requirement.check(&facts).err(),
            }
        };
        match first_failure(demands, |(_, demand)| demand.requirement, check) {
            Some(((blame, _), failure)) => Err((blame, failure.into())),
            None => Ok(()),
        }
    }
}

fn check_all<'r>(parts: &'r [Requirement], facts: &Facts<'_>) -> Result<Named, Failure<'r>> {
    let named = Cell::new(false);
    let check = |part: &'r Requirement| match part.check(facts) {
        Ok(Named(part)) => {
            named.set(named.get() || part);
            None
        }
        Err(failure) => Some(failure),
    };
    match first_failure(parts.iter(), |part| part, check) {
        Some((_, failure)) => Err(failure),
        None => Ok(Named(named.get())),
    }
}

/// The failure to report of parts that must all hold.
fn first_failure<'r, P: Copy>(
    parts: impl Iterator<Item = P> + Clone,
    requirement: impl Fn(P) -> &'r Requirement,
    check: impl Fn(P) -> Option<Failure<'r>>,
) -> Option<(P, Failure<'r>)> {
    let is_condition = |part: &P| matches!(requirement(*part), Requirement::Condition(_));
    let failed = |part: P| check(part).map(|failure| (part, failure));
    let weight = |(_, failure): &(P, Failure<'_>)| {
        (failure.reason.is_mended_by_proving_anew(), failure.reason)
    };
    // `min_by_key` takes the first of equals.
    let first =
        parts.clone().filter(|part| !is_condition(part)).filter_map(failed).min_by_key(weight);
    match first {
        Some(found) if !found.1.reason.is_mended_by_proving_anew() => Some(found),
        late => {
            // Whoever is not let in for their kind is told so; then one that cannot be worked out counts.
            let rank = |(_, Failure { reason, .. }): &(P, Failure<'_>)| {
                (*reason != Reason::CredentialKind, !reason.is_about_the_unknown())
            };
            parts.filter(is_condition).filter_map(failed).min_by_key(rank).or(late)
        }
    }
}

impl From<Failure<'_>> for Refusal {
    fn from(Failure { reason, requirement, reverification, error }: Failure<'_>) -> Self {
        let message = match (reason, requirement) {
            (Reason::CredentialKind | Reason::ConditionError, _) => reason.meaning().into(),
            (Reason::OrganizationRequired, _) => "needs an active organization".into(),
            (Reason::Denied, _) => "denied to everyone".into(),
            (_, Requirement::Not(inner)) => Cow::Owned(format!("must not have {inner}")),
            _ => Cow::Owned(format!("needs {requirement}")),
        };
        Self { reason, message: shortened(message), reverification, error }
    }
}

fn shortened(message: Cow<'static, str>) -> Cow<'static, str> {
    if message.len() <= LONGEST_MESSAGE {
        return message;
    }
    Cow::Owned(message.chars().take(LONGEST_MESSAGE).chain(iter::repeat_n('.', 3)).collect())
}

#[cfg(test)]
mod tests;
