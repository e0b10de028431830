//! The patterns of `createRouteMatcher`: what `path-to-regexp` 6 makes of a text.
//!
//! `:name` is a segment, `(regex)` whatever it matches, `?`, `*` and `+` behind either repeat it
//! together with the slash before it. Letter case and a slash at the end do not count. `(.*)` goes on
//! over slashes, and behind a word it goes on within the word: `/dash(.*)` takes in `/dashboard`.

use super::{
    super::template::Template,
    space::{Piece, Shape},
};

/// More alternatives than this are taken for every path.
const MOST_ALTERNATIVES: usize = 32;

/// A pattern as sets of paths.
#[derive(Clone, Debug, Default)]
pub(super) struct Pattern {
    /// Templates all of whose paths it matches.
    pub(super) templates: Vec<Template>,
    /// Shapes that hold every path it matches.
    pub(super) shapes: Vec<Shape>,
    /// What a person should know of it.
    pub(super) notes: Vec<String>,
}

/// One piece of a pattern's text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Character(char),
    Group(Group),
}

/// `:name`, `(regex)` or both, with the slash or dot before it and the modifier behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: Option<String>,
    prefix: Option<char>,
    regex: Option<String>,
    modifier: Option<char>,
}

/// A pattern as far as it has been read.
#[derive(Debug)]
struct Reading<'t> {
    pieces: Vec<Piece>,
    /// The name of each piece that has one.
    names: Vec<Option<&'t str>>,
    /// Whether the pieces stand for no more than the pattern matches.
    exact: bool,
    segment: Option<Segment<'t>>,
}

/// What one segment is made of, as far as it has been read.
#[derive(Debug, Default)]
struct Segment<'t> {
    /// Its text up to the first thing that is no text.
    start: String,
    /// Whether something that is no text has come.
    open: bool,
    /// The name, if it is one `:name` and nothing else.
    name: Option<&'t str>,
}

impl Pattern {
    /// What is not understood matches anything, as far as one knows.
    pub(super) fn unknown(note: String) -> Self {
        Self { templates: Vec::new(), shapes: vec![Shape::EVERYTHING], notes: vec![note] }
    }

    /// Reads a pattern.
    pub(super) fn parse(text: &str) -> Self {
        let unknown =
            || Self::unknown(format!("`{text}` is not understood: any path may be meant"));
        let sound = text.starts_with('/') && text.is_ascii();
        let Some(tokens) = tokens(text).filter(|_| sound) else { return unknown() };
        let Some(alternatives) = alternatives(&tokens) else { return unknown() };
        let mut pattern = Self::default();
        for alternative in &alternatives {
            if pattern.add(text, alternative).is_none() {
                return unknown();
            }
        }
        pattern
    }

    /// Adds one alternative, in which no group is optional.
    fn add(&mut self, text: &str, tokens: &[Token]) -> Option<()> {
        let root = matches!(tokens, [] | [Token::Character('/')]);
        let mut reading =
            Reading { pieces: Vec::new(), names: Vec::new(), exact: true, segment: None };
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::Character('/') => reading.next(),
                Token::Character(character) => reading.segment.as_mut()?.push(*character),
                Token::Group(group) => {
                    match group.prefix {
                        Some('/') => reading.next(),
                        Some(character) => reading.segment.as_mut()?.push(character),
                        None => {}
                    }
                    let last = at + 1 == tokens.len();
                    if (&group.regex, group.modifier) == (&None, None) {
                        reading.segment.as_mut()?.take(group.name.as_deref());
                    } else if last {
                        return self.end(text, reading, group);
                    } else {
                        self.begins_so(text, reading);
                        return Some(());
                    }
                }
            }
        }
        reading.close();
        reading.exact |= root;
        if !reading.exact {
            self.notes.push(format!("`{text}` has a segment that no template stands for"));
        }
        self.push(&reading, false);
        Some(())
    }

    /// A group at the end that may go on over slashes.
    fn end<'t>(&mut self, text: &str, mut reading: Reading<'t>, group: &'t Group) -> Option<()> {
        let segment = reading.segment.take()?;
        let whole = segment.start.is_empty() && !segment.open;
        match (group.regex.as_deref(), group.modifier) {
            (None, Some('*')) if whole => self.push(&reading, true),
            (None, Some('+')) if whole => {
                reading.add(Piece::Any, group.name.as_deref());
                self.push(&reading, true);
            }
            (Some(".*"), None) if whole && reading.pieces.is_empty() => self.push(&reading, true),
            (Some(".*"), None) if whole => {
                // It asks for the slash. To a policy `/docs/` and `/docs` are the same path.
                self.notes.push(format!(
                    "`{text}` takes in what is below, not the path without its slash"
                ));
                self.shapes.push(Shape { pieces: reading.pieces.clone(), rest: false });
                reading.add(Piece::Any, group.name.as_deref());
                self.push(&reading, true);
            }
            (Some(".*"), None) if !segment.open && is_literal(&segment.start) => {
                // It goes on within the word as well.
                self.notes.push(format!(
                    "`{text}` also takes in paths such as `{}x`, which no template stands for",
                    text.trim_end_matches("(.*)")
                ));
                let mut pieces = reading.pieces.clone();
                pieces.push(Piece::LongerThan(segment.start.as_str().into()));
                self.shapes.push(Shape { pieces, rest: true });
                reading.add(Piece::Literal(segment.start.into()), None);
                self.push(&reading, true);
            }
            _ => self.begins_so(text, reading),
        }
        Some(())
    }

    /// What is left is not understood. It may go on over any number of segments.
    fn begins_so(&mut self, text: &str, reading: Reading<'_>) {
        self.notes.push(format!("`{text}` is taken for every path that begins as it does"));
        self.shapes.push(Shape { pieces: reading.pieces, rest: true });
    }

    fn push(&mut self, reading: &Reading<'_>, rest: bool) {
        let shape = Shape { pieces: reading.pieces.clone(), rest };
        if reading.exact {
            let name = |at: usize| reading.names.get(at).copied().flatten();
            self.templates.extend(shape.template_named(name));
        }
        self.shapes.push(shape);
    }
}

impl<'t> Reading<'t> {
    /// Begins a segment.
    fn next(&mut self) {
        self.close();
        self.segment = Some(Segment::default());
    }

    /// Ends a segment. An empty one stands for a path with two slashes, or for one that ends in a slash,
    /// which a policy does not tell from the one without.
    fn close(&mut self) {
        let Some(segment) = self.segment.take() else { return };
        if segment.open {
            self.exact &= segment.name.is_some();
            self.add(Piece::Any, segment.name);
        } else if is_literal(&segment.start) {
            self.add(Piece::Literal(segment.start.into()), None);
        } else {
            self.exact = false;
            if !segment.start.is_empty() {
                // A text that no template holds may be another spelling of what one does.
                self.add(Piece::Any, None);
            }
        }
    }

    fn add(&mut self, piece: Piece, name: Option<&'t str>) {
        self.pieces.push(piece);
        self.names.push(name);
    }
}

impl<'t> Segment<'t> {
    fn push(&mut self, character: char) {
        if self.open {
            self.name = None;
        } else {
            self.start.push(character);
        }
    }

    /// Takes what a `:name` matches.
    fn take(&mut self, name: Option<&'t str>) {
        let whole = self.start.is_empty() && !self.open;
        self.name = name.filter(|_| whole);
        self.open = true;
    }
}

/// Whether a template can hold the segment.
fn is_literal(segment: &str) -> bool {
    !segment.is_empty() && Template::parse(&format!("/{segment}")).is_ok()
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            ':' | '(' => {
                let mut name = None;
                if character == ':' {
                    let word = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
                    let mut letters = String::from(rest.next_if(word)?);
                    letters.extend(std::iter::from_fn(|| rest.next_if(word)));
                    name = Some(letters);
                }
                let regex = if name.is_none() || rest.next_if_eq(&'(').is_some() {
                    Some(regex(&mut rest)?)
                } else {
                    None
                };
                let modifier = rest.next_if(|next| matches!(next, '?' | '*' | '+'));
                let prefix = match tokens.last() {
                    Some(Token::Character(before @ ('/' | '.'))) => Some(*before),
                    Some(Token::Character(_) | Token::Group(_)) | None => None,
                };
                if prefix.is_some() {
                    tokens.pop();
                }
                tokens.push(Token::Group(Group { name, prefix, regex, modifier }));
            }
            '\\' | '{' | '}' | '?' | '*' | '+' | ')' | '#' => return None,
            _ => tokens.push(Token::Character(character)),
        }
    }
    Some(tokens)
}

/// What stands up to the closing bracket.
fn regex(rest: &mut impl Iterator<Item = char>) -> Option<String> {
    let mut depth = 1_usize;
    let mut regex = String::new();
    while let Some(character) = rest.next() {
        match character {
            '\\' => {
                regex.push(character);
                regex.push(rest.next()?);
                continue;
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (!regex.is_empty()).then_some(regex);
        }
        regex.push(character);
    }
    None
}

/// The pattern with and without each group that may be missing.
fn alternatives(tokens: &[Token]) -> Option<Vec<Vec<Token>>> {
    let mut alternatives: Vec<Vec<Token>> = vec![Vec::new()];
    for token in tokens {
        let mut present = token.clone();
        let mut without = Vec::new();
        if let Token::Group(Group { modifier: modifier @ Some('?'), .. }) = &mut present {
            *modifier = None;
            without.clone_from(&alternatives);
        }
        for alternative in &mut alternatives {
            alternative.push(present.clone());
        }
        alternatives.extend(without);
        if alternatives.len() > MOST_ALTERNATIVES {
            return None;
        }
    }
    Some(alternatives)
}

#[cfg(test)]
mod tests;
