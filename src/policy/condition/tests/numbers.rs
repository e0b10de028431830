//! One kind of number.

use super::world::{World, all};
use crate::policy::condition::ConditionFault;
use serde_json::{Value, from_str};

fn n(number: &str) -> World {
    World::with("n", from_str::<Value>(number).unwrap())
}

#[test]
fn numbers_are_the_same_however_they_are_written() {
    for five in ["5", "5.0", "5e0", "0.5e1"] {
        all(
            &n(five),
            true,
            &[
                "resource.n == 5",
                "resource.n == 5.0",
                "resource.n == 5u",
                "resource.n == 0x5",
                "resource.n == resource.amount",
                "resource.n != 6 && resource.n != 5.5",
                "resource.n < 6 && resource.n <= 5.0 && resource.n > 4.9 && resource.n >= 5u",
                "resource.n > -1",
                "resource.n in [1, 5] && resource.n in [5.0] && resource.n in [4, 5u]",
                "!(resource.n in [1, 2, 5.5])",
                "5 in [resource.n]",
                "resource.n + 1 == 6",
                "resource.n - 6 == -1",
                "resource.n * 1.5 == 7.5",
                "resource.n / 2 == 2.5",
                "resource.n / 5 == 1",
                "10 / resource.n == 2",
                "resource.n % 3 == 2",
                "-resource.n == -5",
                "-resource.n % 3 == -2",
                "string(resource.n) == \"5\"",
                "int(resource.n) == 5",
                "resource.nested.list[resource.n - 3] == 3",
            ],
        );
    }
}

#[test]
fn fractions_are_calculated_with() {
    all(
        &n("4.5"),
        true,
        &[
            "resource.n == 4.5 && resource.n != 4 && resource.n != 5",
            "resource.n > 4 && resource.n < 5 && 4 < resource.n && 5 > resource.n",
            "resource.n + 0.5 == 5",
            "resource.n * 2 == 9",
            "int(resource.n) == 4 && int(-resource.n) == -4",
            "string(resource.n) == \"4.5\"",
            "resource.n in [4, 4.5]",
            "resource.n / 1.5 == 3",
            "resource.n - 4.5 == 0 && resource.n * 0 == 0 && 0 / resource.n == 0",
        ],
    );
    assert_eq!(n("4.5").fault("resource.n % 2 == 0"), ConditionFault::NotWhole);
    assert_eq!(n("4.5").fault("resource.tags[resource.n] == 1"), ConditionFault::NotWhole);
}

#[test]
fn negative_numbers_are_less_than_all_others() {
    all(
        &n("-1"),
        true,
        &[
            "resource.n == -1 && resource.n == -1.0 && resource.n < 0 && resource.n < 0u",
            "resource.n < 5u && 5u > resource.n && !(resource.n > 5u)",
            "resource.n - 1 == -2 && resource.n * resource.n == 1",
            "resource.n < 18446744073709551615u",
        ],
    );
    assert_eq!(n("-1").fault("resource.tags[resource.n] == 1"), ConditionFault::Missing);
}

#[test]
fn the_largest_numbers_that_json_can_say_are_exact() {
    all(
        &n("18446744073709551615"),
        true,
        &[
            "resource.n == 18446744073709551615u",
            "resource.n != 18446744073709551614u",
            "resource.n > 9223372036854775807 && resource.n > -1 && resource.n > 4.5",
            "resource.n + 1 > resource.n",
            "resource.n - 18446744073709551614u == 1",
            "resource.n % 2 == 1",
        ],
    );
    all(
        &n("9007199254740993"),
        true,
        &[
            "resource.n == 9007199254740993 && resource.n != 9007199254740992",
            "resource.n > 9007199254740992 && resource.n < 9007199254740994",
            "resource.n in [9007199254740992, 9007199254740993]",
            "!(resource.n in [9007199254740992])",
            "resource.n - 1 == 9007199254740992",
            "string(resource.n) == \"9007199254740993\"",
        ],
    );
}

#[test]
fn what_a_double_cannot_tell_apart_is_never_the_same() {
    // What 2^53 + 1 becomes on its way through a double, and 2^53 as well.
    let world = n("9007199254740992.0");
    for text in [
        "resource.n == 9007199254740992",
        "resource.n == 9007199254740993",
        "resource.n != 9007199254740993",
        "resource.n <= 9007199254740993",
        "resource.n == 9007199254740992.0",
        "resource.n == resource.n",
        "resource.n in [1, 9007199254740993]",
        "!(resource.n in [9007199254740993])",
        "resource.n + 1 > 0",
        "resource.n * 2 > 0",
        "resource.n % 2 == 0",
        "string(resource.n) == \"9007199254740992\"",
        "int(resource.n) > 0",
        "hour(resource.n, \"UTC\") == 0",
        "9007199254740993.0 == 9007199254740992",
        "9007199254740993 == 9007199254740992.0",
        "9007199254740993 + 0.5 > 0",
        "9007199254740993 / 2 == 4503599627370496",
        "9007199254740991 + 0.5 == 9007199254740991",
    ] {
        assert_eq!(world.fault(text), ConditionFault::Imprecise, "{text}");
    }
    all(
        &world,
        true,
        &[
            "resource.n > 9007199254740991 && resource.n != 9007199254740991",
            "resource.n < 9007199254740994 && resource.n != 5 && resource.n > 4.5",
            "resource.n < 1e300 && -resource.n < 0",
            "!(resource.n in [1, 2])",
            "9007199254740993 != 9007199254740992",
        ],
    );
}

#[test]
fn calculations_that_leave_the_numbers_are_errors() {
    for (text, fault) in [
        ("resource.amount / 0 == 1", ConditionFault::DivisionByZero),
        ("resource.amount / 0.0 == 1", ConditionFault::DivisionByZero),
        ("resource.amount % 0 == 1", ConditionFault::DivisionByZero),
        ("0 / 0 == 0", ConditionFault::DivisionByZero),
        ("0.5 / -0.0 < 1", ConditionFault::DivisionByZero),
        ("1e-200 * 1e-200 == 0", ConditionFault::Imprecise),
        ("1e-300 / 1e100 == 0", ConditionFault::Imprecise),
        ("4503599627370495.5 + 0.5 > 0", ConditionFault::Imprecise),
    ] {
        assert_eq!(World::new().fault(text), fault, "{text}");
    }
    let square =
        |text: &str| (0..2).fold(text.to_owned(), |text, _| format!("({text}) * ({text})"));
    let text = format!("{} > 0", square("18446744073709551615u"));
    assert_eq!(World::new().fault(&text), ConditionFault::Overflow);
}

#[test]
fn text_that_stands_for_a_number_becomes_one() {
    all(
        &World::new(),
        true,
        &[
            "int(params.id) == 7 && double(params.id) == 7",
            "double(\"4.5\") == 4.5 && double(\"1e2\") == 100 && double(\"-.5\") == -0.5",
            "int(\"-7\") == -7 && int(\"18446744073709551616\") > 18446744073709551615u",
        ],
    );
    for text in [
        "int(\"\")",
        "int(\"4.5\")",
        "int(\" 7\")",
        "int(\"7 \")",
        "int(\"0x7\")",
        "int(\"1_000\")",
        "int(\"\u{0667}\")",
        "double(\"\")",
        "double(\"inf\")",
        "double(\"NaN\")",
        "double(\"1e999\")",
        "double(\"infinity\")",
        "double(\"-\")",
        "double(\"1,5\")",
        "int(params.org)",
    ] {
        let text = format!("{text} != 0");
        assert_eq!(World::new().fault(&text), ConditionFault::NotNumber, "{text}");
    }
}
