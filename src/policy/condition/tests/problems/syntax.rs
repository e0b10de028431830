//! What is no expression, or none that conditions have.

use super::{refused, shown};
use crate::policy::condition::tests::world::compile;

#[test]
fn loops_maps_and_other_parts_of_cel_are_refused() {
    refused(&[
        (
            "identity.scopes.exists(s, s == \"a\")",
            "(",
            "a loop over a list cannot be written here",
            "write `value in list`",
        ),
        (
            "[1].all(x, x > 0)",
            "(",
            "a loop over a list cannot be written here",
            "write `value in list`",
        ),
        (
            "[1].map(x, x) == [1]",
            "(",
            "a loop over a list cannot be written here",
            "write `value in list`",
        ),
        (
            "[1].filter(x, x > 0) == [1]",
            "(",
            "a loop over a list cannot be written here",
            "write `value in list`",
        ),
        (
            "[1].exists_one(x, x > 0)",
            "(",
            "a loop over a list cannot be written here",
            "write `value in list`",
        ),
        (
            "[1].exists(now)",
            "exists",
            "a loop over a list cannot be written here",
            "write `value in list`",
        ),
        (
            "[1].all(1, true)",
            "1",
            "a loop over a list cannot be written here",
            "write `value in list`",
        ),
        (
            "{\"a\": 1} == resource",
            "{\"a\": 1}",
            "a map cannot be written here",
            "write the values out",
        ),
        ("Foo{a: 1} == 1", "{a: 1}", "a message cannot be written here", "write the values out"),
        ("b\"a\" == params.org", "b\"a\"", "bytes cannot be written here", "leave the `b` out"),
        ("resource.?a == 1", ".", "`?` behind a value cannot be written here", "write `has(a.b)"),
        (
            "resource[?\"a\"] == 1",
            "[",
            "`?` behind a value cannot be written here",
            "write `has(a.b)",
        ),
        (
            "resource.`a-b` == 1",
            ".",
            "a field in backticks cannot be written here",
            "write `a[\"b\"]`",
        ),
        ("`a` == 1", "`", "a field in backticks cannot be written here", "write `a[\"b\"]`"),
    ]);
}

#[test]
fn text_that_is_no_expression_is_refused_in_words_of_ours() {
    refused(&[
        ("", "", "the expression is empty", "write for instance"),
        (" \n\t", " \n\t", "the expression is empty", "write for instance"),
        ("// nothing", "", "the expression ends too early", "finish it"),
        ("params.org ==", "", "the expression ends too early", "finish it"),
        ("params.org == // later", "", "the expression ends too early", "finish it"),
        ("(now > 1", "", "the expression ends too early", "finish it"),
        ("params.org = \"a\"", "=", "`=` does not belong here", "write `==` to compare"),
        ("true & false", "&", "`&` does not belong here", "write `&&`"),
        ("true | false", "|", "`|` does not belong here", "write `||`"),
        ("true and false", "and", "`and` does not belong here", "write `&&`"),
        ("true or false", "or", "`or` does not belong here", "write `||`"),
        ("not true", "not", "`not` does not belong here", "write `!`"),
        ("true && not now", "not", "`not` does not belong here", "write `!`"),
        (
            "params.org == \u{201c}a\u{201d}",
            "\u{201c}",
            "`\u{201c}` does not belong here",
            "write straight quotes",
        ),
        ("now > 1)", ")", "`)` does not belong here", "write CEL"),
        ("now 1", "1", "`1` does not belong here", "write CEL"),
        ("now > 1;", ";", "`;` does not belong here", "write CEL"),
        ("params.org == \"a", "\"", "this is no quoted text", "write it in quotes that close"),
        ("params.org == \"\\q\"", "\"", "this is no quoted text", "write it in quotes"),
        ("params.org == '\\uD800'", "'", "this is no quoted text", "write it in quotes"),
        (
            "now == 9223372036854775808",
            "9223372036854775808",
            "the number `9223372036854775808` is out of range",
            "write a smaller number",
        ),
        ("now == 1e999", "1e999", "the number `1e999` is out of range", "write a smaller number"),
        (
            "now == 18446744073709551616u",
            "18446744073709551616u",
            "the number `18446744073709551616u` is out of range",
            "write a smaller number",
        ),
        ("if == 1", "if", "`if` is a reserved word", "only the names"),
        ("while(1)", "while", "`while` is a reserved word", "only the names"),
        (
            "\"\u{e9}\u{1f600}\" == params.org &&\n  now $ 1",
            "$",
            "`$` does not belong here",
            "write CEL",
        ),
    ]);
}

#[test]
fn no_message_speaks_of_the_parser() {
    for text in [
        "a b",
        "a &&",
        "1..2",
        "((",
        "[1,,]",
        "a.",
        ".",
        "?",
        "a ? b",
        "a[",
        "{",
        "'''",
        "\u{0}",
        "@a",
        "a.b.(c)",
        "-!a",
        "f(,)",
        "a in",
        "\"\\u{1}\"",
        "1.e",
        "0x",
        "5uu",
        "a{b",
        "in",
        "true false",
    ] {
        for problem in compile(text).expect_err(text) {
            let [_, message, help] = shown(text, &problem);
            for jargon in [
                "Syntax error",
                "EOF",
                "expecting",
                "viable",
                "Context",
                "IDENTIFIER",
                "mismatched",
            ] {
                assert!(!message.contains(jargon) && !help.contains(jargon), "{text}: {message}");
            }
        }
    }
}
