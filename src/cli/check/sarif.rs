//! What was found, in the Static Analysis Results Interchange Format 2.1.0 (OASIS).

use crate::policy::{Diagnostic, DiagnosticPlace, Severity, lint::Code};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What stands in a path as it is. A colon would be read as the end of a scheme.
const IN_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// One run over one policy.
pub(super) fn report(diagnostics: &[Diagnostic]) -> Value {
    let rules = rules(diagnostics);
    let results: Vec<Value> =
        diagnostics.iter().map(|diagnostic| result(diagnostic, &rules)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "bailiff",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(Rule::descriptor).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// A kind of finding.
struct Rule {
    id: &'static str,
    level: &'static str,
    description: String,
}

impl Rule {
    fn descriptor(&self) -> Value {
        json!({
            "id": self.id,
            "shortDescription": { "text": self.description },
            "defaultConfiguration": { "level": self.level },
        })
    }
}

/// Every lint, and every kind of error that occurs.
fn rules(diagnostics: &[Diagnostic]) -> Vec<Rule> {
    let lint = |code: &Code| Rule {
        id: code.as_str(),
        level: level(code.severity()),
        description: code.meaning().to_owned(),
    };
    let mut rules: Vec<Rule> = Code::ALL.iter().map(lint).collect();
    for diagnostic in diagnostics {
        if !rules.iter().any(|rule| rule.id == diagnostic.code) {
            rules.push(Rule {
                id: diagnostic.code,
                level: level(diagnostic.severity),
                description: format!("The policy is not valid: {}.", diagnostic.code),
            });
        }
    }
    rules
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn result(diagnostic: &Diagnostic, rules: &[Rule]) -> Value {
    let help = diagnostic.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&diagnostic.file) },
        "region": {
            "startLine": diagnostic.line,
            "startColumn": diagnostic.column,
            "endColumn": diagnostic.column + diagnostic.text.chars().count(),
        },
    } });
    if let Some(rule) = &diagnostic.rule {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": rule }]);
    }
    let mut result = json!({
        "ruleId": diagnostic.code,
        "ruleIndex": rules.iter().position(|rule| rule.id == diagnostic.code),
        "level": level(diagnostic.severity),
        "message": { "text": format!("{}{help}", diagnostic.message) },
        "locations": [location],
    });
    if let Some(DiagnosticPlace { file, line, column }) = &diagnostic.other {
        result["relatedLocations"] = json!([{ "physicalLocation": {
            "artifactLocation": { "uri": uri(file) },
            "region": { "startLine": line, "startColumn": column },
        } }]);
    }
    result
}

/// A file's path as a reference: relative where it is relative.
fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    format!("{scheme}{}", utf8_percent_encode(path, IN_PATH))
}

#[cfg(test)]
mod tests;
