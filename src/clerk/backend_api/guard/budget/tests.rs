use super::{Budget, CallRate, Spent};
use crate::core::clock::Timestamp;
use std::{collections::VecDeque, num::NonZeroU32, time::Duration};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(1_770_000_000_000 + millis)
}

fn budget(calls: u32) -> Budget {
    Budget::new(CallRate::PerTenSeconds(NonZeroU32::new(calls).unwrap()))
}

#[test]
fn no_ten_seconds_hold_more_calls_than_allowed() {
    for calls in [2, 3, 7, 30, 300, 1000] {
        let mut budget = budget(calls);
        let mut last = VecDeque::new();
        for millis in 0..40_000 {
            // Idle for a while in the middle, so that the bucket fills up again.
            if (12_000..21_000).contains(&millis) {
                continue;
            }
            while budget.take(at(millis)).is_ok() {
                last.push_back(millis);
            }
            while last.front().is_some_and(|first| millis - first >= 10_000) {
                last.pop_front();
            }
            assert!(last.len() <= calls as usize, "{calls}: {} at {millis}", last.len());
        }
    }
}

#[test]
fn calls_come_back_with_time() {
    let mut budget = budget(4);
    assert_eq!([budget.take(at(0)), budget.take(at(0))], [Ok(()), Ok(())]);
    assert_eq!(budget.take(at(0)), Err(Spent::Allowance));
    assert_eq!(budget.take(at(4_999)), Err(Spent::Allowance));
    assert_eq!(budget.take(at(5_000)), Ok(()));
    assert_eq!(budget.take(at(5_000)), Err(Spent::Allowance));
}

#[test]
fn without_a_rate_every_call_passes() {
    let mut budget = Budget::new(CallRate::Unlimited);
    assert!((0..10_000).all(|_| budget.take(at(0)).is_ok()));
}

#[test]
fn a_block_lasts_as_long_as_clerk_asked_for_and_no_longer() {
    let mut budget = Budget::new(CallRate::Unlimited);
    for (asked, millis) in [
        (Some(Duration::from_secs(5)), 5_000),
        (None, 1_000),
        (Some(Duration::ZERO), 1_000),
        (Some(Duration::MAX), 600_000),
    ] {
        budget.block(at(0), asked);
        assert_eq!(budget.take(at(millis - 1)), Err(Spent::Blocked), "{asked:?}");
        assert_eq!(budget.take(at(millis)), Ok(()), "{asked:?}");
        assert_eq!(budget.take(at(0)), Ok(()), "{asked:?}: it is over for good");
    }
}

#[test]
fn a_clock_that_was_set_back_stops_calls_neither_for_ever_nor_longer_than_the_span() {
    let mut blocked = Budget::new(CallRate::Unlimited);
    blocked.block(at(0), Some(Duration::from_secs(5)));
    assert_eq!(blocked.take(at(-3_600_000)), Ok(()));

    let mut spent = budget(2);
    assert_eq!(spent.take(at(0)), Ok(()));
    assert_eq!(spent.take(at(-3_600_000)), Err(Spent::Allowance));
    assert_eq!(spent.take(at(-3_590_000)), Ok(()));
}
