//! What cannot be worked out refuses, under every operator.

use super::world::World;
use crate::policy::{
    ValueKind,
    condition::{ConditionFault, Kinds},
};

#[test]
fn values_of_different_kinds_are_not_compared() {
    let world = World::new();
    for text in [
        "resource.amount == resource.owner",
        "resource.amount != resource.owner",
        "resource.owner == 5",
        "resource.owner != 5",
        "resource.owner < 5",
        "resource.amount >= \"5\"",
        "resource.nested.flag == 1",
        "resource.nested.flag < resource.nested.flag",
        "resource.nested == resource.nested",
        "resource.nested.list == resource.owner",
        "[resource.owner] == [1]",
        "resource.owner in [1, 2]",
        "!(resource.owner in resource.nested.list)",
        "!(resource.id in [resource.amount])",
    ] {
        let fault = world.fault(text);
        assert!(matches!(fault, ConditionFault::Incomparable { .. }), "{text}: {fault:?}");
    }
    // One that is the same decides, wherever it stands.
    assert_eq!(world.ask("resource.owner in [1, identity.user.id]"), Ok(true));
}

#[test]
fn an_operation_on_another_kind_is_an_error_that_names_the_part() {
    let world = World::new();
    for (text, at, expected, found) in [
        ("resource.owner + 1 == 2", "1", Kinds::TEXT, ValueKind::Number),
        ("resource.amount + \"x\" == \"\"", "\"x\"", Kinds::NUMBER, ValueKind::Text),
        ("resource.owner * 2 == 2", "resource.owner", Kinds::NUMBER, ValueKind::Text),
        ("resource.nested + 2 == 2", "resource.nested", Kinds::NUMBER_OR_TEXT, ValueKind::Map),
        ("!resource.amount", "resource.amount", Kinds::BOOLEAN, ValueKind::Number),
        ("resource.amount && true", "resource.amount", Kinds::BOOLEAN, ValueKind::Number),
        ("resource.owner", "resource.owner", Kinds::BOOLEAN, ValueKind::Text),
        ("true && resource.owner", "resource.owner", Kinds::BOOLEAN, ValueKind::Text),
        ("resource.owner ? true : true", "resource.owner", Kinds::BOOLEAN, ValueKind::Text),
        ("resource.amount.field == 1", "resource.amount", Kinds::MAP, ValueKind::Number),
        ("has(resource.amount.field)", "resource.amount", Kinds::MAP, ValueKind::Number),
        ("resource.owner[0] == \"u\"", "resource.owner", Kinds::LIST_OR_MAP, ValueKind::Text),
        ("resource.nested[0] == 1", "0", Kinds::TEXT, ValueKind::Number),
        ("resource.tags[\"a\"] == 1", "\"a\"", Kinds::NUMBER, ValueKind::Text),
        ("1 in resource.nested", "1", Kinds::TEXT, ValueKind::Number),
        ("\"u\" in resource.owner", "resource.owner", Kinds::LIST_OR_MAP, ValueKind::Text),
        ("size(resource.amount) == 1", "resource.amount", Kinds::SIZED, ValueKind::Number),
        ("resource.amount.lower() == \"\"", "resource.amount", Kinds::TEXT, ValueKind::Number),
        (
            "resource.owner.startsWith(resource.amount)",
            "resource.amount",
            Kinds::TEXT,
            ValueKind::Number,
        ),
        ("hour(resource.owner, \"UTC\") == 1", "resource.owner", Kinds::NUMBER, ValueKind::Text),
        ("int(resource.nested) == 1", "resource.nested", Kinds::NUMBER_OR_TEXT, ValueKind::Map),
        ("string(resource.tags) == \"\"", "resource.tags", Kinds::SCALAR, ValueKind::List),
    ] {
        let error = world.ask(text).unwrap_err();
        assert_eq!(error.fault(), ConditionFault::WrongKind { expected, found }, "{text}");
        assert_eq!(error.at(), at, "{text}");
    }
}

#[test]
fn no_operator_covers_up_an_error() {
    let world = World::new();
    for text in [
        "!(resource.missing == 1)",
        "resource.missing == 1 || true",
        "resource.missing == 1 && false",
        "false || resource.missing == 1",
        "true && !(resource.missing == 1)",
        "resource.missing == 1 ? true : true",
        "(resource.missing == 1) == (resource.missing == 1)",
        "resource.missing != 1",
        "resource.missing != null",
        "true in [true, resource.missing]",
        "has(resource.missing.field)",
        "!has(resource.missing.field)",
        "resource.nested[resource.missing] == 1",
    ] {
        assert_eq!(world.fault(text), ConditionFault::Missing, "{text}");
    }
}

#[test]
fn an_error_says_which_part_and_why_and_nothing_of_the_question() {
    let world = World::new();
    for (text, message) in [
        (
            "request.headers[\"x-\" + params.org] == \"\"",
            "`request.headers[\"x-\" + params.org]` is not there",
        ),
        ("(resource . missing) == 1", "`resource . missing` is not there"),
        ("request.query.twice == \"1\"", "`request.query.twice` can be read in more than one way"),
        ("resource.owner > 5", "`resource.owner > 5` compares text with a number"),
        (
            "size( (resource.amount) ) == 1",
            "`resource.amount` is a number, not text or a list or a map",
        ),
        ("1 == 1 / 0", "`1 / 0` divides by zero"),
        ("int(params.org) == 1", "`int(params.org)` is no number"),
    ] {
        assert_eq!(world.ask(text).unwrap_err().to_string(), message, "{text}");
    }
}
