//! The three people who can sign in, and the two organizations they belong to.
//!
//! Between them they meet every kind of refusal: one may read but not change and is on the free
//! plan, one may do everything but verified a factor too long ago, and one has no organization active.

use super::tokens::{ActiveMembership, SessionFacts, Status};

/// An organization, and what it pays for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Clerk's identifier.
    pub id: String,
    /// The name in addresses.
    pub slug: String,
    /// The name for people.
    pub name: String,
    /// The active plan.
    pub plan: String,
    /// The features of the plan.
    pub features: Vec<String>,
}

/// A place in an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Where.
    pub organization: Organization,
    /// The role, with `org:`.
    pub role: String,
    /// The custom permissions, in full: `org:invoices:read`.
    pub permissions: Vec<String>,
}

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The short name used in commands and in policy tests.
    pub handle: String,
    /// The name for people.
    pub name: String,
    /// What to expect of them, in one sentence.
    pub about: String,
    /// Clerk's identifier.
    pub user_id: String,
    /// The plan of the person's own.
    pub plan: String,
    /// The features of that plan.
    pub features: Vec<String>,
    /// Minutes since the first and the second factor were verified; -1 for a factor not enrolled.
    pub factor_ages: [i64; 2],
    /// Where they belong.
    pub memberships: Vec<Membership>,
    /// The slug of the organization that is active after signing in.
    pub starts_in: Option<String>,
}

/// A person does not belong to the organization asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the person is not a member of that organization")]
pub struct NotAMember;

impl Person {
    /// The membership in the organization of that id or slug.
    #[must_use]
    pub fn membership(&self, id_or_slug: &str) -> Option<&Membership> {
        self.memberships.iter().find(|membership| {
            let organization = &membership.organization;
            organization.id == id_or_slug || organization.slug == id_or_slug
        })
    }

    /// What a session token says of this person with that organization (id or slug) active.
    ///
    /// # Errors
    /// [`NotAMember`].
    pub fn facts(
        &self,
        session_id: &str,
        organization: Option<&str>,
    ) -> Result<SessionFacts, NotAMember> {
        let membership = organization
            .map(|id_or_slug| self.membership(id_or_slug).ok_or(NotAMember))
            .transpose()?;
        let (scope, plan, features) = match membership {
            Some(Membership { organization, .. }) => {
                ('o', &organization.plan, &organization.features)
            }
            None => ('u', &self.plan, &self.features),
        };
        Ok(SessionFacts {
            user_id: self.user_id.clone(),
            session_id: session_id.to_owned(),
            organization: membership.map(|membership| ActiveMembership {
                id: membership.organization.id.clone(),
                slug: Some(membership.organization.slug.clone()),
                role: membership.role.clone(),
                permissions: membership.permissions.clone(),
            }),
            plans: vec![format!("{scope}:{plan}")],
            features: features.iter().map(|feature| format!("{scope}:{feature}")).collect(),
            factor_ages: Some(self.factor_ages),
            status: Status::Active,
            actor: None,
        })
    }

    /// The same for the organization that is active after signing in.
    #[must_use]
    pub fn starting_facts(&self, session_id: &str) -> SessionFacts {
        self.facts(session_id, self.starts_in.as_deref())
            .or_else(|NotAMember| self.facts(session_id, None))
            .unwrap_or_else(|NotAMember| SessionFacts::new(&self.user_id, session_id))
    }
}

/// `acme`, on the free plan.
#[must_use]
pub fn acme() -> Organization {
    Organization {
        id: "org_2acmeDemo0000000000000000000".to_owned(),
        slug: "acme".to_owned(),
        name: "Acme".to_owned(),
        plan: "free".to_owned(),
        features: strings(&["invoices"]),
    }
}

/// `globex`, on the pro plan.
#[must_use]
pub fn globex() -> Organization {
    Organization {
        id: "org_2globexDemo00000000000000000".to_owned(),
        slug: "globex".to_owned(),
        name: "Globex".to_owned(),
        plan: "pro".to_owned(),
        features: strings(&["invoices", "exports"]),
    }
}

/// A member of `acme` who may read invoices.
#[must_use]
pub fn reader() -> Person {
    Person {
        handle: "reader".to_owned(),
        name: "Robin Reader".to_owned(),
        about: "A member of Acme, on its free plan, who may read invoices.".to_owned(),
        user_id: "user_2readerDemo000000000000000".to_owned(),
        plan: "free".to_owned(),
        features: Vec::new(),
        factor_ages: [5, -1],
        memberships: vec![member(acme())],
        starts_in: Some("acme".to_owned()),
    }
}

/// The admin of `globex`, and a member of `acme`, who verified a factor 45 minutes ago.
#[must_use]
pub fn boss() -> Person {
    let admin = Membership {
        organization: globex(),
        role: "org:admin".to_owned(),
        permissions: strings(&["org:invoices:read", "org:invoices:manage", "org:exports:create"]),
    };
    Person {
        handle: "boss".to_owned(),
        name: "Bo Boss".to_owned(),
        about: "The admin of Globex, on its pro plan, who last gave a password 45 minutes ago."
            .to_owned(),
        user_id: "user_2bossDemo00000000000000000".to_owned(),
        plan: "free".to_owned(),
        features: Vec::new(),
        factor_ages: [45, -1],
        memberships: vec![admin, member(acme())],
        starts_in: Some("globex".to_owned()),
    }
}

/// A member of `acme` who has not chosen an organization.
#[must_use]
pub fn newcomer() -> Person {
    Person {
        handle: "newcomer".to_owned(),
        name: "Noa Newcomer".to_owned(),
        about: "Signed in, with no organization active; may choose Acme.".to_owned(),
        user_id: "user_2newcomerDemo0000000000000".to_owned(),
        plan: "free".to_owned(),
        features: Vec::new(),
        factor_ages: [0, -1],
        memberships: vec![member(acme())],
        starts_in: None,
    }
}

/// All three.
#[must_use]
pub fn everyone() -> Vec<Person> {
    vec![reader(), boss(), newcomer()]
}

fn member(organization: Organization) -> Membership {
    Membership {
        organization,
        role: "org:member".to_owned(),
        permissions: strings(&["org:invoices:read"]),
    }
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{NotAMember, boss, everyone, newcomer, reader};

    #[test]
    fn nobody_can_act_in_an_organization_they_do_not_belong_to() {
        assert_eq!(reader().facts("sess_1", Some("globex")), Err(NotAMember));
        assert_eq!(reader().facts("sess_1", Some("")), Err(NotAMember));
    }

    #[test]
    fn plans_and_features_are_those_of_the_active_organization_or_else_of_the_user() {
        let person = boss();
        for (organization, plan) in
            [(Some("globex"), "o:pro"), (Some("acme"), "o:free"), (None, "u:free")]
        {
            assert_eq!(person.facts("sess_1", organization).unwrap().plans, [plan]);
        }
        assert_eq!(
            person.facts("sess_1", Some("globex")).unwrap().features,
            ["o:invoices", "o:exports"]
        );
    }

    #[test]
    fn everyone_starts_where_they_say() {
        for person in everyone() {
            let facts = person.starting_facts("sess_1");
            let slug = facts.organization.and_then(|organization| organization.slug);
            assert_eq!(slug, person.starts_in, "{}", person.handle);
        }
        assert!(newcomer().starting_facts("sess_1").organization.is_none());
    }
}
