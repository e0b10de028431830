//! Reads what is known of a question.

use super::{Evaluation, Halt, Outcome};
use crate::{
    core::{
        clock::Timestamp,
        host::Host,
        http_request::HttpRequest,
        identity::{Caller, User},
        machine::Machine,
        path::CanonicalPath,
        peer::Peer,
        question::{JsonObject, Resource},
    },
    policy::{
        condition::{
            error::ConditionFault,
            lookup::Map,
            names::{IdentityPart, Part, PeerPart, RequestPart},
            number::Number,
            term::{Lack, Term},
            value::{List, Value},
        },
        facts::{Facts, HeaderFacts, Parameters},
    },
};
use std::borrow::Cow;

/// What an expression may ask about.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct Known<'a> {
    /// Who asks; nothing of the identity is there where nobody does.
    pub(in crate::policy) caller: Option<Caller<'a>>,
    pub(in crate::policy) request: Option<&'a HttpRequest<'a>>,
    pub(in crate::policy) path: Option<&'a CanonicalPath<'a>>,
    pub(in crate::policy) parameters: Parameters<'a>,
    pub(in crate::policy) resource: Option<&'a Resource<'a>>,
    pub(in crate::policy) context: Option<&'a JsonObject>,
    pub(in crate::policy) peer: Peer<'a>,
    pub(in crate::policy) now: Timestamp,
    /// What it means to ask about a request where there is none.
    pub(in crate::policy) without_request: Lack,
}

impl<'a> From<&Facts<'a>> for Known<'a> {
    fn from(facts: &Facts<'a>) -> Self {
        let Facts { caller, request, path, parameters, resource, context, peer, now } = *facts;
        let (caller, without_request) = (Some(caller), Lack::Error);
        Self { caller, request, path, parameters, resource, context, peer, now, without_request }
    }
}

impl<'a> From<&HeaderFacts<'a>> for Known<'a> {
    fn from(facts: &HeaderFacts<'a>) -> Self {
        let HeaderFacts { identity, request, path, peer, now } = *facts;
        Self {
            caller: identity.caller(),
            request,
            path,
            parameters: Parameters::NONE,
            resource: None,
            context: None,
            peer,
            now,
            without_request: Lack::Absent,
        }
    }
}

impl<'e> Evaluation<'e> {
    /// Something known of the question.
    pub(super) fn part(&'e self, part: Part, term: &Term) -> Outcome<'e> {
        let known = self.known;
        Ok(match part {
            Part::Identity(part) => {
                let caller = known.caller.ok_or(Halt::Absent)?;
                of_caller(part, caller).ok_or(Halt::Absent)?
            }
            Part::Claims => self.claims(term)?,
            Part::Peer(part) => of_peer(part, known.peer).ok_or(Halt::Absent)?,
            Part::Request(part) => {
                let value = match (known.request, known.without_request) {
                    (Some(request), _) => of_request(part, request, known.path),
                    (None, Lack::Error) => None,
                    (None, Lack::Absent) => return Err(Halt::Absent),
                };
                value.ok_or_else(|| self.fault(ConditionFault::Missing, term))?
            }
            Part::Resource => Value::Map(known.resource.map_or(Map::Empty, Map::Resource)),
            Part::Context => Value::Map(known.context.map_or(Map::Empty, Map::Json)),
            Part::Now => Value::Number(Number::Whole(known.now.unix_seconds().into())),
        })
    }

    /// The claims, read once.
    fn claims(&'e self, term: &Term) -> Outcome<'e> {
        let signed = match self.known.caller.ok_or(Halt::Absent)? {
            Caller::User(user) => &user.claims,
            Caller::Machine(machine) => &machine.claims,
        };
        let read = self.claims.get_or_init(|| serde_json::from_str(signed.as_json()).ok());
        let claims = read.as_ref().ok_or_else(|| self.fault(ConditionFault::NotClaims, term))?;
        Ok(Value::Map(Map::Json(claims)))
    }
}

fn of_request<'e>(
    part: RequestPart,
    request: &'e HttpRequest<'e>,
    path: Option<&'e CanonicalPath<'e>>,
) -> Option<Value<'e>> {
    Some(match part {
        RequestPart::Method => Value::text(request.method),
        RequestPart::Scheme => Value::text(request.scheme.as_str()),
        RequestPart::Host => owned(Host::parse(request.authority).ok()?.as_str()),
        RequestPart::Path => Value::text(path?.as_str()),
        RequestPart::Query => Value::Map(request.query().map_or(Map::Empty, Map::Query)),
        RequestPart::Headers => Value::Map(Map::Headers(&request.headers)),
        RequestPart::Address => owned(&request.peer?.to_canonical().to_string()),
    })
}

/// What certificates tell of the other ends.
fn of_peer(part: PeerPart, peer: Peer<'_>) -> Option<Value<'_>> {
    Some(match part {
        PeerPart::Names => Value::List(List::Texts(peer.names?.as_slice())),
        PeerPart::Spiffe => Value::text(peer.names?.spiffe()?),
        PeerPart::Principal => Value::text(peer.principal?),
    })
}

fn owned(text: &str) -> Value<'static> {
    Value::Text(Cow::Owned(text.to_owned()))
}

/// A part of the identity, where it has it.
fn of_caller(part: IdentityPart, caller: Caller<'_>) -> Option<Value<'_>> {
    match (part, caller) {
        (IdentityPart::Kind, _) => Some(Value::text(caller.kind().as_str())),
        (IdentityPart::Impersonated, _) => Some(Value::Boolean(caller.actor().is_some())),
        (IdentityPart::ActorId, _) => Some(Value::text(caller.actor()?.subject.as_ref()?.as_str())),
        (_, Caller::User(user)) => of_user(part, user),
        (_, Caller::Machine(machine)) => of_machine(part, machine),
    }
}

fn of_user(part: IdentityPart, user: &User) -> Option<Value<'_>> {
    let organization = || user.organization.as_ref();
    match part {
        IdentityPart::UserId | IdentityPart::Subject => Some(Value::text(user.id.as_str())),
        IdentityPart::SessionId => Some(Value::text(user.session.as_str())),
        IdentityPart::OrganizationId => Some(Value::text(organization()?.id.as_str())),
        IdentityPart::OrganizationSlug => {
            Some(Value::text(organization()?.slug.as_ref()?.as_str()))
        }
        IdentityPart::OrganizationRole => Some(Value::text(organization()?.role.as_deref()?)),
        IdentityPart::OrganizationPermissions => {
            Some(Value::List(List::Texts(organization()?.permissions.as_deref()?)))
        }
        IdentityPart::Features => Some(Value::List(List::Entitlements(&user.features))),
        IdentityPart::Plans => Some(Value::List(List::Entitlements(&user.plans))),
        IdentityPart::Kind
        | IdentityPart::Impersonated
        | IdentityPart::ActorId
        | IdentityPart::Scopes
        | IdentityPart::MachineId
        | IdentityPart::MachineName
        | IdentityPart::MachineClient => None,
    }
}

fn of_machine(part: IdentityPart, machine: &Machine) -> Option<Value<'_>> {
    match part {
        IdentityPart::UserId => Some(Value::text(machine.user.as_ref()?.as_str())),
        IdentityPart::OrganizationId => Some(Value::text(machine.organization.as_ref()?.as_str())),
        IdentityPart::Scopes => Some(Value::List(List::Texts(&machine.scopes))),
        IdentityPart::Subject => Some(Value::text(&machine.subject)),
        IdentityPart::MachineId => Some(Value::text(&machine.id)),
        IdentityPart::MachineName => Some(Value::text(machine.name.as_deref()?)),
        IdentityPart::MachineClient => Some(Value::text(machine.client.as_deref()?)),
        IdentityPart::Kind
        | IdentityPart::Impersonated
        | IdentityPart::ActorId
        | IdentityPart::SessionId
        | IdentityPart::OrganizationSlug
        | IdentityPart::OrganizationRole
        | IdentityPart::OrganizationPermissions
        | IdentityPart::Features
        | IdentityPart::Plans => None,
    }
}
