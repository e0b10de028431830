//! Walks a requirement as it is evaluated, and tells what is come by.

use super::super::{facts::Facts, requirement::Requirement};
use crate::core::reason::Reason;

/// Something of a requirement that has been shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Seen {
    /// A branch of the `any` with this number held, the first to do so.
    Branch { node: usize, branch: usize },
    /// The condition with this number came out so.
    Condition { node: usize, holds: bool },
}

/// A part of a requirement, and its number: parts are counted from the top down as written.
#[derive(Clone, Copy)]
pub(super) struct Node<'r> {
    pub(super) requirement: &'r Requirement,
    pub(super) number: usize,
}

impl<'r> Node<'r> {
    pub(super) const fn root(requirement: &'r Requirement) -> Self {
        Self { requirement, number: 0 }
    }

    /// The parts directly below.
    fn children(self) -> Vec<Self> {
        let parts = match self.requirement {
            Requirement::All(parts) | Requirement::Any(parts) => parts,
            Requirement::Not(inner) => std::slice::from_ref(&**inner),
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
            | Requirement::Condition(_)
            | Requirement::Recency(_)
            | Requirement::Reverification(_) => &[],
        };
        let mut number = self.number + 1;
        let mut children = Vec::with_capacity(parts.len());
        for requirement in parts {
            children.push(Self { requirement, number });
            number += size(requirement);
        }
        children
    }

    /// Tells of this part and of everything below.
    pub(super) fn visit(self, tell: &mut impl FnMut(Self)) {
        tell(self);
        for child in self.children() {
            child.visit(tell);
        }
    }
}

/// How many parts a requirement has, itself included.
fn size(requirement: &Requirement) -> usize {
    let mut parts = 0;
    Node::root(requirement).visit(&mut |_| parts += 1);
    parts
}

/// A requirement as it is put to somebody, together with others.
pub(super) struct Put<'a> {
    pub(super) node: Node<'a>,
    pub(super) facts: Facts<'a>,
    /// Whether it must let the caller's kind of credential in, or is beside something that does.
    pub(super) alone: bool,
}

impl Put<'_> {
    /// Why it does not hold, if it does not.
    fn refused(&self) -> Option<Reason> {
        let Self { node: Node { requirement, .. }, facts, alone } = self;
        if *alone {
            return requirement.evaluate(facts).err().map(|refusal| refusal.reason);
        }
        requirement.tried(facts).err()
    }
}

/// Walks requirements that must hold together; tells the place of each in the list, and what was
/// shown of it. Conditions come last, and only where all else holds but what users mend by proving anew who they are.
pub(super) fn walk_all(parts: &[Put<'_>], tell: &mut dyn FnMut(usize, Seen)) {
    let is_condition = |put: &Put<'_>| matches!(put.node.requirement, Requirement::Condition(_));
    let mut late = Vec::new();
    let mut refused = false;
    for (place, put) in parts.iter().enumerate() {
        if is_condition(put) {
            late.push((place, put));
            continue;
        }
        let reason = put.refused();
        // Whoever is refused for what they present has shown nothing of what else is asked.
        if !put.alone || reason != Some(Reason::CredentialKind) {
            walk(put.node, &put.facts, &mut |seen| tell(place, seen));
        }
        refused |= reason.is_some_and(|reason| !reason.is_mended_by_proving_anew());
    }
    if !refused {
        for (place, put) in late {
            walk(put.node, &put.facts, &mut |seen| tell(place, seen));
        }
    }
}

fn walk(node: Node<'_>, facts: &Facts<'_>, tell: &mut dyn FnMut(Seen)) {
    match node.requirement {
        Requirement::All(_) => {
            let children = node.children().into_iter();
            let parts: Vec<Put<'_>> =
                children.map(|node| Put { node, facts: *facts, alone: false }).collect();
            walk_all(&parts, &mut |_, seen| tell(seen));
        }
        Requirement::Any(_) => walk_any(node, facts, tell),
        Requirement::Not(_) => {
            for child in node.children() {
                walk(child, facts, tell);
            }
        }
        Requirement::Condition(_) => match node.requirement.tried(facts) {
            Ok(_) => tell(Seen::Condition { node: node.number, holds: true }),
            // One that could not be worked out has shown nothing.
            Err(Reason::ConditionError) => {}
            Err(_) => tell(Seen::Condition { node: node.number, holds: false }),
        },
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
        | Requirement::Reverification(_) => {}
    }
}

/// Tells of the branch that counts: the first to hold, but for machines one that names their kind
/// before one that does not.
fn walk_any(node: Node<'_>, facts: &Facts<'_>, tell: &mut dyn FnMut(Seen)) {
    let mut held = None;
    for (branch, child) in node.children().into_iter().enumerate() {
        walk(child, facts, tell);
        match child.requirement.tried(facts) {
            Ok(named) if named || facts.caller.user().is_some() => {
                tell(Seen::Branch { node: node.number, branch });
                return;
            }
            Ok(_) => held = held.or(Some(branch)),
            Err(_) => {}
        }
    }
    if let Some(branch) = held {
        tell(Seen::Branch { node: node.number, branch });
    }
}
