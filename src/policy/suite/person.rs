//! Who asks in the cases of a policy.

use super::{
    super::{
        compile,
        document::{Entry, Node, Value},
        problem::Problem,
        source::Place,
        wording::{Excerpt, Expected},
    },
    problem::SuiteProblem,
    reader::Reader,
};
use crate::core::{age::AgeLimit, question::JsonObject};
use std::sync::Arc;

pub(in crate::policy) mod machine;
pub(in crate::policy) mod organization;

pub use machine::MachineFacts;
pub use organization::OrganizationFacts;
use organization::{entitlements, organization};

pub(in crate::policy) const KEYS: [&str; 16] = [
    "id",
    "session",
    "session_age",
    "organization",
    "features",
    "plans",
    "factors",
    "actor",
    "pending",
    "status",
    "claims",
    "expired",
    "issued",
    "api_key",
    "m2m_token",
    "oauth_token",
];

/// What every token has a meaning for; custom claims never replace it.
pub(in crate::policy) const RESERVED_CLAIMS: [&str; 21] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "azp",
    "sid",
    "sts",
    "fva",
    "act",
    "v",
    "pla",
    "fea",
    "o",
    "org_id",
    "org_slug",
    "org_role",
    "org_permissions",
    "client_id",
];

/// What a session's `status` is.
pub(in crate::policy) const STATUSES: [&str; 2] = ["active", "pending"];

/// Somebody who asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    name: Box<str>,
    who: Who,
}

/// What somebody presents.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// Nothing.
    Nobody,
    /// A session token.
    User(Box<UserFacts>),
    /// A machine credential.
    Machine(Box<MachineFacts>),
}

/// A person with a session, as Clerk knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct UserFacts {
    /// The user's id; `user_` and the name unless it is written.
    pub id: Box<str>,
    /// The session's id; `sess_` and the name unless it is written.
    pub session: Box<str>,
    /// How long ago the session began. Without it the session's id does not say.
    pub session_age: Option<AgeLimit>,
    /// The active organization.
    pub organization: Option<OrganizationFacts>,
    /// Features with their scopes, `o:invoices`; `None` where they are not written: those that the
    /// permissions need.
    pub features: Option<Vec<Box<str>>>,
    /// Plans with their scopes: `o:pro`.
    pub plans: Vec<Box<str>>,
    /// Minutes since the first and the second factor were verified, `None` for never. Without it the
    /// token says nothing about factors.
    pub factors: Option<[Option<u32>; 2]>,
    /// The id of whoever impersonates the user.
    pub actor: Option<Box<str>>,
    /// Whether the session has tasks left.
    pub pending: bool,
    /// Custom claims of the session token.
    pub claims: JsonObject,
    /// Whether the token has expired.
    pub expired: bool,
    /// Minutes since the token was issued.
    pub issued: u32,
}

impl Person {
    /// Somebody who presents no credential.
    pub const NOBODY: &'static str = "nobody";

    /// The name in the cases.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What they present.
    #[must_use]
    pub const fn who(&self) -> &Who {
        &self.who
    }
}

impl UserFacts {
    /// Whether features or plans were written, which version 1 tokens do not carry.
    #[must_use]
    pub const fn needs_version_2(&self) -> bool {
        !self.plans.is_empty() || self.features.is_some()
    }

    fn named(name: &str) -> Self {
        Self {
            id: format!("user_{name}").into(),
            session: format!("sess_{name}").into(),
            session_age: None,
            organization: None,
            features: None,
            plans: Vec::new(),
            factors: None,
            actor: None,
            pending: false,
            claims: JsonObject::new(),
            expired: false,
            issued: 0,
        }
    }
}

/// Reads people from several texts.
pub(super) struct PersonReader {
    people: Vec<Arc<Person>>,
    /// The text that each is from, in the same order.
    origins: Vec<Box<str>>,
}

impl PersonReader {
    pub(super) fn new() -> Self {
        let nobody = Person { name: Person::NOBODY.into(), who: Who::Nobody };
        Self { people: vec![Arc::new(nobody)], origins: vec!["".into()] }
    }

    pub(super) fn finish(self) -> Vec<Arc<Person>> {
        self.people
    }

    pub(super) fn read(&mut self, node: &Node, reader: &mut Reader<'_>) {
        for entry in reader.map(node, "`people`").unwrap_or_default() {
            if *entry.key == *Person::NOBODY {
                reader.report(entry.place, SuiteProblem::Nobody);
                continue;
            }
            let known = self.people.iter().position(|person| person.name() == &*entry.key);
            if let Some(origin) = known.and_then(|known| self.origins.get(known)) {
                let (name, other) = (Excerpt::of(&entry.key), Excerpt::of(origin));
                reader.report(entry.place, SuiteProblem::DuplicatePerson { name, other });
                continue;
            }
            // Somebody who cannot be read is known all the same, so that their cases are no error.
            let who = reader.who(entry).unwrap_or(Who::Nobody);
            self.people.push(Arc::new(Person { name: entry.key.clone(), who }));
            self.origins.push(reader.source.name().into());
        }
    }
}

impl Reader<'_> {
    fn who(&mut self, person: &Entry) -> Option<Who> {
        let entries = self.map(&person.value, "a person")?;
        let kind = |entry: &&&Entry| machine::kind(&entry.key).is_some();
        if let Some(machine) = entries.iter().find(kind) {
            let kind = machine::kind(&machine.key)?;
            let others = entries.iter().filter(|entry| entry.key != machine.key);
            for other in others {
                let (machine, key) = (machine::key(kind), Excerpt::of(&other.key));
                self.report(other.place, SuiteProblem::MixedPerson { machine, key });
            }
            let facts = machine::read(self, kind, &person.key, &machine.value)?;
            return Some(Who::Machine(Box::new(facts)));
        }
        Some(Who::User(Box::new(self.user(&person.key, &entries))))
    }

    fn user(&mut self, name: &str, entries: &[&Entry]) -> UserFacts {
        let mut user = UserFacts::named(name);
        let value = |key: &str| entries.iter().find(|entry| *entry.key == *key);
        // Whose features and plans are meant hangs on the organization.
        if let Some(entry) = value("organization") {
            user.organization = organization(self, &entry.value);
        }
        let active = value("organization").is_some();
        for entry in entries {
            let node = &entry.value;
            match &*entry.key {
                "organization" => {}
                "id" => user.id = self.name(node, "`id`").unwrap_or(user.id),
                "session" => user.session = self.name(node, "`session`").unwrap_or(user.session),
                "session_age" => user.session_age = self.session_age(node),
                "features" => user.features = Some(entitlements(self, node, "a feature", active)),
                "plans" => user.plans = entitlements(self, node, "a plan", active),
                "factors" => user.factors = self.factors(node),
                "actor" => user.actor = self.name(node, "`actor`"),
                "pending" => user.pending = self.flag(node, "`pending`").unwrap_or_default(),
                "status" => user.pending = self.status(node),
                "claims" => user.claims = self.claims(node),
                "expired" => user.expired = self.flag(node, "`expired`").unwrap_or_default(),
                "issued" => user.issued = self.number(node, "`issued`").unwrap_or_default(),
                _ => self.unknown_key(entry, "a person", &KEYS),
            }
        }
        if let (Some(_), Some(age)) = (value("session"), value("session_age")) {
            self.report(age.place, SuiteProblem::SessionAgeBesideSession);
        }
        self.features_of_permissions(&user, value("organization").map(|entry| entry.place));
        user
    }

    /// A token leaves out every permission whose feature the organization does not have.
    fn features_of_permissions(&mut self, user: &UserFacts, place: Option<Place>) {
        let (Some(organization), Some(features), Some(place)) =
            (&user.organization, &user.features, place)
        else {
            return;
        };
        for permission in &organization.permissions {
            let feature = OrganizationFacts::feature(permission);
            let held = |scoped: &str| {
                scoped.split_once(':').is_some_and(|(scope, slug)| scope != "u" && slug == feature)
            };
            if !features.iter().any(|scoped| held(scoped)) {
                let (permission, feature) = (Excerpt::of(permission), Excerpt::of(feature));
                self.report(place, SuiteProblem::PermissionWithoutFeature { permission, feature });
            }
        }
    }

    /// A text that is not empty.
    fn name(&mut self, node: &Node, what: &'static str) -> Option<Box<str>> {
        let text = self.text(node, what)?;
        match compile::name(what, text) {
            Ok(name) => Some(name.into()),
            Err(problem) => self.refuse(node.place, problem),
        }
    }

    fn factors(&mut self, node: &Node) -> Option<[Option<u32>; 2]> {
        let Value::List(list) = &node.value else {
            return self.refuse(node.place, SuiteProblem::Factors);
        };
        let mut ages = [None; 2];
        if list.len() != ages.len() {
            return self.refuse(node.place, SuiteProblem::Factors);
        }
        for (age, node) in ages.iter_mut().zip(list) {
            *age = match &node.value {
                Value::Text(never) if **never == *"never" => None,
                Value::Number(minutes) if u32::try_from(*minutes).is_ok() => {
                    u32::try_from(*minutes).ok()
                }
                Value::Nothing
                | Value::Text(_)
                | Value::Number(_)
                | Value::Other(_)
                | Value::List(_)
                | Value::Map(_) => return self.refuse(node.place, SuiteProblem::Factors),
            };
        }
        Some(ages)
    }

    fn session_age(&mut self, node: &Node) -> Option<AgeLimit> {
        let Value::Text(text) = &node.value else {
            return self.wrong_kind(node, "`session_age`", Expected::Age);
        };
        let most_minutes = compile::recency::MAX_SESSION_MINUTES;
        AgeLimit::parse(text, most_minutes).map_or_else(
            |error| {
                let written = Excerpt::of(text);
                self.refuse(node.place, Problem::Age { written, error, most_minutes })
            },
            Some,
        )
    }

    fn status(&mut self, node: &Node) -> bool {
        match self.text(node, "`status`") {
            Some("pending") => true,
            Some("active") | None => false,
            Some(word) => {
                self.unknown_word(node.place, "status of a session", word, &STATUSES);
                false
            }
        }
    }

    fn claims(&mut self, node: &Node) -> JsonObject {
        let Value::Map(entries) = &node.value else {
            return self.object(node, "`claims`").unwrap_or_default();
        };
        for entry in entries {
            if RESERVED_CLAIMS.contains(&&*entry.key) {
                let claim = Excerpt::of(&entry.key);
                self.report(entry.place, SuiteProblem::ReservedClaim(claim));
            }
        }
        self.object(node, "`claims`").unwrap_or_default()
    }
}
