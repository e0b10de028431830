use crate::{
    core::{
        decision::{Denial, Effect, Upstream},
        location::Location,
        reason::Reason,
    },
    telemetry::metrics::Metrics,
};
use std::time::Duration;

fn allow() -> Effect {
    Effect::Allow(Upstream { set: Vec::new(), remove: Vec::new() })
}

#[test]
fn every_effect_and_reason_of_every_door_has_a_count_of_its_own() {
    let metrics = Metrics::new().unwrap();
    let elsewhere = Location::parse("https://accounts.shop.test/sign-in").unwrap();
    let effects = [allow(), Effect::Deny(Denial::plain()), Effect::Redirect(elsewhere)];
    let doors = ["ext_authz", "authorize"];
    let mut expected = Vec::new();
    for (door, least) in doors.iter().zip(1..) {
        let counted = metrics.door(door);
        for (effect, times) in effects.iter().zip(least..) {
            for &reason in Reason::ALL {
                for _ in 0..times {
                    counted.decided(effect, reason, Duration::from_micros(3));
                }
                let (effect, reason) = (effect.as_str(), reason.code());
                expected.push(format!(
                    r#"bailiff_decisions_total{{door="{door}",effect="{effect}",reason="{reason}"}} {times}"#
                ));
            }
        }
    }
    let page = metrics.page();
    for line in expected {
        assert!(page.lines().any(|found| found == line), "{line} is missing from\n{page}");
    }
    let reasons = Reason::ALL.len();
    for (door, decisions) in
        [("ext_authz", (1 + 2 + 3) * reasons), ("authorize", (2 + 3 + 4) * reasons)]
    {
        for line in [
            format!(r#"bailiff_decision_duration_seconds_count{{door="{door}"}} {decisions}"#),
            format!(r#"bailiff_decision_duration_seconds_bucket{{door="{door}",le="0.000002"}} 0"#),
            format!(
                r#"bailiff_decision_duration_seconds_bucket{{door="{door}",le="0.000005"}} {decisions}"#
            ),
        ] {
            assert!(page.contains(&line), "{line} is missing from\n{page}");
        }
    }
}

#[test]
fn what_never_came_is_not_shown() {
    let metrics = Metrics::new().unwrap();
    let (counted, _quiet) = (metrics.door("ext_authz"), metrics.door("authzen"));
    counted.decided(&allow(), Reason::Allowed, Duration::ZERO);
    let page = metrics.page();
    assert_eq!(page.matches("bailiff_decisions_total{").count(), 1, "{page}");
    assert!(!page.contains("authzen"), "{page}");
}

#[test]
fn two_handles_of_one_door_add_up() {
    let metrics = Metrics::new().unwrap();
    for _ in 0..2 {
        metrics.door("ext_authz").decided(&allow(), Reason::Allowed, Duration::ZERO);
    }
    let expected = r#"bailiff_decisions_total{door="ext_authz",effect="allow",reason="allowed"} 2"#;
    let page = metrics.page();
    assert!(page.contains(expected), "{page}");
}
