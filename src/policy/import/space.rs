//! Sets of paths, and which of them come to a template.
//!
//! Sources know sets that no template stands for, such as everything that begins with `/dash`. A
//! [`Shape`] is a set that holds at least what is meant. Letter case does not count.

use super::super::{
    relation::precedence,
    template::{Segment, Template},
};

/// A set of paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) pieces: Vec<Piece>,
    /// Whether any segments may follow.
    pub(super) rest: bool,
}

/// One segment of a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// This one.
    Literal(Box<str>),
    /// One that begins so and goes on.
    LongerThan(Box<str>),
    /// Any.
    Any,
}

impl Shape {
    /// Every path.
    pub(super) const EVERYTHING: Self = Self { pieces: Vec::new(), rest: true };

    /// The paths of a template.
    pub(super) fn of(template: &Template) -> Self {
        let piece = |segment: &Segment| match segment {
            Segment::Literal(literal) => Piece::Literal(literal.clone()),
            Segment::Parameter => Piece::Any,
        };
        Self { pieces: template.segments.iter().map(piece).collect(), rest: template.rest }
    }

    /// What is in both.
    pub(super) fn intersection(&self, other: &Self) -> Option<Self> {
        let (short, long) =
            if self.pieces.len() <= other.pieces.len() { (self, other) } else { (other, self) };
        if short.pieces.len() < long.pieces.len() && !short.rest {
            return None;
        }
        let common = short.pieces.iter().zip(&long.pieces).map(|(left, right)| left.and(right));
        let mut pieces = common.collect::<Option<Vec<Piece>>>()?;
        pieces.extend(long.pieces.iter().skip(short.pieces.len()).cloned());
        Some(Self { pieces, rest: short.rest && long.rest })
    }

    /// Whether all of `other` is in it.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let lengths = if self.rest {
            self.pieces.len() <= other.pieces.len()
        } else {
            self.pieces.len() == other.pieces.len() && !other.rest
        };
        lengths && self.pieces.iter().zip(&other.pieces).all(|(wide, narrow)| wide.covers(narrow))
    }

    /// Whether the literals of both are spelt alike where both have one.
    pub(super) fn is_spelt_like(&self, other: &Self) -> bool {
        self.pieces.iter().zip(&other.pieces).all(|pair| match pair {
            (Piece::Literal(one), Piece::Literal(other)) => one == other,
            _ => true,
        })
    }

    /// The template with exactly these paths, if there is one.
    pub(super) fn template(&self) -> Option<Template> {
        self.template_named(|_| None)
    }

    /// The same; `name` knows the names that parameters have in the source, by their places.
    pub(super) fn template_named<'n>(
        &self,
        name: impl Fn(usize) -> Option<&'n str>,
    ) -> Option<Template> {
        let mut text = String::new();
        let mut names = Vec::new();
        for (at, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Literal(literal) => text = format!("{text}/{literal}"),
                Piece::Any => {
                    let known = parameter(name(at).unwrap_or("segment"), &names);
                    text = format!("{text}/{{{known}}}");
                    names.push(known);
                }
                Piece::LongerThan(_) => return None,
            }
        }
        match (self.rest, text.is_empty()) {
            (true, _) => text.push_str("/{**}"),
            (false, true) => text.push('/'),
            (false, false) => {}
        }
        Template::parse(&text).ok()
    }
}

impl Piece {
    fn and(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Any, piece) | (piece, Self::Any) => Some(piece.clone()),
            (Self::Literal(left), Self::Literal(right)) => {
                left.eq_ignore_ascii_case(right).then(|| self.clone())
            }
            (Self::LongerThan(start), Self::Literal(literal))
            | (Self::Literal(literal), Self::LongerThan(start)) => {
                is_longer(literal, start).then(|| Self::Literal(literal.clone()))
            }
            (Self::LongerThan(left), Self::LongerThan(right)) => {
                let (short, long) =
                    if left.len() <= right.len() { (left, right) } else { (right, left) };
                let begins = long.get(..short.len())?.eq_ignore_ascii_case(short);
                begins.then(|| Self::LongerThan(long.clone()))
            }
        }
    }

    fn covers(&self, narrow: &Self) -> bool {
        match (self, narrow) {
            (Self::Any, _) => true,
            (Self::Literal(wide), Self::Literal(narrow)) => wide.eq_ignore_ascii_case(narrow),
            (Self::LongerThan(start), Self::Literal(narrow)) => is_longer(narrow, start),
            (Self::LongerThan(wide), Self::LongerThan(narrow)) => {
                narrow.get(..wide.len()).is_some_and(|start| start.eq_ignore_ascii_case(wide))
            }
            (Self::Literal(_), Self::LongerThan(_) | Self::Any)
            | (Self::LongerThan(_), Self::Any) => false,
        }
    }
}

fn is_longer(text: &str, start: &str) -> bool {
    text.len() > start.len()
        && text.get(..start.len()).is_some_and(|begins| begins.eq_ignore_ascii_case(start))
}

/// The templates that a policy is going to have; each stands for other paths than the rest.
#[derive(Debug, Default)]
pub(super) struct Templates(Vec<Known>);

#[derive(Debug)]
struct Known {
    template: Template,
    shape: Shape,
    precedence: Vec<u8>,
}

impl Templates {
    /// Takes a template unless one for the same paths is there.
    pub(super) fn add(&mut self, template: Template) {
        let shape = Shape::of(&template);
        let same = |known: &Known| known.shape.covers(&shape) && shape.covers(&known.shape);
        if !self.0.iter().any(same) {
            let precedence = precedence(&template);
            self.0.push(Known { template, shape, precedence });
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Template> {
        self.0.iter().map(|known| &known.template)
    }

    /// Whether some path of `shape` comes to `template`: it is one of its paths, and no template that
    /// stands before it takes it. A template that is not among these stands behind all that are more
    /// specific.
    pub(super) fn reaches(&self, shape: &Shape, template: &Template) -> bool {
        let Some(common) = Shape::of(template).intersection(shape) else { return false };
        let own = precedence(template);
        let before = self.0.iter().filter(|known| known.precedence < own);
        !before.into_iter().any(|known| known.shape.covers(&common))
    }
}

/// A name as templates have them: lower-case letters, digits and `_`, and no other one's.
pub(super) fn parameter(name: &str, others: &[String]) -> String {
    let mut normal = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && normal.ends_with(|last: char| last.is_ascii_lowercase()) {
            normal.push('_');
        }
        let sound = letter.is_ascii_alphanumeric();
        normal.push(if sound { letter.to_ascii_lowercase() } else { '_' });
    }
    if !normal.starts_with(|first: char| first.is_ascii_lowercase() || first == '_') {
        normal.insert(0, 'p');
    }
    let mut unique = normal.clone();
    let mut number = 2;
    while others.contains(&unique) {
        unique = format!("{normal}_{number}");
        number += 1;
    }
    unique
}

#[cfg(test)]
mod tests;
