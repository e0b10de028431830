//! What of a policy its cases reach.
//!
//! An item is one thing that a case must show, and a policy has these:
//!
//! - every route: that it decided about a request. Where a route lists methods, every method is an
//!   item in place of the route; `HEAD` counts for a `GET` that covers it.
//! - `unlisted: signed_in`, likewise.
//! - every action: that it was asked for.
//! - every guard: that what it requires was put to somebody.
//! - every branch of every `any`: that it was the one that held.
//! - every `if`, twice: that it held, and that it did not.
//!
//! The requirement is walked a second time for this, in the order and under the conditions in which
//! it was evaluated, so that deciding itself need not know of it.

mod walk;

use super::{
    Policy, Routed, Rule, Unlisted,
    facts::Facts,
    guard::Guard,
    methods::Methods,
    requirement::Requirement,
    source::{Place, Source},
};
use crate::core::{
    clock::Timestamp, host::Host, id::RuleId, identity::Caller, path::CanonicalPath,
    question::Wanted,
};
use std::{collections::HashMap, fmt};
use walk::{Node, Seen, walk_all};

/// What of a policy has been reached.
#[derive(Clone, Debug)]
pub struct Coverage {
    items: Vec<Item>,
    by_key: HashMap<Key, usize>,
}

/// One thing that a case must show.
#[derive(Clone, Debug)]
pub struct Item {
    rule: RuleId,
    what: What,
    place: Place,
    covered: bool,
}

/// What must be shown of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// That it decides.
    Reached,
    /// That it decides about this method.
    Method(Box<str>),
    /// That this branch of an `any` holds where none before it does; counted from 1.
    Branch {
        /// Counted from 1.
        number: usize,
        /// What it requires, in words.
        requires: Box<str>,
    },
    /// That this condition comes out so.
    Condition {
        /// As it is written.
        text: Box<str>,
        /// What it comes to.
        holds: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    rule: RuleId,
    part: Part,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Reached,
    Method(Box<str>),
    Seen(Seen),
}

impl Coverage {
    /// Everything that a policy's cases must show, and nothing of it shown.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let mut coverage = Self { items: Vec::new(), by_key: HashMap::new() };
        for (_, methods) in policy.tables.iter().flat_map(super::Router::iter) {
            coverage.add_methods(methods);
        }
        if let Unlisted::SignedIn(rule) = &policy.unlisted {
            coverage.add_rule(rule);
        }
        policy.actions.values().for_each(|rule| coverage.add_rule(rule));
        policy.guards.iter().for_each(|guard| coverage.add_guard(guard));
        coverage.in_order()
    }

    /// Sorts what was added by where it is written.
    fn in_order(mut self) -> Self {
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        order.sort_by_key(|&number| self.items.get(number).map(|item| (item.place, number)));
        let mut places = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            if let Some(place) = places.get_mut(old) {
                *place = new;
            }
        }
        for number in self.by_key.values_mut() {
            *number = places.get(*number).copied().unwrap_or_default();
        }
        self.items.sort_by_key(|item| item.place);
        self
    }

    fn add_methods(&mut self, methods: &Methods) {
        match methods {
            Methods::Every(rule) => self.add_rule(rule),
            Methods::Listed(lists) => {
                for list in lists {
                    for method in &list.methods {
                        let part = Part::Method(method.clone());
                        self.add(
                            &list.rule.id,
                            list.rule.place,
                            part,
                            What::Method(method.clone()),
                        );
                    }
                    self.add_requirement(
                        &list.rule.id,
                        list.rule.place,
                        list.rule.access.requirement(),
                    );
                }
            }
        }
    }

    fn add_rule(&mut self, rule: &Rule) {
        self.add(&rule.id, rule.place, Part::Reached, What::Reached);
        self.add_requirement(&rule.id, rule.place, rule.access.requirement());
    }

    fn add_guard(&mut self, guard: &Guard) {
        self.add(&guard.id, guard.place, Part::Reached, What::Reached);
        self.add_requirement(&guard.id, guard.place, Some(&guard.require));
    }

    fn add_requirement(&mut self, rule: &RuleId, place: Place, requirement: Option<&Requirement>) {
        let Some(requirement) = requirement else { return };
        Node::root(requirement).visit(&mut |node| match node.requirement {
            Requirement::Any(branches) => {
                for (number, branch) in branches.iter().enumerate() {
                    let part = Part::Seen(Seen::Branch { node: node.number, branch: number });
                    let requires = branch.to_string().into();
                    self.add(rule, place, part, What::Branch { number: number + 1, requires });
                }
            }
            Requirement::Condition(condition) => {
                for holds in [true, false] {
                    let part = Part::Seen(Seen::Condition { node: node.number, holds });
                    let text = condition.text().into();
                    self.add(rule, place, part, What::Condition { text, holds });
                }
            }
            Requirement::SignedIn
            | Requirement::Denied
            | Requirement::Organization(_)
            | Requirement::Role(_)
            | Requirement::Permission(_)
            | Requirement::Feature(_)
            | Requirement::Plan(_)
            | Requirement::Scope(_)
            | Requirement::NoImpersonation
            | Requirement::Credential(_)
            | Requirement::Reverification(_)
            | Requirement::All(_)
            | Requirement::Not(_) => {}
        });
    }

    fn add(&mut self, rule: &RuleId, place: Place, part: Part, what: What) {
        self.by_key.insert(Key { rule: rule.clone(), part }, self.items.len());
        self.items.push(Item { rule: rule.clone(), what, place, covered: false });
    }

    /// Notes what a question reaches that `caller` asks, or nobody.
    pub fn record(
        &mut self,
        policy: &Policy,
        wanted: &Wanted<'_>,
        caller: Option<Caller<'_>>,
        now: Timestamp,
    ) {
        match wanted {
            Wanted::Http(request) => {
                let (Ok(host), Ok(path)) =
                    (Host::parse(request.authority), CanonicalPath::parse(request.path()))
                else {
                    return;
                };
                let Routed::Rule(matched) = policy.route(&host, &path, request.method) else {
                    return;
                };
                let rule = matched.rule;
                self.reach_route(rule, request.method);
                let Some(caller) = caller else { return };
                let mut facts = Facts::of_caller(caller, now);
                facts.request = Some(request);
                facts.path = Some(&path);
                facts.parameters = matched.parameters(&path);
                let guards: Vec<&Guard> = policy.guards(&host, &path, request.method).collect();
                for guard in &guards {
                    self.reach(&guard.id, Part::Reached);
                }
                let own = rule.access.requirement().map(|requirement| (&rule.id, requirement));
                let guards = guards.into_iter().map(|guard| (&guard.id, &guard.require));
                self.put(own, guards, &facts);
            }
            Wanted::Action(action) => {
                let Some(rule) = policy.action(action.name) else { return };
                self.reach(&rule.id, Part::Reached);
                let Some(caller) = caller else { return };
                let mut facts = Facts::of_caller(caller, now);
                facts.resource = action.resource.as_ref();
                facts.context = Some(&action.context);
                let own = rule.access.requirement().map(|requirement| (&rule.id, requirement));
                self.put(own, std::iter::empty(), &facts);
            }
            Wanted::Requirement(_) => {}
        }
    }

    /// Walks what is put to a caller: what the rule asks, and what the guards add.
    fn put<'p>(
        &mut self,
        own: Option<(&'p RuleId, &'p Requirement)>,
        guards: impl Iterator<Item = (&'p RuleId, &'p Requirement)>,
        facts: &Facts<'_>,
    ) {
        let admitted = own.is_some_and(|(_, own)| own.admits(facts.caller.kind()));
        let (ids, nodes): (Vec<&RuleId>, Vec<Node<'_>>) = own
            .into_iter()
            .chain(guards)
            .map(|(id, requirement)| (id, Node::root(requirement)))
            .unzip();
        walk_all(&nodes, facts, admitted, &mut |root, seen| {
            if let Some(id) = ids.get(root) {
                self.reach(id, Part::Seen(seen));
            }
        });
    }

    fn reach_route(&mut self, rule: &Rule, method: &str) {
        for part in [Part::Reached, Part::Method(method.into())] {
            self.reach(&rule.id, part);
        }
        let listed = Key { rule: rule.id.clone(), part: Part::Method(method.into()) };
        if method == "HEAD" && !self.by_key.contains_key(&listed) {
            self.reach(&rule.id, Part::Method("GET".into()));
        }
    }

    fn reach(&mut self, rule: &RuleId, part: Part) {
        let number = self.by_key.get(&Key { rule: rule.clone(), part });
        if let Some(item) = number.and_then(|&number| self.items.get_mut(number)) {
            item.covered = true;
        }
    }

    /// Everything that is to be shown, in the order in which the policy is written.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// What no case has shown.
    pub fn uncovered(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| !item.covered)
    }

    /// How many items have been shown.
    #[must_use]
    pub fn covered(&self) -> usize {
        self.items.len() - self.uncovered().count()
    }

    /// How much has been shown, in whole percent, rounded down: 100 is everything. So is nothing of
    /// nothing.
    #[must_use]
    pub fn percent(&self) -> u8 {
        let percent = (self.covered() * 100).checked_div(self.items.len()).unwrap_or(100);
        u8::try_from(percent).unwrap_or(100)
    }
}

impl Item {
    /// The rule.
    #[must_use]
    pub const fn rule(&self) -> &RuleId {
        &self.rule
    }

    /// What must be shown of it.
    #[must_use]
    pub const fn what(&self) -> &What {
        &self.what
    }

    /// Whether it has been shown.
    #[must_use]
    pub const fn is_covered(&self) -> bool {
        self.covered
    }

    /// Line and column in the text that the policy was read from, counted from 1.
    #[must_use]
    pub fn position(&self, source: &Source) -> (usize, usize) {
        let line = source.line(self.place);
        (line.number, line.column)
    }
}

/// In words that complete "no case shows …".
impl fmt::Display for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reached => formatter.write_str("that it decides"),
            Self::Method(method) => write!(formatter, "that it decides about `{method}`"),
            Self::Branch { number, requires } => {
                write!(formatter, "that branch {number} of `any` holds: {requires}")
            }
            Self::Condition { text, holds } => {
                let comes = if *holds { "holds" } else { "does not hold" };
                write!(formatter, "that the condition `{text}` {comes}")
            }
        }
    }
}

#[cfg(test)]
mod tests;
