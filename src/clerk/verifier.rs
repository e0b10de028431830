//! From the text of a JWT to a verified identity, through the store of tokens verified before.

use super::{
    claims::Session,
    counters::Counters,
    instance::{ClockSkew, Instance},
    jwt::{Jwt, JwtKind},
    keys::{Key, Lookup},
    machine::OpaqueTokens,
    outside::Outside,
    token_error::TokenError,
    verified_tokens::{Fingerprint, Known, VerifiedMachine, VerifiedToken, VerifiedTokens},
    verify::{RegisteredClaims, check_class, check_header, check_signature},
};
use crate::core::{clock::Timestamp, span};
use serde_json::Value;
use std::sync::Arc;

/// What verification of one instance's tokens needs beside keys.
#[derive(Debug)]
pub(super) struct Verifier {
    /// The settings.
    pub instance: Instance,
    /// Tokens verified before.
    pub tokens: Arc<VerifiedTokens>,
    /// What Clerk has said about opaque tokens.
    pub opaque: OpaqueTokens,
    /// What happened how often.
    pub counters: Arc<Counters>,
}

/// A token as somebody presented it, looked up or taken apart but not believed.
pub(super) enum Presented<'t> {
    /// Verified before; still to be checked again.
    Known(Arc<VerifiedToken>),
    /// A machine's JWT verified before; still to be checked again, and never a session.
    KnownMachine(Arc<VerifiedMachine>),
    /// Taken apart.
    Decoded(Jwt<'t>),
}

impl Verifier {
    /// Looks a token up, or takes it apart.
    pub(super) fn open<'t>(&self, token: &'t str) -> Result<Presented<'t>, TokenError> {
        match self.tokens.get(&self.instance, Fingerprint::of(token)) {
            Some(Known::Session(known)) => Ok(Presented::Known(known)),
            Some(Known::Machine(known)) => Ok(Presented::KnownMachine(known)),
            None => Jwt::decode(token).map(Presented::Decoded),
        }
    }

    /// Verifies what has been opened.
    pub(super) async fn verify(
        &self,
        token: &str,
        presented: &Presented<'_>,
        outside: &impl Outside,
        now: Timestamp,
    ) -> Result<Arc<VerifiedToken>, TokenError> {
        let known = match presented {
            Presented::Decoded(jwt) => return self.verify_decoded(token, jwt, outside, now).await,
            Presented::KnownMachine(_) => return Err(TokenError::Kind),
            Presented::Known(known) => known,
        };
        if !is_still_held(known.key_id.as_deref(), &known.key, outside, now) {
            self.tokens.remove(&self.instance, known.fingerprint);
            let jwt = Jwt::decode(token)?;
            return self.verify_decoded(token, &jwt, outside, now).await;
        }
        self.counters.cache_hit.increment();
        span::note("bailiff.cache", "hit");
        known.recheck(&self.instance, now)?;
        Ok(Arc::clone(known))
    }

    async fn verify_decoded(
        &self,
        token: &str,
        jwt: &Jwt<'_>,
        outside: &impl Outside,
        now: Timestamp,
    ) -> Result<Arc<VerifiedToken>, TokenError> {
        self.counters.cache_miss.increment();
        span::note("bailiff.cache", "miss");
        let verified = self.verify_with(token, jwt, self.instance.clock_skew, outside, now).await?;
        // Tokens of other kinds can pass when Clerk itself hands them over in a handshake; whoever
        // presents one is refused before this store is asked.
        if !jwt.is_of_another_kind() {
            self.tokens.insert(&self.instance, Known::Session(Arc::clone(&verified)), now);
        }
        Ok(verified)
    }

    /// Verifies from scratch with a skew of the caller's choice; the result is not kept.
    pub(super) async fn verify_with(
        &self,
        token: &str,
        jwt: &Jwt<'_>,
        skew: ClockSkew,
        outside: &impl Outside,
        now: Timestamp,
    ) -> Result<Arc<VerifiedToken>, TokenError> {
        let key = self.authentic(jwt, JwtKind::Session, outside, now).await?;
        let registered = RegisteredClaims::read(jwt);
        registered.check(&self.instance, skew, now)?;
        let expires_at = registered.expires_at().unwrap_or(now);
        let session = Session::read(jwt, &self.instance.name, expires_at, registered.issued_at())?;
        if session.ambiguous_permissions {
            self.counters.ambiguous_permissions.increment();
        }
        Ok(Arc::new(VerifiedToken {
            fingerprint: Fingerprint::of(token),
            user: Arc::new(session.user),
            standing: session.standing,
            registered,
            key_id: jwt.key_id().map(Into::into),
            key,
        }))
    }

    /// Checks that the instance signed the token as one of that kind, whatever it says, and returns
    /// the key.
    pub(super) async fn authentic(
        &self,
        jwt: &Jwt<'_>,
        kind: JwtKind,
        outside: &impl Outside,
        now: Timestamp,
    ) -> Result<Arc<Key>, TokenError> {
        check_class(jwt, kind)?;
        let key = match outside.key_at_hand(jwt.key_id(), now) {
            Some(Lookup::Key(key)) => Ok(key),
            _ => outside.key(jwt.key_id(), now).await,
        };
        // A key that is missing is told first, a key that does not fit after what the header says.
        let key = match key {
            Err(
                error @ (TokenError::UnknownKey
                | TokenError::KeyPending
                | TokenError::KeysUnavailable(_)),
            ) => return Err(error),
            found => {
                check_header(jwt, kind)?;
                found?
            }
        };
        match check_signature(jwt, &key) {
            Ok(()) => Ok(key),
            Err(TokenError::Signature) => {
                // A new key may have come under the old name.
                let newer = outside.key_after(&key, now).await.ok_or(TokenError::Signature)?;
                check_signature(jwt, &newer).map(|()| newer)
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether the very key that verified a token is still the instance's.
pub(super) fn is_still_held(
    id: Option<&str>,
    used: &Arc<Key>,
    outside: &impl Outside,
    now: Timestamp,
) -> bool {
    match outside.key_at_hand(id, now) {
        Some(Lookup::Key(key)) => Arc::ptr_eq(&key, used) || key == *used,
        Some(Lookup::OtherPurpose | Lookup::Broken | Lookup::Absent) | None => false,
    }
}

/// The claims by which Clerk's package chooses among cookies before it verifies any.
#[derive(Clone, Copy, Debug)]
pub(super) enum Issuer<'p> {
    /// Missing, or a value that counts as nothing.
    Missing,
    /// Not text.
    NotText,
    /// Text.
    Text(&'p str),
}

impl Presented<'_> {
    pub(super) fn issuer(&self) -> Issuer<'_> {
        let claim = match self {
            Self::Decoded(jwt) => jwt.claim("iss"),
            Self::Known(_) | Self::KnownMachine(_) => {
                let issuer = self.registered().and_then(RegisteredClaims::issuer);
                return issuer.map_or(Issuer::Missing, Issuer::Text);
            }
        };
        match claim {
            None | Some(Value::Null | Value::Bool(false)) => Issuer::Missing,
            Some(Value::String(text)) if text.is_empty() => Issuer::Missing,
            Some(Value::Number(number)) if number.as_f64() == Some(0.0) => Issuer::Missing,
            Some(Value::String(text)) => Issuer::Text(text),
            Some(Value::Bool(true) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Issuer::NotText
            }
        }
    }

    /// `iat` in seconds, as a number compared without verification: `null` is 0, numeric text its
    /// number, and nothing comes of anything else.
    pub(super) fn issued_at_seconds(&self) -> Option<f64> {
        self.number("iat", RegisteredClaims::issued_at)
    }

    /// `exp` in seconds, likewise.
    pub(super) fn expires_at_seconds(&self) -> Option<f64> {
        self.number("exp", RegisteredClaims::expires_at)
    }

    fn number(
        &self,
        name: &str,
        known_as: impl Fn(&RegisteredClaims) -> Option<Timestamp>,
    ) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "seconds fit a double")]
            Self::Known(_) | Self::KnownMachine(_) => {
                self.registered().and_then(known_as).map(|time| time.unix_seconds() as f64)
            }
            Self::Decoded(jwt) => match jwt.claim(name)? {
                Value::Null => Some(0.0),
                Value::Number(number) => number.as_f64(),
                Value::String(text) => text.trim().parse().ok(),
                Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
            },
        }
    }

    fn registered(&self) -> Option<&RegisteredClaims> {
        match self {
            Self::Known(known) => Some(known.registered()),
            Self::KnownMachine(known) => Some(known.registered()),
            Self::Decoded(_) => None,
        }
    }

    /// What the token is by its form.
    pub(super) fn kind(&self) -> JwtKind {
        match self {
            Self::Known(_) => JwtKind::Session,
            Self::KnownMachine(known) => known.kind(),
            Self::Decoded(jwt) => jwt.kind(),
        }
    }

    /// Whether the token is of a kind that never stands for a session.
    pub(super) fn is_of_another_kind(&self) -> bool {
        match self {
            Self::Known(_) => false,
            Self::KnownMachine(_) => true,
            Self::Decoded(jwt) => jwt.is_of_another_kind(),
        }
    }
}
