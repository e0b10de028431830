//! What a credential is by its form (Clerk: `tokens/machine.ts`), before anybody is asked about it.

use crate::{
    clerk::{token_error::TokenError, verifier::Presented},
    core::{credential::CredentialKind, machine::MachineKind},
};
use std::fmt;

/// The prefixes of opaque credentials. A machine's *secret key* begins with `ak_` as well: sent as a
/// credential, it is an API key that nobody has issued.
const PREFIXES: [(&str, MachineKind); 3] = [
    ("mt_", MachineKind::M2mToken),
    ("oat_", MachineKind::OauthToken),
    ("ak_", MachineKind::ApiKey),
];

/// Fewer characters behind the prefix than any secret has.
const MIN_SECRET_BYTES: usize = 8;
/// More than any credential that is not a JWT has.
const MAX_BYTES: usize = 512;

/// What a credential is by its form.
pub(in crate::clerk) enum Form<'t> {
    /// The prefix of a machine credential.
    Opaque(MachineKind),
    /// A JWT, or what was meant to be one.
    Jwt(Result<Presented<'t>, TokenError>),
}

impl<'t> Form<'t> {
    /// Looks at a token; `open` takes apart what is no opaque one.
    pub(in crate::clerk) fn of(
        token: &'t str,
        open: impl FnOnce(&'t str) -> Result<Presented<'t>, TokenError>,
    ) -> Self {
        let announced = PREFIXES.iter().find(|(prefix, _)| token.starts_with(prefix));
        announced.map_or_else(|| Self::Jwt(open(token)), |(_, kind)| Self::Opaque(*kind))
    }

    /// The kind of credential; what cannot be read counts as a session token, as in Clerk's package.
    pub(in crate::clerk) fn kind(&self) -> CredentialKind {
        match self {
            Self::Opaque(kind) => (*kind).into(),
            Self::Jwt(Ok(presented)) => {
                presented.kind().machine().map_or(CredentialKind::SessionToken, Into::into)
            }
            Self::Jwt(Err(_)) => CredentialKind::SessionToken,
        }
    }
}

/// An opaque credential that Clerk might have issued: worth a call.
#[derive(Clone, Copy)]
pub struct OpaqueToken<'t> {
    kind: MachineKind,
    text: &'t str,
}

impl<'t> OpaqueToken<'t> {
    /// Takes a credential with the prefix of its kind; `None` for what Clerk cannot have issued, by
    /// its length or its characters, so that nobody is asked about it.
    #[must_use]
    pub fn new(text: &'t str) -> Option<Self> {
        let (prefix, kind) = PREFIXES.iter().find(|(prefix, _)| text.starts_with(prefix))?;
        let secret = text.get(prefix.len()..)?;
        let plain = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=' | b'.')
        };
        let plausible = secret.len() >= MIN_SECRET_BYTES
            && text.len() <= MAX_BYTES
            && secret.bytes().all(plain)
            && !has_jwt_shape(text);
        plausible.then_some(Self { kind: *kind, text })
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> MachineKind {
        self.kind
    }

    /// The credential itself: a secret.
    #[must_use]
    pub const fn expose(&self) -> &'t str {
        self.text
    }
}

impl fmt::Debug for OpaqueToken<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OpaqueToken({})", self.kind.as_str())
    }
}

/// Three runs of base64url between dots: Clerk's package takes such a text for a JWT that cannot be
/// read, whatever its prefix.
fn has_jwt_shape(text: &str) -> bool {
    let run = |part: &str| {
        let base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        !part.is_empty() && part.bytes().all(base64url)
    };
    text.split('.').count() == 3 && text.split('.').all(run)
}

#[cfg(test)]
mod tests;
