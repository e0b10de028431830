//! What is found when the policy is read: each mistake, its place, and what helps.

mod arguments;
mod kinds;
mod names;
mod syntax;

use super::world::{EVERYWHERE, compile};
use crate::policy::condition::{Condition, ConditionProblem, Scope};

/// One problem as people see it: the part of the text, the message and the help.
fn shown(text: &str, problem: &ConditionProblem) -> [String; 3] {
    let part = text.get(problem.range()).expect("a place between characters");
    [part.to_owned(), problem.to_string(), problem.help().into_owned()]
}

/// The one problem of a text.
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
    let brackets = |levels: usize| format!("{}true{}", "(".repeat(levels), ")".repeat(levels));
    assert!(compile(&brackets(24)).is_ok());
    let [_, message, _] = only(&brackets(25), &EVERYWHERE);
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
