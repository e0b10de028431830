use super::{Link, RedisSettings, Shared, Trouble};
use crate::{
    core::{
        clock::{ManualClock, Timestamp},
        event::Event,
        id::InstanceName,
    },
    revocation::log::{Cursor, LocalLog, LogLimits, Record},
};
use secrecy::SecretString;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_764_000_000);

fn event(id: &str) -> Event {
    Event {
        id: id.into(),
        instance: InstanceName::new("shop"),
        kind: "session.revoked".into(),
        occurred_at: NOW,
        payload: "{}".into(),
    }
}

#[tokio::test]
async fn what_redis_took_and_was_not_read_back_counts_here_once_redis_goes() {
    let settings = RedisSettings {
        url: SecretString::from("redis://127.0.0.1:1"),
        certificates: None,
        prefix: "bailiff".to_owned(),
        records: 1_000,
        ids: Duration::from_secs(60),
    };
    let heard = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&heard);
    let sink = move |event: &Event| telling.lock().unwrap().push(event.id.to_string());
    let local = Arc::new(LocalLog::new(LogLimits::STANDARD, Arc::new(sink)));
    let clock = Arc::new(ManualClock::at(NOW));
    let shared = Shared::new(&settings, local, clock, Arc::default()).unwrap();
    shared.stands(Link::Current);

    for id in ["read", "unread"] {
        shared.unread.keep(event(id), NOW);
    }
    let cursor = Cursor { millis: 1, sequence: 0 };
    shared.local.follow(Record { cursor, event: event("read") });
    shared.interrupted(Trouble::Unreachable);
    assert_eq!(*heard.lock().unwrap(), ["read", "unread"]);
    // However often it is tried meanwhile.
    shared.interrupted(Trouble::Unreachable);
    assert_eq!(*heard.lock().unwrap(), ["read", "unread"]);
    assert!(matches!(*shared.link.borrow(), Link::Away { .. }));
}
