//! What might mend a case that fails.

use super::{
    people::ClaimsVersion,
    report::{Failure, Got, Tokens},
};
use crate::{
    core::reason::Reason,
    policy::suite::{Ask, Case, Client, Expectation, HttpAsk, Person, UserFacts, Who},
};
use std::borrow::Cow;

/// What to look at first; nothing where there is nothing to add to the message.
pub(super) fn help(case: &Case, person: &Person, failure: &Failure) -> Option<Cow<'static, str>> {
    let got = failure.got.as_ref()?;
    let user = match person.who() {
        Who::User(user) => Some(&**user),
        Who::Nobody | Who::Machine(_) => None,
    };
    if let Tokens::Only(version) = failure.tokens {
        return Some(of_version(version, user));
    }
    let request_of = |wanted: Client| matches!(&case.ask, Ask::Http(HttpAsk { client, .. }) if *client == wanted);
    match (&case.expect, got.effect) {
        (Expectation::Redirect(_), "deny") if !request_of(Client::Browser) => {
            return Some("only a `browser` is ever sent elsewhere".into());
        }
        (Expectation::Deny(_), "redirect") => {
            return Some(
                "a `browser` is sent elsewhere: write `redirect`, or ask by `request`".into(),
            );
        }
        (Expectation::Allow | Expectation::Redirect(_), "deny") => {}
        _ => return None,
    }
    of_reason(got, user, person.name())
}

fn of_version(version: ClaimsVersion, user: Option<&UserFacts>) -> Cow<'static, str> {
    let derived = user.is_some_and(|user| {
        user.features.is_none()
            && user.organization.as_ref().is_some_and(|active| !active.permissions.is_empty())
    });
    match version {
        ClaimsVersion::One | ClaimsVersion::Two if derived => {
            "version 2 tokens name the feature of every permission, version 1 tokens no feature: \
             write `features` if these are paid for; a condition must not read `identity.claims` of \
             one version alone"
        }
        ClaimsVersion::One => {
            "version 1 tokens carry neither features nor plans, and name the organization by \
             `org_id`: an instance that mints them decides otherwise"
        }
        ClaimsVersion::Two => {
            "version 2 tokens name the organization by `o` and not by `org_id`: an instance that \
             mints them decides otherwise"
        }
    }
    .into()
}

fn of_reason(got: &Got, user: Option<&UserFacts>, name: &str) -> Option<Cow<'static, str>> {
    let organization = user.and_then(|user| user.organization.as_ref());
    let listed = |names: &[Box<str>]| match names {
        [] => "none".to_owned(),
        names => format!("`{}`", names.join("`, `")),
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "most reasons say enough by themselves")]
    let help = match got.reason {
        Reason::NoRoute => {
            "no route covers the path, or the one that does lists other methods".to_owned()
        }
        Reason::UnknownAction => "add it under `actions`".to_owned(),
        Reason::SignedOut => format!("`{name}` presents no credential"),
        Reason::OrganizationRequired => format!("give `{name}` an `organization`"),
        Reason::Role => format!("`{name}` has the role `{}`", organization?.role),
        Reason::Permission => {
            format!("`{name}` has these permissions: {}", listed(&organization?.permissions))
        }
        Reason::Feature => {
            let features = user?.features.as_deref();
            format!("`{name}` has these features: {}", listed(features.unwrap_or_default()))
        }
        Reason::Plan => format!("`{name}` has these plans: {}", listed(&user?.plans)),
        Reason::Reverification if user?.factors.is_none() => {
            format!("nothing is said of when `{name}` verified factors: add `factors: [0, never]`")
        }
        Reason::TokenExpired => format!("the token of `{name}` has expired"),
        _ => return None,
    };
    Some(help.into())
}
