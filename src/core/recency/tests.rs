use super::{FirstFactor, Recency, first_factor_age, session_age};
use crate::core::{
    age::AgeLimit,
    clock::Timestamp,
    entitlement::Entitlements,
    id::{InstanceName, SessionId, UserId},
    identity::{SignedClaims, User},
    reason::Reason,
    reverification::{FactorAges, Level, Reverification},
};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_764_000_000);

fn ago(seconds: u64) -> Timestamp {
    NOW.minus(Duration::from_secs(seconds))
}

fn user(session: SessionId) -> User {
    User {
        instance: InstanceName::new("shop"),
        id: UserId::new("user_1"),
        session,
        organization: None,
        features: Entitlements::default(),
        plans: Entitlements::default(),
        factor_ages: None,
        actor: None,
        issued_at: Some(NOW),
        claims_as_of: Some(NOW),
        expires_at: NOW.plus(Duration::from_secs(60)),
        claims: SignedClaims::new("{}"),
    }
}

fn began(ago_seconds: u64) -> User {
    user(SessionId::make(ago(ago_seconds), "a"))
}

/// Whose token says `first` and `second` in claims of so many seconds ago.
fn verified(first: f64, second: f64, as_of: Option<u64>) -> User {
    User {
        factor_ages: FactorAges::from_claim(first, second).ok(),
        claims_as_of: as_of.map(ago),
        ..began(0)
    }
}

fn minutes(minutes: u32) -> AgeLimit {
    AgeLimit::from_minutes(minutes).unwrap()
}

#[test]
fn a_session_is_young_until_the_second_at_which_it_is_as_old_as_it_may_be() {
    let hour = Recency::Session(minutes(60));
    for (ago, refused) in [
        (0, None),
        (1, None),
        (3599, None),
        (3600, Some(Reason::SessionTooOld)),
        (3601, Some(Reason::SessionTooOld)),
        (300_000_000, Some(Reason::SessionTooOld)),
    ] {
        assert_eq!(hour.check(&began(ago), NOW).err(), refused, "{ago}");
    }
}

#[test]
fn a_session_whose_id_holds_no_moment_that_has_been_is_of_unknown_age() {
    let hour = Recency::Session(minutes(60));
    let made = |at: Timestamp| SessionId::make(at, "a");
    for id in [
        SessionId::new("sess_1"),
        SessionId::new(""),
        SessionId::new(&made(ago(60)).as_str().replace("sess_", "user_")),
        SessionId::new(&made(ago(60)).as_str().replace("sess_", "")),
        SessionId::new(&format!("{}0", made(ago(60)))),
        // As far ahead as no two clocks are apart, and as far as there is.
        made(NOW.plus(Duration::from_secs(6))),
        made(Timestamp::from_unix_seconds(i64::MAX)),
    ] {
        let user = user(id);
        assert_eq!(hour.check(&user, NOW), Err(Reason::SessionAgeUnknown), "{}", user.session);
        assert_eq!(session_age(&user, NOW), None);
    }
    // A clock may be a little behind the one that ids are made by.
    let user = user(made(NOW.plus(Duration::from_secs(5))));
    assert_eq!(session_age(&user, NOW), Some(Duration::ZERO));
    assert_eq!(hour.check(&user, NOW), Ok(()));
}

#[test]
fn the_age_of_the_first_factor_grows_with_the_token() {
    let ten = Recency::FirstFactor(minutes(10));
    for (first, as_of, refused) in [
        (0.0, 0, None),
        (9.0, 0, None),
        (9.0, 59, None),
        (9.0, 60, Some(Reason::FirstFactorStale)),
        (10.0, 0, Some(Reason::FirstFactorStale)),
        (9.5, 29, None),
        (9.5, 30, Some(Reason::FirstFactorStale)),
        // A token that lives for a day says the same all day.
        (0.0, 599, None),
        (0.0, 600, Some(Reason::FirstFactorStale)),
        (f64::MAX, 0, Some(Reason::FirstFactorStale)),
    ] {
        let user = verified(first, -1.0, Some(as_of));
        assert_eq!(ten.check(&user, NOW).err(), refused, "{first} {as_of}");
    }
}

#[test]
fn the_second_factor_makes_no_difference() {
    let ten = Recency::FirstFactor(minutes(10));
    for second in [-1.0, 0.0, 5.0, 5000.0] {
        assert_eq!(ten.check(&verified(5.0, second, Some(0)), NOW), Ok(()), "{second}");
        let stale = Err(Reason::FirstFactorStale);
        assert_eq!(ten.check(&verified(15.0, second, Some(0)), NOW), stale, "{second}");
        // Clerk's `second_factor` would be content with these.
        assert_eq!(ten.check(&verified(-1.0, second, Some(0)), NOW), stale, "{second}");
    }
}

#[test]
fn a_token_that_does_not_say_is_refused_for_that() {
    let unknown = Err(Reason::FirstFactorUnknown);
    let ten = Recency::FirstFactor(minutes(10));
    assert_eq!(ten.check(&began(0), NOW), unknown);
    assert_eq!(ten.check(&verified(1.0, 1.0, None), NOW), unknown);
    assert_eq!(first_factor_age(&verified(-1.0, 1.0, None), NOW), FirstFactor::Unknown);
}

#[test]
fn claims_of_a_moment_to_come_are_no_younger_than_now() {
    let user =
        User { claims_as_of: Some(NOW.plus(Duration::from_secs(4))), ..verified(9.0, -1.0, None) };
    let age = FirstFactor::Verified(Duration::from_secs(540));
    assert_eq!(first_factor_age(&user, NOW), age);
}

#[test]
fn what_mends_a_stale_first_factor_is_a_reverification_of_it() {
    let window = Recency::FirstFactor(minutes(30)).reverification();
    let after_minutes = minutes(30).minutes();
    let expected = Reverification::Window { level: Level::FirstFactor, after_minutes };
    assert_eq!(window, Some(expected));
    // None makes a session begin anew.
    assert_eq!(Recency::Session(minutes(30)).reverification(), None);
}
