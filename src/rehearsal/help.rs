//! What might mend a case that fails.

use super::report::{Failure, Got, Tokens};
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
    if let Tokens::Of(_) = failure.tokens {
        return Some(of_version(user));
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

/// Why tokens of the two versions may come to different ends.
fn of_version(user: Option<&UserFacts>) -> Cow<'static, str> {
    let has_permissions = |user: &UserFacts| {
        user.organization.as_ref().is_some_and(|active| !active.permissions.is_empty())
    };
    match user {
        Some(user) if user.needs_version_2() => {
            "version 1 tokens carry neither features nor plans, so nobody is refused for one of them: \
             require what must be there, not the absence of something else"
        }
        Some(user) if has_permissions(user) => {
            "version 2 tokens name the feature of every permission, and version 1 tokens no feature: \
             write under `features` what is paid for, and read no claim that only one version has"
        }
        Some(_) | None => {
            "claims go by other names in the other version, such as `org_id` and `o.id`: read \
             `identity.organization` rather than `identity.claims`"
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
        Reason::Reverification | Reason::FirstFactorUnknown if user?.factors.is_none() => {
            format!("nothing is said of when `{name}` verified factors: add `factors: [0, never]`")
        }
        Reason::SessionAgeUnknown if user?.session_age.is_none() => {
            format!("nothing is said of when the session of `{name}` began: add `session_age: 1h`")
        }
        Reason::SessionTooOld => {
            format!("the session of `{name}` began `{}` ago", user?.session_age?)
        }
        Reason::TokenExpired => format!("the token of `{name}` has expired"),
        _ => return None,
    };
    Some(help.into())
}
