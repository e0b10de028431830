use super::{Keys, Readiness};
use crate::{
    clerk::{
        backend_api::{ApiBase, NoAnswer, PlainHttp, Transport},
        counters::Counters,
        fixture::{JWKS_DEV, JWKS_OTHER, JWKS_WRONG, PUBLIC_A, Script, at, run},
        keys::{Freshness, Key, KeySource, Lookup, RotationPolicy},
        token_error::{FetchFailure, TokenError},
    },
    core::clock::ManualClock,
};
use std::{sync::Arc, time::Duration};

const DEV: Option<&str> = Some("ins_2zDev01");

const POLICY: RotationPolicy = RotationPolicy {
    backoff: Duration::ZERO,
    wait: Duration::from_millis(100),
    ..RotationPolicy::STANDARD
};

struct World {
    keys: Keys,
    clock: Arc<ManualClock>,
    counters: Arc<Counters>,
}

fn world(script: &Arc<Script>, policy: RotationPolicy) -> World {
    let clock = Arc::new(ManualClock::at(at(0)));
    let counters = Arc::new(Counters::default());
    let base = ApiBase::parse("http://127.0.0.1:1", PlainHttp::LoopbackOnly).unwrap();
    let source = KeySource::frontend_api(&base).unwrap();
    let transport: Arc<dyn Transport> = Arc::clone(script) as _;
    let keys =
        Keys::fetched(source, transport, Arc::clone(&clock) as _, policy, Arc::clone(&counters));
    World { keys, clock, counters }
}

#[expect(clippy::unnecessary_wraps, reason = "stands among answers that do not come")]
fn set(jwks: &str) -> Result<(u16, String), NoAnswer> {
    Ok((200, jwks.to_owned()))
}

#[test]
fn the_first_request_waits_for_the_first_keys() {
    run(async {
        let script = Script::new([set(JWKS_DEV)]);
        let world = world(&script, POLICY);
        assert_eq!(world.keys.at_hand(DEV, at(0)), None);
        assert_eq!(*world.keys.readiness().borrow(), Readiness::NotReady);
        assert!(world.keys.find(DEV, at(0)).await.is_ok());
        assert_eq!(*world.keys.readiness().borrow(), Readiness::Ready);
        assert_eq!(world.keys.freshness(at(0)), Freshness::Fresh);
        assert_eq!((script.count(), world.counters.key_refresh_succeeded.get()), (1, 1));
    });
}

#[test]
fn of_a_hundred_unknown_names_one_is_asked_for_and_the_others_may_be_newer_than_the_keys() {
    run(async {
        let script = Script::new([set(JWKS_DEV)]);
        let world = world(&script, POLICY);
        world.keys.find(DEV, at(0)).await.unwrap();
        world.clock.set(at(60_000));
        for attempt in 0..100 {
            let name = format!("ins_{attempt}");
            let expected =
                if attempt == 0 { TokenError::UnknownKey } else { TokenError::KeyPending };
            for _ in 0..2 {
                let found = world.keys.find(Some(&name), at(60_000)).await;
                assert_eq!(found.map(|_| ()), Err(expected), "{name}");
            }
        }
        assert_eq!(script.count(), 2);
        assert_eq!(world.counters.key_refresh_denied.get(), 199);
    });
}

#[test]
fn a_token_that_names_no_key_asks_nobody() {
    run(async {
        let script = Script::new([set(JWKS_DEV)]);
        let world = world(&script, POLICY);
        let nameless = world.keys.find(None, at(0)).await;
        assert_eq!(nameless.map(|_| ()), Err(TokenError::UnknownKey), "once there are keys");
        world.clock.set(at(60_000));
        let nameless = world.keys.find(None, at(60_000)).await;
        assert_eq!(nameless.map(|_| ()), Err(TokenError::UnknownKey));
        assert_eq!(script.count(), 1);
    });
}

#[test]
fn forged_signatures_keep_no_new_key_waiting() {
    run(async {
        let script = Script::new([set(JWKS_WRONG), set(JWKS_WRONG), set(JWKS_OTHER)]);
        let world = world(&script, POLICY);
        let used = world.keys.find(DEV, at(0)).await.unwrap();
        world.clock.set(at(60_000));
        for _ in 0..50 {
            assert_eq!(world.keys.successor(&used, at(60_000)).await, None);
        }
        assert!(world.keys.find(Some("ins_2zOther01"), at(60_000)).await.is_ok());
        assert_eq!(script.count(), 3);
    });
}

#[test]
fn made_up_names_make_a_new_key_wait_and_its_tokens_are_not_called_bad() {
    run(async {
        let script = Script::new([set(JWKS_OTHER), set(JWKS_OTHER), set(JWKS_DEV)]);
        let world = world(&script, POLICY);
        world.keys.find(Some("ins_2zOther01"), at(0)).await.unwrap();
        world.clock.set(at(60_000));
        let made_up = world.keys.find(Some("ins_made_up"), at(60_000)).await;
        assert_eq!(made_up.map(|_| ()), Err(TokenError::UnknownKey));
        let new = world.keys.find(DEV, at(61_000)).await;
        assert_eq!(new.map(|_| ()), Err(TokenError::KeyPending));
        world.clock.set(at(70_000));
        assert!(world.keys.find(DEV, at(70_000)).await.is_ok());
        let withdrawn = world.keys.find(Some("ins_2zOther01"), at(71_000)).await;
        assert_eq!(withdrawn.map(|_| ()), Err(TokenError::UnknownKey), "it was there before");
        assert_eq!(script.count(), 3);
    });
}

#[test]
fn tokens_of_another_instance_keep_no_new_key_waiting() {
    run(async {
        let script =
            Script::new([set(JWKS_OTHER), set(JWKS_OTHER), set(JWKS_OTHER), set(JWKS_DEV)]);
        let world = world(&script, POLICY);
        world.keys.find(Some("ins_2zOther01"), at(0)).await.unwrap();
        for (now, rounds) in [(60_000, 2), (61_000, 2), (70_000, 3), (71_000, 3)] {
            world.clock.set(at(now));
            let elsewhere = world.keys.find(Some("ins_elsewhere"), at(now)).await;
            assert_eq!(elsewhere.map(|_| ()), Err(TokenError::UnknownKey));
            assert_eq!(script.count(), rounds, "asked for again, but not often");
        }
        assert!(world.keys.find(DEV, at(71_000)).await.is_ok());
        assert_eq!(script.count(), 4);
    });
}

#[test]
fn a_round_that_began_too_early_for_a_new_key_is_followed_by_one_for_it() {
    run(async {
        let script = Script::new([set(JWKS_OTHER), set(JWKS_DEV)]);
        let world = world(&script, POLICY);
        assert!(world.keys.find(DEV, at(0)).await.is_ok(), "the first round brings other keys");
        assert_eq!(script.count(), 2);
    });
}

#[test]
fn a_new_key_is_found_by_the_token_that_names_it_first() {
    run(async {
        let script = Script::new([set(JWKS_OTHER), set(JWKS_DEV)]);
        let world = world(&script, POLICY);
        world.keys.find(Some("ins_2zOther01"), at(0)).await.unwrap();
        world.clock.set(at(60_000));
        assert!(world.keys.find(DEV, at(60_000)).await.is_ok());
        let gone = world.keys.at_hand(Some("ins_2zOther01"), at(60_000));
        assert_eq!(gone, Some(Lookup::Absent), "what a fetched set does not hold is gone");
    });
}

#[test]
fn a_new_key_under_the_old_name_is_found_by_a_signature_that_does_not_fit() {
    run(async {
        let script = Script::new([set(JWKS_WRONG), set(JWKS_DEV)]);
        let world = world(&script, POLICY);
        let old = world.keys.find(DEV, at(0)).await.unwrap();
        assert_eq!(world.keys.successor(&old, at(1000)).await, None, "too soon after a round");
        world.clock.set(at(60_000));
        let new = world.keys.successor(&old, at(60_000)).await.unwrap();
        assert_ne!(*new, *old);
        assert_eq!(world.keys.successor(&new, at(60_000)).await, None);
        assert_eq!(script.count(), 2);
    });
}

#[test]
fn without_clerk_there_are_no_keys_and_the_answer_comes_in_bounded_time() {
    run(async {
        let script = Script::new([Err(NoAnswer::Connect)]);
        let slow = RotationPolicy { backoff: Duration::from_secs(3600), ..POLICY };
        let world = world(&script, slow);
        let waited = tokio::time::timeout(Duration::from_secs(5), world.keys.find(DEV, at(0)));
        let unavailable = TokenError::KeysUnavailable(FetchFailure::NotYet);
        assert_eq!(waited.await.expect("bounded").map(|_| ()), Err(unavailable));
    });
}

#[test]
fn a_round_tries_five_times_and_tells_what_failed() {
    run(async {
        let refused = Ok((401, r#"{"errors":[{"code":"clerk_key_invalid"}]}"#.to_owned()));
        let script = Script::new([refused]);
        let world = world(&script, POLICY);
        let unavailable = TokenError::KeysUnavailable(FetchFailure::SecretKey);
        assert_eq!(world.keys.find(DEV, at(0)).await.map(|_| ()), Err(unavailable));
        assert_eq!((script.count(), world.counters.key_refresh_failed.get()), (5, 1));
    });
}

#[test]
fn keys_outlive_an_outage_up_to_the_bound_and_come_back_after_it() {
    run(async {
        let script = Script::new([set(JWKS_DEV)]);
        let world = world(&script, POLICY);
        world.keys.find(DEV, at(0)).await.unwrap();
        script.now_answers(Err(NoAnswer::Timeout));

        let late = at(3_599_000);
        world.clock.set(late);
        let unknown = world.keys.find(Some("ins_new"), late).await;
        let unavailable = TokenError::KeysUnavailable(FetchFailure::Transport);
        assert_eq!(unknown.map(|_| ()), Err(unavailable), "it may be newer than the keys");
        assert!(matches!(world.keys.at_hand(DEV, late), Some(Lookup::Key(_))));
        assert_eq!(world.keys.freshness(late), Freshness::Stale);
        assert_eq!(*world.keys.readiness().borrow(), Readiness::Ready);

        let too_late = at(3_700_000);
        world.clock.set(too_late);
        assert_eq!(world.keys.find(DEV, too_late).await.map(|_| ()), Err(unavailable));
        assert_eq!(*world.keys.readiness().borrow(), Readiness::NotReady);

        script.now_answers(set(JWKS_DEV));
        let back = at(3_800_000);
        world.clock.set(back);
        assert!(world.keys.find(DEV, back).await.is_ok());
        assert_eq!(*world.keys.readiness().borrow(), Readiness::Ready);
    });
}

#[test]
fn the_timer_fetches_by_itself() {
    run(async {
        let script = Script::new([set(JWKS_DEV)]);
        let often = RotationPolicy { interval: Duration::from_millis(5), ..POLICY };
        let world = world(&script, often);
        while script.count() < 4 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(world.counters.key_refresh_succeeded.get() >= 3);
    });
}

#[test]
fn dropping_the_keys_ends_their_task() {
    run(async {
        let script = Script::new([set(JWKS_DEV)]);
        let often = RotationPolicy { interval: Duration::from_millis(1), ..POLICY };
        let world = world(&script, often);
        world.keys.find(DEV, at(0)).await.unwrap();
        drop(world);
        tokio::time::sleep(Duration::from_millis(5)).await;
        let count = script.count();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(script.count(), count);
    });
}

#[test]
fn a_pinned_key_serves_every_name_and_is_always_ready() {
    run(async {
        let keys = Keys::pinned(Key::from_pem(PUBLIC_A).unwrap());
        for name in [None, Some(""), Some("ins_x")] {
            let found = keys.find(name, at(0)).await.unwrap();
            assert_eq!(keys.at_hand(name, at(0)), Some(Lookup::Key(Arc::clone(&found))));
            assert_eq!(keys.successor(&found, at(0)).await, None);
        }
        assert_eq!(*keys.readiness().borrow(), Readiness::Ready);
        assert_eq!(keys.freshness(at(0)), Freshness::Fresh);
    });
}
