//! Names and fields: what is known where, and what stands behind it.

use super::{
    super::{
        super::wording::Excerpt,
        kind::{Kind, Kinds},
        names::{
            Fields, Found, IDENTITY, IdentityPart, PEER, Part, REQUEST, RequestPart, Root, Shape,
            find, next_segments, witness,
        },
        problem::{ConditionMistake, suggestion},
        term::{Lack, Node, Term},
    },
    Checked, Checker, Purpose,
};
use cel::{
    IdedExpr,
    common::ast::{Expr, LiteralValue, SelectExpr},
};
use std::ops::Range;

/// What a name stands for.
pub(super) enum Named {
    /// A value.
    Value(Checked),
    /// The beginning of longer names.
    Group(Group),
}

/// Names that are no values themselves, by what they have in common.
pub(super) enum Group {
    Params,
    Fields { root: &'static str, fields: Fields, path: String },
}

impl Group {
    /// As it is written.
    fn name(&self) -> Box<str> {
        match self {
            Self::Params => "params".into(),
            Self::Fields { root, path, .. } if path.is_empty() => (*root).into(),
            Self::Fields { root, path, .. } => format!("{root}.{path}").into(),
        }
    }
}

impl Checker<'_> {
    /// A name, or a field of something, as a value.
    pub(super) fn named(&mut self, part: &IdedExpr) -> Option<Checked> {
        match self.resolve(part)? {
            Named::Value(checked) => Some(checked),
            Named::Group(group) => {
                let help = match &group {
                    Group::Params => self.parameters_help(""),
                    Group::Fields { fields, path, .. } => {
                        suggestion("", distinct(next_segments(fields, path)))
                    }
                };
                let mistake = ConditionMistake::Group { of: group.name(), help };
                self.refuse(mistake, &self.places.of(part))
            }
        }
    }

    /// What a part stands for, which may be a group.
    pub(super) fn resolve(&mut self, part: &IdedExpr) -> Option<Named> {
        match &part.expr {
            Expr::Ident(name) => self.root(name.trim_start_matches('.'), part),
            Expr::Select(select) if select.test => self.has(select, part).map(Named::Value),
            Expr::Select(select) => {
                let range = self.places.field(part, select);
                match self.resolve(&select.operand)? {
                    Named::Group(group) => self.member(&group, &select.field, part, &range),
                    Named::Value(of) => {
                        self.field(of, &select.field, part, &range).map(Named::Value)
                    }
                }
            }
            Expr::Unspecified
            | Expr::Call(_)
            | Expr::Comprehension(_)
            | Expr::List(_)
            | Expr::Literal(_)
            | Expr::Map(_)
            | Expr::Struct(_) => self.part(part).map(Named::Value),
        }
    }

    fn root(&mut self, name: &str, part: &IdedExpr) -> Option<Named> {
        let range = self.places.of(part);
        let Some((root, meaning)) = Root::named(name) else {
            let here = Root::all().filter(|(_, root)| self.is_here(*root)).map(|(name, _)| name);
            let help = suggestion(name, here);
            let name = Excerpt::of(name);
            return self.refuse(ConditionMistake::UnknownName { name, help }, &range);
        };
        if !self.is_here(meaning) {
            return self.refuse(ConditionMistake::NameElsewhere(root), &range);
        }
        let fields = |fields| Named::Group(Group::Fields { root, fields, path: String::new() });
        let value = |part_of, shape| Named::Value(self.checked(Node::Part(part_of), shape, part));
        Some(match meaning {
            Root::Request => fields(REQUEST),
            Root::Identity => fields(IDENTITY),
            Root::Peer => fields(PEER),
            Root::Params => Named::Group(Group::Params),
            Root::Resource => value(Part::Resource, Shape::MAP),
            Root::Context => value(Part::Context, Shape::MAP),
            Root::Now => value(Part::Now, Shape::NUMBER),
        })
    }

    const fn is_here(&self, root: Root) -> bool {
        match root {
            Root::Request => self.scope.request,
            // Headers are the same for every route.
            Root::Params => self.scope.request && matches!(self.purpose, Purpose::Condition),
            Root::Resource | Root::Context => self.scope.resource,
            Root::Identity | Root::Peer | Root::Now => true,
        }
    }

    /// A field of a group.
    pub(super) fn member(
        &mut self,
        group: &Group,
        field: &str,
        part: &IdedExpr,
        range: &Range<usize>,
    ) -> Option<Named> {
        match group {
            Group::Params if self.scope.parameters.contains(&field) => {
                let node = Node::Parameter(field.into());
                Some(Named::Value(self.checked(node, Shape::TEXT, part)))
            }
            Group::Params => {
                let help = self.parameters_help(field);
                let name = Excerpt::of(field);
                self.refuse(ConditionMistake::UnknownParameter { name, help }, range)
            }
            Group::Fields { root, fields, path } => {
                let dot = if path.is_empty() { "" } else { "." };
                let longer = format!("{path}{dot}{field}");
                match find(fields, &longer) {
                    Found::Part(found, shape) => {
                        Some(Named::Value(self.checked(Node::Part(found), shape, part)))
                    }
                    Found::Group => {
                        Some(Named::Group(Group::Fields { root, fields, path: longer }))
                    }
                    Found::Nothing => {
                        let help = suggestion(field, distinct(next_segments(fields, path)));
                        let (of, field) = (group.name(), Excerpt::of(field));
                        self.refuse(ConditionMistake::UnknownField { of, field, help }, range)
                    }
                }
            }
        }
    }

    fn parameters_help(&self, written: &str) -> Box<str> {
        if self.scope.parameters.is_empty() {
            return "name it in the path, such as `/orgs/{org}`".into();
        }
        suggestion(written, self.scope.parameters.iter().copied())
    }

    /// A field of a value, which the question tells.
    pub(super) fn field(
        &mut self,
        of: Checked,
        field: &str,
        part: &IdedExpr,
        range: &Range<usize>,
    ) -> Option<Checked> {
        let of = self.map(of)?;
        self.header_name(&of.term, field, range)?;
        let shape = Shape { kind: of.shape.inside, inside: None };
        let lack = Lack::within(&of.term);
        let node = Node::Field { of: Box::new(of.term), field: field.into(), lack };
        Some(self.checked(node, shape, part))
    }

    /// Only maps have fields.
    fn map(&mut self, of: Checked) -> Option<Checked> {
        match of.shape.kind {
            Some(Kind::Map) | None => Some(of),
            Some(found) => {
                let mistake =
                    ConditionMistake::WrongKind { operation: ".", expected: Kinds::MAP, found };
                self.refuse(mistake, &of.term.range)
            }
        }
    }

    /// Names of headers are looked up in lower case.
    pub(super) fn header_name(
        &mut self,
        of: &Term,
        name: &str,
        range: &Range<usize>,
    ) -> Option<()> {
        let is_headers = matches!(of.node, Node::Part(Part::Request(RequestPart::Headers)));
        if is_headers && name.contains(|letter: char| letter.is_ascii_uppercase()) {
            let (written, meant) = (Excerpt::of(name), name.to_ascii_lowercase().into());
            return self.refuse(ConditionMistake::HeaderName { written, meant }, range);
        }
        Some(())
    }

    /// `has(operand.field)`.
    fn has(&mut self, select: &SelectExpr, part: &IdedExpr) -> Option<Checked> {
        let range = self.places.field(part, select);
        let present = |checker: &Self, checked: Checked| {
            checker.checked(Node::Present(Box::new(checked.term)), Shape::BOOLEAN, part)
        };
        match self.resolve(&select.operand)? {
            Named::Value(of) => {
                let of = self.map(of)?;
                self.header_name(&of.term, &select.field, &range)?;
                let node = Node::HasField(Box::new(of.term), select.field.as_str().into());
                Some(self.checked(node, Shape::BOOLEAN, part))
            }
            Named::Group(group) => match self.member(&group, &select.field, part, &range)? {
                Named::Value(checked) => Some(present(self, checked)),
                Named::Group(_) => {
                    // Somebody acts as the caller, or nobody does: the claim need not say who.
                    let witness = witness(&select.field);
                    let asked = Part::Identity(witness.unwrap_or(IdentityPart::Impersonated));
                    let asked = self.checked(Node::Part(asked), Shape::BOOLEAN, part);
                    Some(if witness.is_some() { present(self, asked) } else { asked })
                }
            },
        }
    }

    /// `of[key]`.
    pub(super) fn index(
        &mut self,
        of: &IdedExpr,
        key: &IdedExpr,
        part: &IdedExpr,
    ) -> Option<Checked> {
        let literal = if let Expr::Literal(LiteralValue::String(text)) = &key.expr {
            Some(text.inner())
        } else {
            None
        };
        let range = self.places.of(key);
        let of = match (self.resolve(of)?, literal) {
            (Named::Value(of), _) => of,
            (Named::Group(group), Some(field)) => {
                return match self.member(&group, field, part, &range)? {
                    Named::Value(checked) => Some(checked),
                    Named::Group(_) => self.named(of),
                };
            }
            (Named::Group(_), None) => return self.named(of),
        };
        if let Some(name) = literal {
            self.header_name(&of.term, name, &range)?;
        }
        let expected = match of.shape.kind {
            Some(Kind::Map) => Kinds::TEXT,
            Some(Kind::List) => Kinds::NUMBER,
            None => Kinds::NUMBER_OR_TEXT,
            Some(found) => {
                let expected = Kinds::LIST_OR_MAP;
                let mistake = ConditionMistake::WrongKind { operation: "[]", expected, found };
                return self.refuse(mistake, &of.term.range);
            }
        };
        let (key, _) = self.operand(key, "[]", expected)?;
        let shape = Shape { kind: of.shape.inside, inside: None };
        let lack = Lack::within(&of.term);
        Some(self.checked(Node::Index { of: Box::new(of.term), key, lack }, shape, part))
    }
}

/// Without the words that were there before.
fn distinct(words: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut seen = Vec::new();
    for word in words {
        if !seen.contains(&word) {
            seen.push(word);
        }
    }
    seen
}
