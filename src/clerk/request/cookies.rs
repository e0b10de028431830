//! Suffixed or plain cookies: one choice for session, `client_uat` and development browser alike.
//!
//! The choice is a guess on unverified contents (Clerk: `tokens/authenticateContext.ts`,
//! `usesSuffixedCookies`). It only says which cookies are looked at; what they hold is verified after.

use crate::{
    clerk::{
        instance::Instance,
        token_error::TokenError,
        verifier::{Issuer, Presented},
    },
    core::clock::Timestamp,
};

/// Which cookies count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// `__session` and the like.
    Plain,
    /// `__session_<suffix>` and the like.
    Suffixed,
}

impl Family {
    /// As reported to Clerk.
    pub(super) const fn is_suffixed(self) -> bool {
        matches!(self, Self::Suffixed)
    }
}

/// Both families' cookies.
pub(super) struct Pair<'p, 't> {
    pub(super) plain_session: Option<&'p Result<Presented<'t>, TokenError>>,
    pub(super) suffixed_session: Option<&'p Result<Presented<'t>, TokenError>>,
    pub(super) plain_uat: Option<&'p str>,
    pub(super) suffixed_uat: Option<&'p str>,
}

/// The first rule that applies decides.
pub(super) fn choose(instance: &Instance, pair: &Pair<'_, '_>, now: Timestamp) -> Family {
    if let Some(session) = pair.plain_session {
        let issuer = session.as_ref().map_or(Issuer::Missing, Presented::issuer);
        match issuer {
            Issuer::Missing => return Family::Plain,
            Issuer::NotText => return Family::Suffixed,
            Issuer::Text(issuer) => {
                let host = issuer
                    .strip_prefix("https://")
                    .or_else(|| issuer.strip_prefix("http://"))
                    .unwrap_or(issuer);
                if host != instance.token_host() {
                    return Family::Suffixed;
                }
            }
        }
    }
    let suffixed = pair.suffixed_session.and_then(|session| session.as_ref().ok());
    if pair.suffixed_uat.is_none() && pair.suffixed_session.is_none() {
        return Family::Plain;
    }
    let plain_is_zero = pair.plain_uat == Some("0");
    let suffixed_is_zero = pair.suffixed_uat == Some("0");
    let issued = |session: Option<&Presented<'_>>| {
        session.and_then(Presented::issued_at_seconds).unwrap_or(0.0)
    };
    let plain = pair.plain_session.and_then(|session| session.as_ref().ok());
    if !suffixed_is_zero && !plain_is_zero && issued(plain) > issued(suffixed) {
        return Family::Plain;
    }
    if suffixed_is_zero && !plain_is_zero {
        return Family::Plain;
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds fit a double")]
    let now = now.unix_seconds() as f64;
    let expired = suffixed.and_then(Presented::expires_at_seconds).is_some_and(|end| end <= now);
    if instance.publishable_key.is_development() && !suffixed_is_zero && plain_is_zero && expired {
        return Family::Plain;
    }
    if pair.suffixed_session.is_some() && pair.suffixed_uat.is_none() {
        return Family::Plain;
    }
    Family::Suffixed
}

#[cfg(test)]
mod tests;
