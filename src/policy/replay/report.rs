//! What a replay found, counted.

use super::{CannotTell, LoggedDecision, LoggedEffect, change::Comparison};
use crate::{
    core::id::{Revision, RuleId},
    policy::inquiry::Ruling,
};
use serde::Serialize;
use std::{cmp::Reverse, collections::HashMap, fmt};

/// The most groups of changes that are kept apart. A log may name any number of rules.
const MOST_GROUPS: usize = 10_000;

/// What a replay found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The policy that was replayed against.
    pub revision: String,
    /// Lines read.
    pub lines: u64,
    /// Of these: decisions.
    pub decisions: u64,
    /// Of the lines: those about something else.
    pub others: u64,
    /// Of the lines: those that cannot be read.
    pub malformed: u64,
    /// Of the decisions: those that stay as they are.
    pub same: u64,
    /// Of the decisions: those that would change.
    pub changed: u64,
    /// Of the decisions: those of which the log does not tell enough.
    pub cannot_tell: u64,
    /// Why it does not, the most frequent first.
    pub unknown: Vec<Unknown>,
    /// What would change, the most frequent first.
    pub changes: Vec<Change>,
    /// Changes that are in none of `changes`, of which there are too many.
    pub more_changes: u64,
    #[serde(skip)]
    examples: usize,
    #[serde(skip)]
    groups: HashMap<Group, usize>,
}

/// How often a log did not tell enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// Why.
    pub why: CannotTell,
    /// How often.
    pub count: u64,
}

/// Changes of one kind that come from one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What they were and would be.
    #[serde(flatten)]
    pub kind: ChangeKind,
    /// The reason code before.
    pub reason_before: &'static str,
    /// The reason code after.
    pub reason_after: &'static str,
    /// The entry that decided.
    pub rule_before: Option<String>,
    /// The entry that would decide.
    pub rule_after: Option<String>,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<Example>,
}

/// From which effect to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct ChangeKind {
    /// What was decided.
    pub from: LoggedEffect,
    /// What would be.
    pub to: LoggedEffect,
}

/// One line that would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Its number in the log, counted from 1.
    pub line: u64,
    /// What was asked.
    pub question: String,
    /// Who asked.
    pub asker: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Group {
    kind: ChangeKind,
    reasons: (&'static str, &'static str),
    rules: (Option<String>, Option<String>),
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} → {}", self.from.as_str(), self.to.as_str())
    }
}

impl Report {
    pub(super) fn new(revision: &Revision, examples: usize) -> Self {
        Self {
            revision: revision.as_str().to_owned(),
            lines: 0,
            decisions: 0,
            others: 0,
            malformed: 0,
            same: 0,
            changed: 0,
            cannot_tell: 0,
            unknown: Vec::new(),
            changes: Vec::new(),
            more_changes: 0,
            examples,
            groups: HashMap::new(),
        }
    }

    pub(super) fn unknown(&mut self, why: CannotTell) {
        self.cannot_tell += 1;
        match self.unknown.iter_mut().find(|unknown| unknown.why == why) {
            Some(unknown) => unknown.count += 1,
            None => self.unknown.push(Unknown { why, count: 1 }),
        }
    }

    pub(super) fn changed(
        &mut self,
        logged: &LoggedDecision,
        ruling: &Ruling,
        comparison: Comparison,
    ) {
        self.changed += 1;
        let Comparison { before: (_, before), after: (_, after) } = comparison;
        let group = Group {
            kind: comparison.kind(),
            reasons: (before.code(), after.code()),
            rules: (
                logged.rule.clone(),
                ruling.rule.as_ref().map(RuleId::as_str).map(str::to_owned),
            ),
        };
        let full = self.changes.len() >= MOST_GROUPS;
        let at = match self.groups.get(&group) {
            Some(at) => *at,
            None if full => {
                self.more_changes += 1;
                return;
            }
            None => self.open(group),
        };
        let Some(change) = self.changes.get_mut(at) else { return };
        change.count += 1;
        if change.examples.len() < self.examples {
            change.examples.push(Example {
                line: self.lines,
                question: logged.question(),
                asker: logged.asker(),
            });
        }
    }

    fn open(&mut self, group: Group) -> usize {
        let at = self.changes.len();
        let Group { kind, reasons, rules } = group.clone();
        self.changes.push(Change {
            kind,
            reason_before: reasons.0,
            reason_after: reasons.1,
            rule_before: rules.0,
            rule_after: rules.1,
            count: 0,
            examples: Vec::new(),
        });
        self.groups.insert(group, at);
        at
    }

    /// Puts what happens most often first.
    pub(super) fn sorted(mut self) -> Self {
        self.groups.clear();
        self.changes.sort_by_key(|change| Reverse(change.count));
        self.unknown.sort_by_key(|unknown| Reverse(unknown.count));
        self
    }
}
