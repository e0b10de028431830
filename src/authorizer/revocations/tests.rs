use super::Revocations;
use crate::{
    authorizer::order::{ORDER_KIND, Order, OrderTarget},
    clerk::webhook::NoticeOptions,
    core::{
        clock::{ManualClock, Timestamp},
        entitlement::Entitlements,
        event::Event,
        id::{InstanceName, SessionId, UserId},
        identity::{Caller, SignedClaims, User},
        notice::CutOff,
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
