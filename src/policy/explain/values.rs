//! What stands behind the names in a condition, as far as that may be shown.
//!
//! Headers, query parameters and claims may be secrets and are never shown. The rest was in the
//! question, or is what the token says in the policy's own words.

use super::names::{Name, names};
use crate::{
    core::{
        entitlement::Entitlements,
        identity::{Caller, User},
        machine::Machine,
        question::Resource,
    },
    policy::{condition::Condition, facts::Facts},
};
use serde::Serialize;
use serde_json::Value;

/// The longest value that is shown, in characters.
const LONGEST: usize = 200;

/// A name in a condition, and what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedValue {
    /// The name: `identity.organization.slug`.
    pub name: String,
    /// What stands behind it.
    #[serde(flatten)]
    pub shown: Shown,
}

/// What stands behind a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Shown {
    /// This, as JSON text.
    Value {
        /// The text.
        value: String,
    },
    /// Nothing: the identity, the request or the resource has no such part.
    Absent,
    /// Something that may be a secret.
    Withheld,
}

/// What stands behind each name of a condition.
pub(super) fn of(condition: &Condition, facts: &Facts<'_>) -> Vec<NamedValue> {
    let value = |name: Name| NamedValue { shown: shown(&name, facts), name: name.join(".") };
    names(condition.text()).into_iter().map(value).collect()
}

fn shown(name: &Name, facts: &Facts<'_>) -> Shown {
    let words: Vec<&str> = name.iter().map(String::as_str).collect();
    let value = match &*words {
        ["now"] => Some(Value::from(facts.now.unix_seconds())),
        ["params", name, ..] => facts.parameters.get(name).map(Value::from),
        ["request", "principal"] => facts.peer.principal.map(Value::from),
        ["request", inner @ ..] => return request(inner, facts),
        ["peer", "san"] => facts
            .peer
            .names
            .map(|names| names.as_slice().iter().map(|name| Value::from(&**name)).collect()),
        ["peer", "spiffe"] => facts.peer.names.and_then(|names| names.spiffe()).map(Value::from),
        ["identity", inner @ ..] => return identity(inner, facts.caller),
        ["resource", inner @ ..] => facts.resource.and_then(|given| resource(inner, given)),
        ["context", first, rest @ ..] => {
            facts.context.and_then(|context| member(context.get(*first)?, rest))
        }
        _ => return Shown::Withheld,
    };
    of_option(value)
}

fn of_option(value: Option<Value>) -> Shown {
    value.map_or(Shown::Absent, |value| {
        let text = value.to_string();
        let mut value: String = text.chars().take(LONGEST).collect();
        if value.len() < text.len() {
            value.push_str("...");
        }
        Shown::Value { value }
    })
}

fn request(name: &[&str], facts: &Facts<'_>) -> Shown {
    let Some(request) = facts.request else { return Shown::Absent };
    of_option(match name {
        ["method"] => Some(Value::from(request.method)),
        ["host"] => Some(Value::from(request.authority)),
        ["path"] => facts.path.map(|path| Value::from(path.as_str())),
        ["scheme"] => Some(Value::from(request.scheme.as_str())),
        ["ip"] => request.peer.map(|peer| Value::from(peer.to_string())),
        _ => return Shown::Withheld,
    })
}

fn resource(name: &[&str], resource: &Resource<'_>) -> Option<Value> {
    match name {
        ["type"] => Some(Value::from(resource.kind)),
        ["id"] => Some(Value::from(resource.id)),
        [first, rest @ ..] => member(resource.attributes.get(*first)?, rest),
        [] => None,
    }
}

fn member(value: &Value, name: &[&str]) -> Option<Value> {
    let mut found = value;
    for member in name {
        found = found.get(member)?;
    }
    Some(found.clone())
}

fn identity(name: &[&str], caller: Caller<'_>) -> Shown {
    of_option(match name {
        [] | ["claims", ..] => return Shown::Withheld,
        ["kind"] => Some(Value::from(caller.kind().as_str())),
        ["impersonated"] => Some(Value::from(caller.actor().is_some())),
        ["actor", "id"] => {
            let subject = caller.actor().and_then(|actor| actor.subject.as_ref());
            subject.map(|subject| Value::from(subject.as_str()))
        }
        _ => match caller {
            Caller::User(user) => of_user(name, user),
            Caller::Machine(machine) => of_machine(name, machine),
        },
    })
}

fn of_user(name: &[&str], user: &User) -> Option<Value> {
    let organization = user.organization.as_ref();
    Some(match name {
        ["user", "id"] | ["user" | "subject"] => Value::from(user.id.as_str()),
        ["session", "id"] | ["session"] => Value::from(user.session.as_str()),
        ["organization"] => Value::from(super::held::organization(organization?)),
        ["organization", "id"] => Value::from(organization?.id.as_str()),
        ["organization", "slug"] => Value::from(organization?.slug.as_ref()?.as_str()),
        ["organization", "role"] => Value::from(organization?.role.as_deref()?),
        ["organization", "permissions"] => {
            organization?.permissions.as_ref()?.iter().map(|name| Value::from(&**name)).collect()
        }
        ["features"] => texts(&user.features),
        ["plans"] => texts(&user.plans),
        _ => return None,
    })
}

fn of_machine(name: &[&str], machine: &Machine) -> Option<Value> {
    Some(match name {
        ["subject"] => Value::from(&*machine.subject),
        ["user", "id"] | ["user"] => Value::from(machine.user.as_ref()?.as_str()),
        ["organization", "id"] | ["organization"] => {
            Value::from(machine.organization.as_ref()?.as_str())
        }
        ["machine", "id"] | ["machine"] => Value::from(&*machine.id),
        ["machine", "name"] => Value::from(machine.name.as_deref()?),
        ["machine", "client"] => Value::from(machine.client.as_deref()?),
        ["scopes"] => machine.scopes.iter().map(|scope| Value::from(&**scope)).collect(),
        _ => return None,
    })
}

fn texts(held: &Entitlements) -> Value {
    held.iter().map(|held| Value::from(&*held.text)).collect()
}
