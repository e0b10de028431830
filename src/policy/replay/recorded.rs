//! An identity as decision logs hold it: what requirements ask about, and neither token nor claims.

use crate::core::{
    clock::Timestamp,
    credential::CredentialKind,
    entitlement::Entitlements,
    id::{InstanceName, OrganizationId, OrganizationSlug, SessionId, UserId},
    identity::{Actor, Caller, Identity, SignedClaims, User},
    machine::{Machine, MachineKind},
    organization::ActiveOrganization,
    reverification::FactorAges,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An identity in a log line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedIdentity {
    /// The kind of credential: `session_token`, `api_key`, ...
    kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    instance: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organization: Option<RecordedOrganization>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    features: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    plans: Vec<String>,
    /// Minutes since each factor was verified; `null` for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    factor_ages: Option<[Option<f64>; 2]>,
    /// The second, in Unix time, that the factor ages are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claims_as_of: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<RecordedActor>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    machine: Option<RecordedMachine>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct RecordedOrganization {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct RecordedActor {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct RecordedMachine {
    id: String,
    subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<String>,
}

impl From<Caller<'_>> for RecordedIdentity {
    fn from(caller: Caller<'_>) -> Self {
        match caller {
            Caller::User(user) => Self::of_user(user),
            Caller::Machine(machine) => Self::of_machine(machine),
        }
    }
}

impl RecordedIdentity {
    /// The JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text, lists and finite numbers always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    fn of_user(user: &User) -> Self {
        Self {
            kind: CredentialKind::SessionToken.to_string(),
            instance: user.instance.as_str().to_owned(),
            user: Some(user.id.as_str().to_owned()),
            session: Some(user.session.as_str().to_owned()),
            organization: user.organization.as_ref().map(|active| RecordedOrganization {
                id: active.id.as_str().to_owned(),
                slug: active.slug.as_ref().map(|slug| slug.as_str().to_owned()),
                role: active.role.as_ref().map(ToString::to_string),
                permissions: active.permissions.as_ref().map(|names| texts(names)),
            }),
            features: entitlements(&user.features),
            plans: entitlements(&user.plans),
            factor_ages: user.factor_ages.map(|FactorAges { first, second }| [first, second]),
            claims_as_of: user.claims_as_of.map(Timestamp::unix_seconds),
            actor: user.actor.as_ref().map(actor),
            scopes: Vec::new(),
            machine: None,
        }
    }

    fn of_machine(machine: &Machine) -> Self {
        Self {
            kind: CredentialKind::from(machine.kind).to_string(),
            instance: machine.instance.as_str().to_owned(),
            user: machine.user.as_ref().map(|user| user.as_str().to_owned()),
            session: None,
            organization: machine.organization.as_ref().map(|id| RecordedOrganization {
                id: id.as_str().to_owned(),
                slug: None,
                role: None,
                permissions: None,
            }),
            features: Vec::new(),
            plans: Vec::new(),
            factor_ages: None,
            claims_as_of: None,
            actor: machine.actor.as_ref().map(actor),
            scopes: texts(&machine.scopes),
            machine: Some(RecordedMachine {
                id: machine.id.to_string(),
                subject: machine.subject.to_string(),
                name: machine.name.as_ref().map(ToString::to_string),
                client: machine.client.as_ref().map(ToString::to_string),
            }),
        }
    }

    /// The identity that was recorded; `None` where the object describes none.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        let machine = |kind| Some(Identity::Machine(Arc::new(self.machine(kind)?)));
        match CredentialKind::from_name(&self.kind)? {
            CredentialKind::SessionToken => Some(Identity::User(Arc::new(self.user()?))),
            CredentialKind::ApiKey => machine(MachineKind::ApiKey),
            CredentialKind::M2mToken => machine(MachineKind::M2mToken),
            CredentialKind::OauthToken => machine(MachineKind::OauthToken),
        }
    }

    fn user(&self) -> Option<User> {
        let organization = self.organization.as_ref().map(|active| ActiveOrganization {
            id: OrganizationId::new(&active.id),
            slug: active.slug.as_deref().map(OrganizationSlug::new),
            role: active.role.as_deref().map(Into::into),
            permissions: active.permissions.as_deref().map(boxed),
        });
        let ages = |[first, second]: [Option<f64>; 2]| {
            FactorAges::from_claim(first.unwrap_or(-1.0), second.unwrap_or(-1.0)).ok()
        };
        Some(User {
            instance: InstanceName::new(&self.instance),
            id: UserId::new(self.user.as_deref()?),
            session: SessionId::new(self.session.as_deref().unwrap_or_default()),
            organization,
            features: Entitlements::parse(&self.features.join(",")).ok()?,
            plans: Entitlements::parse(&self.plans.join(",")).ok()?,
            factor_ages: self.factor_ages.and_then(ages),
            actor: self.actor.as_ref().map(recorded_actor),
            issued_at: None,
            claims_as_of: self.claims_as_of.map(Timestamp::from_unix_seconds),
            expires_at: Timestamp::from_unix_seconds(0),
            claims: SignedClaims::new("{}"),
        })
    }

    fn machine(&self, kind: MachineKind) -> Option<Machine> {
        let machine = self.machine.as_ref()?;
        Some(Machine {
            instance: InstanceName::new(&self.instance),
            kind,
            id: machine.id.as_str().into(),
            subject: machine.subject.as_str().into(),
            user: self.user.as_deref().map(UserId::new),
            organization: self.organization.as_ref().map(|active| OrganizationId::new(&active.id)),
            client: machine.client.as_deref().map(Into::into),
            name: machine.name.as_deref().map(Into::into),
            scopes: boxed(&self.scopes),
            actor: self.actor.as_ref().map(recorded_actor),
            claims: SignedClaims::new("{}"),
            as_of: None,
            expires_at: None,
        })
    }
}

fn texts(names: &[Box<str>]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn boxed(names: &[String]) -> Box<[Box<str>]> {
    names.iter().map(|name| name.as_str().into()).collect()
}

fn entitlements(held: &Entitlements) -> Vec<String> {
    held.iter().map(|held| held.text.to_string()).collect()
}

fn actor(actor: &Actor) -> RecordedActor {
    RecordedActor { id: actor.subject.as_ref().map(|id| id.as_str().to_owned()) }
}

fn recorded_actor(actor: &RecordedActor) -> Actor {
    Actor { subject: actor.id.as_deref().map(UserId::new), claims: "{}".into() }
}
