//! No text and no question brings anything down.

use super::world::{World, compile};
use crate::{
    core::{
        clock::Timestamp,
        header::{Header, Headers, Repeats},
        http_request::{HttpRequest, Scheme},
        identity::Caller,
    },
    policy::{Facts, condition::ConditionMistake, tests::people::somebody},
};
use proptest::prelude::*;
use serde_json::Value;

/// What opens, what stands within, and what closes.
const NESTS: &[(&str, &str, &str)] = &[
    ("(", "a", ")"),
    ("!(", "a", ")"),
    ("[", "1", "]"),
    ("-(", "1", ")"),
    ("f(", "1", ")"),
    ("a[", "0", "]"),
    ("{1:", "1", "}"),
    ("a{b:", "1", "}"),
    ("a+", "a", ""),
    ("a==", "a", ""),
    ("a?a:", "a", ""),
    ("a?(", "a", "):a"),
    ("(a?a:", "a", ")"),
    ("", "a", ".b"),
    ("", "a", "[0]"),
    ("", "a", ".b()"),
    ("a&&(", "a", ")"),
    ("a||", "a", ""),
    ("a in (", "a", ")"),
    ("!", "a", ""),
    ("-", "1", ""),
    ("has(", "a.b", ")"),
    ("a.all(x,", "true", ")"),
    ("a.map(x,(", "true", "))"),
    ("a<a+a*f(", "a", ")"),
    ("a<a*[a?", "a", ":a]"),
    ("a||a&&a<a*a{b:", "a", "}"),
    ("a+a*", "a", ""),
    ("(", "", ""),
    ("[", "", ""),
    ("{", "", ""),
    ("a.b(", "", ""),
    ("'", "", ""),
    ("?", "", ""),
    (")", "", ""),
    ("&&", "", ""),
    ("a.?b", "", ""),
    ("\u{1f600}", "", ""),
    ("\u{0}", "", ""),
    ("1 ", "", ""),
];

#[test]
fn the_worst_nesting_that_fits_is_refused_or_read() {
    for (open, within, close) in NESTS {
        let times = (super::super::LONGEST - within.len()) / (open.len() + close.len());
        let text = format!("{}{within}{}", open.repeat(times), close.repeat(times));
        assert!(compile(&text).is_err(), "{open}");
    }
}

#[test]
fn what_is_nested_deeper_than_allowed_is_called_so() {
    for (open, within, close) in NESTS.iter().take(6) {
        let text = format!("{}{within}{}", open.repeat(150), close.repeat(150));
        let problems = compile(&text).unwrap_err();
        assert_eq!(problems[0].mistake(), &ConditionMistake::TooDeep, "{open}");
    }
}

/// Values and operations, put together at random.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "true",
        "false",
        "null",
        "0",
        "1",
        "-1",
        "5u",
        "4.5",
        "1e300",
        "9007199254740993",
        "9007199254740992.0",
        "18446744073709551615u",
        "\"\"",
        "\"a\"",
        "\"\u{e9}\"",
        "[]",
        "[1]",
        "[\"a\", 1]",
        "now",
        "request.method",
        "request.host",
        "request.path",
        "request.query",
        "request.query.a",
        "request.headers",
        "request.headers[\"x-team\"]",
        "request.ip",
        "request.principal",
        "peer.san",
        "peer.spiffe",
        "params.org",
        "identity.kind",
        "identity.user.id",
        "identity.organization.slug",
        "identity.organization.permissions",
        "identity.features",
        "identity.scopes",
        "identity.claims",
        "identity.claims.tags",
        "identity.actor.id",
        "identity.impersonated",
        "resource",
        "resource.amount",
        "resource.value",
        "resource.tags",
        "resource.nested",
        "context",
        "context.value",
        "has(identity.organization)",
        "has(resource.value)",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let binary = prop::sample::select(vec![
            "&&", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "in",
        ]);
        let unary = prop::sample::select(vec![
            "!(@)",
            "-(@)",
            "size(@)",
            "lower(@)",
            "upper(@)",
            "trim(@)",
            "int(@)",
            "double(@)",
            "string(@)",
            "minutes(@)",
            "(@).split(\",\")",
            "matches(@, \"a*\")",
            "(@).a",
            "has((@).a)",
            "in_network(@, \"10.0.0.0/8\")",
            "hour(@, \"+02:00\")",
            "weekday(@, \"UTC\")",
            "[@]",
        ]);
        let two = prop::sample::select(vec![
            "(@)[#]",
            "(@).startsWith(#)",
            "(@).contains(#)",
            "[@, #]",
            "(@) ? (#) : (@)",
        ]);
        prop_oneof![
            (inner.clone(), binary, inner.clone())
                .prop_map(|(left, operator, right)| format!("({left}) {operator} ({right})")),
            (unary, inner.clone()).prop_map(|(shape, of)| shape.replace('@', &of)),
            (two, inner.clone(), inner)
                .prop_map(|(shape, of, with)| shape.replace('@', &of).replace('#', &with)),
        ]
    })
}

/// Any JSON, not too much of it.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ab]", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in "\\PC{0,40}|[-a-c0-9 .,()\\[\\]{}?:!=<>&|'\"+*/%_\n]{0,60}") {
        if let Err(problems) = compile(&text) {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(text.get(problem.range()).is_some(), "{:?}", problem);
                prop_assert!(!problem.to_string().is_empty() && !problem.help().is_empty());
            }
        }
    }

    #[test]
    fn any_expression_is_refused_or_worked_out_for_any_question(
        text in expression(),
        value in json(),
        who in 0..4,
    ) {
        let Ok(condition) = compile(&text) else { return Ok(()) };
        let mut world = match who {
            0 => World::new(),
            1 => World::alone(),
            2 => World::machine(),
            _ => World::impersonated(None),
        };
        world.attributes.insert("value".to_owned(), value.clone());
        world.context.insert("value".to_owned(), value);
        let holds = world.facts(|facts| condition.holds(facts));
        // Whatever comes out comes out again.
        prop_assert_eq!(&holds, &world.facts(|facts| condition.holds(facts)));
        // And nothing becomes true both ways.
        if holds == Ok(true)
            && let Ok(negated) = compile(&format!("!({text})"))
        {
            prop_assert_eq!(world.facts(|facts| negated.holds(facts)), Ok(false));
        }
    }

    #[test]
    fn any_request_can_be_asked_about(
        target in "/\\PC{0,40}|/[a?&=;%0-9A-F+]{0,30}",
        authority in "\\PC{0,20}",
        header in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let request = HttpRequest {
            method: "GET",
            scheme: Scheme::Http,
            authority: &authority,
            target: &target,
            headers: Headers::new(vec![Header { name: "a", value: &header }], Repeats::Separate),
            peer: None,
        };
        let user = somebody();
        let mut facts = Facts::of_caller(Caller::User(&user), Timestamp::from_unix_seconds(0));
        facts.request = Some(&request);
        for text in [
            "request.query.a == request.headers.a",
            "request.host == request.path",
            "size(request.query) == 0 || \"a\" in request.query",
            "matches(request.headers.a, \"a+\")",
        ] {
            let _ = compile(text).unwrap().holds(&facts);
        }
    }
}
