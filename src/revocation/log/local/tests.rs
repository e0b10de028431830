use super::{Appended, Cursor, Gap, LocalLog, LogLimits, Record};
use crate::core::{clock::Timestamp, event::Event, id::InstanceName};
use std::sync::{Arc, Mutex};

const ROOMY: LogLimits = LogLimits { records: 100, bytes: 10_000, ids: 100 };

fn event(id: &str) -> Event {
    Event {
        id: id.into(),
        instance: InstanceName::new("shop"),
        kind: "user.updated".into(),
        occurred_at: Timestamp::from_unix_seconds(1),
        payload: "0123456789".into(),
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(millis)
}

/// A log, and the ids its sink was told of.
fn log(limits: LogLimits) -> (LocalLog, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
    let sink = move |event: &Event| telling.lock().unwrap().push(event.id.to_string());
    (LocalLog::new(limits, Arc::new(sink)), told)
}

fn ids(log: &LocalLog, after: Cursor) -> Vec<String> {
    log.after(after, usize::MAX).unwrap().iter().map(|record| record.event.id.to_string()).collect()
}

#[test]
fn events_are_read_in_the_order_they_came() {
    let (log, told) = log(ROOMY);
    for (id, millis) in [("a", 5), ("b", 5), ("c", 3), ("d", 9)] {
        assert_eq!(log.append(event(id), at(millis)), Appended::New);
    }
    assert_eq!(ids(&log, Cursor::START), ["a", "b", "c", "d"]);
    assert_eq!(*told.lock().unwrap(), ["a", "b", "c", "d"]);
    let second = log.after(Cursor::START, 2).unwrap()[1].cursor;
    assert_eq!(ids(&log, second), ["c", "d"]);
    assert_eq!(ids(&log, *log.newest().borrow()), [""; 0]);
}

#[test]
fn a_message_that_comes_again_has_no_second_effect() {
    let (log, told) = log(ROOMY);
    log.append(event("a"), at(1));
    assert_eq!(log.append(event("a"), at(2)), Appended::Known);
    assert_eq!(log.len(), 1);
    assert_eq!(told.lock().unwrap().len(), 1);
}

#[test]
fn a_record_of_a_shared_log_counts_once() {
    let (log, told) = log(ROOMY);
    let record = |millis, id| Record { cursor: Cursor { millis, sequence: 0 }, event: event(id) };
    assert_eq!(log.follow(record(5, "a")), Appended::New);
    assert_eq!(log.follow(record(5, "a")), Appended::Known);
    // The shared log was lost and written again: the same event in another place.
    assert_eq!(log.follow(record(9, "a")), Appended::Known);
    // Its clock went back, too.
    assert_eq!(log.follow(record(4, "late")), Appended::New);
    assert_eq!(*log.newest().borrow(), Cursor { millis: 5, sequence: 1 });
    assert_eq!(*told.lock().unwrap(), ["a", "late"]);
}

#[test]
fn the_oldest_records_go_first_and_whoever_missed_them_is_told() {
    for limits in [LogLimits { records: 3, ..ROOMY }, LogLimits { bytes: 30, ..ROOMY }] {
        let (log, _) = log(limits);
        for number in 0..10 {
            log.append(event(&number.to_string()), at(number));
        }
        assert_eq!(log.len(), 3);
        let oldest = Cursor { millis: 7, sequence: 0 };
        assert_eq!(log.after(Cursor::START, 1), Err(Gap { oldest }));
        assert_eq!(ids(&log, Cursor { millis: 6, sequence: 0 }), ["7", "8", "9"]);
    }
}

#[test]
fn a_record_beyond_all_bounds_is_held_until_the_next_one() {
    let (log, _) = log(LogLimits { bytes: 1, ..ROOMY });
    log.append(event("a"), at(1));
    assert_eq!(ids(&log, Cursor::START), ["a"]);
    log.append(event("b"), at(2));
    assert_eq!(log.len(), 1);
}

#[test]
fn ids_are_remembered_within_bounds() {
    let (log, _) = log(LogLimits { ids: 2, ..ROOMY });
    for (number, id) in ["a", "b", "c"].into_iter().enumerate() {
        log.append(event(id), at(i64::try_from(number).unwrap()));
    }
    assert_eq!(log.append(event("c"), at(9)), Appended::Known);
    assert_eq!(log.append(event("a"), at(9)), Appended::New);
}

#[tokio::test]
async fn whoever_waits_hears_of_the_next_record() {
    let (log, _) = log(ROOMY);
    let mut newest = log.newest();
    newest.mark_unchanged();
    let log = Arc::new(log);
    let waiting = tokio::spawn(async move {
        newest.changed().await.unwrap();
        newest.borrow().millis
    });
    log.append(event("a"), at(7));
    assert_eq!(waiting.await.unwrap(), 7);
}

#[test]
fn a_sink_that_panics_leaves_the_log_usable_and_the_event_to_come_again() {
    let broken = Arc::new(Mutex::new(true));
    let switch = Arc::clone(&broken);
    let log = LocalLog::new(
        ROOMY,
        Arc::new(move |_: &Event| {
            assert!(!*switch.lock().unwrap_or_else(std::sync::PoisonError::into_inner), "broken");
        }),
    );
    let attempt =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| log.append(event("a"), at(1))));
    assert!(attempt.is_err());
    *broken.lock().unwrap() = false;
    assert_eq!(log.append(event("a"), at(2)), Appended::New);
}

#[test]
fn what_lies_before_the_beginning_is_not_passed_over_in_silence() {
    let (log, _) = log(ROOMY);
    let beginning = Cursor { millis: 100, sequence: 0 };
    log.begin_at(beginning);
    assert_eq!(log.after(Cursor { millis: 99, sequence: 0 }, 1), Err(Gap { oldest: beginning }));
    assert_eq!(ids(&log, beginning), [""; 0]);
    log.append(event("a"), at(50));
    assert_eq!(ids(&log, beginning), ["a"]);
    // Too late: there are records already.
    log.begin_at(Cursor { millis: 500, sequence: 0 });
    assert_eq!(ids(&log, beginning), ["a"]);
}
