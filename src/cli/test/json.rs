//! What came of the cases, for programs.

use super::Played;
use crate::policy::DiagnosticPlace;
use crate::rehearsal::{Difference, Failure, Got, Run, Tokens};
use serde_json::{Value, json};

/// One document: `passed` and `failed`, every case, and what of the policy was reached.
pub(super) fn played(played: &Played) -> Value {
    let Played { report, path: _, sources } = played;
    let failed = report.failures().count();
    let coverage = report.coverage();
    let uncovered = coverage.uncovered().map(|item| {
        let DiagnosticPlace { file, line, column } = item.position(sources);
        json!({
            "file": file,
            "line": line,
            "column": column,
            "rule": item.rule().as_str(),
            "missing": item.what().to_string(),
        })
    });
    json!({
        "errors": [],
        "passed": report.runs().len() - failed,
        "failed": failed,
        "cases": report.runs().iter().map(case).collect::<Vec<_>>(),
        "coverage": {
            "percent": coverage.percent(),
            "covered": coverage.covered(),
            "total": coverage.items().len(),
            "uncovered": uncovered.collect::<Vec<_>>(),
        },
    })
}

fn case(run: &Run) -> Value {
    json!({
        "file": &*run.place.file,
        "line": run.place.line,
        "column": run.place.column,
        "name": run.name,
        "as": run.person,
        "asked": run.asked,
        "expected": run.expected,
        "passed": run.passed(),
        "failures": run.failures.iter().map(failure).collect::<Vec<_>>(),
    })
}

fn failure(failure: &Failure) -> Value {
    let Failure { tokens, differences, got, help } = failure;
    json!({
        "tokens": match tokens {
            Tokens::All => Value::Null,
            Tokens::Of(version) => json!(version.to_string()),
        },
        "differences": differences.iter().map(difference).collect::<Vec<_>>(),
        "got": got.as_ref().map(outcome),
        "help": help,
    })
}

fn difference(difference: &Difference) -> Value {
    let Difference { what, expected, got } = difference;
    json!({ "what": what, "expected": expected, "got": got })
}

fn outcome(got: &Got) -> Value {
    json!({
        "effect": got.effect,
        "reason": got.reason.code(),
        "rule": got.rule.as_ref().map(crate::core::id::RuleId::as_str),
        "message": got.message,
        "location": got.location,
    })
}
