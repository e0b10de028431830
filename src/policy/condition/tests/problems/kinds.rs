//! Kinds that do not fit together.

use super::refused;
use crate::policy::condition::tests::world::compile;

#[test]
fn values_that_can_never_be_compared_or_calculated_with_are_refused() {
    refused(&[
        (
            "params.id == 7",
            "params.id == 7",
            "text cannot be compared with a number",
            "write the number in quotes",
        ),
        (
            "params.id < 7",
            "params.id < 7",
            "text cannot be compared with a number",
            "write the number in quotes",
        ),
        (
            "true == 1",
            "true == 1",
            "true or false cannot be compared with a number",
            "compare values of the same kind",
        ),
        (
            "request.headers == request.headers",
            "request.headers == request.headers",
            "a map cannot be compared with a map",
            "compare",
        ),
        (
            "params.id in [1, 2]",
            "params.id in [1, 2]",
            "text cannot be compared with a number",
            "write the number",
        ),
        (
            "7 in identity.scopes",
            "7 in identity.scopes",
            "a number cannot be compared with text",
            "write the number",
        ),
        ("7 in request.headers", "7", "`in` needs text, not a number", "write a list on the right"),
        (
            "\"a\" in params.org",
            "params.org",
            "`in` needs a list or a map, not text",
            "write a list on the right",
        ),
        (
            "params.id * 2 == 2",
            "params.id",
            "`*` needs a number, not text",
            "make a number of it with `int(...)`",
        ),
        (
            "now + params.id == 2",
            "params.id",
            "`+` needs a number, not text",
            "make a number of it",
        ),
        ("params.id + 1 == \"\"", "1", "`+` needs text, not a number", "write something"),
        ("-params.id == 1", "params.id", "`-` needs a number, not text", "make a number of it"),
        ("!params.id", "params.id", "`!` needs true or false, not text", "write something"),
        ("true && now", "now", "`&&` needs true or false, not a number", "write something"),
        ("now || true", "now", "`||` needs true or false, not a number", "write something"),
        ("now ? true : false", "now", "`?` needs true or false, not a number", "write something"),
        (
            "params.org[0] == \"a\"",
            "params.org",
            "`[]` needs a list or a map, not text",
            "write something",
        ),
        (
            "identity.scopes[\"a\"] == \"a\"",
            "\"a\"",
            "`[]` needs a number, not text",
            "make a number",
        ),
        ("request.headers[1] == \"a\"", "1", "`[]` needs text, not a number", "write something"),
    ]);
    let problems = compile("[1] < [2]").unwrap_err();
    assert_eq!(problems.len(), 2);
}

#[test]
fn a_condition_is_true_or_false() {
    refused(&[
        ("params.org", "params.org", "the condition gives text, not true or false", "compare it"),
        (" now ", "now", "the condition gives a number, not true or false", "compare it"),
        (
            "identity.scopes",
            "identity.scopes",
            "the condition gives a list, not true or false",
            "compare it",
        ),
        ("null", "null", "the condition gives null, not true or false", "compare it"),
        (
            "true ? 1 : 2",
            "true ? 1 : 2",
            "the condition gives a number, not true or false",
            "compare it",
        ),
    ]);
}
