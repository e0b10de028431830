//! Functions and what they are given.

use super::refused;

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
fn patterns_and_separators_are_checked_when_the_policy_is_read() {
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
    ]);
}

#[test]
fn networks_are_checked_when_the_policy_is_read() {
    refused(&[
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
    ]);
}

#[test]
fn distances_from_utc_are_checked_when_the_policy_is_read() {
    refused(&[
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
    ]);
}

#[test]
fn names_of_headers_are_never_in_capitals() {
    refused(&[
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
