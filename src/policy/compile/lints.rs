//! `lints`: what `bailiff check` is told not to mention.

use super::{
    super::{
        document::{Node, Value},
        lint::{Code, Silencer},
        problem::Problem,
        wording::{Choice, Expected},
    },
    Compiler,
};
use crate::core::id::RuleId;

pub(in crate::policy) const WORDS: [&str; 1] = ["allow"];

impl Compiler {
    /// Codes, each with `allow` or `{ allow: [rule, ...] }`.
    pub(super) fn silencers(&mut self, node: &Node) -> Option<Vec<Silencer>> {
        let mut silencers = Vec::new();
        for entry in self.map(node, "`lints`")? {
            let Some(code) = Code::from_name(&entry.key) else {
                let choice = Choice::among(&entry.key, Code::NAMES);
                self.unknown_word::<()>(entry.place, "lint", &entry.key, choice);
                continue;
            };
            if let Value::Map(_) = entry.value.value {
                silencers.extend(self.allowed_rules(code, &entry.value));
            } else if let Value::Text(word) = &entry.value.value {
                if **word == *"allow" {
                    silencers.push(Silencer { code, rule: None, place: entry.place });
                } else {
                    let choice = Choice::among(word, &WORDS).or("a map `{ allow: [...] }`");
                    self.unknown_word::<()>(entry.value.place, "answer to a lint", word, choice);
                }
            } else {
                self.wrong_kind::<()>(&entry.value, "a lint", Expected::Silencer);
            }
        }
        Some(silencers)
    }

    fn allowed_rules(&mut self, code: Code, node: &Node) -> Vec<Silencer> {
        let mut silencers = Vec::new();
        let entries = self.map(node, "a lint").unwrap_or_default();
        if entries.is_empty() {
            self.report(node.place, Problem::MissingKey { inside: "a lint", key: "allow" });
        }
        for entry in entries {
            if *entry.key != *"allow" {
                self.unknown_key(entry, "a lint", &WORDS);
                continue;
            }
            let Value::List(rules) = &entry.value.value else {
                self.wrong_kind::<()>(&entry.value, "`allow`", Expected::List);
                continue;
            };
            if rules.is_empty() {
                self.report(entry.value.place, Problem::EmptyList);
            }
            for rule in rules {
                if let Some(text) = self.text(rule, "the id of a rule") {
                    let rule_id = Some(RuleId::new(text));
                    silencers.push(Silencer { code, rule: rule_id, place: rule.place });
                }
            }
        }
        silencers
    }
}
