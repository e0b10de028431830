use super::{Absences, Cause, Demand, Rotation};
use crate::{
    clerk::{
        fixture::{JWKS_DEV, JWKS_OTHER, at},
        keys::{KeySet, RotationPolicy},
        token_error::FetchFailure,
    },
    core::{clock::Timestamp, id::KeyId},
};
use serde_json::{Value, json};
use std::time::Duration;

const POLICY: RotationPolicy = RotationPolicy::STANDARD;
const OK: Result<(), FetchFailure> = Ok(());

fn seconds(seconds: i64) -> Timestamp {
    at(seconds * 1000)
}

fn name(name: &str) -> Cause {
    Cause::Name(KeyId::new(name))
}

fn absent(name: &str) -> Cause {
    Cause::AbsentName(KeyId::new(name))
}

/// The first round has ended at `seconds(0)`.
fn settled() -> Rotation {
    let mut rotation = Rotation::starting(POLICY);
    rotation.ended(&OK, seconds(0));
    rotation
}

fn set(jwks: &str) -> KeySet {
    let document: Value = serde_json::from_str(jwks).unwrap();
    KeySet::from_jwks(document["keys"].as_array().unwrap())
}

#[test]
fn names_cause_one_round_at_a_time_and_none_within_their_cool_down() {
    let mut rotation = Rotation::starting(POLICY);
    assert_eq!(rotation.demand(name("a"), seconds(0)), Demand::Wait, "the first is under way");
    assert_eq!(rotation.ended(&OK, seconds(1)), Some(Cause::Timer));
    assert_eq!(rotation.demand(name("a"), seconds(2)), Demand::Start);
    assert_eq!(rotation.demand(name("b"), seconds(2)), Demand::Wait);
    assert_eq!(rotation.ended(&OK, seconds(3)), Some(name("a")));
    assert_eq!(rotation.demand(name("b"), seconds(4)), Demand::Refused);
    assert_eq!(rotation.demand(name("a"), seconds(12)), Demand::Refused);
    assert_eq!(rotation.demand(name("b"), seconds(13)), Demand::Start);
    rotation.ended(&Err::<(), _>(FetchFailure::Transport), seconds(14));
    assert_eq!(rotation.demand(name("c"), seconds(15)), Demand::Refused, "failures cool down too");
}

#[test]
fn a_round_that_failed_is_not_followed_by_one_for_a_name_at_once() {
    let mut rotation = Rotation::starting(POLICY);
    rotation.ended(&Err::<(), _>(FetchFailure::Transport), seconds(0));
    assert_eq!(rotation.demand(name("a"), seconds(9)), Demand::Refused);
    assert_eq!(rotation.demand(name("a"), seconds(10)), Demand::Start);
}

#[test]
fn signatures_that_do_not_fit_cause_none_within_the_cool_down_of_any_round() {
    let mut rotation = settled();
    assert_eq!(rotation.demand(Cause::Signature, seconds(1)), Demand::Refused);
    assert_eq!(rotation.demand(Cause::Signature, seconds(10)), Demand::Start);
    rotation.ended(&OK, seconds(11));
    assert_eq!(rotation.demand(Cause::Signature, seconds(12)), Demand::Refused);
}

#[test]
fn forged_signatures_and_names_known_to_be_absent_take_no_round_from_a_new_name() {
    for other in [Cause::Signature, absent("ins_elsewhere")] {
        let mut rotation = settled();
        for now in 1..3600 {
            if rotation.demand(other.clone(), seconds(now)) == Demand::Start {
                rotation.ended(&OK, seconds(now));
                assert_eq!(rotation.demand(name("new"), seconds(now)), Demand::Start, "{now}");
                rotation.ended(&OK, seconds(now));
            }
        }
    }
}

#[test]
fn an_hour_of_made_up_names_and_signatures_causes_few_rounds() {
    for (causes, most) in [
        (&[name("ins_x")][..], 360),
        (&[absent("ins_x")], 360),
        (&[Cause::Signature], 360),
        (&[absent("ins_y"), name("ins_x"), Cause::Signature], 720),
    ] {
        let (mut rotation, mut rounds) = (settled(), 0);
        for now in 0..3600 {
            for cause in causes {
                if rotation.demand(cause.clone(), seconds(now)) == Demand::Start {
                    rounds += 1;
                    rotation.ended(&OK, seconds(now));
                }
            }
        }
        assert!(rounds <= most, "{rounds} for {causes:?}");
    }
}

#[test]
fn a_clock_that_jumps_back_does_not_open_the_budget() {
    let mut rotation = Rotation::starting(POLICY);
    rotation.ended(&OK, seconds(900));
    assert_eq!(rotation.demand(name("a"), seconds(1000)), Demand::Start);
    rotation.ended(&OK, seconds(1000));
    assert_eq!(rotation.demand(name("a"), seconds(0)), Demand::Refused);
    assert_eq!(rotation.demand(Cause::Signature, seconds(0)), Demand::Refused);
}

#[test]
fn the_timer_does_not_take_over_the_round_that_a_name_has_caused() {
    let mut rotation = settled();
    assert_eq!(rotation.demand(name("a"), seconds(20)), Demand::Start);
    rotation.start();
    assert_eq!(rotation.ended(&OK, seconds(21)), Some(name("a")));
    rotation.start();
    assert_eq!(rotation.demand(name("a"), seconds(60)), Demand::Wait);
    assert_eq!(rotation.ended(&OK, seconds(60)), Some(Cause::Timer));
}

#[test]
fn a_failed_round_is_repeated_sooner() {
    let mut rotation = settled();
    assert_eq!(rotation.pause(), Duration::from_secs(300));
    rotation.ended(&Err::<(), _>(FetchFailure::Answer), seconds(300));
    assert_eq!(rotation.pause(), Duration::from_secs(15));
}

#[test]
fn a_name_that_was_asked_for_and_a_key_that_was_withdrawn_are_known_to_be_absent() {
    let (dev, other) = (set(JWKS_DEV), set(JWKS_OTHER));
    let none = Absences::default();
    let asked = none.after(Some(name("ins_made_up")), Some(&dev), &dev);
    assert!(asked.include("ins_made_up"));
    assert!(!asked.include("ins_newer") && !asked.include("ins_2zDev01"));
    let withdrawn = asked.after(Some(Cause::Timer), Some(&dev), &other);
    assert!(withdrawn.include("ins_2zDev01") && withdrawn.include("ins_made_up"));
    let back = withdrawn.after(None, Some(&other), &dev);
    assert!(!back.include("ins_2zDev01") && back.include("ins_2zOther01"));
}

#[test]
fn a_name_that_was_found_is_not_absent_whatever_its_entry_holds() {
    let useless = KeySet::from_jwks(&[json!({ "kid": "ins_useless" })]);
    let absent = Absences::default().after(Some(name("ins_useless")), None, &useless);
    assert!(!absent.include("ins_useless"));
}

#[test]
fn only_the_newest_names_are_remembered() {
    let dev = set(JWKS_DEV);
    let mut absent = Absences::default();
    for number in 0..100 {
        absent = absent.after(Some(name(&format!("ins_{number}"))), Some(&dev), &dev);
    }
    let remembered = (0..100).filter(|number| absent.include(&format!("ins_{number}")));
    assert_eq!(remembered.collect::<Vec<_>>(), (68..100).collect::<Vec<_>>());
}
