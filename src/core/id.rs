//! Identifiers that must not be mistaken for one another.
//!
//! Clerk documents prefixes (`user_`, `sess_`, `org_`), but its own verifier accepts any text in
//! these claims, so no prefix is demanded here: a verified token is the proof, not its spelling.

use super::{clock::Timestamp, ksuid};
use std::{fmt, sync::Arc};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            #[must_use]
            pub fn new(text: &str) -> Self {
                Self(Arc::from(text))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, formatter)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

identifier!(
    /// A Clerk user, from the claim `sub`.
    UserId
);
identifier!(
    /// A Clerk session, from the claim `sid`.
    SessionId
);
identifier!(
    /// A Clerk organization, from `o.id` or `org_id`.
    OrganizationId
);
identifier!(
    /// An organization's slug, from `o.slg` or `org_slug`.
    OrganizationSlug
);
identifier!(
    /// A Clerk instance, by the name it has in the settings.
    InstanceName
);
identifier!(
    /// The identifier of a signing key, from the JOSE header `kid`. At Clerk this is the id of the
    /// instance, so it says which key to try and never that the key is the right one.
    KeyId
);
identifier!(
    /// A policy entry as it is written: `GET /invoices/{id}`, `action invoice.refund`.
    RuleId
);
identifier!(
    /// The digest of the policy that made a decision.
    Revision
);

impl SessionId {
    /// When the session began, as its id has it; `None` where it is no id as Clerk makes them.
    #[must_use]
    pub fn made_at(&self) -> Option<Timestamp> {
        ksuid::made_at(self.as_str().strip_prefix("sess_")?)
    }

    /// The id of a session that begins at that second; always the same one for the same `seed`.
    #[must_use]
    pub fn make(at: Timestamp, seed: &str) -> Self {
        Self::new(&format!("sess_{}", ksuid::make(at, seed)))
    }
}

/// What a request calls itself, from the header `x-request-id`. Clients may send what they like under
/// that name, so only a text that can be repeated anywhere is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Box<str>);

impl RequestId {
    /// The longest text that is taken for an identifier, in bytes.
    pub const LONGEST: usize = 128;

    /// Takes ASCII letters, digits and `-_.:=+/`, at most [`Self::LONGEST`] of them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:=+/".contains(&byte);
        let sound = (1..=Self::LONGEST).contains(&text.len()) && text.bytes().all(sound);
        sound.then(|| Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::RequestId;

    #[test]
    fn what_is_too_long_or_odd_is_no_request_id() {
        let longest = "a".repeat(RequestId::LONGEST);
        for sound in [
            "7",
            "3f2b8c1e-0000-4000-8000-000000000000",
            "Root=1-5759e988-bd86",
            "aGk=/+",
            &longest,
        ] {
            assert_eq!(RequestId::parse(sound).as_ref().map(RequestId::as_str), Some(sound));
        }
        let too_long = "a".repeat(RequestId::LONGEST + 1);
        for odd in
            ["", " ", "a b", "a,b", "a\"", "<a>", "a\\", "{reason}", "a\r\nb", "\u{e9}", &too_long]
        {
            assert_eq!(RequestId::parse(odd), None, "{odd:?}");
        }
    }
}
