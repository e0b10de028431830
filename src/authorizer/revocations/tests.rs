use super::Revocations;
use crate::{
    authorizer::order::{ORDER_KIND, Order, OrderTarget},
    clerk::webhook::NoticeOptions,
    core::{
        clock::{ManualClock, Timestamp},
        entitlement::Entitlements,
        event::Event,
        id::{InstanceName, OrganizationId, SessionId, UserId},
        identity::{Caller, SignedClaims, User},
        notice::CutOff,
        organization::ActiveOrganization,
    },
    revocation::Limits,
};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_764_000_000);

fn revocations() -> Revocations {
    let options = NoticeOptions { user_updates: false };
    let instances = ["shop", "blog"].map(|name| (InstanceName::new(name), options));
    Revocations::new(instances, Limits::STANDARD, Arc::new(ManualClock::at(NOW)), None)
}

fn ada(instance: &str) -> User {
    User {
        instance: InstanceName::new(instance),
        id: UserId::new("user_ada"),
        session: SessionId::new("sess_ada"),
        organization: None,
        features: Entitlements::default(),
        plans: Entitlements::default(),
        factor_ages: None,
        actor: None,
        issued_at: Some(NOW),
        claims_as_of: Some(NOW),
        expires_at: NOW,
        claims: SignedClaims::new("{}"),
    }
}

fn event(instance: &str, kind: &str, payload: &serde_json::Value) -> Event {
    Event {
        id: "msg_1".into(),
        instance: InstanceName::new(instance),
        kind: kind.into(),
        occurred_at: NOW,
        payload: payload.to_string().into(),
    }
}

fn revoked(instance: &str, session: &str) -> Event {
    let payload = json!({
        "object": "event", "type": "session.revoked", "timestamp": 1_764_000_000,
        "data": { "id": session },
    });
    event(instance, "session.revoked", &payload)
}

fn cut_off(revocations: &Revocations, instance: &str) -> Option<CutOff> {
    revocations.cut_off(Caller::User(&ada(instance)), NOW)
}

#[test]
fn an_event_is_in_force_for_its_own_instance_alone() {
    let revocations = revocations();
    revocations.hear(&revoked("shop", "sess_ada"));
    assert_eq!(cut_off(&revocations, "shop"), Some(CutOff::Ended));
    assert_eq!(cut_off(&revocations, "blog"), None);
    assert_eq!(cut_off(&revocations, "unknown"), None);
    revocations.hear(&revoked("unknown", "sess_ada"));
}

#[test]
fn an_order_blocks_and_is_taken_back() {
    let revocations = revocations();
    let target = OrderTarget::User("user_ada".to_owned());
    let until = NOW.unix_millis() + 60_000;
    let order = Order { target, until: Some(until), why: "laptop lost".into(), by: "ops".into() };
    let shop = InstanceName::new("shop");
    revocations.hear(&order.to_event("order_1", &shop, NOW).unwrap());
    assert_eq!(cut_off(&revocations, "shop"), Some(CutOff::Blocked));
    let lifted = Order { until: None, ..order };
    revocations.hear(&lifted.to_event("order_2", &shop, NOW).unwrap());
    // Given in the same millisecond, the block stands.
    assert_eq!(cut_off(&revocations, "shop"), Some(CutOff::Blocked));
}

#[test]
fn what_nobody_can_tell_is_counted() {
    let revocations = revocations();
    let nameless = json!({
        "object": "event", "type": "session.revoked", "timestamp": 1_764_000_000, "data": {},
    });
    for event in [
        event("shop", "session.revoked", &nameless),
        event("shop", "session.revoked", &json!([])),
        event("shop", ORDER_KIND, &json!({ "target": { "planet": "mars" } })),
    ] {
        revocations.hear(&event);
    }
    assert_eq!(revocations.unclear(), 3);
    assert_eq!(cut_off(&revocations, "shop"), None);
}

#[test]
fn nobody_counts_while_the_shared_log_is_not_known_where_that_is_asked_for() {
    let options = NoticeOptions { user_updates: false };
    let current = Arc::new(AtomicBool::new(false));
    let revocations = Revocations::new(
        [(InstanceName::new("shop"), options)],
        Limits::STANDARD,
        Arc::new(ManualClock::at(NOW)),
        Some(Arc::clone(&current)),
    );
    assert_eq!(cut_off(&revocations, "shop"), Some(CutOff::Unknown));
    revocations.hear(&revoked("shop", "sess_ada"));
    assert_eq!(cut_off(&revocations, "shop"), Some(CutOff::Ended));
    current.store(true, Ordering::Release);
    assert_eq!(cut_off(&revocations, "shop"), Some(CutOff::Ended));
}

/// What Clerk says of something at that second, with a timestamp as `unit` has it.
fn said(kind: &str, at: i64, unit: i64, data: &serde_json::Value) -> Event {
    let payload = json!({ "object": "event", "type": kind, "timestamp": at * unit, "data": data });
    event("shop", kind, &payload)
}

fn member(role: &str, as_of: Timestamp) -> User {
    let organization = ActiveOrganization {
        id: OrganizationId::new("org_acme"),
        slug: None,
        role: Some(role.into()),
        permissions: None,
    };
    User { organization: Some(organization), claims_as_of: Some(as_of), ..ada("shop") }
}

fn seconds(from_now: i64) -> Timestamp {
    Timestamp::from_unix_seconds(NOW.unix_seconds() + from_now)
}

#[test]
fn seconds_and_milliseconds_date_the_same_moment() {
    for unit in [1, 1000] {
        let revocations = revocations();
        let data = json!({ "id": "org_acme" });
        revocations.hear(&said("organization.updated", NOW.unix_seconds() - 10, unit, &data));
        for (as_of, expected) in
            [(-11, Some(CutOff::Stale)), (-10, Some(CutOff::Stale)), (-9, None)]
        {
            let user = member("org:editor", seconds(as_of));
            assert_eq!(revocations.cut_off(Caller::User(&user), NOW), expected, "{unit} {as_of}");
        }
    }
}

#[test]
fn a_role_is_the_same_with_and_without_its_prefix() {
    for (data, editor, viewer) in [
        (json!({ "id": "role_1", "key": "editor" }), true, false),
        (json!({ "id": "role_1", "key": "org:editor" }), true, false),
        (json!({ "id": "role_1", "key": "org:editors" }), false, false),
        // Only an id, or a key that says nothing: it may have been any.
        (json!({ "id": "role_1", "object": "role", "deleted": true }), true, true),
        (json!({ "id": "role_1", "key": "" }), true, true),
        (json!({ "id": "role_1", "key": null }), true, true),
    ] {
        for kind in ["role.updated", "role.deleted"] {
            let revocations = revocations();
            revocations.hear(&said(kind, NOW.unix_seconds(), 1000, &data));
            // Version 1 tokens spell the prefix, version 2 tokens leave it out.
            for (role, concerned) in
                [("org:editor", editor), ("editor", editor), ("org:viewer", viewer)]
            {
                let user = member(role, seconds(-1));
                let found = revocations.cut_off(Caller::User(&user), NOW);
                assert_eq!(found.is_some(), concerned, "{kind} {data} {role}");
            }
            assert_eq!(cut_off(&revocations, "shop"), None, "{kind} {data}");
        }
    }
}

#[test]
fn a_ban_holds_whatever_comes_before_or_after_it_out_of_order() {
    let now = NOW.unix_seconds();
    let banned = said("user.updated", now - 60, 1000, &json!({ "id": "user_ada", "banned": true }));
    let before = said("user.updated", now - 90, 1000, &json!({ "id": "user_ada", "locked": true }));
    let lifted =
        said("user.updated", now - 30, 1000, &json!({ "id": "user_ada", "banned": false }));
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for order in orders {
        let revocations = revocations();
        for which in order {
            revocations.hear([&banned, &before, &lifted][which]);
            // Each comes twice.
            revocations.hear([&banned, &before, &lifted][which]);
        }
        for (as_of, expected) in
            [(-61, Some(CutOff::Ended)), (-55, Some(CutOff::Ended)), (-54, None)]
        {
            let user = member("org:editor", seconds(as_of));
            let found = revocations.cut_off(Caller::User(&user), NOW);
            assert_eq!(found, expected, "{order:?} {as_of}");
        }
    }
}

#[test]
fn what_is_sent_again_days_later_concerns_no_token_that_lives() {
    let revocations = revocations();
    let day = 24 * 60 * 60;
    for days in [1, 2, 30] {
        let at = NOW.unix_seconds() - days * day;
        revocations.hear(&said("user.deleted", at, 1000, &json!({ "id": "user_ada" })));
        revocations.hear(&said("session.revoked", at, 1000, &json!({ "id": "sess_ada" })));
    }
    assert_eq!(cut_off(&revocations, "shop"), None);
    assert!(revocations.standing().all(|(_, standing)| standing.targets == 0));
    // An hour late it still matters.
    let late = NOW.unix_seconds() - 3600;
    revocations.hear(&said("session.revoked", late, 1000, &json!({ "id": "sess_ada" })));
    assert_eq!(cut_off(&revocations, "shop"), Some(CutOff::Ended));
}

#[test]
fn a_token_that_the_edge_signed_anew_is_as_old_as_its_claims() {
    let revocations = revocations();
    let data = json!({
        "organization": { "id": "org_acme" }, "public_user_data": { "user_id": "user_ada" },
    });
    let at = NOW.unix_seconds() - 20;
    revocations.hear(&said("organizationMembership.updated", at, 1000, &data));
    // Issued now, and put together before the change: `oiat` says so.
    for (as_of, expected) in [
        (Some(seconds(-40)), Some(CutOff::Stale)),
        (Some(seconds(-19)), None),
        // An `oiat` that cannot be read may be any.
        (None, Some(CutOff::Stale)),
    ] {
        let user = User { claims_as_of: as_of, ..member("org:editor", NOW) };
        assert_eq!(revocations.cut_off(Caller::User(&user), NOW), expected, "{as_of:?}");
    }
}
