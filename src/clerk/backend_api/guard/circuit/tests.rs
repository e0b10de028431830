use super::{Admission, Change, Circuit, CircuitPolicy, Ending};
use crate::clerk::fixture::at;
use std::time::Duration;

const POLICY: CircuitPolicy = CircuitPolicy { failures: 3, open_for: Duration::from_secs(5) };

/// One call from beginning to end; `None` when it does not pass.
fn call(circuit: &mut Circuit, ending: Ending, millis: i64) -> Option<Admission> {
    let admission = circuit.admit(at(millis))?;
    circuit.ended(admission, ending, at(millis));
    Some(admission)
}

/// A circuit that opened at the start of the test.
fn open() -> Circuit {
    let mut circuit = Circuit::new(POLICY);
    for _ in 0..3 {
        assert_eq!(call(&mut circuit, Ending::Failed, 0), Some(Admission::Regular));
    }
    assert_eq!(circuit.admit(at(0)), None);
    circuit
}

#[test]
fn only_failures_in_a_row_open_it() {
    let mut circuit = Circuit::new(POLICY);
    for _ in 0..10 {
        for ending in [Ending::Failed, Ending::Failed, Ending::Answered] {
            assert_eq!(call(&mut circuit, ending, 0), Some(Admission::Regular));
        }
    }
}

#[test]
fn the_change_is_told_once() {
    let mut circuit = Circuit::new(POLICY);
    let admissions: Vec<_> = (0..5).filter_map(|_| circuit.admit(at(0))).collect();
    assert_eq!(admissions, [Admission::Regular; 5]);
    let changes: Vec<_> = admissions
        .into_iter()
        .map(|admission| circuit.ended(admission, Ending::Failed, at(0)))
        .collect();
    assert_eq!(changes, [None, None, Some(Change::Opened), None, None]);
}

#[test]
fn open_it_lets_nothing_through_until_its_time_is_over_and_then_one_call() {
    let mut circuit = open();
    for millis in [1, 1000, 4999] {
        assert_eq!(circuit.admit(at(millis)), None, "{millis}");
    }
    assert_eq!(circuit.admit(at(5000)), Some(Admission::Trial));
    for millis in [5000, 60_000] {
        assert_eq!(circuit.admit(at(millis)), None, "one trial at a time");
    }
}

#[test]
fn a_trial_that_is_answered_closes_it_and_the_count_starts_anew() {
    let mut circuit = open();
    let trial = circuit.admit(at(5000)).unwrap();
    assert_eq!(circuit.ended(trial, Ending::Answered, at(5100)), Some(Change::Closed));
    for _ in 0..2 {
        assert_eq!(call(&mut circuit, Ending::Failed, 5200), Some(Admission::Regular));
    }
    assert_eq!(circuit.admit(at(5200)), Some(Admission::Regular));
}

#[test]
fn a_trial_that_fails_opens_it_for_as_long_again() {
    let mut circuit = open();
    let trial = circuit.admit(at(5000)).unwrap();
    assert_eq!(circuit.ended(trial, Ending::Failed, at(5400)), Some(Change::Opened));
    assert_eq!(circuit.admit(at(10_399)), None);
    assert_eq!(circuit.admit(at(10_400)), Some(Admission::Trial));
}

#[test]
fn callers_who_go_away_neither_open_it_nor_close_it_nor_use_the_trial_up() {
    let mut circuit = Circuit::new(POLICY);
    for _ in 0..10 {
        assert_eq!(call(&mut circuit, Ending::Abandoned, 0), Some(Admission::Regular));
    }
    let mut circuit = open();
    for _ in 0..3 {
        assert_eq!(call(&mut circuit, Ending::Abandoned, 5000), Some(Admission::Trial));
    }
    assert_eq!(call(&mut circuit, Ending::Answered, 5000), Some(Admission::Trial));
}

#[test]
fn a_call_from_before_it_opened_does_not_decide_the_trial() {
    let mut circuit = Circuit::new(POLICY);
    let early = circuit.admit(at(0)).unwrap();
    for _ in 0..3 {
        call(&mut circuit, Ending::Failed, 0);
    }
    assert_eq!(circuit.ended(early, Ending::Answered, at(1)), None);
    assert_eq!(circuit.admit(at(1)), None);
    let trial = circuit.admit(at(5000)).unwrap();
    assert_eq!(circuit.ended(early, Ending::Answered, at(5000)), None);
    assert_eq!(circuit.admit(at(5000)), None);
    assert_eq!(circuit.ended(trial, Ending::Answered, at(5001)), Some(Change::Closed));
}

#[test]
fn a_clock_that_is_set_back_does_not_keep_it_open() {
    assert_eq!(open().admit(at(-3_600_000)), Some(Admission::Trial));
}

#[test]
fn a_policy_of_no_failures_opens_with_the_first() {
    let mut circuit = Circuit::new(CircuitPolicy { failures: 0, ..POLICY });
    assert_eq!(call(&mut circuit, Ending::Failed, 0), Some(Admission::Regular));
    assert_eq!(circuit.admit(at(0)), None);
}
