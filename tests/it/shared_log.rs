//! The log that replicas share, with a real Redis that is killed, paused and loses what it had.

use crate::support::{
    PATIENCE,
    redis::{Redis, program},
    toolchain::required,
};
use bailiff::{
    core::{
        clock::{Clock as _, SystemClock},
        event::Event,
        id::InstanceName,
    },
    revocation::{
        log::{AppendError, Appended, Cursor, LocalLog, LogLimits},
        shared::{Link, RedisLog, RedisSettings},
    },
};
use secrecy::SecretString;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Writes every command at once, as who cannot lose a second would set it.
const DURABLE: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

/// One replica: its copy of the log, and every event that was put in force there, in order.
struct Replica {
    log: RedisLog,
    heard: Arc<Mutex<Vec<String>>>,
}

fn settings(url: &str) -> RedisSettings {
    RedisSettings {
        url: SecretString::from(url.to_owned()),
        certificates: None,
        prefix: "bailiff".to_owned(),
        records: 100_000,
        ids: Duration::from_secs(3600),
    }
}

impl Replica {
    fn of(redis: &Redis) -> Self {
        Self::with(&settings(&redis.url()))
    }

    fn with(settings: &RedisSettings) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let telling = Arc::clone(&heard);
        let sink = move |event: &Event| {
            telling.lock().expect("as the test arranges it").push(event.id.to_string());
        };
        let local = Arc::new(LocalLog::new(LogLimits::STANDARD, Arc::new(sink)));
        let log = RedisLog::follow(settings, local, Arc::new(SystemClock), Arc::default())
            .expect("as the test arranges it");
        Self { log, heard }
    }

    fn heard(&self) -> BTreeSet<String> {
        self.heard.lock().expect("as the test arranges it").iter().cloned().collect()
    }

    async fn hears(&self, wanted: &BTreeSet<String>) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while !self.heard().is_superset(wanted) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let late = waited.await.is_err();
        let missing: Vec<_> = wanted.difference(&self.heard()).take(5).cloned().collect();
        assert!(!late, "missing: {missing:?}");
    }

    async fn stands(&self, wanted: impl Fn(&Link) -> bool) {
        let mut link = self.log.link();
        let waited = tokio::time::timeout(PATIENCE, link.wait_for(wanted)).await;
        waited.expect("the link changes in time").expect("the replica lives");
    }

    async fn is_current(&self) {
        self.stands(|link| *link == Link::Current).await;
    }

    async fn is_away(&self) {
        self.stands(|link| matches!(link, Link::Away { .. })).await;
    }
}

fn event(id: &str) -> Event {
    Event {
        id: id.into(),
        instance: InstanceName::new("shop"),
        kind: "session.revoked".into(),
        occurred_at: SystemClock.now(),
        payload: format!(r#"{{"data":{{"id":"{id}"}}}}"#).into(),
    }
}

fn ids(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_reaches_one_replica_reaches_all_once_and_in_order() {
    let Some(program) = required(program()) else { return };
    let redis = Redis::start(&program, &[]).await;
    let replicas = [Replica::of(&redis), Replica::of(&redis), Replica::of(&redis)];
    for replica in &replicas {
        replica.is_current().await;
    }
    let mut sent = Vec::new();
    for number in 0..30 {
        let id = format!("msg_{number:02}");
        let sender = &replicas[number % 3].log;
        assert_eq!(sender.append(event(&id)).await, Ok(Appended::New));
        // Clerk sends it again, to another replica.
        assert_eq!(replicas[(number + 1) % 3].log.append(event(&id)).await, Ok(Appended::Known));
        sent.push(id);
    }
    for replica in &replicas {
        replica.hears(&sent.iter().cloned().collect()).await;
        assert_eq!(*replica.heard.lock().expect("as the test arranges it"), sent);
    }
    let places = |replica: &Replica| {
        let local = replica.log.local();
        let records =
            local.after(local.oldest_kept(), usize::MAX).expect("as the test arranges it");
        records.iter().map(|record| record.cursor).collect::<Vec<_>>()
    };
    assert_eq!(places(&replicas[0]), places(&replicas[1]));
    let local = replicas[2].log.local();
    let record = &local.after(local.oldest_kept(), 1).expect("as the test arranges it")[0];
    assert_eq!(record.event, Event { occurred_at: record.event.occurred_at, ..event("msg_00") });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_starts_later_hears_of_everything_kept() {
    let Some(program) = required(program()) else { return };
    let redis = Redis::start(&program, &[]).await;
    let first = Replica::of(&redis);
    let sent: BTreeSet<String> = (0..1_200).map(|number| format!("msg_{number}")).collect();
    for id in &sent {
        first.log.append(event(id)).await.expect("as the test arranges it");
    }
    let second = Replica::of(&redis);
    second.is_current().await;
    assert_eq!(second.heard(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_redis_is_killed_is_in_force_at_once_and_everywhere_after() {
    let Some(program) = required(program()) else { return };
    let mut redis = Redis::start(&program, &DURABLE).await;
    let (one, other) = (Replica::of(&redis), Replica::of(&redis));
    one.log.append(event("before")).await.expect("as the test arranges it");
    other.hears(&ids(&["before"])).await;

    redis.kill();
    one.is_away().await;
    other.is_away().await;
    // Not acknowledged, and in force here all the same.
    assert_eq!(one.log.append(event("meanwhile")).await, Err(AppendError));
    assert_eq!(one.heard(), ids(&["before", "meanwhile"]));
    assert_eq!(other.heard(), ids(&["before"]));

    redis.start_again().await;
    other.hears(&ids(&["before", "meanwhile"])).await;
    // Clerk sends it again, as it was not acknowledged.
    other.is_current().await;
    assert_eq!(other.log.append(event("meanwhile")).await, Ok(Appended::Known));
    let late = Replica::of(&redis);
    late.hears(&ids(&["before", "meanwhile"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_redis_takes_but_does_not_let_be_read_is_in_force_where_it_was_handed_in() {
    let Some(program) = required(program()) else { return };
    let redis = Redis::start(&program, &[]).await;
    let one = Replica::of(&redis);
    one.is_current().await;
    let client = redis::Client::open(redis.url()).expect("as the test arranges it");
    let mut connection =
        client.get_multiplexed_async_connection().await.expect("as the test arranges it");
    let mut allow = async |rights: &str| {
        let _: String = redis::cmd("ACL")
            .arg(&["SETUSER", "default", rights])
            .query_async(&mut connection)
            .await
            .expect("as the test arranges it");
    };
    allow("-xread").await;
    one.is_away().await;
    // Acknowledged, so that nobody sends it again; the attempts to read go on meanwhile.
    assert_eq!(one.log.append(event("a")).await, Ok(Appended::New));
    one.hears(&ids(&["a"])).await;
    allow("+xread").await;
    one.is_current().await;
    let late = Replica::of(&redis);
    late.hears(&ids(&["a"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_lost_everything_is_told_again() {
    let Some(program) = required(program()) else { return };
    // Keeps nothing on disk.
    let mut redis = Redis::start(&program, &[]).await;
    let one = Replica::of(&redis);
    for id in ["a", "b", "c"] {
        one.log.append(event(id)).await.expect("as the test arranges it");
    }
    one.hears(&ids(&["a", "b", "c"])).await;
    redis.kill();
    one.is_away().await;
    redis.start_again().await;
    let fresh = Replica::of(&redis);
    fresh.hears(&ids(&["a", "b", "c"])).await;
    one.is_current().await;
    assert_eq!(one.log.append(event("b")).await, Ok(Appended::Known));
    assert_eq!(one.log.append(event("d")).await, Ok(Appended::New));
    fresh.hears(&ids(&["a", "b", "c", "d"])).await;
    one.hears(&ids(&["a", "b", "c", "d"])).await;
    // Nothing counted twice.
    assert_eq!(one.heard.lock().expect("as the test arranges it").len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_log_is_noticed_even_where_somebody_wrote_to_the_new_one_first() {
    let Some(program) = required(program()) else { return };
    let mut redis = Redis::start(&program, &[]).await;
    let one = Replica::of(&redis);
    one.is_current().await;
    one.log.append(event("old")).await.expect("as the test arranges it");
    one.hears(&ids(&["old"])).await;
    redis.kill();
    one.is_away().await;
    redis.start_again().await;
    // Nobody but this test knows when the replica looks again: what is newest says nothing to it.
    let newcomer = Replica::of(&redis);
    newcomer.log.append(event("new")).await.expect("as the test arranges it");
    one.hears(&ids(&["old", "new"])).await;
    let late = Replica::of(&redis);
    late.hears(&ids(&["old", "new"])).await;
    // Cursors of the log that was lost are no good in a copy of the new one.
    let error = late.log.local().after(Cursor { millis: 1_700_000_000_000, sequence: 0 }, 1);
    assert!(error.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_log_is_known_to_be_new_by_whoever_writes_to_it_first() {
    let Some(program) = required(program()) else { return };
    let redis = Redis::start(&program, &[]).await;
    let one = Replica::of(&redis);
    one.is_current().await;
    // Lost without an interruption, after which somebody would have looked.
    let client = redis::Client::open(redis.url()).expect("as the test arranges it");
    let mut connection =
        client.get_multiplexed_async_connection().await.expect("as the test arranges it");
    let _: String =
        redis::cmd("FLUSHALL").query_async(&mut connection).await.expect("as the test arranges it");
    one.log.append(event("new")).await.expect("as the test arranges it");
    let late = Replica::of(&redis);
    late.hears(&ids(&["new"])).await;
    // Cursors of the log that was lost are no good in a copy of the new one.
    let error = late.log.local().after(Cursor { millis: 1_700_000_000_000, sequence: 0 }, 1);
    assert!(error.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_takes_nothing_is_offered_everything_once_it_does() {
    let Some(program) = required(program()) else { return };
    let mut redis = Redis::start(&program, &[]).await;
    let one = Replica::of(&redis);
    for id in ["a", "b"] {
        one.log.append(event(id)).await.expect("as the test arranges it");
    }
    one.hears(&ids(&["a", "b"])).await;
    redis.kill();
    one.is_away().await;
    redis.start_again().await;
    let client = redis::Client::open(redis.url()).expect("as the test arranges it");
    let mut connection =
        client.get_multiplexed_async_connection().await.expect("as the test arranges it");
    let mut limit = async |bytes: &str| {
        let _: String = redis::cmd("CONFIG")
            .arg("SET")
            .arg("maxmemory")
            .arg(bytes)
            .query_async(&mut connection)
            .await
            .expect("as the test arranges it");
    };
    limit("1").await;
    let refused = one.log.append(event("c")).await;
    limit("0").await;
    let late = Replica::of(&redis);
    late.hears(&ids(&["a", "b", "c"])).await;
    assert_eq!(refused, Err(AppendError));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_answers_nothing_is_noticed_and_caught_up_with() {
    let Some(program) = required(program()) else { return };
    let redis = Redis::start(&program, &[]).await;
    let (one, other) = (Replica::of(&redis), Replica::of(&redis));
    one.is_current().await;
    other.is_current().await;
    redis.pause();
    assert_eq!(one.log.append(event("meanwhile")).await, Err(AppendError));
    other.is_away().await;
    redis.go_on();
    other.is_current().await;
    other.hears(&ids(&["meanwhile"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_is_bounded() {
    let Some(program) = required(program()) else { return };
    let redis = Redis::start(&program, &[]).await;
    let bounded = RedisSettings { records: 100, ..settings(&redis.url()) };
    let one = Replica::with(&bounded);
    for number in 0..1_000 {
        one.log.append(event(&format!("msg_{number}"))).await.expect("as the test arranges it");
    }
    let late = Replica::with(&bounded);
    late.hears(&ids(&["msg_999"])).await;
    late.is_current().await;
    let kept = late.heard().len();
    assert!((100..400).contains(&kept), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_needed_where_redis_asks_for_one() {
    let Some(program) = required(program()) else { return };
    let redis = Redis::start(&program, &["--requirepass", "made-up"]).await;
    let stranger = Replica::of(&redis);
    stranger.is_away().await;
    assert_eq!(stranger.log.append(event("a")).await, Err(AppendError));
    let url = redis.url().replace("redis://", "redis://:made-up@");
    let known = Replica::with(&settings(&url));
    known.is_current().await;
    assert_eq!(known.log.append(event("a")).await, Ok(Appended::New));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_is_no_event_is_passed_over() {
    let Some(program) = required(program()) else { return };
    let redis = Redis::start(&program, &[]).await;
    let client = redis::Client::open(redis.url()).expect("as the test arranges it");
    let mut connection =
        client.get_multiplexed_async_connection().await.expect("as the test arranges it");
    let strange: String = redis::cmd("XADD")
        .arg("{bailiff}:events")
        .arg("*")
        .arg("x")
        .arg("y")
        .query_async(&mut connection)
        .await
        .expect("as the test arranges it");
    assert!(strange.contains('-'));
    let one = Replica::of(&redis);
    one.log.append(event("a")).await.expect("as the test arranges it");
    one.hears(&ids(&["a"])).await;
    assert_eq!(one.heard().len(), 1);
}

#[test]
fn an_address_that_is_none_is_refused_without_being_quoted() {
    let sink = Arc::new(|_: &Event| {});
    let local = Arc::new(LocalLog::new(LogLimits::STANDARD, sink));
    for url in ["", "localhost", "http://:made-up@localhost", "redis://:made-up@localhost:none"] {
        let error = RedisLog::follow(
            &settings(url),
            Arc::clone(&local),
            Arc::new(SystemClock),
            Arc::default(),
        )
        .expect_err("no address");
        assert!(!error.to_string().contains("made-up"));
    }
}
