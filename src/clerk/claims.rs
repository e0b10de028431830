//! The claims of a session token, versions 1 and 2, as an identity.
//!
//! Reading a claim here says nothing about its truth: the caller verifies first.

use super::{
    jwt::Jwt,
    permissions,
    token_error::{RequiredClaim, TokenError},
};
use crate::core::{
    clock::Timestamp,
    entitlement::Entitlements,
    id::{InstanceName, OrganizationId, OrganizationSlug, SessionId, UserId},
    identity::{Actor, SignedClaims, User},
    organization::ActiveOrganization,
    reverification::FactorAges,
};
use serde_json::Value;

/// What a token says about its session.
#[derive(Debug)]
pub(super) struct Session {
    /// The user, should the session count.
    pub(super) user: User,
    /// Whether the user counts as signed in.
    pub(super) standing: Standing,
    /// Whether the readings of the permission masks differ.
    pub(super) ambiguous_permissions: bool,
}

/// Whether a verified session makes a signed-in user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    SignedIn,
    /// Tasks are left to finish (`sts`).
    Pending,
    /// The token names no user: `sub` is empty, with which nothing is ever granted.
    Nobody,
}

impl Session {
    /// Reads the claims.
    ///
    /// # Errors
    /// [`TokenError::Claim`] when a claim that makes the identity is missing or malformed.
    pub(super) fn read(
        jwt: &Jwt<'_>,
        instance: &InstanceName,
        expires_at: Timestamp,
        issued_at: Option<Timestamp>,
    ) -> Result<Self, TokenError> {
        let id = jwt
            .claim("sub")
            .and_then(Value::as_str)
            .ok_or(TokenError::Claim(RequiredClaim::Subject))?;
        let session = text(jwt.claim("sid")).ok_or(TokenError::Claim(RequiredClaim::SessionId))?;
        let features = entitlements(jwt.claim("fea"))?;
        let plans = entitlements(jwt.claim("pla"))?;
        let (organization, ambiguous_permissions) =
            if jwt.claim("v").and_then(Value::as_f64) == Some(2.0) {
                jwt.claim("o").map_or((None, false), |claim| version_2(claim, &features))
            } else {
                (version_1(jwt), false)
            };
        let user = User {
            instance: instance.clone(),
            id: UserId::new(id),
            session: SessionId::new(session),
            organization,
            features,
            plans,
            factor_ages: jwt.claim("fva").and_then(factor_ages),
            actor: jwt.claim("act").filter(|claim| !claim.is_null()).map(actor),
            issued_at,
            claims_as_of: claims_as_of(jwt, issued_at),
            expires_at,
            claims: SignedClaims::new(jwt.payload_text()),
        };
        let standing = match jwt.claim("sts").and_then(Value::as_str) {
            Some("pending") => Standing::Pending,
            _ if id.is_empty() => Standing::Nobody,
            _ => Standing::SignedIn,
        };
        Ok(Self { user, standing, ambiguous_permissions })
    }
}

/// The earlier of `iat` and the header's `oiat`, which stands where Clerk's edge has signed older
/// claims anew. `None` where `oiat` cannot be read.
fn claims_as_of(jwt: &Jwt<'_>, issued_at: Option<Timestamp>) -> Option<Timestamp> {
    match jwt.header().get("oiat") {
        None => issued_at,
        Some(assembled) => {
            let assembled = assembled.as_i64().map(Timestamp::from_unix_seconds)?;
            issued_at.map(|issued| issued.min(assembled))
        }
    }
}

/// A claim that is text and not empty.
pub(super) fn text(claim: Option<&Value>) -> Option<&str> {
    claim.and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn version_1(jwt: &Jwt<'_>) -> Option<ActiveOrganization> {
    let names = |list: &Vec<Value>| {
        list.iter().filter_map(Value::as_str).map(Into::into).collect::<Box<[Box<str>]>>()
    };
    Some(ActiveOrganization {
        id: OrganizationId::new(text(jwt.claim("org_id"))?),
        slug: text(jwt.claim("org_slug")).map(OrganizationSlug::new),
        role: text(jwt.claim("org_role")).map(Into::into),
        permissions: jwt.claim("org_permissions").and_then(Value::as_array).map(names),
    })
}

fn version_2(claim: &Value, features: &Entitlements) -> (Option<ActiveOrganization>, bool) {
    let member = |name| text(claim.get(name));
    let Some(id) = member("id") else { return (None, false) };
    let granted = permissions::decode(
        features,
        member("per").unwrap_or_default(),
        member("fpm").unwrap_or_default(),
    );
    let organization = ActiveOrganization {
        id: OrganizationId::new(id),
        slug: member("slg").map(OrganizationSlug::new),
        role: member("rol").map(|role| format!("org:{role}").into()),
        permissions: Some(granted.permissions),
    };
    (Some(organization), granted.ambiguous)
}

fn entitlements(claim: Option<&Value>) -> Result<Entitlements, TokenError> {
    let malformed = TokenError::Claim(RequiredClaim::Entitlements);
    match claim {
        None | Some(Value::Null) => Ok(Entitlements::default()),
        Some(Value::String(list)) => Entitlements::parse(list).map_err(|_| malformed),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(malformed)
        }
    }
}

fn factor_ages(claim: &Value) -> Option<FactorAges> {
    let [first, second] = claim.as_array()?.as_slice() else { return None };
    FactorAges::from_claim(first.as_f64()?, second.as_f64()?).ok()
}

pub(super) fn actor(claim: &Value) -> Actor {
    Actor { subject: text(claim.get("sub")).map(UserId::new), claims: claim.to_string().into() }
}

#[cfg(test)]
mod tests;
