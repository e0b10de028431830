//! How the paths of two templates relate. Letter case does not count, as in routing.

use super::template::{Segment, Template};

/// Whether every path of `narrow` is one of `wide`.
pub(super) fn covers(wide: &Template, narrow: &Template) -> bool {
    let lengths = if wide.rest {
        wide.segments.len() <= narrow.segments.len()
    } else {
        wide.segments.len() == narrow.segments.len() && !narrow.rest
    };
    lengths
        && wide.segments.iter().zip(&narrow.segments).all(|(wide, narrow)| match (wide, narrow) {
            (Segment::Parameter, _) => true,
            (Segment::Literal(wide), Segment::Literal(narrow)) => wide.eq_ignore_ascii_case(narrow),
            (Segment::Literal(_), Segment::Parameter) => false,
        })
}

/// Whether two templates have the same segments, whether they end there or not.
pub(super) fn same_segments(left: &[Segment], right: &[Segment]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| match (left, right) {
            (Segment::Parameter, Segment::Parameter) => true,
            (Segment::Literal(left), Segment::Literal(right)) => left.eq_ignore_ascii_case(right),
            (Segment::Literal(_), Segment::Parameter)
            | (Segment::Parameter, Segment::Literal(_)) => false,
        })
}

/// Of two templates that cover the same path, the smaller one is the one that routing takes.
pub(super) fn precedence(template: &Template) -> Vec<u8> {
    let segment = |segment: &Segment| match segment {
        Segment::Literal(_) => 0,
        Segment::Parameter => 1,
    };
    let end = if template.rest { 3 } else { 2 };
    template.segments.iter().map(segment).chain([end]).collect()
}

#[cfg(test)]
mod tests;
