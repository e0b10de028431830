//! Functions: how many values they take, of which kinds, and which must stand in the text.

use super::{
    super::{
        super::wording::Excerpt,
        function::Function,
        kind::Kinds,
        literal::{network, offset, pattern, separator},
        names::Shape,
        number::Number,
        problem::{ConditionMistake, Unsupported, suggestion},
        term::{Call, Node, Term},
    },
    Checked, Checker,
};
use cel::{
    IdedExpr,
    common::ast::{CallExpr, Expr, LiteralValue},
};
use std::ops::Range;

/// What other languages and libraries call the functions.
const ALIASES: &[(&str, Function)] = &[
    ("lowerAscii", Function::Lower),
    ("toLowerCase", Function::Lower),
    ("upperAscii", Function::Upper),
    ("toUpperCase", Function::Upper),
    ("len", Function::Size),
    ("length", Function::Size),
    ("includes", Function::Contains),
    ("starts_with", Function::StartsWith),
    ("ends_with", Function::EndsWith),
    ("regex", Function::Matches),
    ("cidr", Function::InNetwork),
    ("ip", Function::InNetwork),
    ("getHours", Function::Hour),
    ("getMinutes", Function::Minute),
    ("getDayOfWeek", Function::Weekday),
    ("duration", Function::Seconds),
    ("uint", Function::Int),
    ("number", Function::Double),
];

impl Checker<'_> {
    pub(super) fn function(&mut self, call: &CallExpr, part: &IdedExpr) -> Option<Checked> {
        let name = call.func_name.trim_start_matches('.');
        let range = self.places.function(part);
        let Some(function) = Function::named(name) else {
            let mistake = match name {
                "all" | "exists" | "exists_one" | "existsOne" | "map" | "filter" => {
                    ConditionMistake::Unsupported(Unsupported::Loop)
                }
                "has" => ConditionMistake::Has,
                _ => {
                    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
                    let help = match alias {
                        Some((_, function)) => format!("did you mean `{function}`?").into(),
                        None => suggestion(name, Function::NAMES.iter().copied()),
                    };
                    ConditionMistake::UnknownFunction { name: Excerpt::of(name), help }
                }
            };
            return self.refuse(mistake, &range);
        };
        let values: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let (expected, found) = (function.arity(), values.len());
        let [of, with @ ..] = values.as_slice() else {
            return self.count(function, found, &range);
        };
        if found != expected {
            return self.count(function, found, &range);
        }
        let (kinds, shape) = signature(function);
        let of = self.operand(of, function.name(), kinds);
        let done = self.done(function, with);
        Some(self.checked(Node::Call(of?.0, done?), shape, part))
    }

    fn count<T>(&mut self, function: Function, found: usize, range: &Range<usize>) -> Option<T> {
        let expected = function.arity();
        self.refuse(ConditionMistake::ArgumentCount { function, expected, found }, range)
    }

    /// What a function does to its first value.
    fn done(&mut self, function: Function, with: &[&IdedExpr]) -> Option<Call> {
        Some(match function {
            Function::Size => Call::Size,
            Function::Lower => Call::Lower,
            Function::Upper => Call::Upper,
            Function::Trim => Call::Trim,
            Function::Int => Call::Int,
            Function::Double => Call::Double,
            Function::String => Call::String,
            Function::Seconds => Call::Times(Number::Whole(1)),
            Function::Minutes => Call::Times(Number::Whole(60)),
            Function::Hours => Call::Times(Number::Whole(60 * 60)),
            Function::Days => Call::Times(Number::Whole(24 * 60 * 60)),
            Function::StartsWith => Call::StartsWith(self.text(function, with)?),
            Function::EndsWith => Call::EndsWith(self.text(function, with)?),
            Function::Contains => Call::Contains(self.text(function, with)?),
            Function::Split => Call::Split(self.literal_of(function, with, separator)?),
            Function::Matches => Call::Matches(self.literal_of(function, with, pattern)?),
            Function::InNetwork => Call::InNetwork(self.literal_of(function, with, network)?),
            Function::Hour => Call::Hour(self.literal_of(function, with, offset)?),
            Function::Minute => Call::Minute(self.literal_of(function, with, offset)?),
            Function::Weekday => Call::Weekday(self.literal_of(function, with, offset)?),
        })
    }

    fn text(&mut self, function: Function, with: &[&IdedExpr]) -> Option<Box<Term>> {
        self.operand(with.first()?, function.name(), Kinds::TEXT).map(|(term, _)| term)
    }

    /// An argument that is read when the policy is.
    fn literal_of<T>(
        &mut self,
        function: Function,
        with: &[&IdedExpr],
        read: fn(&str) -> Result<T, ConditionMistake>,
    ) -> Option<T> {
        let with = with.first()?;
        let range = self.places.of(with);
        let Expr::Literal(LiteralValue::String(text)) = &with.expr else {
            return self.refuse(ConditionMistake::NotLiteral(function), &range);
        };
        match read(text.inner()) {
            Ok(read) => Some(read),
            Err(mistake) => self.refuse(mistake, &range),
        }
    }
}

/// What a function takes first, and what it gives.
const fn signature(function: Function) -> (Kinds, Shape) {
    match function {
        Function::Size => (Kinds::SIZED, Shape::NUMBER),
        Function::Lower | Function::Upper | Function::Trim => (Kinds::TEXT, Shape::TEXT),
        Function::Split => (Kinds::TEXT, Shape::TEXTS),
        Function::StartsWith
        | Function::EndsWith
        | Function::Contains
        | Function::Matches
        | Function::InNetwork => (Kinds::TEXT, Shape::BOOLEAN),
        Function::Weekday => (Kinds::NUMBER, Shape::TEXT),
        Function::Hour
        | Function::Minute
        | Function::Seconds
        | Function::Minutes
        | Function::Hours
        | Function::Days => (Kinds::NUMBER, Shape::NUMBER),
        Function::Int | Function::Double => (Kinds::NUMBER_OR_TEXT, Shape::NUMBER),
        Function::String => (Kinds::SCALAR, Shape::TEXT),
    }
}
