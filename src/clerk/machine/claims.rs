//! A machine's JWT as an identity. Reading says nothing about truth: the caller verifies first.

use crate::{
    clerk::{
        claims::{actor, text},
        jwt::Jwt,
        token_error::{RequiredClaim, TokenError},
        verify::RegisteredClaims,
    },
    core::{
        id::{InstanceName, OrganizationId, UserId},
        identity::SignedClaims,
        machine::{Machine, MachineKind},
    },
};
use serde_json::Value;

/// Reads a machine-to-machine token.
pub(super) fn m2m(
    jwt: &Jwt<'_>,
    instance: &InstanceName,
    registered: &RegisteredClaims,
) -> Result<Machine, TokenError> {
    let scopes = match jwt.claim("scopes").and_then(Value::as_str) {
        Some(list) => words(list),
        None => registered.audience().unwrap_or_default().into(),
    };
    let subject = subject(jwt, MachineKind::M2mToken)?;
    Ok(common(jwt, MachineKind::M2mToken, subject, scopes, instance, registered))
}

/// Reads an OAuth access token.
pub(super) fn oauth(
    jwt: &Jwt<'_>,
    instance: &InstanceName,
    registered: &RegisteredClaims,
) -> Result<Machine, TokenError> {
    let scopes = match jwt.claim("scp").and_then(Value::as_array) {
        Some(list) => list.iter().filter_map(Value::as_str).map(Into::into).collect(),
        None => jwt.claim("scope").and_then(Value::as_str).map(words).unwrap_or_default(),
    };
    let subject = subject(jwt, MachineKind::OauthToken)?;
    Ok(Machine {
        user: Some(UserId::new(subject)),
        organization: text(jwt.claim("org_id")).map(OrganizationId::new),
        client: text(jwt.claim("client_id")).map(Into::into),
        actor: jwt.claim("act").filter(|claim| !claim.is_null()).map(actor),
        ..common(jwt, MachineKind::OauthToken, subject, scopes, instance, registered)
    })
}

fn common(
    jwt: &Jwt<'_>,
    kind: MachineKind,
    subject: &str,
    scopes: Box<[Box<str>]>,
    instance: &InstanceName,
    registered: &RegisteredClaims,
) -> Machine {
    Machine {
        instance: instance.clone(),
        kind,
        id: text(jwt.claim("jti")).unwrap_or_default().into(),
        subject: subject.into(),
        user: None,
        organization: None,
        client: None,
        name: None,
        scopes,
        actor: None,
        claims: SignedClaims::new(jwt.payload_text()),
        as_of: registered.issued_at(),
        expires_at: registered.expires_at(),
    }
}

fn subject<'j>(jwt: &'j Jwt<'_>, kind: MachineKind) -> Result<&'j str, TokenError> {
    text(jwt.claim("sub"))
        .filter(|subject| is_subject_of(kind, subject))
        .ok_or(TokenError::Claim(RequiredClaim::Subject))
}

/// Whether credentials of that kind can act for this subject: an identifier with the right prefix.
pub(super) fn is_subject_of(kind: MachineKind, subject: &str) -> bool {
    let prefixes: &[&str] = match kind {
        MachineKind::ApiKey => &["user_", "org_", "mch_"],
        MachineKind::M2mToken => &["mch_"],
        MachineKind::OauthToken => &["user_"],
    };
    prefixes.iter().any(|prefix| is_id(subject, prefix))
}

/// Whether the text is an identifier with this prefix. Identifiers are logged and sent on: nothing
/// but letters, digits, `_` and `-`.
pub(super) fn is_id(text: &str, prefix: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    text.len() <= 128
        && text.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(plain))
}

fn words(list: &str) -> Box<[Box<str>]> {
    list.split_ascii_whitespace().map(Into::into).collect()
}

#[cfg(test)]
mod tests;
