//! Operators and functions.

use super::world::{World, all};
use crate::policy::condition::ConditionFault;

#[test]
fn logic_is_decided_from_left_to_right() {
    all(
        &World::new(),
        true,
        &[
            "true && true",
            "true || resource.missing",
            "!(false && resource.missing)",
            "!(false || false)",
            "true ? true : resource.missing",
            "!(false ? resource.missing : false)",
            "true == true && true != false",
            "!!true",
        ],
    );
}

#[test]
fn lists_hold_values() {
    all(
        &World::new(),
        true,
        &[
            "\"a\" in [\"a\", \"b\"] && !(\"c\" in [\"a\", \"b\"]) && !(1 in [])",
            "resource.owner in [identity.user.id, \"user_2\"]",
            "[1, 2] == [1.0, 2] && [1] != [1, 2] && [\"a\"] != [\"b\"] && [] == []",
            "[1, 2][1] == 2 && [resource.amount][0] == 5",
            "[1, resource.amount, 2] == [1, 5, 2]",
            "\"a\" in resource.tags && 1 in resource.tags && true in resource.tags",
            "size([1, 2]) == 2 && size([]) == 0 && resource.nested.list.size() == 3",
            "resource.nested.list == [1, 2, 3]",
            "[[1], [2]] == [[1], [2]] && [1] in [[2], [1]]",
        ],
    );
}

#[test]
fn text_is_taken_apart_and_put_together() {
    all(
        &World::new(),
        true,
        &[
            "lower(\"\u{c4}B\") == \"\u{e4}b\" && \"aB\".lower() == \"ab\"",
            "upper(\"a\u{df}\") == \"ASS\" && trim(\" a\\t\") == \"a\"",
            "trim(\"a\" + \" \") == \"a\"",
            "split(\"a,b,,c\", \",\") == [\"a\", \"b\", \"\", \"c\"]",
            "\"b\" in \"a,b\".split(\",\") && split(\"\", \",\") == [\"\"]",
            "split(\"a\" + \",b\", \",\")[1] == \"b\"",
            "\"abc\".startsWith(\"ab\") && \"abc\".endsWith(\"bc\") && \"abc\".contains(\"b\")",
            "startsWith(request.path, \"/orgs/\" + identity.organization.slug + \"/\")",
            "!\"abc\".startsWith(\"b\") && !\"abc\".contains(\"x\") && \"abc\".contains(\"\")",
            "size(\"\u{e4}bc\") == 3 && \"\u{1f600}\".size() == 1 && size(\"\") == 0",
            "\"a\" < \"b\" && \"a\" <= \"a\" && \"b\" > \"a\" && \"Z\" < \"a\"",
            "\"a\" + \"b\" == \"ab\" && 'a' == \"a\" && r\"\\d\" == \"\\\\d\"",
            "string(true) == \"true\" && string(\"x\") == \"x\" && string(1.5) == \"1.5\"",
        ],
    );
}

#[test]
fn patterns_are_found_anywhere_unless_they_say_where() {
    all(
        &World::new(),
        true,
        &[
            "matches(params.id, \"^[0-9]+$\") && params.org.matches(\"cm\")",
            "!params.org.matches(\"^cm\") && \"a\\nb\".matches(\"^a$\") == false",
            "\"\u{e4}\".matches(r\"^\\w$\")",
        ],
    );
}

#[test]
fn addresses_lie_in_networks() {
    all(
        &World::new(),
        true,
        &[
            "in_network(request.ip, \"10.0.0.0/8\") && request.ip.in_network(\"10.1.2.3/32\")",
            "!in_network(request.ip, \"10.1.3.0/24\") && in_network(request.ip, \"0.0.0.0/0\")",
            "in_network(\"::ffff:10.0.0.1\", \"10.0.0.0/8\")",
            "!in_network(request.ip, \"::/0\") && in_network(\"fd00::1\", \"fd00::/8\")",
        ],
    );
    let mapped = World { peer: Some("::ffff:10.1.2.3"), ..World::new() };
    all(&mapped, true, &["request.ip == \"10.1.2.3\" && in_network(request.ip, \"10.0.0.0/8\")"]);
    for text in ["in_network(\"\", \"10.0.0.0/8\")", "!in_network(params.org, \"10.0.0.0/8\")"] {
        assert_eq!(World::new().fault(text), ConditionFault::NotAddress, "{text}");
    }
}

#[test]
fn clocks_are_read_at_a_fixed_distance_from_utc() {
    all(
        &World::new(),
        true,
        &[
            "now == 1767270896",
            "hour(now, \"UTC\") == 12 && minute(now, \"UTC\") == 34",
            "hour(now, \"+02:00\") == 14 && now.hour(\"-05:30\") == 7 && minute(now, \"-05:30\") == 4",
            "weekday(now, \"UTC\") == \"thursday\" && weekday(now, \"Z\") in [\"thursday\"]",
            "weekday(now, \"+12:00\") == \"friday\" && hour(now, \"+12:00\") == 0",
            "weekday(-1, \"UTC\") == \"wednesday\" && hour(-1, \"UTC\") == 23",
            "weekday(0, \"UTC\") == \"thursday\" && weekday(345600, \"UTC\") == \"monday\"",
            "now + minutes(10) - hours(1) + days(1) + seconds(5) == 1767270896 + 600 - 3600 + 86400 + 5",
            "now - 1767270000 < minutes(15) && minutes(1.5) == 90",
            "hour(1.5, \"UTC\") == 0 && hour(-0.5, \"UTC\") == 23",
        ],
    );
}
