//! A named text, and places in it.

use serde_saphyr::Location;
use std::{ops::Range, sync::Arc};

/// A text with the name under which a person knows it, such as a policy file and its path. Whoever
/// does the input and output reads it; cloning is cheap.
#[derive(Clone, Debug)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
}

impl Source {
    /// Takes a text that has been read.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The name shown in front of every error.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line that `place` begins in.
    pub(super) fn line(&self, place: Place) -> Line<'_> {
        let start = self.boundary(place.start);
        let (before, after) = self.text.split_at(start);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = after.find('\n').map_or(self.text.len(), |newline| start + newline);
        let text = self.text.get(line_start..line_end).unwrap_or_default();
        let end = self.boundary(place.end.max(start)).min(line_start + text.trim_end().len());
        let shown = before.get(line_start..).unwrap_or_default();
        Line {
            number: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
            column: shown.chars().count() + 1,
            text,
            range: (start - line_start)..(end.max(start) - line_start),
        }
    }

    /// The place of a part of a text that stands at `place`. The place of the whole text where YAML
    /// writes it otherwise than it reads, with escapes or over several lines.
    pub(super) fn part(&self, place: Place, text: &str, part: Range<usize>) -> Place {
        let written = self.text.get(place.start..place.end).unwrap_or_default();
        let quoted = ['"', '\''].iter().find_map(|quote| written.strip_prefix(*quote));
        let start = match quoted.and_then(|rest| rest.get(..text.len())) {
            Some(inner) if inner == text => place.start + 1,
            Some(_) | None if written.trim_end() == text => place.start,
            Some(_) | None => return place,
        };
        let mut found = place;
        (found.start, found.end) = (start + part.start, start + part.end);
        found
    }

    /// Where the YAML parser stopped. It does not always know the byte, so this goes by the line and
    /// the column.
    pub(super) fn place(&self, location: Location) -> Place {
        let known = Place::of(location);
        let (Ok(line), Ok(column)) =
            (usize::try_from(location.line()), usize::try_from(location.column()))
        else {
            return known;
        };
        let mut lines = self.text.split_inclusive('\n');
        let before: usize = lines.by_ref().take(line.saturating_sub(1)).map(str::len).sum();
        let shown = lines.next().unwrap_or_default().chars().take(column.saturating_sub(1));
        let start = before + shown.map(char::len_utf8).sum::<usize>();
        Place { start, end: known.end.max(start) }
    }

    /// The nearest character boundary at or before `offset`.
    fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// Where something stands in a [`Source`], in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    start: usize,
    end: usize,
}

impl Place {
    /// The very beginning, for what is missing altogether.
    pub(super) const START: Self = Self { start: 0, end: 0 };

    /// Where the YAML parser saw something; the beginning where it does not say.
    pub(super) fn of(location: Location) -> Self {
        let offset = |bytes: Option<u64>| bytes.and_then(|bytes| usize::try_from(bytes).ok());
        let start = offset(location.span().byte_offset()).unwrap_or(0);
        let length = offset(location.span().byte_len()).unwrap_or(0);
        Self { start, end: start.saturating_add(length) }
    }
}

/// One line of a source, with the part of it that is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'s> {
    /// Counted from 1.
    pub(super) number: usize,
    /// Of the first character that is meant, counted in characters from 1.
    pub(super) column: usize,
    /// Without its end.
    pub(super) text: &'s str,
    /// What is meant, in bytes of `text`; what goes on in further lines is cut off.
    pub(super) range: Range<usize>,
}

#[cfg(test)]
mod tests {
    use super::{Place, Source};

    #[test]
    fn a_part_of_a_value_has_a_place_of_its_own_where_it_stands_as_it_is_read() {
        for (written, text, found) in [
            ("a == b", "a == b", "b"),
            ("'a == b'", "a == b", "b"),
            ("\"a == b\"", "a == b", "b"),
            ("\"a ==\\tb\"", "a ==\tb", "\"a ==\\tb\""),
            ("'a ==''b'", "a =='b", "'a ==''b'"),
            ("a ==\n      b", "a == b", "a =="),
        ] {
            let source = Source::new("policy.yaml", &format!("if: {written}\n"));
            let whole = Place { start: 4, end: 4 + written.len() };
            let place = source.part(whole, text, text.len() - 1..text.len());
            let line = source.line(place);
            assert_eq!(&line.text[line.range], found, "{written}");
        }
    }
}
