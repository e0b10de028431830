use super::{leading_integer, whole_number};

#[test]
fn client_uat_is_the_integer_at_the_start() {
    for (text, expected) in [
        ("1770000000", 1_770_000_000.0),
        ("0", 0.0),
        ("12abc", 12.0),
        ("1.9", 1.0),
        (" 7", 7.0),
        ("+7", 7.0),
        ("-7", -7.0),
        ("0x10", 16.0),
        ("NaN", 0.0),
        ("\"5\"", 0.0),
        ("", 0.0),
        ("-", 0.0),
        ("--5", 0.0),
    ] {
        assert!((leading_integer(text) - expected).abs() < f64::EPSILON, "{text}");
    }
}

#[test]
fn the_loop_counter_is_a_number_as_a_whole() {
    for (text, expected) in [
        ("3", 3.0),
        ("03", 3.0),
        ("3.0", 3.0),
        ("3abc", 0.0),
        ("", 0.0),
        ("inf", 0.0),
        ("NaN", 0.0),
        ("1e999", 0.0),
        ("3;x", 0.0),
    ] {
        assert!((whole_number(text) - expected).abs() < f64::EPSILON, "{text}");
    }
}
