//! What must hold of a token, in the order in which Clerk's package checks it, so that the
//! first failure is the same (Clerk: `packages/backend/src/jwt/verifyJwt.ts`).

use super::{
    instance::{ClockSkew, Instance, WhenMissing},
    jwt::{Class, Jwt, JwtKind},
    keys::Key,
    token_error::{RequiredClaim, TokenError},
};
use crate::core::{clock::Timestamp, location::Origin};
use serde_json::Value;

/// Checks what stands before the search for a key.
///
/// # Errors
/// [`TokenError::Type`] if the header says that the token was minted as something else.
pub(super) fn check_class(jwt: &Jwt<'_>, kind: JwtKind) -> Result<(), TokenError> {
    let fits = match kind {
        JwtKind::Session | JwtKind::Oauth => jwt.class() != Class::Machine,
        JwtKind::M2m => jwt.may_be_m2m_class(),
    };
    if fits { Ok(()) } else { Err(TokenError::Type) }
}

/// Checks type and algorithm.
///
/// # Errors
/// [`TokenError`] of the first that fails.
pub(super) fn check_header(jwt: &Jwt<'_>, kind: JwtKind) -> Result<(), TokenError> {
    let fits = match kind {
        JwtKind::Session | JwtKind::M2m => jwt.has_plain_type(),
        JwtKind::Oauth => jwt.is_oauth(),
    };
    if !fits {
        return Err(TokenError::Type);
    }
    match jwt.algorithm() {
        Some("RS256") => Ok(()),
        // Clerk's package knows these, but no key of Clerk's is for them.
        Some("RS384" | "RS512") => Err(TokenError::KeyUnusable),
        Some(_) | None => Err(TokenError::Algorithm),
    }
}

/// Checks the signature.
///
/// # Errors
/// [`TokenError::Signature`].
pub(super) fn check_signature(jwt: &Jwt<'_>, key: &Key) -> Result<(), TokenError> {
    if key.verifies(jwt.signed(), jwt.signature()) { Ok(()) } else { Err(TokenError::Signature) }
}

/// The registered claims, kept beside a verified token so that they can be checked again whenever it
/// is used.
#[derive(Debug)]
pub struct RegisteredClaims {
    has_subject: bool,
    has_session: bool,
    issuer: Option<Box<str>>,
    authorized_party: Text,
    audience: Audience,
    expiry: Time,
    not_before: Time,
    issued_at: Time,
}

#[derive(Debug)]
enum Text {
    Absent,
    Malformed,
    Is(Box<str>),
}

/// `aud`, where Clerk's package looks at it: a text, or a list of nothing but texts.
#[derive(Debug)]
enum Audience {
    Unstated,
    Names(Box<[Box<str>]>),
}

#[derive(Clone, Copy, Debug)]
enum Time {
    Absent,
    Malformed,
    At(Timestamp),
}

impl RegisteredClaims {
    /// Reads the claims of a token.
    #[must_use]
    pub fn read(jwt: &Jwt<'_>) -> Self {
        let text = |name| jwt.claim(name).and_then(Value::as_str);
        Self {
            has_subject: text("sub").is_some(),
            has_session: text("sid").is_some_and(|sid| !sid.is_empty()),
            issuer: text("iss").map(Into::into),
            authorized_party: Text::read(jwt.claim("azp")),
            audience: Audience::read(jwt.claim("aud")),
            expiry: Time::read(jwt.claim("exp")),
            not_before: Time::read(jwt.claim("nbf")),
            issued_at: Time::read(jwt.claim("iat")),
        }
    }

    /// Checks the claims against the settings and the clock.
    ///
    /// # Errors
    /// [`TokenError`] of the first that fails.
    pub fn check(
        &self,
        instance: &Instance,
        skew: ClockSkew,
        now: Timestamp,
    ) -> Result<(), TokenError> {
        if !self.has_subject {
            return Err(TokenError::Claim(RequiredClaim::Subject));
        }
        self.check_audience(instance)?;
        self.check_authorized_party(instance)?;
        if !self.issuer.as_deref().is_some_and(|issuer| instance.accepts_issuer(issuer)) {
            return Err(TokenError::Issuer);
        }
        self.check_times(skew, now)?;
        // Tokens made from a template and OpenID Connect's id tokens have the same signature and no
        // session: they would outlive its end.
        if self.has_session { Ok(()) } else { Err(TokenError::Claim(RequiredClaim::SessionId)) }
    }

    /// Checks what holds of a machine's JWT as well. It has neither a session nor an authorized
    /// party, and whom it is meant for is told by other rules.
    ///
    /// # Errors
    /// [`TokenError`] of the first that fails.
    pub(super) fn check_of_machine(
        &self,
        instance: &Instance,
        now: Timestamp,
    ) -> Result<(), TokenError> {
        if !self.has_subject {
            return Err(TokenError::Claim(RequiredClaim::Subject));
        }
        if !self.issuer.as_deref().is_some_and(|issuer| instance.accepts_issuer(issuer)) {
            return Err(TokenError::Issuer);
        }
        self.check_times(instance.clock_skew, now)
    }

    /// `aud`: the names in it, where it is a text or a list of nothing but texts.
    pub(super) fn audience(&self) -> Option<&[Box<str>]> {
        match &self.audience {
            Audience::Unstated => None,
            Audience::Names(names) => Some(names),
        }
    }

    fn check_audience(&self, instance: &Instance) -> Result<(), TokenError> {
        match (&self.audience, instance.missing_audience) {
            _ if instance.audiences.is_empty() => Ok(()),
            (Audience::Names(names), _) => {
                let accepted = names.iter().any(|name| instance.audiences.contains(name));
                if accepted { Ok(()) } else { Err(TokenError::Audience) }
            }
            (Audience::Unstated, WhenMissing::Accept) => Ok(()),
            (Audience::Unstated, WhenMissing::Refuse) => Err(TokenError::AudienceMissing),
        }
    }

    fn check_authorized_party(&self, instance: &Instance) -> Result<(), TokenError> {
        match (&self.authorized_party, instance.missing_azp) {
            _ if instance.authorized_parties.is_empty() => Ok(()),
            (Text::Is(party), _) => {
                let listed = instance.authorized_parties.iter();
                if listed.map(Origin::as_str).any(|origin| *origin == **party) {
                    Ok(())
                } else {
                    Err(TokenError::AzpMismatch)
                }
            }
            (Text::Malformed, _) => Err(TokenError::AzpMismatch),
            (Text::Absent, WhenMissing::Accept) => Ok(()),
            (Text::Absent, WhenMissing::Refuse) => Err(TokenError::AzpMissing),
        }
    }

    /// `exp` fails at equality, `nbf` and `iat` pass at equality, each with the skew in the token's
    /// favour.
    fn check_times(&self, skew: ClockSkew, now: Timestamp) -> Result<(), TokenError> {
        let latest = now.unix_millis().saturating_add(skew.millis());
        let earliest = now.unix_millis().saturating_sub(skew.millis());
        match self.expiry {
            Time::At(expiry) if expiry.unix_millis() <= earliest => {
                return Err(TokenError::Expired);
            }
            Time::At(_) => {}
            Time::Absent | Time::Malformed => {
                return Err(TokenError::Claim(RequiredClaim::Expiry));
            }
        }
        let ahead = |time: Time, claim, error| match time {
            Time::At(time) if time.unix_millis() > latest => Err(error),
            Time::At(_) | Time::Absent => Ok(()),
            Time::Malformed => Err(TokenError::Claim(claim)),
        };
        ahead(self.not_before, RequiredClaim::NotBefore, TokenError::NotActiveYet)?;
        ahead(self.issued_at, RequiredClaim::IssuedAt, TokenError::IssuedInTheFuture)
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// `exp`.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expiry.at()
    }

    /// `iat`.
    #[must_use]
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at.at()
    }
}

impl Text {
    fn read(claim: Option<&Value>) -> Self {
        match claim {
            None | Some(Value::Null) => Self::Absent,
            Some(Value::String(text)) if text.is_empty() => Self::Absent,
            Some(Value::String(text)) => Self::Is(text.as_str().into()),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Self::Malformed
            }
        }
    }
}

impl Audience {
    fn read(claim: Option<&Value>) -> Self {
        let names: Option<Box<[Box<str>]>> = match claim {
            Some(Value::String(name)) if !name.is_empty() => Some([name.as_str().into()].into()),
            Some(Value::Array(names)) if !names.is_empty() => {
                names.iter().map(|name| name.as_str().map(Into::into)).collect()
            }
            _ => None,
        };
        names.map_or(Self::Unstated, Self::Names)
    }
}

impl Time {
    fn read(claim: Option<&Value>) -> Self {
        match claim {
            None => Self::Absent,
            Some(value) => value.as_f64().map_or(Self::Malformed, |seconds| {
                Self::At(Timestamp::from_unix_seconds(whole(seconds)))
            }),
        }
    }

    const fn at(self) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(time),
            Self::Absent | Self::Malformed => None,
        }
    }
}

/// Seconds without their fraction; numbers beyond the range stay at its end.
#[expect(clippy::cast_possible_truncation, reason = "cutting the fraction off is the rule")]
const fn whole(seconds: f64) -> i64 {
    seconds as i64
}

#[cfg(test)]
mod tests;
