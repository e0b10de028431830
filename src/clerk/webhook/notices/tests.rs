use super::{Message, NoticeOptions, UnknownTarget, notices};
use crate::core::{
    clock::Timestamp,
    id::{InstanceName, OrganizationId, SessionId, UserId},
    notice::{Measure, Notice, Target},
    organization::RoleKey,
};
use serde_json::{Value, json};

const PLAIN: NoticeOptions = NoticeOptions { user_updates: false };

fn message(kind: &str, data: &Value) -> Message {
    let body = json!({ "object": "event", "type": kind, "timestamp": 100, "data": data });
    Message::read("msg_1", body.to_string().as_bytes(), &InstanceName::new("shop"), None).unwrap()
}

fn heard(kind: &str, data: &Value) -> Result<Vec<(Target, Measure)>, UnknownTarget> {
    let notices = notices(&message(kind, data), PLAIN)?;
    let plain = |Notice { target, measure, at }| {
        assert_eq!(at, Timestamp::from_unix_seconds(100));
        (target, measure)
    };
    Ok(notices.into_iter().map(plain).collect())
}

fn user() -> Target {
    Target::User(UserId::new("user_1"))
}

fn organization() -> Target {
    Target::Organization(OrganizationId::new("org_1"))
}

#[test]
fn every_event_that_concerns_tokens_says_whose_and_how() {
    let session = Target::Session(SessionId::new("sess_1"));
    let member = Target::Member(UserId::new("user_1"), OrganizationId::new("org_1"));
    let membership = json!({
        "id": "orgmem_1", "role": "org:admin", "organization": { "id": "org_1" },
        "public_user_data": { "user_id": "user_1" },
    });
    let role = Target::Role(RoleKey::new("org:editor"));
    for (kind, data, target, measure) in [
        ("session.ended", json!({ "id": "sess_1" }), session.clone(), Measure::Ended),
        ("session.removed", json!({ "id": "sess_1" }), session.clone(), Measure::Ended),
        ("session.revoked", json!({ "id": "sess_1" }), session.clone(), Measure::Ended),
        ("session.pending", json!({ "id": "sess_1" }), session, Measure::Stale),
        ("user.deleted", json!({ "id": "user_1", "deleted": true }), user(), Measure::Ended),
        ("user.updated", json!({ "id": "user_1", "banned": true }), user(), Measure::Ended),
        ("user.updated", json!({ "id": "user_1", "deprovisioned": true }), user(), Measure::Ended),
        ("user.updated", json!({ "id": "user_1", "locked": true }), user(), Measure::Stale),
        ("organizationMembership.updated", membership.clone(), member.clone(), Measure::Stale),
        ("organizationMembership.deleted", membership, member, Measure::Severed),
        ("organization.updated", json!({ "id": "org_1" }), organization(), Measure::Stale),
        ("organization.deleted", json!({ "id": "org_1" }), organization(), Measure::Severed),
        ("role.updated", json!({ "id": "role_1", "key": "editor" }), role.clone(), Measure::Stale),
        ("role.updated", json!({ "id": "role_1", "key": "org:editor" }), role, Measure::Stale),
        ("role.deleted", json!({ "id": "role_1" }), Target::Organizations, Measure::Stale),
        ("permission.updated", json!({ "key": "org:a:b" }), Target::Organizations, Measure::Stale),
        ("permission.deleted", json!({ "id": "perm_1" }), Target::Organizations, Measure::Stale),
        (
            "subscription.active",
            json!({ "payer": { "user_id": "user_1" } }),
            user(),
            Measure::Stale,
        ),
        (
            "subscriptionItem.ended",
            json!({ "payer": { "organization_id": "org_1", "user_id": null } }),
            organization(),
            Measure::Stale,
        ),
    ] {
        assert_eq!(heard(kind, &data), Ok(vec![(target, measure)]), "{kind}");
    }
}

#[test]
fn other_events_concern_no_token() {
    for kind in [
        "session.created",
        "user.created",
        "organization.created",
        "organizationMembership.created",
        "role.created",
        "permission.created",
        "email.created",
        "something.unheard.of",
    ] {
        assert_eq!(heard(kind, &json!({ "id": "x" })), Ok(Vec::new()), "{kind}");
    }
    let harmless = json!({ "id": "user_1", "banned": false, "locked": false });
    assert_eq!(heard("user.updated", &harmless), Ok(Vec::new()));
}

#[test]
fn changes_of_a_user_count_where_the_operator_says_so() {
    let message = message("user.updated", &json!({ "id": "user_1" }));
    let found = notices(&message, NoticeOptions { user_updates: true }).unwrap();
    assert_eq!(found[0].target, user());
    assert_eq!(found[0].measure, Measure::Stale);
}

#[test]
fn an_event_that_does_not_say_whose_tokens_it_concerns_is_not_passed_over() {
    for (kind, data) in [
        ("session.revoked", json!({})),
        ("session.revoked", json!({ "id": "" })),
        ("session.revoked", json!({ "id": 1 })),
        ("user.deleted", json!({})),
        ("user.updated", json!({ "banned": true })),
        ("organizationMembership.deleted", json!({ "organization": { "id": "org_1" } })),
        ("organizationMembership.deleted", json!({ "public_user_data": { "user_id": "user_1" } })),
        ("organization.deleted", json!({})),
        ("subscription.updated", json!({})),
        ("subscription.updated", json!({ "payer": {} })),
    ] {
        assert_eq!(heard(kind, &data), Err(UnknownTarget), "{kind} {data}");
    }
}
