use super::{is_near, is_slip};

#[test]
fn one_slip_in_a_long_enough_word_is_near() {
    for (left, right, near) in [
        ("manage", "mange", true),
        ("manage", "manaeg", true),
        ("manage", "manager", true),
        ("reverification", "reverfication", true),
        ("administrators", "adminstrator", true),
        ("read", "lead", false),
        ("manage", "delete", false),
        ("team_1", "team_2", false),
        ("users", "teams", false),
    ] {
        assert_eq!(is_slip(left, right), near, "{left} {right}");
        assert_eq!(is_slip(right, left), near, "{right} {left}");
    }
}

#[test]
fn a_single_word_of_several_may_differ() {
    assert!(is_near("org:invoices:manage", "org:invoice:manage"));
    assert!(!is_near("org:invoices:manage", "org:invoice:mange"));
    assert!(!is_near("org:invoices:manage", "org:invoices"));
    assert!(is_near("org:bulk-export", "org:bulk_Export"));
}
