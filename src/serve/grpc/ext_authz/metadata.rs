//! What the proxy's logs, rate limits and other filters may know about a decision
//! (`envoy.filters.http.ext_authz`). Names of people and machines, never a token.

use crate::{
    authorizer::outcome::Outcome,
    core::{clock::Timestamp, reason::Reason},
    pb::envoy::{Field, ListValue, Struct, Value, value::Kind},
};
use prost::bytes::Bytes;

/// The most fields there can be.
const FIELDS: usize = 12;

/// About a decision. `expires_at` is in Unix seconds.
pub(super) fn of(outcome: &Outcome) -> Struct {
    let decision = &outcome.decision;
    let mut fields = Fields(Vec::with_capacity(FIELDS));
    fields.text("effect", decision.effect.as_str());
    fields.text("reason", decision.reason.code());
    fields.text("revision", decision.revision.as_str());
    if let Some(rule) = &decision.rule {
        fields.text("rule", rule.as_str());
    }
    if let Some(instance) = &outcome.instance {
        fields.text("instance", instance.as_str());
    }
    if let Some(caller) = outcome.identity.caller() {
        fields.text("credential", caller.kind().as_str());
    }
    if let Some(machine) = outcome.identity.machine() {
        fields.text("subject", &machine.subject);
        fields.text("credential_id", &machine.id);
        if let Some(organization) = &machine.organization {
            fields.text("organization_id", organization.as_str());
        }
        if let Some(client) = &machine.client {
            fields.text("client_id", client);
        }
        fields.list("scopes", &machine.scopes);
    }
    if let Some(user) = outcome.identity.user() {
        fields.text("user_id", user.id.as_str());
        fields.text("session_id", user.session.as_str());
        if let Some(organization) = &user.organization {
            fields.text("organization_id", organization.id.as_str());
            if let Some(role) = &organization.role {
                fields.text("organization_role", role);
            }
        }
    }
    if let Some(until) = decision.valid_until {
        fields.set("expires_at", Kind::NumberValue(unix_seconds(until)));
    }
    fields.into_struct()
}

/// About a request that no decision could be made about.
pub(super) fn of_refusal(reason: Reason) -> Struct {
    let mut fields = Fields(Vec::with_capacity(2));
    fields.text("effect", "deny");
    fields.text("reason", reason.code());
    fields.into_struct()
}

#[expect(clippy::cast_precision_loss, reason = "exact for the next 285 million years")]
const fn unix_seconds(instant: Timestamp) -> f64 {
    instant.unix_seconds() as f64
}

struct Fields(Vec<Field>);

impl Fields {
    fn text(&mut self, name: &'static str, value: &str) {
        self.set(name, text(value));
    }

    fn list(&mut self, name: &'static str, texts: &[Box<str>]) {
        let values = texts.iter().map(|value| Value { kind: Some(text(value)) }).collect();
        self.set(name, Kind::ListValue(ListValue { values }));
    }

    fn set(&mut self, name: &'static str, kind: Kind) {
        let key = Bytes::from_static(name.as_bytes());
        self.0.push(Field { key, value: Some(Value { kind: Some(kind) }) });
    }

    fn into_struct(self) -> Struct {
        Struct { fields: self.0 }
    }
}

fn text(value: &str) -> Kind {
    Kind::StringValue(value.into())
}
