use super::{Freshness, KeySet, Lookup, RotationPolicy, freshness};
use crate::{
    clerk::fixture::{JWKS_DEV, at},
    core::clock::Timestamp,
};
use serde_json::{Value, json};

const POLICY: RotationPolicy = RotationPolicy::STANDARD;

fn seconds(seconds: i64) -> Timestamp {
    at(seconds * 1000)
}

fn dev_key() -> Value {
    serde_json::from_str::<Value>(JWKS_DEV).unwrap()["keys"][0].clone()
}

#[test]
fn keys_are_found_by_their_exact_name() {
    let set = KeySet::from_jwks(&[dev_key()]);
    assert!(matches!(set.get("ins_2zDev01"), Lookup::Key(_)));
    for absent in ["", "ins_2zDev0", "ins_2zDev012", "INS_2zDev01", "__proto__"] {
        assert_eq!(set.get(absent), Lookup::Absent, "{absent}");
    }
}

#[test]
fn entries_that_are_no_rs256_key_keep_their_name_and_check_nothing() {
    let named = |changes: &[(&str, Value)]| {
        let mut key = dev_key();
        for (name, value) in changes {
            key[*name] = value.clone();
        }
        KeySet::from_jwks(&[key])
    };
    assert_eq!(named(&[("use", json!("enc"))]).get("ins_2zDev01"), Lookup::OtherPurpose);
    assert_eq!(named(&[("alg", json!("ES256"))]).get("ins_2zDev01"), Lookup::OtherPurpose);
    assert_eq!(named(&[("n", json!(""))]).get("ins_2zDev01"), Lookup::Broken);
    assert_eq!(named(&[("n", json!(7))]).get("ins_2zDev01"), Lookup::Broken);
    for nameless in [json!(null), json!(""), json!(7)] {
        assert!(named(&[("kid", nameless.clone())]).is_empty(), "{nameless}");
    }
    assert!(KeySet::from_jwks(&[json!(7), json!("x"), json!(null)]).is_empty());
}

#[test]
fn of_two_entries_with_one_name_the_last_counts() {
    let mut other = dev_key();
    other["use"] = json!("enc");
    let set = KeySet::from_jwks(&[dev_key(), other]);
    assert_eq!((set.len(), set.get("ins_2zDev01")), (1, Lookup::OtherPurpose));
}

#[test]
fn keys_age_from_fresh_over_stale_to_gone() {
    for (age, expected) in [
        (0, Freshness::Fresh),
        (315, Freshness::Fresh),
        (316, Freshness::Stale),
        (3600, Freshness::Stale),
        (3601, Freshness::Unavailable),
    ] {
        assert_eq!(freshness(&POLICY, Some(seconds(0)), seconds(age)), expected, "{age}");
    }
    assert_eq!(freshness(&POLICY, None, seconds(0)), Freshness::Unavailable);
}
