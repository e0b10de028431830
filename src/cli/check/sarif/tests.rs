use super::{report, uri};
use crate::policy::{Diagnostic, Policy, Source, suite::Suite};
use serde_json::Value;

fn errors(text: &str) -> Vec<Diagnostic> {
    Policy::load(Source::new("policy.yaml", text)).expect_err(text).diagnostics()
}

fn lints(text: &str) -> Vec<Diagnostic> {
    let source = Source::new("policy.yaml", text);
    let suite = Suite::load(std::slice::from_ref(&source), &[]).expect(text);
    Policy::load(&source).expect(text).lint(&source.into(), &suite).diagnostics()
}

const SLIPS: &str = "version: 1\nroutes:\n  /a: { any: [{ plan: pro }] }\n  /\u{e4}: public\n  \
                     /b: { rle: x }\n  /B: denied\n";
const ODD: &str = "version: 1\nunlisted: signed_in\nroutes:\n  /a: { any: [{ plan: pro }] }\n  \
                   /users/me: { GET: signed_in }\n  \"/users/{id}\": { DELETE: signed_in }\n";

#[test]
fn a_report_shows_every_result_at_its_place() {
    let mut report = report(&[errors(SLIPS), lints(ODD)].concat());
    // The lints are listed in the README as well; here, that they are there is enough.
    report["runs"][0]["tool"]["driver"]["rules"] = Value::Null;
    report["runs"][0]["tool"]["driver"]["semanticVersion"] = Value::Null;
    insta::assert_json_snapshot!(report);
}

/// What the standard demands of what is written here.
#[test]
fn a_report_has_the_form_of_the_standard() {
    for diagnostics in [Vec::new(), errors(SLIPS), lints(ODD)] {
        let report = report(&diagnostics);
        assert_eq!(report["version"], "2.1.0");
        let run = &report["runs"][0];
        assert!(run["tool"]["driver"]["name"].is_string());
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        let rules = run["tool"]["driver"]["rules"].as_array().expect("a list");
        for rule in rules {
            assert!(rule["shortDescription"]["text"].as_str().is_some_and(|text| !text.is_empty()));
            let level = rule["defaultConfiguration"]["level"].as_str().expect("a level");
            assert!(["error", "warning", "note"].contains(&level));
            assert_eq!(rules.iter().filter(|other| other["id"] == rule["id"]).count(), 1);
        }
        let results = run["results"].as_array().expect("a list, if an empty one");
        assert_eq!(results.len(), diagnostics.len());
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
            let region = &result["locations"][0]["physicalLocation"]["region"];
            let number = |key: &str| region[key].as_u64().expect("a number");
            assert!(number("startLine") >= 1 && number("startColumn") >= 1);
            assert!(number("endColumn") >= number("startColumn"));
        }
    }
}

#[test]
fn a_path_becomes_a_reference() {
    for (path, reference) in [
        ("deploy/policy.yaml", "deploy/policy.yaml"),
        ("/etc/bailiff/policy.yaml", "file:///etc/bailiff/policy.yaml"),
        ("my policy#1.yaml", "my%20policy%231.yaml"),
        ("a:b", "a%3Ab"),
    ] {
        assert_eq!(uri(path), reference);
    }
}
