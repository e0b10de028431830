//! What a header can tell: a part of the identity, of a closed list, or what an expression gives.

use crate::core::{entitlement::Entitlements, identity::User, organization::ActiveOrganization};
use crate::policy::{
    condition::{ConditionError, HeaderExpression, Told},
    facts::HeaderFacts,
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::borrow::Cow;

/// What is percent-encoded in a value, besides everything outside ASCII.
const INVISIBLE: &AsciiSet = &CONTROLS.add(b' ').add(b'%');
/// The same for an element of a list that is joined by commas.
const IN_LIST: &AsciiSet = &INVISIBLE.add(b',');

macro_rules! expressions {
    ($($variant:ident = $text:literal;)*) => {
        /// One of the expressions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::policy) enum Expression {
            $($variant,)*
        }

        impl Expression {
            const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Every expression as it is written.
            pub(in crate::policy) const NAMES: &'static [&'static str] = &[$($text,)*];

            /// The expression as it is written.
            pub(in crate::policy) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

expressions! {
    UserId = "identity.user.id";
    SessionId = "identity.session.id";
    OrganizationId = "identity.organization.id";
    OrganizationSlug = "identity.organization.slug";
    OrganizationRole = "identity.organization.role";
    OrganizationPermissions = "identity.organization.permissions";
    Features = "identity.features";
    Plans = "identity.plans";
    ActorId = "identity.actor.id";
}

/// What a header tells.
#[derive(Clone, Debug)]
pub(in crate::policy) enum HeaderValue {
    /// A part of a user's identity, which costs next to nothing.
    Part(Expression),
    /// What an expression gives.
    Computed(HeaderExpression),
}

impl HeaderValue {
    /// As it is written.
    pub(in crate::policy) fn as_str(&self) -> &str {
        match self {
            Self::Part(part) => part.as_str(),
            Self::Computed(expression) => expression.text(),
        }
    }

    /// The value, fit for a header; `None` where there is none or an empty one.
    pub(super) fn value(
        &self,
        facts: &HeaderFacts<'_>,
    ) -> Result<Option<Box<str>>, ConditionError> {
        match self {
            Self::Part(part) => Ok(facts.identity.user().and_then(|user| part.value(user))),
            Self::Computed(expression) => {
                let value = expression.value(facts)?.map(|told| match told {
                    Told::One(text) => one(&text),
                    Told::Many(texts) => many(texts.iter().map(String::as_str)),
                });
                Ok(value.filter(|value| !value.is_empty()).map(Into::into))
            }
        }
    }
}

impl Expression {
    /// From the expression as it is written.
    pub(in crate::policy) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|expression| expression.as_str() == text)
    }

    /// The value, fit for a header; `None` where there is none or an empty one.
    pub(super) fn value(self, user: &User) -> Option<Box<str>> {
        let organization = user.organization.as_ref();
        let value = match self {
            Self::UserId => one(user.id.as_str()),
            Self::SessionId => one(user.session.as_str()),
            Self::OrganizationId => one(organization?.id.as_str()),
            Self::OrganizationSlug => one(organization?.slug.as_ref()?.as_str()),
            Self::OrganizationRole => one(organization?.role.as_deref()?),
            Self::OrganizationPermissions => permissions(organization?),
            Self::Features => entitlements(&user.features),
            Self::Plans => entitlements(&user.plans),
            Self::ActorId => one(user.actor.as_ref()?.subject.as_ref()?.as_str()),
        };
        if value.is_empty() { None } else { Some(value.into()) }
    }
}

fn permissions(organization: &ActiveOrganization) -> String {
    many(organization.permissions.iter().flatten().map(|permission| &**permission))
}

fn entitlements(entitlements: &Entitlements) -> String {
    many(entitlements.held().map(|held| &*held.text))
}

fn one(text: &str) -> String {
    Cow::from(utf8_percent_encode(text, INVISIBLE)).into_owned()
}

fn many<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> String {
    // Most often nothing is to be encoded, and then this is its very length.
    let length = texts.clone().map(|text| text.len() + 1).sum::<usize>().saturating_sub(1);
    let mut value = String::with_capacity(length);
    for text in texts {
        if !value.is_empty() {
            value.push(',');
        }
        value.extend(utf8_percent_encode(text, IN_LIST));
    }
    value
}
