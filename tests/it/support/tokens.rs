//! A Clerk instance with one signing key, and session tokens of three people.

use bailiff::{
    core::clock::{Clock as _, SystemClock},
    stand_in::{
        keys::SigningKey,
        tokens::{ActiveMembership, Minting, SessionFacts, Token},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::time::Duration;

/// The one origin that may use the instance.
pub(crate) const ORIGIN: &str = "http://shop.test";
/// That origin's host.
pub(crate) const HOST: &str = "shop.test";
/// The organization that people are in.
pub(crate) const ORGANIZATION: &str = "org_2acme0000000000000000000000";

/// Who signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Person {
    /// A member of the organization `acme` on the free plan, who may read invoices and proved who
    /// they are three quarters of an hour ago.
    Reader,
    /// An administrator of `acme` on the plan `pro`, who proved who they are a minute ago.
    Boss,
    /// Signed in, in no organization.
    Loner,
}

impl Person {
    /// The user id.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Reader => "user_2reader000000000000000000",
            Self::Boss => "user_2boss00000000000000000000",
            Self::Loner => "user_2loner0000000000000000000",
        }
    }

    /// What a token says of this person.
    pub(crate) fn facts(self) -> SessionFacts {
        let mut facts = SessionFacts::new(self.id(), "sess_2shop00000000000000000000");
        let acme = |role: &str, permissions: &[&str]| ActiveMembership {
            id: ORGANIZATION.to_owned(),
            slug: Some("acme".to_owned()),
            role: role.to_owned(),
            permissions: permissions.iter().map(|&name| name.to_owned()).collect(),
        };
        let plan;
        (facts.organization, plan, facts.factor_ages) = match self {
            Self::Reader => {
                (Some(acme("org:member", &["org:invoices:read"])), Some("o:free"), Some([45, -1]))
            }
            Self::Boss => {
                let permissions = ["org:invoices:read", "org:invoices:manage"];
                (Some(acme("org:admin", &permissions)), Some("o:pro"), Some([1, -1]))
            }
            Self::Loner => (None, None, Some([45, -1])),
        };
        facts.plans.extend(plan.map(str::to_owned));
        if facts.organization.is_some() {
            facts.features.push("o:invoices".to_owned());
        }
        facts
    }
}

/// A Clerk instance.
pub(crate) struct Instance {
    frontend_api: String,
    key: SigningKey,
}

impl Instance {
    /// An instance whose Frontend API is at `clerk.shop.test`.
    pub(crate) fn new() -> Self {
        Self::at("clerk.shop.test")
    }

    /// An instance with its own key and Frontend API. All have the same key identifier.
    pub(crate) fn at(frontend_api: &str) -> Self {
        let key = SigningKey::generate("ins_shop").expect("a key");
        Self { frontend_api: frontend_api.to_owned(), key }
    }

    /// The publishable key.
    pub(crate) fn publishable_key(&self) -> String {
        format!("pk_test_{}", STANDARD.encode(format!("{}$", self.frontend_api)))
    }

    /// The signing key.
    pub(crate) const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// A token that is valid for the next ten minutes.
    pub(crate) fn token(&self, person: Person) -> String {
        self.token_with(person, |token| token)
    }

    /// The same, changed before it is signed.
    pub(crate) fn token_with(&self, person: Person, change: impl FnOnce(Token) -> Token) -> String {
        change(Token::session(&person.facts(), &self.minting())).sign(&self.key)
    }

    /// By whom, when and for which application tokens are minted.
    pub(crate) fn minting(&self) -> Minting {
        Minting {
            issuer: format!("https://{}", self.frontend_api),
            issued_at: SystemClock.now(),
            lifetime: Duration::from_secs(600),
            authorized_party: Some(ORIGIN.to_owned()),
        }
    }
}

/// Now, in Unix seconds, and this many more.
pub(crate) fn seconds_from_now(seconds: i64) -> i64 {
    SystemClock.now().unix_seconds() + seconds
}
