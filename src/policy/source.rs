//! Named texts, and places in them.

use super::diagnostic::DiagnosticPlace;
use serde_saphyr::Location;
use std::{ops::Range, sync::Arc};

/// A text with the name under which a person knows it, such as a policy file and its path. Whoever
/// does the input and output reads it; cloning is cheap.
#[derive(Clone, Debug)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
}

/// The texts of one policy, at least one: a file, or the files of a folder. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Sources(Arc<[Source]>);

impl Sources {
    /// Takes the texts in the order in which they are read and their errors shown; `None` if there is
    /// none.
    #[must_use]
    pub fn new(texts: Vec<Source>) -> Option<Self> {
        (!texts.is_empty()).then(|| Self(texts.into()))
    }

    /// The texts in their order; at least one.
    #[must_use]
    pub fn as_slice(&self) -> &[Source] {
        &self.0
    }

    /// The line that `place` begins in.
    pub(super) fn line(&self, place: Place) -> Line<'_> {
        self.0.get(place.file.0).map_or(Line::UNKNOWN, |source| source.line(place))
    }

    /// A place as people count it.
    pub(super) fn position(&self, place: Place) -> DiagnosticPlace {
        let Line { file, number: line, column, .. } = self.line(place);
        DiagnosticPlace { file: file.to_owned(), line, column }
    }

    /// The place of a part of a text that stands at `place`.
    pub(super) fn part(&self, place: Place, text: &str, part: Range<usize>) -> Place {
        self.0.get(place.file.0).map_or(place, |source| source.part(place, text, part))
    }
}

impl From<Source> for Sources {
    fn from(source: Source) -> Self {
        Self([source].into())
    }
}

impl From<&Source> for Sources {
    fn from(source: &Source) -> Self {
        Self([source.clone()].into())
    }
}

impl Source {
    /// The largest text that is read, and the most that all texts of one policy hold together, in
    /// bytes. Ten thousand routes take about one megabyte.
    pub const MAX_BYTES: usize = 16 * 1024 * 1024;

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

    /// The line that `place` begins in. It must be a place in this text.
    pub(super) fn line(&self, place: Place) -> Line<'_> {
        let start = self.boundary(place.start);
        let (before, after) = self.text.split_at(start);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = after.find('\n').map_or(self.text.len(), |newline| start + newline);
        let text = self.text.get(line_start..line_end).unwrap_or_default();
        let end = self.boundary(place.end.max(start)).min(line_start + text.trim_end().len());
        let shown = before.get(line_start..).unwrap_or_default();
        Line {
            file: &self.name,
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
        Place { start, end: known.end.max(start), ..known }
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

/// Which of several [`Sources`], counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct File(usize);

impl File {
    /// The first one, or the only one.
    pub(super) const FIRST: Self = Self(0);

    /// The one at this place in [`Sources::as_slice`].
    pub(super) const fn number(number: usize) -> Self {
        Self(number)
    }
}

/// Where something stands in [`Sources`], in bytes of one of them. They are ordered as they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    file: File,
    start: usize,
    end: usize,
}

impl Place {
    /// The very beginning, for what is missing altogether.
    pub(super) const START: Self = Self { file: File::FIRST, start: 0, end: 0 };

    /// Where the YAML parser saw something; the beginning where it does not say. It knows of one text
    /// only.
    pub(super) fn of(location: Location) -> Self {
        let offset = |bytes: Option<u64>| bytes.and_then(|bytes| usize::try_from(bytes).ok());
        let start = offset(location.span().byte_offset()).unwrap_or(0);
        let length = offset(location.span().byte_len()).unwrap_or(0);
        Self { file: File::FIRST, start, end: start.saturating_add(length) }
    }

    /// The bytes, in the text that it is a place in.
    pub(super) const fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// The same place in another text.
    pub(super) const fn in_file(self, file: File) -> Self {
        Self { file, ..self }
    }
}

/// One line of a source, with the part of it that is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'s> {
    /// The name of the text.
    pub(super) file: &'s str,
    /// Counted from 1.
    pub(super) number: usize,
    /// Of the first character that is meant, counted in characters from 1.
    pub(super) column: usize,
    /// Without its end.
    pub(super) text: &'s str,
    /// What is meant, in bytes of `text`; what goes on in further lines is cut off.
    pub(super) range: Range<usize>,
}

impl Line<'_> {
    /// The line of a place that is in none of the texts.
    const UNKNOWN: Self = Self { file: "", number: 1, column: 1, text: "", range: 0..0 };
}

#[cfg(test)]
mod tests {
    use super::{File, Place, Source};

    #[test]
    fn a_part_of_a_value_has_a_place_of_its_own_where_it_stands_as_it_is_read() {
        for (written, text, found) in [
            ("a == b", "a == b", "b"),
            ("'a == b'", "a == b", "b"),
            ("\"a == b\"", "a == b", "b"),
            ("\"a ==\\tb\"", "a ==\tb", "\"a ==\\tb\""),
            ("'a ==''b'", "a =='b'", "'a ==''b'"),
            ("a ==\n      b", "a == b", "a =="),
        ] {
            let source = Source::new("policy.yaml", &format!("if: {written}\n"));
            let whole = Place { file: File::FIRST, start: 4, end: 4 + written.len() };
            let place = source.part(whole, text, text.len() - 1..text.len());
            let line = source.line(place);
            assert_eq!(&line.text[line.range], found, "{written}");
        }
    }
}
