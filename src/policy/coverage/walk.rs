//! Walks a requirement as it is evaluated, and tells what is come by.

use super::super::{
    facts::Facts,
    requirement::{Admission, Requirement},
};
use crate::core::{identity::Caller, reason::Reason};

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
    /// Whether something around it has let the caller's kind of credential in.
    pub(super) admitted: bool,
}

/// Walks requirements that must hold together; tells the place of each in the list, and what was
/// shown of it. Conditions come last, and only where all else but a reverification holds.
pub(super) fn walk_all(parts: &[Put<'_>], tell: &mut dyn FnMut(usize, Seen)) {
    let is_condition = |part: &Put<'_>| matches!(part.node.requirement, Requirement::Condition(_));
    let mut late = Vec::new();
    let mut refused = false;
    for (place, part) in parts.iter().enumerate() {
        if is_condition(part) {
            late.push((place, part));
            continue;
        }
        let Put { node, facts, admitted } = part;
        walk(*node, facts, *admitted, &mut |seen| tell(place, seen));
        let reason = node.requirement.refused(facts, *admitted);
        refused |= reason.is_some_and(|reason| reason != Reason::Reverification);
    }
    if !refused {
        for (place, Put { node, facts, admitted }) in late {
            walk(*node, facts, *admitted, &mut |seen| tell(place, seen));
        }
    }
}

fn walk(node: Node<'_>, facts: &Facts<'_>, admitted: bool, tell: &mut dyn FnMut(Seen)) {
    match (node.requirement, facts.caller) {
        (Requirement::All(parts), caller) => {
            let admission = Admission::beside(parts, caller.kind(), admitted);
            let children = node.children().into_iter();
            let parts: Vec<Put<'_>> = children
                .map(|node| Put { node, facts: *facts, admitted: admission.of(node.requirement) })
                .collect();
            walk_all(&parts, &mut |_, seen| tell(seen));
        }
        (Requirement::Any(_), _) => {
            for (branch, child) in node.children().into_iter().enumerate() {
                walk(child, facts, admitted, tell);
                if child.requirement.refused(facts, admitted).is_none() {
                    tell(Seen::Branch { node: node.number, branch });
                    return;
                }
            }
        }
        (_, Caller::Machine(_)) if !admitted => {}
        (Requirement::Not(_), _) => {
            for child in node.children() {
                walk(child, facts, admitted, tell);
            }
        }
        (Requirement::Condition(_), _) => match node.requirement.refused(facts, admitted) {
            None => tell(Seen::Condition { node: node.number, holds: true }),
            // One that could not be worked out has shown nothing.
            Some(Reason::ConditionError) => {}
            Some(_) => tell(Seen::Condition { node: node.number, holds: false }),
        },
        (
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
            | Requirement::Reverification(_),
            _,
        ) => {}
    }
}
