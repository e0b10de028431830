//! A checked expression, ready to be worked out.

use super::{names::Part, number::Number, value::Constant};
use ipnet::IpNet;
use regex::Regex;
use std::ops::Range;

/// One part of an expression, and where it stands in the text.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) node: Node,
    pub(super) range: Range<usize>,
}

impl Term {
    /// The value, where it stands in the text.
    pub(super) fn constant(&self) -> Option<Constant> {
        let Node::Constant(constant) = &self.node else { return None };
        Some(constant.clone())
    }
}

/// What a part of an expression is.
#[derive(Debug)]
pub(super) enum Node {
    /// A value that stands in the text.
    Constant(Constant),
    /// Something known of every question.
    Part(Part),
    /// The value of a path parameter.
    Parameter(Box<str>),
    /// Whether something known of some questions is known of this one.
    Present(Box<Term>),
    /// `map.field`.
    Field { of: Box<Term>, field: Box<str>, lack: Lack },
    /// `has(map.field)`.
    HasField(Box<Term>, Box<str>),
    /// `of[key]`.
    Index { of: Box<Term>, key: Box<Term>, lack: Lack },
    /// `[...]` with something in it that is no constant.
    List(Box<[Term]>),
    /// `!`.
    Not(Box<Term>),
    /// `-`.
    Negate(Box<Term>),
    /// `&&` (`false` decides) and `||` (`true` decides).
    Logic { decisive: bool, left: Box<Term>, right: Box<Term> },
    /// `condition ? then : otherwise`.
    Choose { condition: Box<Term>, then: Box<Term>, otherwise: Box<Term> },
    /// `==`, `!=`.
    Equal { same: bool, left: Box<Term>, right: Box<Term> },
    /// `== null`, `!= null`.
    Null { same: bool, of: Box<Term> },
    /// `<`, `<=`, `>`, `>=`.
    Order { order: Order, left: Box<Term>, right: Box<Term> },
    /// `value in list`.
    In { value: Box<Term>, of: Box<Term> },
    /// `+`, `-`, `*`, `/`, `%`.
    Arithmetic { operator: Arithmetic, left: Box<Term>, right: Box<Term> },
    /// A function of a value.
    Call(Box<Term>, Call),
}

/// What a function does to a value.
#[derive(Debug)]
pub(super) enum Call {
    Size,
    Lower,
    Upper,
    Trim,
    Int,
    Double,
    String,
    /// A number of minutes and the like, in seconds.
    Times(Number),
    Split(Box<str>),
    StartsWith(Box<Term>),
    EndsWith(Box<Term>),
    Contains(Box<Term>),
    Matches(Regex),
    InNetwork(IpNet),
    Hour(OffsetSeconds),
    Minute(OffsetSeconds),
    Weekday(OffsetSeconds),
}

/// What it means that something is not where it was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    /// Those who ask should have said it.
    Error,
    /// A part that the identity does not have: a claim.
    Absent,
}

impl Lack {
    /// What it means within `of`.
    pub(super) const fn within(of: &Term) -> Self {
        if let Node::Field { lack, .. } | Node::Index { lack, .. } = &of.node {
            *lack
        } else if matches!(of.node, Node::Part(Part::Claims)) {
            Self::Absent
        } else {
            Self::Error
        }
    }
}

/// Which order of two values is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An operation on numbers; [`Arithmetic::Add`] joins texts as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// East of UTC, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OffsetSeconds(pub(super) i32);
