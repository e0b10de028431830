//! From CEL's syntax tree to what can be worked out. Everything that is wrong is collected.

mod calls;
mod names;
mod operators;

use super::{
    Scope,
    kind::{Kind, Kinds},
    names::Shape,
    number::Number,
    places::Places,
    problem::{ConditionMistake, ConditionProblem, Unsupported},
    term::{Node, Term},
    value::Constant,
};
use cel::{
    IdedExpr,
    common::ast::{Expr, ListExpr, LiteralValue},
};
use std::ops::Range;

/// Where an expression stands, and so what it must give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is a condition: true or false.
    Condition,
    /// It is the value of a header.
    Header,
}

/// A part that has been checked, and what is known of its value.
struct Checked {
    term: Term,
    shape: Shape,
}

/// Checks one expression.
pub(super) fn check(
    tree: &IdedExpr,
    places: &Places<'_>,
    scope: &Scope<'_>,
    purpose: Purpose,
) -> Result<Term, Vec<ConditionProblem>> {
    let mut checker = Checker { places, scope, purpose, problems: Vec::new() };
    let checked = checker.part(tree);
    if let Some(Checked { shape, .. }) = &checked {
        checker.result(*shape);
    }
    match checked {
        Some(Checked { term, .. }) if checker.problems.is_empty() => Ok(term),
        Some(_) | None => {
            checker.problems.sort_by_key(|problem| problem.range().start);
            Err(checker.problems)
        }
    }
}

/// Collects what is wrong while it checks. Whatever gives `None` has reported why.
struct Checker<'c> {
    places: &'c Places<'c>,
    scope: &'c Scope<'c>,
    purpose: Purpose,
    problems: Vec<ConditionProblem>,
}

impl Checker<'_> {
    fn refuse<T>(&mut self, mistake: ConditionMistake, range: &Range<usize>) -> Option<T> {
        self.problems.push(ConditionProblem::new(mistake, range));
        None
    }

    fn unsupported<T>(&mut self, what: Unsupported, part: &IdedExpr) -> Option<T> {
        self.refuse(ConditionMistake::Unsupported(what), &self.places.of(part))
    }

    /// Whether the whole gives what is asked for.
    fn result(&mut self, shape: Shape) {
        let Some(kind) = shape.kind else { return };
        let mistake = match self.purpose {
            Purpose::Condition if kind != Kind::Boolean => ConditionMistake::NotBoolean(kind),
            Purpose::Header if kind != Kind::List && !Kinds::SCALAR.admit(kind) => {
                ConditionMistake::NotHeader(kind)
            }
            Purpose::Condition | Purpose::Header => return,
        };
        self.problems.push(ConditionProblem::new(mistake, &self.places.whole()));
    }

    fn part(&mut self, part: &IdedExpr) -> Option<Checked> {
        match &part.expr {
            Expr::Literal(literal) => {
                let constant = self.literal(literal, part)?;
                let shape = Shape::of(constant.kind());
                Some(self.checked(Node::Constant(constant), shape, part))
            }
            Expr::Ident(_) | Expr::Select(_) => self.named(part),
            Expr::Call(call) => self.call(call, part),
            Expr::List(list) => self.list(list, part),
            Expr::Comprehension(_) => self.unsupported(Unsupported::Loop, part),
            Expr::Map(_) => self.unsupported(Unsupported::Map, part),
            Expr::Struct(_) => self.unsupported(Unsupported::Message, part),
            Expr::Unspecified => self.refuse(ConditionMistake::Unfinished, &self.places.of(part)),
        }
    }

    /// A part, in a box as its parent keeps it, of one of these kinds.
    fn operand(
        &mut self,
        part: &IdedExpr,
        operation: &'static str,
        expected: Kinds,
    ) -> Option<(Box<Term>, Shape)> {
        let Checked { term, shape } = self.part(part)?;
        match shape.kind {
            Some(found) if !expected.admit(found) => {
                let mistake = ConditionMistake::WrongKind { operation, expected, found };
                self.refuse(mistake, &term.range)
            }
            Some(_) | None => Some((Box::new(term), shape)),
        }
    }

    fn checked(&self, node: Node, shape: Shape, part: &IdedExpr) -> Checked {
        Checked { term: Term { node, range: self.places.of(part) }, shape }
    }

    fn literal(&mut self, literal: &LiteralValue, part: &IdedExpr) -> Option<Constant> {
        Some(match literal {
            LiteralValue::Boolean(flag) => Constant::Boolean(*flag.inner()),
            LiteralValue::Int(number) => Constant::Number(Number::Whole((*number.inner()).into())),
            LiteralValue::UInt(number) => Constant::Number(Number::Whole((*number.inner()).into())),
            LiteralValue::Double(number) => match Number::from_double(*number.inner()) {
                Some(number) => Constant::Number(number),
                None => return self.refuse(ConditionMistake::Unfinished, &self.places.of(part)),
            },
            LiteralValue::String(text) => Constant::Text(text.inner().into()),
            LiteralValue::Null => Constant::Null,
            LiteralValue::Bytes(_) => return self.unsupported(Unsupported::Bytes, part),
        })
    }

    fn list(&mut self, list: &ListExpr, part: &IdedExpr) -> Option<Checked> {
        if !list.optional_indices.is_empty() {
            return self.unsupported(Unsupported::Optional, part);
        }
        // Every element is looked at before the first wrong one ends it.
        let elements: Vec<_> = list.elements.iter().map(|element| self.part(element)).collect();
        let elements: Vec<Checked> = elements.into_iter().collect::<Option<_>>()?;
        let mut kinds = elements.iter().map(|element| element.shape.kind);
        let first = kinds.next().flatten();
        let inside = if kinds.all(|kind| kind == first) { first } else { None };
        let shape = Shape { kind: Some(Kind::List), inside };
        let terms: Vec<Term> = elements.into_iter().map(|element| element.term).collect();
        let constants: Option<Box<[Constant]>> = terms.iter().map(Term::constant).collect();
        let node = match constants {
            Some(constants) => Node::Constant(Constant::List(constants)),
            None => Node::List(terms.into()),
        };
        Some(self.checked(node, shape, part))
    }
}
