//! Wherever CEL's own interpreter and ours both give an answer, it is the same one.

use super::world::{World, compile};
use cel::{Context, Program};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// What both are asked about.
#[derive(Serialize)]
struct Attributes {
    text: &'static str,
    other: &'static str,
    number: i64,
    fraction: f64,
    flag: bool,
    list: Vec<&'static str>,
    numbers: Vec<i64>,
    map: BTreeMap<&'static str, &'static str>,
    nothing: Option<bool>,
}

fn attributes() -> Attributes {
    Attributes {
        text: "\u{e4}b",
        other: "abc",
        number: 5,
        fraction: 4.5,
        flag: true,
        list: vec!["a", "\u{e4}b"],
        numbers: vec![1, 5],
        map: BTreeMap::from([("a", "abc")]),
        nothing: None,
    }
}

/// What CEL says; `None` for an error, and for what is neither true nor false.
fn cel(text: &str) -> Option<bool> {
    let mut context = Context::default();
    context.add_variable("resource", attributes()).unwrap();
    match Program::compile(text).ok()?.execute(&context) {
        Ok(cel::Value::Bool(answer)) => Some(answer),
        _ => None,
    }
}

/// What we say.
fn ours(text: &str) -> Option<bool> {
    let mut world = World::new();
    world.attributes = super::world::object(json!(attributes()));
    let condition = compile(text).ok()?;
    world.facts(|facts| condition.holds(facts)).ok()
}

fn leaf(leaves: &[&'static str]) -> impl Strategy<Value = String> + Clone + use<> {
    prop::sample::select(leaves.to_vec()).prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    let plain =
        leaf(&["\"\"", "\"a\"", "'abc'", "resource.text", "resource.other", "resource.map.a"]);
    prop_oneof![
        plain.clone(),
        (plain.clone(), plain).prop_map(|(left, right)| format!("({left} + {right})")),
        Just("resource.list[1]".to_owned()),
    ]
}

fn number() -> impl Strategy<Value = String> {
    let plain = leaf(&["0", "1", "5", "-2", "5.0", "4.5", "resource.number", "resource.fraction"]);
    let operator = prop::sample::select(vec!["+", "-", "*"]);
    prop_oneof![
        plain.clone(),
        (plain.clone(), operator, plain)
            .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
        Just("resource.number % 3".to_owned()),
        text().prop_map(|text| format!("size({text})")),
        Just("size(resource.list)".to_owned()),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    let compare = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let same = prop::sample::select(vec!["==", "!="]);
    let on_text = prop::sample::select(vec!["startsWith", "endsWith", "contains"]);
    let bottom = prop_oneof![
        leaf(&[
            "true",
            "false",
            "resource.flag",
            "resource.missing",
            "has(resource.text)",
            "has(resource.missing)",
            "has(resource.map.a)",
            "resource.nothing == null",
            "resource.text != null",
            "\"a\" in resource.map",
            "\"b\" in resource.map",
            "resource.list == [\"a\", \"b\"]",
            "resource.numbers == [1, 5.0]",
        ]),
        (text(), compare.clone(), text()).prop_map(|(l, o, r)| format!("{l} {o} {r}")),
        (number(), compare, number()).prop_map(|(l, o, r)| format!("{l} {o} {r}")),
        (text(), on_text, text()).prop_map(|(l, o, r)| format!("{l}.{o}({r})")),
        text().prop_map(|text| format!("{text} in resource.list")),
        (text(), text()).prop_map(|(l, r)| format!("{l} in [\"a\", {r}]")),
        number().prop_map(|number| format!("{number} in resource.numbers")),
        (number(), same, text()).prop_map(|(l, o, r)| format!("[{l}] {o} [{r}]")),
    ];
    bottom.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(l, r)| format!("({l}) && ({r})")),
            (inner.clone(), inner.clone()).prop_map(|(l, r)| format!("({l}) || ({r})")),
            (inner.clone(), inner.clone()).prop_map(|(l, r)| format!("({l}) == ({r})")),
            inner.clone().prop_map(|of| format!("!({of})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(c, l, r)| format!("({c}) ? ({l}) : ({r})")),
        ]
    })
}

#[test]
fn both_answer_what_is_plain() {
    for (text, answer) in [
        ("resource.number == 5 && resource.fraction < 5", true),
        ("resource.text in resource.list ? resource.flag : false", true),
        ("size(resource.text) == 3", false),
        ("has(resource.missing) || resource.other.contains(\"bc\")", true),
    ] {
        assert_eq!((cel(text), ours(text)), (Some(answer), Some(answer)), "{text}");
    }
}

#[test]
fn what_is_stricter_than_cel_refuses_and_answers_nothing_else() {
    for text in [
        "resource.missing == 1 || true",
        "resource.missing == 1 && false",
        "resource.text == resource.number",
        "resource.text != resource.number",
        "resource.nothing == resource.nothing",
        "resource.number in resource.list",
    ] {
        assert!(cel(text).is_some(), "{text}");
        assert_eq!(ours(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn what_both_answer_they_answer_alike(text in condition()) {
        if let (Some(theirs), Some(ours)) = (cel(&text), ours(&text)) {
            prop_assert_eq!(theirs, ours, "{}", text);
        }
    }
}
