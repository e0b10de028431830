//! From a person of the cases to what they present.

use crate::{
    core::{
        clock::Timestamp,
        id::{InstanceName, OrganizationId, SessionId, UserId},
        identity::{Actor, SignedClaims},
        machine::{Machine, MachineKind},
    },
    policy::suite::{MachineFacts, OrganizationFacts, Person, UserFacts, Who},
    stand_in::tokens::{ActiveMembership, Minting, SessionFacts, Status, Token},
};
use serde_json::{Value, json};
use std::{fmt, time::Duration};

/// The life of a session token at Clerk.
const LIFE: Duration = Duration::from_secs(60);
/// How long ago a token ended that has expired: more than any clock may differ.
const EXPIRED_FOR: Duration = Duration::from_secs(600);

/// The versions of session token claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimsVersion {
    /// Without a claim `v`.
    One,
    /// With `v: 2`.
    Two,
}

impl ClaimsVersion {
    /// Every version.
    pub const ALL: [Self; 2] = [Self::One, Self::Two];
}

impl fmt::Display for ClaimsVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::One => "1",
            Self::Two => "2",
        })
    }
}

/// What a person presents.
#[derive(Clone, Debug)]
#[must_use = "a credential is minted to be presented"]
pub enum Minted {
    /// Nothing.
    Nothing,
    /// A session token, to be signed.
    Session(Box<Token>),
    /// A machine, identified already: its credential is not minted, and so not verified either.
    Machine(Box<Machine>),
}

/// Mints what a person presents at the moment `now`, by and for the instance of that issuer.
pub fn mint(
    person: &Person,
    version: ClaimsVersion,
    issuer: &str,
    instance: &InstanceName,
    now: Timestamp,
) -> Minted {
    match person.who() {
        Who::Nobody => Minted::Nothing,
        Who::User(user) => Minted::Session(Box::new(session(user, version, issuer, now))),
        Who::Machine(facts) => Minted::Machine(Box::new(machine(facts, instance))),
    }
}

fn session(user: &UserFacts, version: ClaimsVersion, issuer: &str, now: Timestamp) -> Token {
    let mut age = Duration::from_secs(u64::from(user.issued) * 60);
    let mut lifetime = age.saturating_add(LIFE);
    if user.expired {
        age = age.max(EXPIRED_FOR.saturating_add(LIFE));
        lifetime = age.saturating_sub(EXPIRED_FOR);
    }
    let minting = Minting {
        issuer: issuer.to_owned(),
        issued_at: now.minus(age),
        lifetime,
        authorized_party: None,
    };
    let facts = session_facts(user, now);
    let token = match version {
        ClaimsVersion::Two => Token::session(&facts, &minting),
        // What version 1 says of a status is the same claim, where it says anything.
        ClaimsVersion::One if user.pending => {
            Token::session_v1(&facts, &minting).claim("sts", "pending")
        }
        ClaimsVersion::One => Token::session_v1(&facts, &minting),
    };
    user.claims.iter().fold(token, |token, (name, value)| token.claim(name, value.clone()))
}

/// What a session token says of a user.
#[must_use]
pub fn session_facts(user: &UserFacts, now: Timestamp) -> SessionFacts {
    let organization = user.organization.as_ref();
    let session = user.session_age.map(|age| {
        let ago = Duration::from_secs(u64::from(age.minutes().get()) * 60);
        SessionId::make(now.minus(ago), &user.session)
    });
    SessionFacts {
        user_id: user.id.to_string(),
        session_id: session.map_or_else(|| user.session.to_string(), |made| made.to_string()),
        organization: organization.map(|active| ActiveMembership {
            id: active.id.to_string(),
            slug: active.slug.as_deref().map(str::to_owned),
            role: active.role.to_string(),
            permissions: active.permissions.iter().map(ToString::to_string).collect(),
        }),
        plans: user.plans.iter().map(ToString::to_string).collect(),
        features: match &user.features {
            Some(features) => features.iter().map(ToString::to_string).collect(),
            None => organization.map(features_of_permissions).unwrap_or_default(),
        },
        factor_ages: user.factors.map(|ages| ages.map(|minutes| minutes.map_or(-1, i64::from))),
        status: if user.pending { Status::Pending } else { Status::Active },
        actor: user.actor.as_deref().map(|id| json!({ "sub": id })),
    }
}

/// The features without which a token could not hold the permissions.
fn features_of_permissions(organization: &OrganizationFacts) -> Vec<String> {
    let mut features = Vec::new();
    for permission in &organization.permissions {
        let feature = format!("o:{}", OrganizationFacts::feature(permission));
        if !features.contains(&feature) {
            features.push(feature);
        }
    }
    features
}

fn machine(facts: &MachineFacts, instance: &InstanceName) -> Machine {
    let subject = &*facts.subject;
    let organization = match facts.kind {
        MachineKind::ApiKey => subject.starts_with("org_").then_some(subject),
        MachineKind::M2mToken => None,
        MachineKind::OauthToken => facts.organization.as_deref(),
    };
    let actor = |id: &str| Actor {
        subject: Some(UserId::new(id)),
        claims: json!({ "sub": id }).to_string().into(),
    };
    Machine {
        instance: instance.clone(),
        kind: facts.kind,
        id: facts.id.clone(),
        subject: facts.subject.clone(),
        user: subject.starts_with("user_").then(|| UserId::new(subject)),
        organization: organization.map(OrganizationId::new),
        client: facts.client.clone(),
        name: facts.name.clone(),
        scopes: facts.scopes.clone().into(),
        actor: facts.actor.as_deref().map(actor),
        claims: SignedClaims::new(&Value::Object(facts.claims.clone()).to_string()),
        as_of: None,
        expires_at: None,
    }
}
