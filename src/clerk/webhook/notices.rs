//! Whose tokens an event concerns.

use super::message::Message;
use crate::core::{
    id::{OrganizationId, SessionId, UserId},
    notice::{Measure, Notice, Target},
    organization::RoleKey,
};
use serde_json::{Map, Value};
use thiserror::Error;

/// What is for the operator to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeOptions {
    /// Whether every change of a user makes their tokens stale, for policies that read custom claims
    /// made of metadata. Bans, locks and deletions count either way.
    pub user_updates: bool,
}

/// An event that concerns tokens, and does not say whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the event does not say whose tokens it concerns")]
pub struct UnknownTarget;

/// The notices in an event; none where no token is concerned, as with kinds that are not known.
///
/// # Errors
/// [`UnknownTarget`] where the event concerns tokens and its data does not say whose.
pub fn notices(message: &Message, options: NoticeOptions) -> Result<Vec<Notice>, UnknownTarget> {
    let data = &message.data;
    let found = match &*message.event.kind {
        "session.ended" | "session.removed" | "session.revoked" => {
            vec![(Target::Session(SessionId::new(text(data, "id")?)), Measure::Ended)]
        }
        // Tasks have come up that must be finished first.
        "session.pending" => {
            vec![(Target::Session(SessionId::new(text(data, "id")?)), Measure::Stale)]
        }
        "user.deleted" => vec![(user(data)?, Measure::Ended)],
        "user.updated" => user_updated(data, options)?,
        "organizationMembership.updated" => vec![(member(data)?, Measure::Stale)],
        "organizationMembership.deleted" => vec![(member(data)?, Measure::Severed)],
        // A slug that was given up may have become another organization's.
        "organization.updated" => vec![(organization(data)?, Measure::Stale)],
        "organization.deleted" => vec![(organization(data)?, Measure::Severed)],
        // A deleted role comes without its key.
        "role.updated" | "role.deleted" => vec![(
            text(data, "key").map_or(Target::Organizations, |key| Target::Role(RoleKey::new(key))),
            Measure::Stale,
        )],
        "permission.updated" | "permission.deleted" => {
            vec![(Target::Organizations, Measure::Stale)]
        }
        kind if kind.starts_with("subscription.") || kind.starts_with("subscriptionItem.") => {
            vec![(payer(data)?, Measure::Stale)]
        }
        _ => Vec::new(),
    };
    let at = message.event.occurred_at;
    Ok(found.into_iter().map(|(target, measure)| Notice { target, measure, at }).collect())
}

fn user_updated(
    data: &Map<String, Value>,
    options: NoticeOptions,
) -> Result<Vec<(Target, Measure)>, UnknownTarget> {
    let is = |field: &str| data.get(field).and_then(Value::as_bool).unwrap_or(false);
    Ok(if is("banned") || is("deprovisioned") {
        vec![(user(data)?, Measure::Ended)]
    } else if is("locked") || options.user_updates {
        // Whoever is locked cannot sign in; whether a session goes on is for Clerk to say.
        vec![(user(data)?, Measure::Stale)]
    } else {
        Vec::new()
    })
}

fn user(data: &Map<String, Value>) -> Result<Target, UnknownTarget> {
    Ok(Target::User(UserId::new(text(data, "id")?)))
}

fn organization(data: &Map<String, Value>) -> Result<Target, UnknownTarget> {
    Ok(Target::Organization(OrganizationId::new(text(data, "id")?)))
}

fn member(data: &Map<String, Value>) -> Result<Target, UnknownTarget> {
    let user = text(object(data, "public_user_data")?, "user_id")?;
    let organization = text(object(data, "organization")?, "id")?;
    Ok(Target::Member(UserId::new(user), OrganizationId::new(organization)))
}

/// Who pays for a subscription: what they have changes with it.
fn payer(data: &Map<String, Value>) -> Result<Target, UnknownTarget> {
    let payer = object(data, "payer")?;
    match (text(payer, "organization_id"), text(payer, "user_id")) {
        (Ok(organization), _) => Ok(Target::Organization(OrganizationId::new(organization))),
        (Err(_), Ok(user)) => Ok(Target::User(UserId::new(user))),
        (Err(_), Err(unknown)) => Err(unknown),
    }
}

fn object<'d>(
    data: &'d Map<String, Value>,
    field: &str,
) -> Result<&'d Map<String, Value>, UnknownTarget> {
    data.get(field).and_then(Value::as_object).ok_or(UnknownTarget)
}

fn text<'d>(data: &'d Map<String, Value>, field: &str) -> Result<&'d str, UnknownTarget> {
    let text = data.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or(UnknownTarget)
}

#[cfg(test)]
mod tests;
