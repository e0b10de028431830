//! Whether a guard and a rule can be about the same request. Exact: what is said to overlap has a
//! request that both are about, and what is said to be disjoint has none.

use super::{
    access::Rule,
    guard::Guard,
    methods::Methods,
    router::Router,
    template::{Segment, Template},
};
use crate::core::host_table::HostPattern;

/// A segment that no literal stands for, in whatever case.
const FRESH: &str = "\u{436}";

/// Whether some path belongs to both templates, letter case aside.
pub(super) fn templates(left: &Template, right: &Template) -> bool {
    let shortest = left.segments.len().max(right.segments.len());
    fits(left, shortest) && fits(right, shortest) && common_path(left, right, shortest).is_some()
}

/// Whether some path that `guard` stands for falls under the entry of that number in `router`, rather
/// than under a more specific one.
pub(super) fn decides<T>(
    router: &Router<T>,
    number: usize,
    entry: &Template,
    guard: &Template,
) -> bool {
    let shortest = entry.segments.len().max(guard.segments.len());
    // Beyond the longest template, one path is like another.
    let longest = shortest.max(router.depth() + 1);
    (shortest..=longest)
        .take_while(|length| fits(entry, *length) && fits(guard, *length))
        .filter_map(|length| common_path(entry, guard, length))
        .any(|path| router.winner(path.iter().copied()) == Some(number))
}

/// Whether a template has paths of that many segments, at least its own.
fn fits(template: &Template, length: usize) -> bool {
    template.rest || template.segments.len() == length
}

/// A path of that many segments that both templates stand for; the one for which the fewest other
/// templates stand as well.
fn common_path<'t>(left: &'t Template, right: &'t Template, length: usize) -> Option<Vec<&'t str>> {
    let segment = |at: usize| match (left.segments.get(at), right.segments.get(at)) {
        (Some(Segment::Literal(left)), Some(Segment::Literal(right))) => {
            left.eq_ignore_ascii_case(right).then_some(&**left)
        }
        (Some(Segment::Literal(literal)), _) | (_, Some(Segment::Literal(literal))) => {
            Some(&**literal)
        }
        (Some(Segment::Parameter) | None, Some(Segment::Parameter) | None) => Some(FRESH),
    };
    (0..length).map(segment).collect()
}

/// Whether some method falls under `rule`, one of `methods`, and under the guard.
pub(super) fn methods(guard: &Guard, methods: &Methods, rule: &Rule) -> bool {
    let Some(names) = guard.methods() else { return true };
    let head = names.iter().any(|name| **name == *"GET").then_some("HEAD");
    let mut names = names.iter().map(|name| &**name).chain(head);
    names.any(|name| methods.rule(name).is_some_and(|found| found.id == rule.id))
}

/// Whether some host that `pattern` covers uses the table of `table`, given every table there is.
/// `None` is the table of the hosts without one of their own.
pub(super) fn hosts(
    pattern: &HostPattern,
    table: Option<&HostPattern>,
    tables: &[Option<HostPattern>],
) -> bool {
    let named = || tables.iter().flatten();
    match (pattern, table) {
        (HostPattern::Exact(name), Some(HostPattern::Exact(own))) => name == own,
        (HostPattern::Exact(name), _) if named().any(|other| is_exactly(other, name)) => false,
        (HostPattern::Exact(name), _) => longest_above(name, named(), is_below) == table,
        (HostPattern::Below(suffix), Some(HostPattern::Exact(own))) => is_below(own, suffix),
        (HostPattern::Below(suffix), Some(HostPattern::Below(own))) if is_below(own, suffix) => {
            true
        }
        // A host directly below the suffix, with a label that nothing else names.
        (HostPattern::Below(suffix), _) => longest_above(suffix, named(), is_at_or_below) == table,
    }
}

/// The longest of the wildcards that cover, as `covered` has it, what lies at or below `name`.
fn longest_above<'h>(
    name: &str,
    tables: impl Iterator<Item = &'h HostPattern>,
    covered: impl Fn(&str, &str) -> bool,
) -> Option<&'h HostPattern> {
    let length = |pattern: &&HostPattern| match pattern {
        HostPattern::Below(suffix) if covered(name, suffix) => Some(suffix.len()),
        HostPattern::Exact(_) | HostPattern::Below(_) => None,
    };
    tables.filter(|pattern| length(pattern).is_some()).max_by_key(length)
}

fn is_exactly(pattern: &HostPattern, name: &str) -> bool {
    matches!(pattern, HostPattern::Exact(exact) if **exact == *name)
}

fn is_below(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix).is_some_and(|labels| labels.ends_with('.'))
}

fn is_at_or_below(name: &str, suffix: &str) -> bool {
    name == suffix || is_below(name, suffix)
}

#[cfg(test)]
mod tests;
