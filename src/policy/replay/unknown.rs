//! What a log line does not tell, and whether the answer hangs on it.

use super::LoggedDecision;
use crate::{
    core::{
        credential::CredentialKinds,
        identity::{Caller, User},
        reason::Reason,
        recency::Recency,
    },
    policy::{
        Policy,
        condition::Condition,
        explain::names,
        inquiry::{Entry, Ruling, Standing},
        requirement::Requirement,
    },
};
use serde::Serialize;

/// Why a line does not tell what the policy would say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CannotTell {
    /// It was logged without what deciding anew needs.
    NoDetails,
    /// Nobody was asked who they are, and this policy would ask.
    NobodyAsked,
    /// A credential was refused for its kind without being looked into, and this policy might take
    /// it.
    CredentialNotLookedInto,
    /// The policy asks how lately the first factor was verified, and the line does not say of which
    /// moment the ages are that it holds.
    FactorAges,
    /// A condition reads what logs do not hold: headers, the query, the peer, claims, a resource or
    /// the context.
    Condition,
}

impl CannotTell {
    /// In words, for a person.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::NoDetails => "logged without `log.replayable`",
            Self::NobodyAsked => "nobody was asked who they are, and this policy would ask",
            Self::CredentialNotLookedInto => {
                "the credential was refused for its kind, and this policy might take it"
            }
            Self::FactorAges => "the line does not say of which moment the factor ages are",
            Self::Condition => "a condition reads what the log does not hold",
        }
    }
}

/// Decides a logged question anew, if the line holds what the answer hangs on.
pub(super) fn decide(policy: &Policy, logged: &LoggedDecision) -> Result<Ruling, CannotTell> {
    let Some(wanted) = logged.wanted() else { return Err(CannotTell::NoDetails) };
    let inquiry = logged.inquiry(&wanted);
    let standing = match Standing::of(policy, &inquiry) {
        Ok(standing) => standing,
        Err(refusal) => return Ok(Ruling { verdict: Err(refusal), rule: None }),
    };
    if standing.is_denied() || !standing.asks_anything() {
        return Ok(standing.rule_on(&inquiry));
    }
    if logged.caller().is_none() {
        // Somebody who was let in without being identified may have been anybody.
        if !logged.was_anybody_asked() {
            return Err(CannotTell::NobodyAsked);
        }
        let for_its_kind =
            matches!(logged.reason, Reason::CredentialKind | Reason::TokenTypeMismatch);
        if for_its_kind && standing.credentials() != CredentialKinds::SESSION {
            return Err(CannotTell::CredentialNotLookedInto);
        }
        return Ok(standing.rule_on(&inquiry));
    }
    let enforced = || standing.entries.iter().filter_map(Entry::enforced);
    let undated = |user: &User| user.factor_ages.is_some() && user.claims_as_of.is_none();
    if logged.caller().and_then(Caller::user).is_some_and(undated)
        && enforced().any(asks_about_the_first_factor)
    {
        return Err(CannotTell::FactorAges);
    }
    if !enforced().any(reads_more) {
        return Ok(standing.rule_on(&inquiry));
    }
    // Under `not`, one that cannot be worked out is neither.
    if enforced().any(reads_more_under_not) {
        return Err(CannotTell::Condition);
    }
    let ruling =
        |holds| standing.with_requirements(|asked| assuming(asked, holds)).rule_on(&inquiry);
    let (holding, failing) = (ruling(true), ruling(false));
    if same(&holding, &failing) { Ok(holding) } else { Err(CannotTell::Condition) }
}

/// Whether two rulings allow, or refuse for one reason.
fn same(one: &Ruling, other: &Ruling) -> bool {
    let reason = |ruling: &Ruling| ruling.verdict.as_ref().err().map(|refusal| refusal.reason);
    reason(one) == reason(other)
}

/// A requirement in which each condition that reads what logs do not hold is taken to hold, or not.
fn assuming(requirement: &Requirement, holds: bool) -> Requirement {
    let each = |parts: &[Requirement]| parts.iter().map(|part| assuming(part, holds)).collect();
    match requirement {
        Requirement::Condition(condition) if reads_what_is_not_logged(condition) => {
            // Nothing that must hold, or nothing that could.
            if holds { Requirement::All([].into()) } else { Requirement::Any([].into()) }
        }
        Requirement::All(parts) => Requirement::All(each(parts)),
        Requirement::Any(branches) => Requirement::Any(each(branches)),
        Requirement::Not(_)
        | Requirement::Condition(_)
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
        | Requirement::Recency(_)
        | Requirement::Reverification(_) => requirement.clone(),
    }
}

fn asks_about_the_first_factor(requirement: &Requirement) -> bool {
    let asks = |part: &Requirement| matches!(part, Requirement::Recency(Recency::FirstFactor(_)));
    any_part(requirement, &asks)
}

fn reads_more(requirement: &Requirement) -> bool {
    any_part(
        requirement,
        &|part| matches!(part, Requirement::Condition(condition) if reads_what_is_not_logged(condition)),
    )
}

fn reads_more_under_not(requirement: &Requirement) -> bool {
    any_part(requirement, &|part| matches!(part, Requirement::Not(inner) if reads_more(inner)))
}

/// Whether something is true of a requirement or of any part of it.
fn any_part(requirement: &Requirement, is: &dyn Fn(&Requirement) -> bool) -> bool {
    let inside = match requirement {
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
    is(requirement) || inside.iter().any(|part| any_part(part, is))
}

fn reads_what_is_not_logged(condition: &Condition) -> bool {
    names(condition.text()).iter().any(|name| {
        let words: Vec<&str> = name.iter().map(String::as_str).collect();
        match &*words {
            ["now"] | ["params", ..] => false,
            ["request", part, ..] => !matches!(*part, "method" | "host" | "path" | "scheme"),
            ["identity", part, ..] => *part == "claims",
            _ => true,
        }
    })
}
