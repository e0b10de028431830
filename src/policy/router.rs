//! Finds the template that a path belongs to.
//!
//! A trie over segments. At every segment a literal beats `{name}`, which beats `{**}`; on a dead end
//! the search steps back. A node at depth *n* is reached by exactly one way, so a search visits no
//! node twice.
//!
//! Many services fold letter case, so two spellings of a path that differ in case alone must never
//! fall under two rules. The trie therefore holds its literals folded and is searched with folded
//! segments: every spelling ends at the same template. Only then is the spelling compared, and a
//! request that is not spelt as the template is ambiguous.

use super::template::{MAX_LITERAL_BYTES, Segment, Template};
use crate::core::path::CanonicalPath;
use std::collections::HashMap;

/// A table from templates to what they stand for.
#[derive(Debug)]
pub(super) struct Router<T> {
    nodes: Vec<Node>,
    entries: Vec<(Template, T)>,
}

#[derive(Debug, Default)]
struct Node {
    /// Keyed by the folded literal.
    literals: HashMap<Box<[u8]>, usize>,
    parameter: Option<usize>,
    /// The entry whose template ends here.
    end: Option<usize>,
    /// The entry whose template goes on with `{**}`.
    rest: Option<usize>,
}

/// What a search came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'r, T> {
    /// The path belongs to this entry.
    Entry(&'r Template, &'r T),
    /// It would, were its letters in another case.
    OtherCase,
    /// No template covers the path.
    Nothing,
}

impl<T> Router<T> {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Node::default()], entries: Vec::new() }
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// The number of the entry that stands for the same paths already, entries being numbered from 0
    /// in the order they were added.
    pub(super) fn insert(&mut self, template: Template, value: T) -> Result<(), usize> {
        let mut at = 0;
        for segment in &template.segments {
            at = self.child(at, segment);
        }
        let new = self.entries.len();
        let Some(node) = self.nodes.get_mut(at) else { return Ok(()) };
        let slot = if template.rest { &mut node.rest } else { &mut node.end };
        if let Some(existing) = *slot {
            return Err(existing);
        }
        *slot = Some(new);
        self.entries.push((template, value));
        Ok(())
    }

    /// The node that `segment` leads to, made if need be.
    fn child(&mut self, at: usize, segment: &Segment) -> usize {
        let new = self.nodes.len();
        let Some(node) = self.nodes.get_mut(at) else { return at };
        let child = match segment {
            Segment::Literal(literal) => *node
                .literals
                .entry(literal.to_ascii_lowercase().into_boxed_str().into_boxed_bytes())
                .or_insert(new),
            Segment::Parameter => *node.parameter.get_or_insert(new),
        };
        if child == new {
            self.nodes.push(Node::default());
        }
        child
    }

    /// Finds the entry for a path. Allocates nothing.
    pub(super) fn find(&self, path: &CanonicalPath<'_>) -> Found<'_, T> {
        match self.search(0, path.segments()).and_then(|number| self.entries.get(number)) {
            None => Found::Nothing,
            Some((template, value)) if template.spelt_as(path.segments()) => {
                Found::Entry(template, value)
            }
            Some(_) => Found::OtherCase,
        }
    }

    fn search<'p>(
        &self,
        at: usize,
        mut segments: impl Iterator<Item = &'p str> + Clone,
    ) -> Option<usize> {
        let node = self.nodes.get(at)?;
        let Some(segment) = segments.next() else { return node.end.or(node.rest) };
        let literal = || {
            let mut buffer = [0; MAX_LITERAL_BYTES];
            let child = node.literals.get(fold(segment, &mut buffer)?)?;
            self.search(*child, segments.clone())
        };
        let parameter = || self.search(node.parameter?, segments.clone());
        let literal = if node.literals.is_empty() { None } else { literal() };
        literal.or_else(parameter).or(node.rest)
    }

    /// The number of the entry that a path of these segments belongs to, letter case aside.
    pub(super) fn winner<'p>(
        &self,
        segments: impl Iterator<Item = &'p str> + Clone,
    ) -> Option<usize> {
        self.search(0, segments)
    }

    /// The number of segments in the longest template.
    pub(super) fn depth(&self) -> usize {
        self.entries.iter().map(|(template, _)| template.segments.len()).max().unwrap_or(0)
    }

    /// Every entry, in the order added, to change what the templates stand for.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&Template, &mut T)> {
        self.entries.iter_mut().map(|(template, value)| (&*template, value))
    }

    /// Every entry, in the order added.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Template, &T)> {
        self.entries.iter().map(|(template, value)| (template, value))
    }
}

/// Whether a template stands for a path, letter case aside. Allocates nothing.
pub(super) fn covers(template: &Template, path: &CanonicalPath<'_>) -> bool {
    let mut segments = path.segments();
    let held = template.segments.iter().all(|segment| match (segment, segments.next()) {
        (_, None) => false,
        (Segment::Parameter, Some(_)) => true,
        (Segment::Literal(literal), Some(found)) => {
            let mut buffer = [0; MAX_LITERAL_BYTES];
            fold(found, &mut buffer)
                .is_some_and(|found| found.eq_ignore_ascii_case(literal.as_bytes()))
        }
    });
    held && (template.rest || segments.next().is_none())
}

/// A segment without letter case, as bytes; `None` where it is longer than any literal. Characters
/// outside ASCII count by the ASCII letters that some service would fold them to: `\u{17f}` is an `s`.
fn fold<'b>(segment: &str, buffer: &'b mut [u8; MAX_LITERAL_BYTES]) -> Option<&'b [u8]> {
    if segment.is_ascii() {
        let folded = buffer.get_mut(..segment.len())?;
        folded.copy_from_slice(segment.as_bytes());
        folded.make_ascii_lowercase();
        return Some(folded);
    }
    let mut length = 0;
    let mut push = |character: char| {
        let end = length + character.len_utf8();
        character.encode_utf8(buffer.get_mut(length..end)?);
        length = end;
        Some(())
    };
    for character in segment.chars() {
        match character {
            // Its own lower case is two characters; where Turkish rules apply, it is this one.
            '\u{130}' => push('i')?,
            _ => character.to_uppercase().flat_map(char::to_lowercase).try_for_each(&mut push)?,
        }
    }
    buffer.get(..length)
}

#[cfg(test)]
mod tests;
