//! What the proxy's logs, rate limits and other filters may know about a decision
//! (`envoy.filters.http.ext_authz`). Names of people and machines, never a token.
//!
//! A proxy takes each field apart, copies it and drops it again for every request, whether anything
//! reads it or not, so that what is told can be chosen.

#[cfg(test)]
mod tests;

use crate::{
    authorizer::outcome::Outcome,
    core::{
        clock::Timestamp,
        id::{InstanceName, OrganizationId, RuleId},
        reason::Reason,
    },
    pb::envoy::{Field, ListValue, Struct, Value, value::Kind},
};
use prost::bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;

/// The most fields that apply to one decision.
const MOST: usize = 12;

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetadataField {
    /// What came of it: `allow`, `deny` or `redirect`.
    Effect,
    /// The reason code.
    Reason,
    /// The revision of the policy.
    Revision,
    /// The entry of the policy that decided: its template, never the path.
    Rule,
    /// The Clerk instance, by its name in the settings.
    Instance,
    /// The kind of credential that proved who asks.
    Credential,
    /// The subject of a machine's credential.
    Subject,
    /// The id of a machine's credential, which is no secret.
    CredentialId,
    /// The OAuth client that a machine's token was given to.
    ClientId,
    /// The scopes of a machine's credential, as a list.
    Scopes,
    /// The id of the user.
    UserId,
    /// The id of the session.
    SessionId,
    /// The id of the active organization.
    OrganizationId,
    /// The role in it, such as `org:admin`.
    OrganizationRole,
    /// Until when the answer holds, in Unix seconds.
    ExpiresAt,
}

impl MetadataField {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Effect => "effect",
            Self::Reason => "reason",
            Self::Revision => "revision",
            Self::Rule => "rule",
            Self::Instance => "instance",
            Self::Credential => "credential",
            Self::Subject => "subject",
            Self::CredentialId => "credential_id",
            Self::ClientId => "client_id",
            Self::Scopes => "scopes",
            Self::UserId => "user_id",
            Self::SessionId => "session_id",
            Self::OrganizationId => "organization_id",
            Self::OrganizationRole => "organization_role",
            Self::ExpiresAt => "expires_at",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// The fields that a proxy is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataFields(u16);

impl MetadataFields {
    /// Whatever applies.
    pub const ALL: Self = Self(u16::MAX);

    /// Those of `fields`; none of an empty list.
    #[must_use]
    pub fn of(fields: &[MetadataField]) -> Self {
        Self(fields.iter().fold(0, |chosen, field| chosen | field.bit()))
    }

    const fn hold(self, field: MetadataField) -> bool {
        self.0 & field.bit() != 0
    }
}

/// About a decision.
pub(super) fn of(outcome: &Outcome, chosen: MetadataFields) -> Option<Struct> {
    let decision = &outcome.decision;
    let mut told = Told::new(chosen);
    told.text(MetadataField::Effect, Some(decision.effect.as_str()));
    told.text(MetadataField::Reason, Some(decision.reason.code()));
    told.text(MetadataField::Revision, Some(decision.revision.as_str()));
    told.text(MetadataField::Rule, decision.rule.as_ref().map(RuleId::as_str));
    told.text(MetadataField::Instance, outcome.instance.as_ref().map(InstanceName::as_str));
    let caller = outcome.identity.caller();
    told.text(MetadataField::Credential, caller.map(|caller| caller.kind().as_str()));
    if let Some(machine) = outcome.identity.machine() {
        told.text(MetadataField::Subject, Some(&machine.subject));
        told.text(MetadataField::CredentialId, Some(&machine.id));
        let organization = machine.organization.as_ref();
        told.text(MetadataField::OrganizationId, organization.map(OrganizationId::as_str));
        told.text(MetadataField::ClientId, machine.client.as_deref());
        told.list(MetadataField::Scopes, &machine.scopes);
    }
    if let Some(user) = outcome.identity.user() {
        told.text(MetadataField::UserId, Some(user.id.as_str()));
        told.text(MetadataField::SessionId, Some(user.session.as_str()));
        let organization = user.organization.as_ref();
        told.text(MetadataField::OrganizationId, organization.map(|active| active.id.as_str()));
        let role = organization.and_then(|active| active.role.as_deref());
        told.text(MetadataField::OrganizationRole, role);
    }
    if let Some(until) = decision.valid_until {
        told.set(MetadataField::ExpiresAt, || Kind::NumberValue(unix_seconds(until)));
    }
    told.into_struct()
}

/// About a request that no decision could be made about.
pub(super) fn of_refusal(reason: Reason, chosen: MetadataFields) -> Option<Struct> {
    let mut told = Told::new(chosen);
    told.text(MetadataField::Effect, Some("deny"));
    told.text(MetadataField::Reason, Some(reason.code()));
    told.into_struct()
}

#[expect(clippy::cast_precision_loss, reason = "exact for the next 285 million years")]
const fn unix_seconds(instant: Timestamp) -> f64 {
    instant.unix_seconds() as f64
}

/// The fields so far.
struct Told {
    chosen: MetadataFields,
    fields: Vec<Field>,
}

impl Told {
    fn new(chosen: MetadataFields) -> Self {
        Self { chosen, fields: Vec::with_capacity(MOST.min(chosen.0.count_ones() as usize)) }
    }

    fn text(&mut self, field: MetadataField, value: Option<&str>) {
        if let Some(value) = value {
            self.set(field, || text(value));
        }
    }

    fn list(&mut self, field: MetadataField, texts: &[Box<str>]) {
        self.set(field, || {
            let values = texts.iter().map(|value| Value { kind: Some(text(value)) }).collect();
            Kind::ListValue(ListValue { values })
        });
    }

    fn set(&mut self, field: MetadataField, kind: impl FnOnce() -> Kind) {
        if self.chosen.hold(field) {
            let key = Bytes::from_static(field.as_str().as_bytes());
            self.fields.push(Field { key, value: Some(Value { kind: Some(kind()) }) });
        }
    }

    /// `None` where nothing is told.
    fn into_struct(self) -> Option<Struct> {
        (!self.fields.is_empty()).then_some(Struct { fields: self.fields })
    }
}

fn text(value: &str) -> Kind {
    Kind::StringValue(value.into())
}
