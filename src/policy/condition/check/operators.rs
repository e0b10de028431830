//! Operators: how many sides they have, and of which kinds.

use super::{
    super::{
        kind::{Kind, Kinds},
        names::Shape,
        problem::{ConditionMistake, Unsupported},
        term::{Arithmetic, Node, Order, Term},
        value::Constant,
    },
    Checked, Checker,
};
use cel::{
    IdedExpr,
    common::ast::{CallExpr, operators},
};
use std::ops::Range;

impl Checker<'_> {
    /// An operator or a function with its values.
    pub(super) fn call(&mut self, call: &CallExpr, part: &IdedExpr) -> Option<Checked> {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::CONDITIONAL, [condition, then, otherwise]) => {
                self.choose([condition, then, otherwise], part)
            }
            (operators::LOGICAL_NOT, [of]) => {
                let (of, _) = self.operand(of, "!", Kinds::BOOLEAN)?;
                Some(self.checked(Node::Not(of), Shape::BOOLEAN, part))
            }
            (operators::NEGATE, [of]) => {
                let (of, _) = self.operand(of, "-", Kinds::NUMBER)?;
                Some(self.checked(Node::Negate(of), Shape::NUMBER, part))
            }
            (operators::INDEX, [of, key]) => self.index(of, key, part),
            (operators::IN, [value, of]) => self.is_in(value, of, part),
            (operators::OPT_INDEX | operators::OPT_SELECT, _) => {
                self.unsupported(Unsupported::Optional, part)
            }
            (name, [left, right]) => self.binary(name, left, right, call, part),
            (_, _) => self.function(call, part),
        }
    }

    fn binary(
        &mut self,
        name: &str,
        left: &IdedExpr,
        right: &IdedExpr,
        call: &CallExpr,
        part: &IdedExpr,
    ) -> Option<Checked> {
        match name {
            operators::LOGICAL_AND => self.logic("&&", false, left, right, part),
            operators::LOGICAL_OR => self.logic("||", true, left, right, part),
            operators::EQUALS => self.equal(true, left, right, part),
            operators::NOT_EQUALS => self.equal(false, left, right, part),
            operators::LESS => self.order("<", Order::Less, left, right, part),
            operators::LESS_EQUALS => self.order("<=", Order::LessOrEqual, left, right, part),
            operators::GREATER => self.order(">", Order::Greater, left, right, part),
            operators::GREATER_EQUALS => self.order(">=", Order::GreaterOrEqual, left, right, part),
            operators::ADD => self.arithmetic("+", Arithmetic::Add, left, right, part),
            operators::SUBSTRACT => self.arithmetic("-", Arithmetic::Subtract, left, right, part),
            operators::MULTIPLY => self.arithmetic("*", Arithmetic::Multiply, left, right, part),
            operators::DIVIDE => self.arithmetic("/", Arithmetic::Divide, left, right, part),
            operators::MODULO => self.arithmetic("%", Arithmetic::Remainder, left, right, part),
            _ => self.function(call, part),
        }
    }

    /// Both sides are looked at before the first wrong one ends it.
    fn sides(
        &mut self,
        operation: &'static str,
        expected: Kinds,
        left: &IdedExpr,
        right: &IdedExpr,
    ) -> Option<[(Box<Term>, Shape); 2]> {
        let left = self.operand(left, operation, expected);
        let right = self.operand(right, operation, expected);
        Some([left?, right?])
    }

    fn logic(
        &mut self,
        operation: &'static str,
        decisive: bool,
        left: &IdedExpr,
        right: &IdedExpr,
        part: &IdedExpr,
    ) -> Option<Checked> {
        let [(left, _), (right, _)] = self.sides(operation, Kinds::BOOLEAN, left, right)?;
        Some(self.checked(Node::Logic { decisive, left, right }, Shape::BOOLEAN, part))
    }

    fn choose(&mut self, parts: [&IdedExpr; 3], part: &IdedExpr) -> Option<Checked> {
        let condition = self.operand(parts[0], "?", Kinds::BOOLEAN);
        let then = self.part(parts[1]);
        let otherwise = self.part(parts[2]);
        let ((condition, _), then, otherwise) = (condition?, then?, otherwise?);
        let shape = if then.shape == otherwise.shape { then.shape } else { Shape::ANY };
        let (then, otherwise) = (Box::new(then.term), Box::new(otherwise.term));
        Some(self.checked(Node::Choose { condition, then, otherwise }, shape, part))
    }

    fn equal(
        &mut self,
        same: bool,
        left: &IdedExpr,
        right: &IdedExpr,
        part: &IdedExpr,
    ) -> Option<Checked> {
        let (left, right) = (self.part(left), self.part(right));
        let (left, right) = (left?, right?);
        let is_null = |side: &Checked| matches!(side.term.node, Node::Constant(Constant::Null));
        let of = match (is_null(&left), is_null(&right)) {
            (_, true) => Some(&left),
            (true, false) => Some(&right),
            (false, false) => None,
        };
        let node = if of.is_some() {
            let of = if is_null(&right) { left.term } else { right.term };
            Node::Null { same, of: Box::new(of) }
        } else {
            self.comparable(left.shape.kind, right.shape.kind, &self.places.of(part))?;
            Node::Equal { same, left: Box::new(left.term), right: Box::new(right.term) }
        };
        Some(self.checked(node, Shape::BOOLEAN, part))
    }

    fn order(
        &mut self,
        operation: &'static str,
        order: Order,
        left: &IdedExpr,
        right: &IdedExpr,
        part: &IdedExpr,
    ) -> Option<Checked> {
        let [(left, left_shape), (right, right_shape)] =
            self.sides(operation, Kinds::NUMBER_OR_TEXT, left, right)?;
        self.comparable(left_shape.kind, right_shape.kind, &self.places.of(part))?;
        Some(self.checked(Node::Order { order, left, right }, Shape::BOOLEAN, part))
    }

    /// Whether two kinds can be compared, as far as they are known.
    fn comparable(
        &mut self,
        left: Option<Kind>,
        right: Option<Kind>,
        range: &Range<usize>,
    ) -> Option<()> {
        let either = |kind| left == Some(kind) || right == Some(kind);
        match (left, right) {
            (Some(left), Some(right)) if left != right || either(Kind::Map) => {
                self.refuse(ConditionMistake::Incomparable { left, right }, range)
            }
            (_, _) => Some(()),
        }
    }

    fn arithmetic(
        &mut self,
        operation: &'static str,
        operator: Arithmetic,
        left: &IdedExpr,
        right: &IdedExpr,
        part: &IdedExpr,
    ) -> Option<Checked> {
        let expected = match operator {
            Arithmetic::Add => Kinds::NUMBER_OR_TEXT,
            Arithmetic::Subtract
            | Arithmetic::Multiply
            | Arithmetic::Divide
            | Arithmetic::Remainder => Kinds::NUMBER,
        };
        let [(left, left_shape), (right, right_shape)] =
            self.sides(operation, expected, left, right)?;
        let kind = match (operator, left_shape.kind, right_shape.kind) {
            (Arithmetic::Add, Some(left), Some(found)) if left != found => {
                let expected = if left == Kind::Text { Kinds::TEXT } else { Kinds::NUMBER };
                let mistake = ConditionMistake::WrongKind { operation, expected, found };
                return self.refuse(mistake, &right.range);
            }
            (Arithmetic::Add, left, right) => left.or(right),
            (_, _, _) => Some(Kind::Number),
        };
        let shape = Shape { kind, inside: None };
        Some(self.checked(Node::Arithmetic { operator, left, right }, shape, part))
    }

    fn is_in(&mut self, value: &IdedExpr, of: &IdedExpr, part: &IdedExpr) -> Option<Checked> {
        let checked = self.part(value);
        let of = self.operand(of, "in", Kinds::LIST_OR_MAP);
        let (Checked { term, shape }, (of, inside)) = (checked?, of?);
        if let Node::Constant(Constant::Text(name)) = &term.node {
            self.header_name(&of, name, &term.range)?;
        }
        match (inside.kind, shape.kind) {
            (Some(Kind::Map), Some(found)) if found != Kind::Text => {
                let expected = Kinds::TEXT;
                let mistake = ConditionMistake::WrongKind { operation: "in", expected, found };
                return self.refuse(mistake, &term.range);
            }
            (Some(Kind::List), kind) => {
                self.comparable(kind, inside.inside, &self.places.of(part))?;
            }
            (_, _) => {}
        }
        let node = Node::In { value: Box::new(term), of };
        Some(self.checked(node, Shape::BOOLEAN, part))
    }
}
