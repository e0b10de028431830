//! What the requirements of the model mean.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most is about one or two kinds of requirement"
)]

use super::{
    Machine, MachineKind, Reason, User, Who, minutes_old,
    model::{Condition, Requirement},
};

/// What conditions look at.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) who: &'a Who,
    pub(super) method: &'a str,
}

/// Why a requirement does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: Reason,
    /// Whether that is not known: a condition could not be worked out, or the token does not say.
    broken: bool,
    /// Whether it is a condition, and so worked out late.
    late: bool,
}

impl Failure {
    const fn of(reason: Reason) -> Self {
        Self { reason, broken: false, late: false }
    }

    /// The number of the failure that is reported of several.
    pub(super) fn first(failures: &[Self]) -> Option<usize> {
        let weight = |number: &usize| {
            let reason = failures[*number].reason;
            (users_mend(reason), reason)
        };
        let (late, early): (Vec<usize>, Vec<usize>) =
            (0..failures.len()).partition(|number| failures[*number].late);
        let early = early.into_iter().min_by_key(weight);
        if let Some(number) = early
            && !users_mend(failures[number].reason)
        {
            return early;
        }
        let kind = |number: &usize| failures[*number].reason == Reason::CredentialKind;
        let kind = late.iter().copied().find(kind);
        let broken = late.iter().copied().find(|number| failures[*number].broken);
        kind.or(broken).or(late.first().copied()).or(early)
    }
}

/// What is said only where all else holds.
fn users_mend(reason: Reason) -> bool {
    matches!(reason, Reason::SessionTooOld | Reason::FirstFactorStale | Reason::Reverification)
}

/// What one part of a requirement comes to: whether a credential that names the caller's kind is among
/// what holds, or why it does not hold.
type Met = Result<bool, Failure>;

const KINDS: [&str; 4] = ["session_token", "api_key", "m2m_token", "oauth_token"];

fn kind_of(who: &Who) -> &'static str {
    match who {
        Who::Nobody | Who::User(_) => "session_token",
        Who::Machine(machine) => match machine.kind {
            MachineKind::ApiKey => "api_key",
            MachineKind::M2mToken => "m2m_token",
            MachineKind::OauthToken => "oauth_token",
        },
    }
}

impl Requirement {
    /// The ways to meet it: for each, all that must hold.
    fn ways(&self) -> Vec<Vec<&Self>> {
        match self {
            Self::Any(branches) => branches.iter().flat_map(Self::ways).collect(),
            Self::All(parts) => parts.iter().fold(vec![Vec::new()], |found, part| {
                let ways = part.ways();
                let join = |one: &Vec<_>| ways.iter().map(|way| [&one[..], way].concat()).collect();
                found.iter().flat_map(|one| -> Vec<Vec<&Self>> { join(one) }).collect()
            }),
            _ => vec![vec![self]],
        }
    }

    /// The kinds of credential that some way to meet it takes.
    fn kinds(&self) -> Vec<&'static str> {
        let takes = |kind: &&str| {
            self.ways().iter().any(|way| {
                let mut named = way.iter().filter_map(|part| match part {
                    Self::Credential(kinds) => Some(kinds.contains(kind)),
                    _ => None,
                });
                let sessions = *kind == "session_token";
                named.clone().all(|named| named) && (sessions || named.next().is_some())
            })
        };
        KINDS.into_iter().filter(takes).collect()
    }

    /// What is left of it in shadow mode.
    pub(super) fn floor(&self) -> Self {
        Self::Credential(self.kinds())
    }

    /// Why it does not hold. `admitted`: whether the caller's kind of credential is let in already.
    pub(super) fn refusal(&self, facts: Facts<'_>, admitted: bool) -> Option<Failure> {
        let kind = Failure::of(Reason::CredentialKind);
        let late = self.is_late();
        if !admitted && !self.kinds().contains(&kind_of(facts.who)) {
            return Some(Failure { late, ..kind });
        }
        match self.met(facts) {
            Ok(named) if named || admitted || matches!(facts.who, Who::User(_)) => None,
            Ok(_) => Some(Failure { late, ..kind }),
            Err(failure) => Some(Failure { late, ..failure }),
        }
    }

    /// Whether it is a condition and nothing else.
    fn is_late(&self) -> bool {
        match self {
            Self::If(_) => true,
            Self::All(parts) => matches!(&parts[..], [only] if only.is_late()),
            _ => false,
        }
    }

    fn met(&self, facts: Facts<'_>) -> Met {
        let when = |holds: bool, reason| if holds { Ok(false) } else { Err(Failure::of(reason)) };
        match (self, facts.who) {
            (Self::Credential(kinds), who) => {
                when(kinds.contains(&kind_of(who)), Reason::CredentialKind).map(|_| true)
            }
            (Self::All(parts), _) => {
                let met: Vec<Met> = parts.iter().map(|part| part.met(facts)).collect();
                let failures: Vec<Failure> = parts
                    .iter()
                    .zip(&met)
                    .filter_map(|(part, met)| {
                        met.err().map(|met| Failure { late: part.is_late(), ..met })
                    })
                    .collect();
                match Failure::first(&failures) {
                    Some(number) => Err(Failure { late: false, ..failures[number] }),
                    None => Ok(met.contains(&Ok(true))),
                }
            }
            (Self::Any(parts), _) => {
                let met: Vec<Met> = parts.iter().map(|part| part.met(facts)).collect();
                let broken =
                    met.iter().find(|met| matches!(met, Err(Failure { broken: true, .. })));
                match (met.iter().filter_map(|met| met.ok()).max(), broken) {
                    (Some(named), _) => Ok(named),
                    (None, Some(broken)) => *broken,
                    (None, None) if met.iter().all(|one| *one == met[0]) => met[0],
                    (None, None) => Err(Failure::of(Reason::Alternatives)),
                }
            }
            (Self::Not(inner), _) => match inner.met(facts) {
                Err(failure) if failure.broken => Err(failure),
                met => when(met.is_err(), Reason::Excluded),
            },
            (Self::If(Condition::IsGet), _) => when(facts.method == "GET", Reason::Condition),
            (Self::If(Condition::IsApiKey), who) => {
                when(kind_of(who) == "api_key", Reason::Condition)
            }
            (Self::If(Condition::Broken), _) => {
                Err(Failure { broken: true, ..Failure::of(Reason::ConditionError) })
            }
            (
                Self::NoImpersonation,
                Who::User(User { actor, .. }) | Who::Machine(Machine { actor, .. }),
            ) => when(actor.is_none(), Reason::Impersonation),
            (Self::Scope(scope), Who::Machine(machine)) => {
                when(machine.scopes.iter().any(|granted| **granted == **scope), Reason::Scope)
            }
            (Self::Scope(_), _) => Err(Failure::of(Reason::Scope)),
            (Self::SignedIn, Who::User(_)) => Ok(false),
            (Self::Role(role), Who::User(user)) => match &user.organization {
                None => Err(Failure::of(Reason::OrganizationRequired)),
                Some(active) => when(active.role.as_deref() == Some(role), Reason::Role),
            },
            (Self::Plan(plan), Who::User(user)) => {
                let plans = format!("{:?}", user.plans);
                when(plans.contains(&format!("\"{plan}\"")), Reason::Plan)
            }
            (Self::Fresh, Who::User(user)) => {
                when(user.factor_ages.is_some(), Reason::Reverification)
            }
            (Self::YoungSession, Who::User(user)) => match user.session.as_str() {
                session if session == minutes_old(59).as_str() => Ok(false),
                session if session == minutes_old(60).as_str() => {
                    Err(Failure::of(Reason::SessionTooOld))
                }
                _ => Err(Failure { broken: true, ..Failure::of(Reason::SessionAgeUnknown) }),
            },
            (Self::FreshFirstFactor, Who::User(user)) => match user.factor_ages {
                None => Err(Failure { broken: true, ..Failure::of(Reason::FirstFactorUnknown) }),
                Some(ages) => when(ages.first == Some(1.0), Reason::FirstFactorStale),
            },
            (_, Who::Machine(_) | Who::Nobody) => Err(Failure::of(Reason::CredentialKind)),
        }
    }
}
