//! What of a policy its cases reach.
//!
//! An item is one thing that a case must show, and a policy has these:
//!
//! - every route: that it decided about a request. Where a route lists methods, every method is an
//!   item in place of the route; `HEAD` counts for a `GET` that covers it.
//! - `unlisted: signed_in`, likewise.
//! - every `preflight: allow`, for each template that it lets preflights through to.
//! - every action: that it was asked for.
//! - every guard: that what it requires was put to somebody.
//! - every branch of every `any`: that it was the one that held.
//! - every `if`, twice: that it held, and that it did not.
//!
//! The requirement is walked a second time for this, in the order and under the conditions in which
//! it was evaluated, so that deciding itself need not know of it.

mod item;
mod walk;

pub use item::{Item, What};

use super::{
    Policy, Routed, Rule, access::Mode, evaluate::Demand, facts::Facts, guard::Guard,
    requirement::Requirement, source::Place,
};
use crate::core::{
    clock::Timestamp,
    host::Host,
    http_request::HttpRequest,
    id::RuleId,
    identity::Caller,
    path::CanonicalPath,
    peer::Peer,
    question::{Question, Wanted},
};
use std::collections::HashMap;
use walk::{Node, Put, Seen, walk_all};

/// What of a policy has been reached.
#[derive(Clone, Debug)]
pub struct Coverage {
    items: Vec<Item>,
    by_key: HashMap<Key, usize>,
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
        for listed in policy.routes() {
            let rule = listed.rule;
            match listed.methods {
                None => coverage.add(rule, Part::Reached, What::Reached),
                Some(methods) => {
                    for method in methods {
                        let part = Part::Method(method.clone());
                        coverage.add(rule, part, What::Method(method.clone()));
                    }
                }
            }
            coverage.add_requirement(&rule.id, rule.place, rule.access.requirement());
        }
        for rule in policy.preflights() {
            coverage.add(rule, Part::Reached, What::Reached);
        }
        for rule in policy.unlisted().into_iter().chain(policy.actions().map(|(_, rule)| rule)) {
            coverage.add(rule, Part::Reached, What::Reached);
            coverage.add_requirement(&rule.id, rule.place, rule.access.requirement());
        }
        for guard in policy.guards() {
            coverage.push(&guard.id, guard.place, Part::Reached, What::Reached);
            coverage.add_requirement(&guard.id, guard.place, Some(&guard.require));
        }
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

    fn add_requirement(&mut self, rule: &RuleId, place: Place, requirement: Option<&Requirement>) {
        let Some(requirement) = requirement else { return };
        Node::root(requirement).visit(&mut |node| match node.requirement {
            Requirement::Any(branches) => {
                for (number, branch) in branches.iter().enumerate() {
                    let part = Part::Seen(Seen::Branch { node: node.number, branch: number });
                    let requires = branch.to_string().into();
                    self.push(rule, place, part, What::Branch { number: number + 1, requires });
                }
            }
            Requirement::Condition(condition) => {
                for holds in [true, false] {
                    let part = Part::Seen(Seen::Condition { node: node.number, holds });
                    let text = condition.text().into();
                    self.push(rule, place, part, What::Condition { text, holds });
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
            | Requirement::Recency(_)
            | Requirement::Reverification(_)
            | Requirement::All(_)
            | Requirement::Not(_) => {}
        });
    }

    fn add(&mut self, rule: &Rule, part: Part, what: What) {
        self.push(&rule.id, rule.place, part, what);
    }

    fn push(&mut self, rule: &RuleId, place: Place, part: Part, what: What) {
        self.by_key.insert(Key { rule: rule.clone(), part }, self.items.len());
        self.items.push(Item { rule: rule.clone(), what, place, covered: false });
    }

    /// Notes what a question reaches that `caller` asks, or nobody.
    pub fn record(
        &mut self,
        policy: &Policy,
        question: &Question<'_>,
        caller: Option<Caller<'_>>,
        now: Timestamp,
    ) {
        let peer = question.peer;
        match &question.wanted {
            Wanted::Http(request) => self.record_request(policy, (request, peer), caller, now),
            Wanted::Action(action) => {
                let Some(rule) = policy.action(action.name) else { return };
                self.reach(&rule.id, Part::Reached);
                let Some(caller) = caller else { return };
                let mut facts = Facts::of_caller(caller, now);
                facts.peer = peer;
                facts.resource = action.resource.as_ref();
                facts.context = Some(&action.context);
                if let Some(requirement) = rule.access.requirement() {
                    self.put(&[(&rule.id, Demand::of(requirement))], &facts);
                }
            }
            Wanted::Requirement(_) => {}
        }
    }

    fn record_request(
        &mut self,
        policy: &Policy,
        (request, peer): (&HttpRequest<'_>, Peer<'_>),
        caller: Option<Caller<'_>>,
        now: Timestamp,
    ) {
        let (Ok(host), Ok(path)) =
            (Host::parse(request.authority), CanonicalPath::parse(request.path()))
        else {
            return;
        };
        let Routed::Rule(matched) = policy.route_request(&host, &path, request) else { return };
        let rule = matched.rule;
        self.reach_route(rule, request.method);
        let Some(caller) = caller else { return };
        let mut facts = Facts::of_caller(caller, now);
        facts.peer = peer;
        facts.request = Some(request);
        facts.path = Some(&path);
        let parameters = matched.parameters(&path);
        let own = rule.access.requirement().map(|requirement| Demand { requirement, parameters });
        let guards: Vec<&Guard> = matched.guards(&host, &path, request.method).collect();
        for guard in &guards {
            self.reach(&guard.id, Part::Reached);
        }
        let enforced = |mode: Mode| mode == Mode::Enforce;
        let nothing_more = Demand::of(&Requirement::SignedIn);
        let (guards, tried): (Vec<&Guard>, Vec<&Guard>) =
            guards.into_iter().partition(|guard| enforced(guard.mode));
        let guards = guards.into_iter().map(|guard| (&guard.id, guard.demand(&path)));
        let rules_own = own.filter(|_| enforced(rule.mode)).unwrap_or(nothing_more);
        let together: Vec<_> = std::iter::once((&rule.id, rules_own)).chain(guards).collect();
        self.put(&together, &facts);
        // What is in shadow mode is tried for itself.
        if let Some(own) = own.filter(|_| !enforced(rule.mode)) {
            self.put(&[(&rule.id, own)], &facts);
        }
        for guard in tried {
            self.put(&[(&rule.id, nothing_more), (&guard.id, guard.demand(&path))], &facts);
        }
    }

    /// Walks what is put to a caller together: what the rule asks, and then what is added to it.
    fn put<'p>(&mut self, demands: &[(&'p RuleId, Demand<'p>)], facts: &Facts<'p>) {
        let puts: Vec<Put<'_>> = demands
            .iter()
            .enumerate()
            .map(|(place, (_, demand))| Put {
                node: Node::root(demand.requirement),
                facts: Facts { parameters: demand.parameters, ..*facts },
                alone: place == 0,
            })
            .collect();
        walk_all(&puts, &mut |place, seen| {
            if let Some((id, _)) = demands.get(place) {
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

#[cfg(test)]
mod tests;
