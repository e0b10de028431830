//! Puts a requirement to a user. Total: every question has an answer, and nothing here can fail.

use super::requirement::{OrganizationRequirement, Requirement};
use crate::core::{identity::User, reason::Reason, reverification::Reverification};
use std::{borrow::Cow, iter};

/// The longest message, in characters. Policies may hold long lists.
const LONGEST_MESSAGE: usize = 400;

/// Which requirement does not hold, and what would satisfy it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stable reason.
    pub reason: Reason,
    /// What was asked, for a person. Names nothing but what the policy itself names.
    pub message: Cow<'static, str>,
    /// The reverification asked for, if and only if that is the reason.
    pub reverification: Option<Reverification>,
}

/// A requirement that does not hold, before words are made of it.
#[derive(Clone, Copy, Debug)]
struct Failure<'r> {
    reason: Reason,
    requirement: &'r Requirement,
    reverification: Option<Reverification>,
}

impl Requirement {
    /// Whether the requirement holds for a signed-in user.
    ///
    /// Where several parts of a map or of `all` fail, the one that is reported is the first by
    /// reason, in the order of [`Reason::ALL`], but a reverification comes last: it is reported only
    /// when all else holds, since the front end opens a dialog by it. Within one reason, the first
    /// that is written. Where no branch of `any` holds, the reason is the one that all branches
    /// share, or else [`Reason::Alternatives`].
    ///
    /// # Errors
    /// [`Refusal`] if it does not hold.
    pub fn evaluate(&self, user: &User) -> Result<(), Refusal> {
        self.check(user).map_err(Refusal::from)
    }

    /// Whether several requirements hold together, as [`Requirement::evaluate`] would say of `all`.
    ///
    /// # Errors
    /// [`Refusal`] if one does not hold.
    pub fn evaluate_all<'r>(
        requirements: impl IntoIterator<Item = &'r Self>,
        user: &User,
    ) -> Result<(), Refusal> {
        check_all(requirements, user).map_err(Refusal::from)
    }

    fn check(&self, user: &User) -> Result<(), Failure<'_>> {
        let organization = user.organization.as_ref();
        match self {
            Self::SignedIn => Ok(()),
            Self::Denied => Err(self.failure(Reason::Denied)),
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
            Self::Reverification(asked) => {
                if asked.holds(user.factor_ages) {
                    Ok(())
                } else {
                    let reverification = Some(*asked);
                    Err(Failure { reverification, ..self.failure(Reason::Reverification) })
                }
            }
            Self::All(parts) => check_all(parts, user),
            Self::Any(branches) => self.check_any(branches, user),
            Self::Not(inner) => self.holds(inner.check(user).is_err(), Reason::Excluded),
        }
    }

    fn check_any<'r>(&'r self, branches: &'r [Self], user: &User) -> Result<(), Failure<'r>> {
        let mut common: Option<Failure<'r>> = None;
        for branch in branches {
            let Err(failure) = branch.check(user) else { return Ok(()) };
            common = Some(match common {
                None => Failure { requirement: self, ..failure },
                Some(first) if first.reason == failure.reason => first,
                Some(_) => self.failure(Reason::Alternatives),
            });
        }
        Err(common.unwrap_or(self.failure(Reason::Alternatives)))
    }

    const fn failure(&self, reason: Reason) -> Failure<'_> {
        Failure { reason, requirement: self, reverification: None }
    }

    const fn holds(&self, holds: bool, reason: Reason) -> Result<(), Failure<'_>> {
        if holds { Ok(()) } else { Err(self.failure(reason)) }
    }
}

fn check_all<'r>(
    parts: impl IntoIterator<Item = &'r Requirement>,
    user: &User,
) -> Result<(), Failure<'r>> {
    let failures = parts.into_iter().filter_map(|part| part.check(user).err());
    let weight = |failure: &Failure<'_>| (failure.reason == Reason::Reverification, failure.reason);
    // `min_by_key` takes the first of equals.
    failures.min_by_key(weight).map_or(Ok(()), Err)
}

impl From<Failure<'_>> for Refusal {
    fn from(Failure { reason, requirement, reverification }: Failure<'_>) -> Self {
        let message = match (reason, requirement) {
            (Reason::OrganizationRequired, _) => "needs an active organization".into(),
            (Reason::Denied, _) => "denied to everyone".into(),
            (_, Requirement::Not(inner)) => Cow::Owned(format!("must not have {inner}")),
            _ => Cow::Owned(format!("needs {requirement}")),
        };
        Self { reason, message: shortened(message), reverification }
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
