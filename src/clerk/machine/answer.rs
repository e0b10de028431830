//! What Clerk says of an opaque credential, as an identity.
//!
//! An answer of 200 alone proves nothing: it may say that the credential is revoked, expired or not
//! active. Whatever cannot be read the one way that Clerk documents is not relied on.

use super::{
    claims::{is_id, is_subject_of},
    error::MachineError,
    form::OpaqueToken,
    meant_for,
};
use crate::{
    clerk::{backend_api::Answer, claims, instance::Instance},
    core::{
        clock::Timestamp,
        id::{OrganizationId, UserId},
        identity::SignedClaims,
        machine::{Machine, MachineKind},
    },
};
use serde_json::{Map, Value};

/// Instants below this count in seconds, others in milliseconds: as seconds it lies in the year 5138,
/// as milliseconds in 1973. Clerk's documents do not agree on the unit for OAuth access tokens.
const FIRST_IN_MILLISECONDS: f64 = 1e11;

/// Reads an answer about `token`.
pub(super) fn read(
    answer: &Answer,
    token: OpaqueToken<'_>,
    instance: &Instance,
    now: Timestamp,
) -> Result<Machine, MachineError> {
    match answer.status {
        200..=299 => {}
        400 | 422 => return Err(MachineError::Unreadable),
        401 => return Err(MachineError::SecretKey),
        404 => return Err(MachineError::Unknown),
        status => return Err(MachineError::Status(status)),
    }
    let body: Map<String, Value> =
        serde_json::from_slice(&answer.body).map_err(|_| MachineError::Answer)?;
    let body = Body(&body);
    body.check_standing()?;
    let machine = body.machine(token, instance, now)?;
    match machine.kind {
        MachineKind::ApiKey => {}
        MachineKind::M2mToken => meant_for::m2m(instance, &machine.scopes)?,
        MachineKind::OauthToken => {
            let audience = body.names("aud")?;
            meant_for::oauth(instance, audience.as_deref())?;
        }
    }
    let ended = body.flag("expired")? || machine.expires_at.is_some_and(|end| end <= now);
    if ended { Err(MachineError::Expired) } else { Ok(machine) }
}

struct Body<'b>(&'b Map<String, Value>);

impl<'b> Body<'b> {
    /// Whether the credential counts at all.
    fn check_standing(&self) -> Result<(), MachineError> {
        match self.member("active") {
            None | Some(Value::Bool(true)) => {}
            // An OAuth access token that has ended.
            Some(Value::Bool(false)) => return Err(MachineError::Expired),
            Some(_) => return Err(MachineError::Answer),
        }
        if self.flag("revoked")? { Err(MachineError::Revoked) } else { Ok(()) }
    }

    fn machine(
        &self,
        token: OpaqueToken<'_>,
        instance: &Instance,
        now: Timestamp,
    ) -> Result<Machine, MachineError> {
        let kind = token.kind();
        let id = self.text("id")?.ok_or(MachineError::Answer)?;
        let prefix = match kind {
            MachineKind::ApiKey => "ak_",
            MachineKind::M2mToken => "mt_",
            MachineKind::OauthToken => "oat_",
        };
        // Identifiers are logged: one that is the credential itself must not be.
        if !is_id(id, prefix) || id == token.expose() {
            return Err(MachineError::Answer);
        }
        let subject = self.text("subject")?.ok_or(MachineError::Answer)?;
        if !is_subject_of(kind, subject) {
            return Err(MachineError::Answer);
        }
        Ok(Machine {
            instance: instance.name().clone(),
            kind,
            id: id.into(),
            subject: subject.into(),
            user: subject.starts_with("user_").then(|| UserId::new(subject)),
            organization: subject.starts_with("org_").then(|| OrganizationId::new(subject)),
            client: self.text("client_id")?.map(Into::into),
            name: self.text("name")?.map(Into::into),
            scopes: self.names("scopes")?.unwrap_or_default(),
            actor: self.member("act").map(claims::actor),
            claims: SignedClaims::new(&match self.member("claims") {
                Some(claims @ Value::Object(_)) => claims.to_string(),
                // Claims of another form have no names by which anything could ask for them.
                Some(_) | None => "{}".to_owned(),
            }),
            // Whatever happened before, Clerk knew of it.
            as_of: Some(now),
            expires_at: self.instant("expiration")?,
        })
    }

    /// A member that is there and not null.
    fn member(&self, name: &str) -> Option<&'b Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn flag(&self, name: &str) -> Result<bool, MachineError> {
        self.member(name).map_or(Ok(false), |value| value.as_bool().ok_or(MachineError::Answer))
    }

    fn text(&self, name: &str) -> Result<Option<&'b str>, MachineError> {
        let text = |value: &'b Value| value.as_str().ok_or(MachineError::Answer);
        Ok(self.member(name).map(text).transpose()?.filter(|text| !text.is_empty()))
    }

    /// A list of texts, or one text.
    fn names(&self, name: &str) -> Result<Option<Box<[Box<str>]>>, MachineError> {
        let text = |value: &Value| value.as_str().map(Into::into).ok_or(MachineError::Answer);
        let list = |value: &Value| match value {
            Value::Array(items) => items.iter().map(text).collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => text(value).map(|one| [one].into()),
        };
        self.member(name).map(list).transpose()
    }

    fn instant(&self, name: &str) -> Result<Option<Timestamp>, MachineError> {
        let instant = |value: &Value| {
            let number = value.as_f64().ok_or(MachineError::Answer)?;
            let millis =
                if number.abs() < FIRST_IN_MILLISECONDS { number * 1000.0 } else { number };
            #[expect(
                clippy::cast_possible_truncation,
                reason = "saturates at the ends of the range"
            )]
            let millis = millis as i64;
            Ok(Timestamp::from_unix_millis(millis))
        };
        self.member(name).map(instant).transpose()
    }
}

#[cfg(test)]
mod tests;
