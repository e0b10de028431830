//! What a caller has of the kind that a requirement asks for.

use crate::{
    core::{
        clock::Timestamp,
        entitlement::Entitlements,
        identity::{Actor, Caller, User},
        organization::ActiveOrganization,
        recency::{FirstFactor, Recency, first_factor_age, session_age},
        reverification::{FactorAges, Reverification},
    },
    policy::requirement::Requirement,
};
use std::time::Duration;

/// What is held, and more about it.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) has: Vec<String>,
    pub(super) note: Option<String>,
}

impl Held {
    const fn nothing() -> Self {
        Self { has: Vec::new(), note: None }
    }

    const fn list(has: Vec<String>) -> Self {
        Self { has, note: None }
    }

    fn note(note: &str) -> Self {
        Self { has: Vec::new(), note: Some(note.to_owned()) }
    }

    fn beside(self, note: String) -> Self {
        Self { note: Some(note), ..self }
    }
}

/// What a caller has.
pub(super) fn by(requirement: &Requirement, caller: Caller<'_>, now: Timestamp) -> Held {
    match (requirement, caller) {
        (
            Requirement::All(_)
            | Requirement::Any(_)
            | Requirement::Not(_)
            | Requirement::Denied
            | Requirement::Condition(_),
            _,
        ) => Held::nothing(),
        (Requirement::Credential(_), caller) => Held::list(vec![caller.kind().to_string()]),
        (Requirement::NoImpersonation, caller) => {
            caller.actor().map_or_else(|| Held::note("nobody acts as the caller"), acting)
        }
        (Requirement::Scope(_), Caller::Machine(machine)) => {
            Held::list(machine.scopes.iter().map(ToString::to_string).collect())
        }
        (Requirement::Scope(_), Caller::User(_)) => Held::note("sessions have no scopes"),
        (Requirement::SignedIn, Caller::User(user)) => {
            Held::list(vec![user.id.as_str().to_owned()])
        }
        (_, Caller::User(user)) => by_user(requirement, user, now),
        (_, Caller::Machine(_)) => Held::note("machines have none"),
    }
}

fn by_user(requirement: &Requirement, user: &User, now: Timestamp) -> Held {
    let Some(active) = &user.organization else {
        return match requirement {
            Requirement::Feature(_) => entitled(&user.features),
            Requirement::Plan(_) => entitled(&user.plans),
            Requirement::Reverification(_) => Held::list(ages(user.factor_ages)),
            Requirement::Recency(asked) => Held::list(vec![lately(*asked, user, now)]),
            Requirement::Organization(_) | Requirement::Role(_) | Requirement::Permission(_) => {
                Held::note("no organization is active")
            }
            Requirement::SignedIn
            | Requirement::Denied
            | Requirement::Scope(_)
            | Requirement::NoImpersonation
            | Requirement::Credential(_)
            | Requirement::Condition(_)
            | Requirement::All(_)
            | Requirement::Any(_)
            | Requirement::Not(_) => Held::nothing(),
        };
    };
    let within = || format!("in the organization {}", organization(active));
    match requirement {
        Requirement::Organization(_) => {
            let slug = active.slug.as_ref().map(|slug| slug.as_str().to_owned());
            Held::list([active.id.as_str().to_owned()].into_iter().chain(slug).collect())
        }
        Requirement::Role(_) => {
            Held::list(active.role.iter().map(ToString::to_string).collect()).beside(within())
        }
        Requirement::Permission(_) => {
            let permissions = active.permissions.iter().flatten().map(ToString::to_string);
            Held::list(permissions.collect()).beside(within())
        }
        Requirement::Feature(_) => entitled(&user.features),
        Requirement::Plan(_) => entitled(&user.plans),
        Requirement::Reverification(_) => Held::list(ages(user.factor_ages)),
        Requirement::Recency(asked) => Held::list(vec![lately(*asked, user, now)]),
        Requirement::SignedIn
        | Requirement::Denied
        | Requirement::Scope(_)
        | Requirement::NoImpersonation
        | Requirement::Credential(_)
        | Requirement::Condition(_)
        | Requirement::All(_)
        | Requirement::Any(_)
        | Requirement::Not(_) => Held::nothing(),
    }
}

/// The name of an organization that tells most.
pub(super) fn organization(active: &ActiveOrganization) -> String {
    active.slug.as_ref().map_or(active.id.as_str(), |slug| slug.as_str()).to_owned()
}

fn entitled(held: &Entitlements) -> Held {
    Held::list(held.iter().map(|held| held.text.to_string()).collect())
}

fn acting(actor: &Actor) -> Held {
    match &actor.subject {
        Some(subject) => Held::list(vec![subject.as_str().to_owned()]),
        None => Held::note("somebody without a name acts as the caller"),
    }
}

fn ages(ages: Option<FactorAges>) -> Vec<String> {
    let Some(FactorAges { first, second }) = ages else {
        return vec!["no word of any factor".to_owned()];
    };
    let age = |name: &str, minutes: Option<f64>| {
        let age = minutes.map_or_else(
            || "never verified".to_owned(),
            |minutes| format!("verified {minutes} minutes ago"),
        );
        format!("{name} factor {age}")
    };
    vec![age("first", first), age("second", second)]
}

/// How long ago something happened that must have happened lately.
fn lately(asked: Recency, user: &User, now: Timestamp) -> String {
    let minutes = |age: Duration| age.as_secs() / 60;
    match asked {
        Recency::Session(_) => match session_age(user, now) {
            None => "no word of when the session began".to_owned(),
            Some(age) => format!("a session that began {} minutes ago", minutes(age)),
        },
        Recency::FirstFactor(_) => match first_factor_age(user, now) {
            FirstFactor::Unknown => "no word of when the first factor was verified".to_owned(),
            FirstFactor::Never => "first factor never verified".to_owned(),
            FirstFactor::Verified(age) => {
                format!("first factor verified {} minutes ago", minutes(age))
            }
        },
    }
}

/// What a reverification asks, a preset spelt out.
pub(super) fn reverification(asked: Reverification) -> String {
    let (level, minutes) = asked.window();
    let window = format!("{} within {minutes} minutes", level.as_str());
    match asked {
        Reverification::Preset(preset) => format!("{} ({window})", preset.as_str()),
        Reverification::Window { .. } => window,
    }
}
