use super::Number;
use crate::policy::condition::ConditionFault;
use proptest::prelude::*;
use std::cmp::Ordering;

fn double(double: f64) -> Number {
    Number::from_double(double).unwrap()
}

#[test]
fn a_double_is_whole_a_fraction_or_vast() {
    for (given, number) in [
        (0.0, Number::Whole(0)),
        (-0.0, Number::Whole(0)),
        (5.0, Number::Whole(5)),
        (-2.5, Number::Fraction(-2.5)),
        (9_007_199_254_740_991.0, Number::Whole(9_007_199_254_740_991)),
        (9_007_199_254_740_992.0, Number::Vast(9_007_199_254_740_992.0)),
        (-9_007_199_254_740_992.0, Number::Vast(-9_007_199_254_740_992.0)),
        (f64::MAX, Number::Vast(f64::MAX)),
        (5e-324, Number::Fraction(5e-324)),
    ] {
        assert_eq!(Number::from_double(given), Some(number), "{given}");
    }
    for given in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(Number::from_double(given), None, "{given}");
    }
}

#[test]
fn the_smallest_whole_number_is_divided_without_a_crash() {
    let (least, minus_one) = (Number::Whole(i128::MIN), Number::Whole(-1));
    assert_eq!(least.divide(minus_one), Err(ConditionFault::Imprecise));
    assert_eq!(least.remainder(minus_one), Err(ConditionFault::Overflow));
    assert_eq!(least.negate(), Err(ConditionFault::Overflow));
    assert_eq!(least.subtract(Number::Whole(1)), Err(ConditionFault::Overflow));
    assert_eq!(least.add(minus_one), Err(ConditionFault::Overflow));
    assert_eq!(least.compare(double(-f64::MAX)), Ok(Ordering::Greater));
}

/// Any number that a policy or a question can hold.
fn number() -> impl Strategy<Value = Number> {
    let near_vast = (-4_i64..4).prop_map(|distance| (1 << 53) + distance);
    let whole = prop_oneof![any::<i64>(), near_vast, -9_i64..9];
    let finite =
        prop_oneof![any::<f64>(), (-36_i32..36).prop_map(|halves| f64::from(halves) / 4.0)];
    prop_oneof![
        whole.prop_map(|whole| Number::Whole(whole.into())),
        any::<u64>().prop_map(|whole| Number::Whole(whole.into())),
        finite.prop_filter_map("finite", Number::from_double),
    ]
}

proptest! {
    #[test]
    fn whatever_is_compared_or_calculated_has_an_answer_or_a_fault(a in number(), b in number()) {
        let _ = (a.add(b), a.subtract(b), a.multiply(b), a.divide(b), a.remainder(b));
        let _ = (a.negate(), a.truncate(), a.floor(), a.text());
        prop_assert_eq!(a.compare(b).map(Ordering::reverse), b.compare(a));
        prop_assert_eq!(a.add(b), b.add(a));
        prop_assert_eq!(a.multiply(b), b.multiply(a));
    }

    #[test]
    fn order_goes_on_from_one_to_the_next(a in number(), b in number(), c in number()) {
        if let (Ok(first), Ok(second)) = (a.compare(b), b.compare(c))
            && first == second
        {
            prop_assert_eq!(a.compare(c), Ok(first));
        }
    }

    #[test]
    fn a_double_that_was_rounded_is_the_same_as_nothing(given in any::<f64>(), other in number()) {
        prop_assume!(given.is_finite() && given.abs() >= 9_007_199_254_740_992.0);
        prop_assert_ne!(double(given).compare(other), Ok(Ordering::Equal));
        prop_assert!(double(given).compare(double(given)).is_err());
    }

    #[test]
    fn a_whole_number_survives_being_written_down(whole in any::<i128>()) {
        let written = Number::Whole(whole).text().unwrap();
        prop_assert_eq!(Number::parse(&written), Some(Number::Whole(whole)));
    }

    #[test]
    fn any_text_is_a_number_or_none(text in "[-+0-9.eE]{0,12}|\\PC*") {
        let _ = (Number::parse(&text), Number::whole(&text));
    }
}
