//! Identifiers that must not be mistaken for one another.
//!
//! Clerk documents prefixes (`user_`, `sess_`, `org_`), but its own verifier accepts any text in
//! these claims, so no prefix is demanded here: a verified token is the proof, not its spelling.

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
