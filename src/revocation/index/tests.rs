use super::{Limits, RevocationIndex, Subject};
use crate::core::{
    clock::Timestamp,
    id::{OrganizationId, SessionId, UserId},
    notice::{CutOff, Measure, Notice, Target},
    organization::RoleKey,
};
use proptest::{prelude::*, sample::select};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_000_000);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_000_000 + seconds)
}

fn index() -> RevocationIndex {
    RevocationIndex::new(Limits::STANDARD)
}

fn session(name: &str) -> Target {
    Target::Session(SessionId::new(name))
}

fn user(name: &str) -> Target {
    Target::User(UserId::new(name))
}

fn member(user: &str, organization: &str) -> Target {
    Target::Member(UserId::new(user), OrganizationId::new(organization))
}

fn hear(index: &RevocationIndex, target: Target, measure: Measure, when: i64) {
    index.apply(&Notice { target, measure, at: at(when) }, NOW.max(at(when)));
}

/// Ada, with a session, in the organization `acme` as an editor.
fn ada(as_of: i64) -> Subject<'static> {
    Subject {
        session: Some("sess_ada"),
        user: Some("user_ada"),
        organization: Some("org_acme"),
        role: Some("org:editor"),
        as_of: Some(at(as_of)),
        is_machine: false,
    }
}

#[test]
fn whoever_nothing_was_heard_of_counts() {
    let index = index();
    assert_eq!(index.cut_off(&ada(0), NOW), None);
    hear(&index, session("sess_bob"), Measure::Ended, 0);
    hear(&index, user("user_bob"), Measure::Ended, 0);
    hear(&index, member("user_ada", "org_other"), Measure::Stale, 0);
    hear(&index, member("user_bob", "org_acme"), Measure::Stale, 0);
    hear(&index, Target::Role(RoleKey::new("org:admin")), Measure::Stale, 0);
    assert_eq!(index.cut_off(&ada(0), NOW), None);
}

#[test]
fn an_ended_session_does_not_begin_again() {
    let index = index();
    hear(&index, session("sess_ada"), Measure::Ended, -10);
    for as_of in [-100, -10, 0, 100] {
        assert_eq!(index.cut_off(&ada(as_of), NOW), Some(CutOff::Ended), "{as_of}");
    }
    let other = Subject { session: Some("sess_ada2"), ..ada(0) };
    assert_eq!(index.cut_off(&other, NOW), None);
}

#[test]
fn a_user_who_was_banned_comes_back_with_tokens_issued_later() {
    let index = index();
    hear(&index, user("user_ada"), Measure::Ended, -10);
    // Within the skew, what would count for nothing does not get through.
    for (as_of, verdict) in [
        (-20, Some(CutOff::Ended)),
        (-10, Some(CutOff::Ended)),
        (-5, Some(CutOff::Ended)),
        (-4, None),
    ] {
        assert_eq!(index.cut_off(&ada(as_of), NOW), verdict, "{as_of}");
    }
}

#[test]
fn every_kind_of_change_makes_older_tokens_stale() {
    for target in [
        session("sess_ada"),
        user("user_ada"),
        member("user_ada", "org_acme"),
        Target::Organization(OrganizationId::new("org_acme")),
        Target::Role(RoleKey::new("editor")),
        Target::Organizations,
    ] {
        let index = index();
        hear(&index, target.clone(), Measure::Stale, 0);
        assert_eq!(index.cut_off(&ada(-1), NOW), Some(CutOff::Stale), "{target:?}");
        // A token of the same second may have been issued before.
        assert_eq!(index.cut_off(&ada(0), NOW), Some(CutOff::Stale), "{target:?}");
        assert_eq!(index.cut_off(&ada(1), NOW), None, "{target:?}");
        let undated = Subject { as_of: None, ..ada(0) };
        assert_eq!(index.cut_off(&undated, NOW), Some(CutOff::Stale), "{target:?}");
    }
}

#[test]
fn nothing_makes_a_machine_stale_and_what_it_acts_for_ends_it() {
    let organization = || Target::Organization(OrganizationId::new("org_acme"));
    // As of when a JWT was issued, or Clerk vouched for an opaque credential.
    let key = |as_of| Subject { session: None, role: None, is_machine: true, ..ada(as_of) };
    for target in
        [user("user_ada"), member("user_ada", "org_acme"), organization(), Target::Organizations]
    {
        let index = index();
        hear(&index, target.clone(), Measure::Stale, 0);
        assert_eq!(index.cut_off(&key(-1000), NOW), None, "{target:?}");
        assert_eq!(index.cut_off(&ada(-1), NOW), Some(CutOff::Stale), "{target:?}");
    }
    for target in [member("user_ada", "org_acme"), organization()] {
        let index = index();
        hear(&index, target.clone(), Measure::Severed, 0);
        // A person is in the organization no more, and goes on with a token that says so.
        assert_eq!(index.cut_off(&ada(0), NOW), Some(CutOff::Stale), "{target:?}");
        assert_eq!(index.cut_off(&ada(1), NOW), None, "{target:?}");
        assert_eq!(index.cut_off(&key(5), at(5)), Some(CutOff::Ended), "{target:?}");
        assert_eq!(index.cut_off(&key(6), at(6)), None, "{target:?}");
    }
    let index = index();
    hear(&index, user("user_ada"), Measure::Ended, 0);
    assert_eq!(index.cut_off(&key(5), at(5)), Some(CutOff::Ended));
    // The ban was lifted, or Clerk would not vouch for it any more.
    assert_eq!(index.cut_off(&key(6), at(6)), None);
}

#[test]
fn what_concerns_organizations_leaves_personal_sessions_alone() {
    let index = index();
    hear(&index, Target::Organizations, Measure::Stale, 0);
    hear(&index, Target::Organization(OrganizationId::new("org_acme")), Measure::Stale, 0);
    let personal = Subject { organization: None, role: None, ..ada(0) };
    assert_eq!(index.cut_off(&personal, NOW), None);
}

#[test]
fn a_block_holds_whatever_the_age_of_the_token_until_it_ends_or_is_taken_back() {
    let index = index();
    hear(&index, user("user_ada"), Measure::Blocked { until: at(100) }, 0);
    assert_eq!(index.cut_off(&ada(50), at(99)), Some(CutOff::Blocked));
    assert_eq!(index.cut_off(&ada(50), at(100)), None);
    hear(&index, user("user_ada"), Measure::Unblocked, 1);
    assert_eq!(index.cut_off(&ada(50), at(50)), None);
    // The block comes once more, late.
    hear(&index, user("user_ada"), Measure::Blocked { until: at(100) }, 0);
    assert_eq!(index.cut_off(&ada(50), at(50)), None);
}

#[test]
fn a_late_notice_changes_nothing_that_came_since() {
    let index = index();
    hear(&index, user("user_ada"), Measure::Stale, 0);
    hear(&index, user("user_ada"), Measure::Stale, -100);
    assert_eq!(index.cut_off(&ada(-1), NOW), Some(CutOff::Stale));
}

#[test]
fn a_date_in_the_future_counts_as_the_present() {
    let index = index();
    index.apply(
        &Notice { target: user("user_ada"), measure: Measure::Stale, at: at(1_000_000) },
        NOW,
    );
    assert_eq!(index.cut_off(&ada(1), at(1)), None);
}

#[test]
fn a_notice_lives_as_long_as_a_token_that_it_could_concern() {
    let limits = Limits { retention: Duration::from_secs(60), ..Limits::STANDARD };
    let index = RevocationIndex::new(limits);
    hear(&index, session("sess_ada"), Measure::Ended, 0);
    assert_eq!(index.cut_off(&ada(0), at(59)), Some(CutOff::Ended));
    assert_eq!(index.cut_off(&ada(0), at(60)), None);
    index.expire(at(60));
    assert_eq!(index.standing().targets, 0);
    // One that came too late to matter is not kept at all.
    index.apply(&Notice { target: user("x"), measure: Measure::Ended, at: at(0) }, at(61));
    assert_eq!(index.standing().targets, 0);
}

#[test]
fn too_many_notices_make_everything_stale_and_let_nobody_through() {
    let index = RevocationIndex::new(Limits { targets: 100, ..Limits::STANDARD });
    hear(&index, session("sess_ada"), Measure::Ended, -20);
    hear(&index, user("user_eve"), Measure::Blocked { until: at(1_000) }, -20);
    for number in 0..200 {
        hear(&index, session(&format!("sess_{number}")), Measure::Ended, -10);
        assert!(index.standing().targets <= 101);
    }
    assert_eq!(index.standing().flooded_until, Some(NOW));
    // Ada's session ended before the flood, so every token of it is older.
    assert!(index.cut_off(&ada(-21), NOW).is_some());
    assert_eq!(index.cut_off(&ada(1), at(1)), None);
    let eve = Subject { user: Some("user_eve"), session: Some("sess_eve"), ..ada(500) };
    assert_eq!(index.cut_off(&eve, at(500)), Some(CutOff::Blocked));
}

/// The obvious way: all notices in a list, read from the beginning for every question.
fn obvious(notices: &[Notice], subject: &Subject<'_>, now: Timestamp) -> Option<CutOff> {
    let concerns = |target: &Target| match target {
        Target::Session(session) => subject.session == Some(session.as_str()),
        Target::User(user) => subject.user == Some(user.as_str()),
        Target::Member(user, organization) => {
            subject.user == Some(user.as_str())
                && subject.organization == Some(organization.as_str())
        }
        Target::Organization(organization) => subject.organization == Some(organization.as_str()),
        Target::Role(role) => subject.role == Some(&*role.to_string()),
        Target::Organizations => subject.organization.is_some(),
    };
    let mine: Vec<&Notice> = notices.iter().filter(|notice| concerns(&notice.target)).collect();
    let second = |when: Timestamp| when.unix_millis().div_euclid(1000);
    let before = |when: Timestamp| subject.as_of.is_none_or(|as_of| second(as_of) <= second(when));
    let blocked = mine.iter().any(|notice| {
        let Measure::Blocked { until } = notice.measure else { return false };
        let overruled = mine.iter().any(|other| {
            let until_other = match other.measure {
                Measure::Blocked { until } => until,
                Measure::Unblocked => other.at,
                Measure::Ended | Measure::Stale | Measure::Severed => return false,
            };
            other.target == notice.target && (other.at, until_other) > (notice.at, until)
        });
        now < until && !overruled
    });
    let skewed = |notice: &Notice| before(notice.at.plus(Limits::STANDARD.skew));
    let ended = mine.iter().any(|notice| match notice.measure {
        Measure::Ended => matches!(notice.target, Target::Session(_)) || skewed(notice),
        Measure::Severed => subject.is_machine && skewed(notice),
        Measure::Stale | Measure::Blocked { .. } | Measure::Unblocked => false,
    });
    let stale = mine.iter().any(|notice| {
        matches!(notice.measure, Measure::Stale | Measure::Severed)
            && !subject.is_machine
            && before(notice.at)
    });
    match (blocked, ended, stale) {
        (true, _, _) => Some(CutOff::Blocked),
        (false, true, _) => Some(CutOff::Ended),
        (false, false, true) => Some(CutOff::Stale),
        (false, false, false) => None,
    }
}

fn some_target() -> impl Strategy<Value = Target> {
    select(vec![
        session("sess_1"),
        session("sess_2"),
        user("user_1"),
        user("user_2"),
        member("user_1", "org_1"),
        member("user_1", "org_2"),
        Target::Organization(OrganizationId::new("org_1")),
        Target::Role(RoleKey::new("org:admin")),
        Target::Organizations,
    ])
}

fn some_measure() -> impl Strategy<Value = Measure> {
    prop_oneof![
        Just(Measure::Ended),
        Just(Measure::Stale),
        Just(Measure::Severed),
        (0_i64..60).prop_map(|seconds| Measure::Blocked { until: at(seconds) }),
        Just(Measure::Unblocked),
    ]
}

proptest! {
    /// Order and repetition make no difference, and the index agrees with the list.
    #[test]
    fn the_index_agrees_with_a_list_whatever_the_order(
        heard in prop::collection::vec((some_target(), some_measure(), -30_000_i64..0), 0..20),
        repeats in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
        shuffle in any::<u64>(),
        who in (select(vec!["sess_1", "sess_3"]), select(vec!["user_1", "user_2"])),
        organization in select(vec![None, Some("org_1"), Some("org_2")]),
        role in select(vec!["org:admin", "org:member"]),
        as_of in prop::option::of(-40_i64..10),
        wait in 0_i64..70,
        is_machine in any::<bool>(),
    ) {
        let notices: Vec<Notice> = heard
            .into_iter()
            .map(|(target, measure, millis)| {
                let at = Timestamp::from_unix_millis(NOW.unix_millis() + millis);
                Notice { target, measure, at }
            })
            .collect();
        let mut delivered = notices.clone();
        if !notices.is_empty() {
            delivered.extend(repeats.iter().map(|repeat| repeat.get(&notices).clone()));
        }
        fastrand::Rng::with_seed(shuffle).shuffle(&mut delivered);
        let index = index();
        for notice in &delivered {
            index.apply(notice, NOW);
        }
        let subject = Subject {
            session: Some(who.0),
            user: Some(who.1),
            organization,
            role: organization.map(|_| role),
            as_of: as_of.map(at),
            is_machine,
        };
        prop_assert_eq!(index.cut_off(&subject, at(wait)), obvious(&notices, &subject, at(wait)));
    }
}
