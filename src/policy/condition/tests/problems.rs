//! What is found when the policy is read: each mistake, its place, and what helps.

use super::world::{EVERYWHERE, compile};
use crate::policy::condition::{Condition, ConditionProblem, Scope};

/// One problem as people see it: the part of the text, the message and the help.
fn shown(text: &str, problem: &ConditionProblem) -> [String; 3] {
    let part = text.get(problem.range()).expect("a place between characters");
    [part.to_owned(), problem.to_string(), problem.help().into_owned()]
}

fn only(text: &str, scope: &Scope<'_>) -> [String; 3] {
    let problems = Condition::compile(text, scope).map(|_| ()).expect_err(text);
    assert_eq!(problems.len(), 1, "{text}: {problems:?}");
    shown(text, &problems[0])
}

/// Texts, each with the part that is wrong, the message, and the beginning of the help.
fn refused(cases: &[(&str, &str, &str, &str)]) {
    for &(text, part, message, help) in cases {
        let [found, said, helped] = only(text, &EVERYWHERE);
        assert_eq!((&*found, &*said), (part, message), "{text}");
        assert!(helped.starts_with(help), "{text}: {helped}");
    }
}

#[test]
fn names_and_fields_that_do_not_exist_are_refused() {
    refused(&[
        ("requets.method == \"\"", "requets", "`requets` is unknown", "did you mean `request`?"),
        ("foo", "foo", "`foo` is unknown", "write one of `request`, `params`, `identity`"),
        ("claims.sub == \"\"", "claims", "`claims` is unknown", "write one of"),
        ("identity.usr.id == \"\"", "usr", "`identity` has no field `usr`", "did you mean `user`?"),
        (
            "identity.organization.rol == \"\"",
            "rol",
            "`identity.organization` has no field `rol`",
            "did you mean `role`?",
        ),
        (
            "identity . organization . nothing == \"\"",
            "nothing",
            "`identity.organization` has no field `nothing`",
            "write one of `id`, `slug`, `role`, `permissions`",
        ),
        ("request.body == \"\"", "body", "`request` has no field `body`", "write one of `method`"),
        ("has(request.body)", "body", "`request` has no field `body`", "write one of"),
        ("has( identity.usr )", "usr", "`identity` has no field `usr`", "did you mean"),
        (
            "params.ogr == \"\"",
            "ogr",
            "there is no path parameter `ogr` here",
            "did you mean `org`?",
        ),
        (
            "params[\"x\"] == \"\"",
            "\"x\"",
            "there is no path parameter `x` here",
            "write one of `org`, `id`",
        ),
        ("request[\"body\"] == \"\"", "\"body\"", "`request` has no field `body`", "write one of"),
        (
            "identity.organization == \"acme\"",
            "identity.organization",
            "`identity.organization` is no value but a group of them",
            "write one of `id`, `slug`",
        ),
        (
            "identity",
            "identity",
            "`identity` is no value but a group of them",
            "write one of `kind`, `user`",
        ),
        (
            "\"org\" in params",
            "params",
            "`params` is no value but a group of them",
            "write one of `org`",
        ),
        (
            "request[params.id] == \"\"",
            "request",
            "`request` is no value but a group of them",
            "write one of",
        ),
        (
            "identity.user.id.x == \"\"",
            "identity.user.id",
            "`.` needs a map, not text",
            "write something",
        ),
    ]);
}

#[test]
fn names_exist_only_where_they_mean_something() {
    let route = Scope { request: true, parameters: &[], resource: false };
    let action = Scope { request: false, parameters: &[], resource: true };
    for (text, scope, part, message, help) in [
        (
            "resource.a == 1",
            route,
            "resource",
            "`resource` does not exist here",
            "`resource` and `context` exist in actions only",
        ),
        (
            "context.a == 1",
            route,
            "context",
            "`context` does not exist here",
            "`resource` and `context` exist",
        ),
        (
            "request.method == \"\"",
            action,
            "request",
            "`request` does not exist here",
            "`request` and `params` exist in routes",
        ),
        (
            "params.a == \"\"",
            action,
            "params",
            "`params` does not exist here",
            "`request` and `params` exist",
        ),
        (
            "params.a == \"\"",
            route,
            "a",
            "there is no path parameter `a` here",
            "name it in the path",
        ),
        (
            "reqest.a == \"\"",
            action,
            "reqest",
            "`reqest` is unknown",
            "write one of `identity`, `resource`, `context`, `now`",
        ),
    ] {
        let [found, said, helped] = only(text, &scope);
        assert_eq!((&*found, &*said), (part, message), "{text}");
        assert!(helped.starts_with(help), "{text}: {helped}");
    }
    assert!(Condition::compile("identity.user.id != \"\" && now > 0", &action).is_ok());
}

#[test]
fn functions_that_do_not_exist_or_take_something_else_are_refused() {
    refused(&[
        (
            "starstWith(params.org, \"a\")",
            "starstWith",
            "there is no function `starstWith`",
            "did you mean `startsWith`?",
        ),
        (
            "params.org.lowerAscii() == \"\"",
            "lowerAscii",
            "there is no function `lowerAscii`",
            "did you mean `lower`?",
        ),
        (
            "params . org . frobnicate ( 1 ) == \"\"",
            "frobnicate",
            "there is no function `frobnicate`",
            "write one of `has`, `size`",
        ),
        (
            "lower() == \"\"",
            "lower",
            "`lower` takes one value, not 0",
            "write for instance `lower(params.org)`",
        ),
        (
            "params.org.lower(\"x\") == \"\"",
            "lower",
            "`lower` takes one value, not 2",
            "write for instance",
        ),
        (
            "params.org.startsWith()",
            "startsWith",
            "`startsWith` takes two values, not 1",
            "write for instance",
        ),
        (
            "hour(now) == 1",
            "hour",
            "`hour` takes two values, not 1",
            "write for instance `hour(now, \"+02:00\")`",
        ),
        (
            "has(params.org, 1)",
            "has",
            "`has` asks for a field",
            "write for instance `has(resource.owner)`",
        ),
        ("has()", "has", "`has` asks for a field", "write for instance"),
        ("has(now)", "now", "`has` asks for a field", "write for instance"),
        ("has(request.headers[\"a\"])", "[", "`has` asks for a field", "write for instance"),
        (
            "int(true) == 1",
            "true",
            "`int` needs a number or text, not true or false",
            "write something",
        ),
        ("now.lower() == \"\"", "now", "`lower` needs text, not a number", "write something"),
        ("params.org.contains(1)", "1", "`contains` needs text, not a number", "write something"),
        (
            "size(1) == 1",
            "1",
            "`size` needs text or a list or a map, not a number",
            "write something",
        ),
    ]);
}

#[test]
fn loops_maps_and_other_parts_of_cel_are_refused() {
    refused(&[
        (
            "identity.scopes.exists(s, s == \"a\")",
            "(",
            "a loop over a list cannot be written in a condition",
            "write `value in list`",
        ),
        (
            "[1].all(x, x > 0)",
            "(",
            "a loop over a list cannot be written in a condition",
            "write `value in list`",
        ),
        (
            "[1].map(x, x) == [1]",
            "(",
            "a loop over a list cannot be written in a condition",
            "write `value in list`",
        ),
        (
            "[1].filter(x, x > 0) == [1]",
            "(",
            "a loop over a list cannot be written in a condition",
            "write `value in list`",
        ),
        (
            "[1].exists_one(x, x > 0)",
            "(",
            "a loop over a list cannot be written in a condition",
            "write `value in list`",
        ),
        (
            "[1].exists(now)",
            "exists",
            "a loop over a list cannot be written in a condition",
            "write `value in list`",
        ),
        (
            "[1].all(1, true)",
            "1",
            "a loop over a list cannot be written in a condition",
            "write `value in list`",
        ),
        (
            "{\"a\": 1} == resource",
            "{\"a\": 1}",
            "a map cannot be written in a condition",
            "write the values out",
        ),
        (
            "Foo{a: 1} == 1",
            "{a: 1}",
            "a message cannot be written in a condition",
            "write the values out",
        ),
        (
            "b\"a\" == params.org",
            "b\"a\"",
            "bytes cannot be written in a condition",
            "leave the `b` out",
        ),
        (
            "resource.?a == 1",
            ".",
            "`?` behind a value cannot be written in a condition",
            "write `has(a.b)",
        ),
        (
            "resource[?\"a\"] == 1",
            "[",
            "`?` behind a value cannot be written in a condition",
            "write `has(a.b)",
        ),
        (
            "resource.`a-b` == 1",
            ".",
            "a field in backticks cannot be written in a condition",
            "write `a[\"b\"]`",
        ),
        (
            "`a` == 1",
            "`",
            "a field in backticks cannot be written in a condition",
            "write `a[\"b\"]`",
        ),
    ]);
}

#[test]
fn values_that_can_never_be_compared_or_calculated_with_are_refused() {
    refused(
        &[
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
            (
                "7 in request.headers",
                "7",
                "`in` needs text, not a number",
                "write a list on the right",
            ),
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
            ("[1] < [2]", "", "", ""),
            ("!params.id", "params.id", "`!` needs true or false, not text", "write something"),
            ("true && now", "now", "`&&` needs true or false, not a number", "write something"),
            ("now || true", "now", "`||` needs true or false, not a number", "write something"),
            (
                "now ? true : false",
                "now",
                "`?` needs true or false, not a number",
                "write something",
            ),
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
            (
                "request.headers[1] == \"a\"",
                "1",
                "`[]` needs text, not a number",
                "write something",
            ),
        ]
        .into_iter()
        .filter(|case| !case.2.is_empty())
        .collect::<Vec<_>>(),
    );
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

#[test]
fn arguments_that_are_read_with_the_policy_are_checked_with_it() {
    refused(&[
        (
            "matches(params.id, params.org)",
            "params.org",
            "`matches` needs a text in quotes here",
            "write for instance",
        ),
        (
            "matches(params.id, \"(\")",
            "\"(\"",
            "this is no regular expression: unclosed group",
            "write it as RE2",
        ),
        (
            "matches(params.id, \"(?=a)\")",
            "\"(?=a)\"",
            "this is no regular expression: look-around, including look-ahead and look-behind, is not su...",
            "write it as RE2",
        ),
        (
            "matches(params.id, \"((a{1000}){1000}){1000}\")",
            "\"((a{1000}){1000}){1000}\"",
            "this is no regular expression: Compiled regex exceeds size limit of 262144 bytes.",
            "write it as RE2",
        ),
        (
            "split(params.id, \"\") == []",
            "\"\"",
            "a text cannot be split at nothing",
            "write for instance",
        ),
        (
            "split(params.id, params.org) == []",
            "params.org",
            "`split` needs a text in quotes here",
            "write for instance",
        ),
        (
            "in_network(request.ip, \"10.0.0.0/33\")",
            "\"10.0.0.0/33\"",
            "`10.0.0.0/33` is no network",
            "write for instance `10.0.0.0/8`",
        ),
        (
            "in_network(request.ip, \"office\")",
            "\"office\"",
            "`office` is no network",
            "write for instance",
        ),
        (
            "in_network(request.ip, \"10.1.2.3\")",
            "\"10.1.2.3\"",
            "`10.1.2.3` is an address within a network, not a network",
            "write `10.1.2.3/32`",
        ),
        (
            "in_network(request.ip, \"::1\")",
            "\"::1\"",
            "`::1` is an address within a network, not a network",
            "write `::1/128`",
        ),
        (
            "in_network(request.ip, \"10.1.2.3/8\")",
            "\"10.1.2.3/8\"",
            "`10.1.2.3/8` is an address within a network, not a network",
            "write `10.0.0.0/8`",
        ),
        (
            "in_network(request.ip, \"::ffff:10.0.0.0/104\")",
            "\"::ffff:10.0.0.0/104\"",
            "`::ffff:10.0.0.0/104` is an address within a network, not a network",
            "write `10.0.0.0/8`",
        ),
        (
            "in_network(request.ip, params.id)",
            "params.id",
            "`in_network` needs a text in quotes here",
            "write for instance",
        ),
        (
            "hour(now, \"Europe/Berlin\") == 1",
            "\"Europe/Berlin\"",
            "`Europe/Berlin` is no distance from UTC",
            "write `UTC` or",
        ),
        (
            "hour(now, \"+2:00\") == 1",
            "\"+2:00\"",
            "`+2:00` is no distance from UTC",
            "write `UTC` or",
        ),
        (
            "hour(now, \"+14:01\") == 1",
            "\"+14:01\"",
            "`+14:01` is no distance from UTC",
            "write `UTC` or",
        ),
        (
            "hour(now, \"+01:60\") == 1",
            "\"+01:60\"",
            "`+01:60` is no distance from UTC",
            "write `UTC` or",
        ),
        ("minute(now, \"\") == 1", "\"\"", "`` is no distance from UTC", "write `UTC` or"),
        (
            "minute(now, \"\u{e9}02:00\") == 1",
            "\"\u{e9}02:00\"",
            "`\u{e9}02:00` is no distance from UTC",
            "write `UTC` or",
        ),
        (
            "request.headers[\"X-Team\"] == \"\"",
            "\"X-Team\"",
            "header names are in lower case here: there is never a `X-Team`",
            "write `x-team`",
        ),
        (
            "request.headers.Accept == \"\"",
            "Accept",
            "header names are in lower case here: there is never a `Accept`",
            "write `accept`",
        ),
        (
            "\"X-Team\" in request.headers",
            "\"X-Team\"",
            "header names are in lower case here: there is never a `X-Team`",
            "write `x-team`",
        ),
        (
            "has(request.headers.Accept)",
            "Accept",
            "header names are in lower case here: there is never a `Accept`",
            "write `accept`",
        ),
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
            "write a whole number",
        ),
        ("now == 1e999", "1e999", "the number `1e999` is out of range", "write a whole number"),
        (
            "now == 18446744073709551616u",
            "18446744073709551616u",
            "the number `18446744073709551616u` is out of range",
            "write a",
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

#[test]
fn everything_that_is_wrong_is_found_at_once_in_the_order_of_the_text() {
    let text = "params.ogr == 1 && idenity.kind == \"\" || [foo, now.lower(), 1 in 2] == bar(3) || hour(zz)";
    let parts: Vec<_> =
        compile(text).unwrap_err().iter().map(|problem| shown(text, problem)[0].clone()).collect();
    assert_eq!(parts, ["ogr", "idenity", "foo", "now", "2", "bar", "hour"]);
}

#[test]
fn the_length_and_the_depth_of_an_expression_have_limits() {
    let of_length = |length: usize| format!("params.org == \"{}\"", "a".repeat(length - 15));
    assert_eq!(of_length(1024).len(), 1025);
    assert!(compile(&of_length(1023)).is_ok());
    let [_, message, help] = only(&of_length(1024), &EVERYWHERE);
    assert_eq!(message, "the expression is longer than 1024 bytes");
    assert!(help.starts_with("split it"), "{help}");

    let nested =
        |levels: usize| format!("{}true{}", "!(true && ".repeat(levels), ")".repeat(levels));
    assert!(compile(&nested(11)).is_ok());
    let [_, message, _] = only(&nested(12), &EVERYWHERE);
    assert_eq!(message, "the expression is nested more than 24 levels deep");
    let sum = |terms: usize| format!("{}now > 0", "now + ".repeat(terms));
    assert!(compile(&sum(22)).is_ok());
    assert_eq!(only(&sum(23), &EVERYWHERE)[1], "the expression is nested more than 24 levels deep");
}

#[test]
fn many_terms_beside_one_another_are_not_deep() {
    let text = vec!["now > 0"; 85].join(" && ");
    assert!(text.len() < 1024);
    assert!(compile(&text).is_ok());
}
